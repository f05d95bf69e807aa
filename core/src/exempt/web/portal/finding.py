"""For whoever has lost our mail: an address is typed, and a link goes there if we know it."""

from __future__ import annotations

import datetime as dt

from starlette.background import BackgroundTask
from starlette.responses import Response

from exempt.errors import TooOftenError
from exempt.model.customer import usable_email
from exempt.rules.limiting import Limit
from exempt.services import limiting
from exempt.services.finding import send_links
from exempt.web.addresses import address_of
from exempt.web.pages import PUBLIC, Call, Pages
from exempt.web.portal import words
from exempt.web.portal.visiting import too_often

pages = Pages()

BY_ADDRESS = Limit(3, dt.timedelta(hours=1), dt.timedelta(days=1), dt.timedelta(days=1))
"""How often a link is sent to one address."""

BY_NETWORK = Limit(10, dt.timedelta(minutes=1), dt.timedelta(hours=1))
"""How often one network may ask."""


@pages.get("/portal/find", may=PUBLIC)
def ask(call: Call) -> Response:
    """Where the address is typed."""
    return call.page("portal/find.html", email="", error="", done=False)


@pages.post("/portal/find", may=PUBLIC)
def find(call: Call) -> Response:
    """Answer the same, and as quickly, whether the address is known or not."""
    site, email = call.site, call.text("email")
    if not usable_email(email):
        return call.page("portal/find.html", 422, email=email, error=words.NO_EMAIL, done=False)
    network = limiting.network(address_of(site, call.request))
    limits = {
        limiting.named("find", email.casefold()): BY_ADDRESS,
        limiting.named("finder", network): BY_NETWORK,
    }
    try:
        limiting.attempt(site.store, limits, site.clock())
    except TooOftenError as error:
        return too_often(call, error.retry_after)
    response = call.page("portal/find.html", email="", error="", done=True)
    act = site.act("portal")
    response.background = BackgroundTask(send_links, site.store, email, act, site.post)
    return response
