"""Who is in the portal: through which link, for which customer, of which company."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from exempt.errors import TooOftenError
from exempt.rules.limiting import Limit
from exempt.services import limiting, links, visits
from exempt.services.visits import Visit
from exempt.web import cookies
from exempt.web.addresses import address_of
from exempt.web.pages import PUBLIC, Call, Handler, Pages
from exempt.web.portal import words
from exempt.web.site import Site

GUESSES = Limit(30, dt.timedelta(seconds=10), dt.timedelta(minutes=15))
"""How often links that do not work may be tried from one network."""

pages = Pages()


@pages.get("/r/{token}", may=PUBLIC)
def follow(call: Call) -> Response:
    """Swap the token for a cookie, so that it stands in no address any more.

    Programs that look into mail follow links, too: nothing is used up by it.
    """
    site, at = call.site, call.site.clock()
    name = _guesser(site, call.request)
    with site.store.reading() as tx:
        wait = limiting.waits(tx, name, GUESSES, at)
    if wait:
        return too_often(call, wait)
    link = links.follow(site.store, str(call.path["token"]), at)
    if link is None:
        return _missed(call, name, at)
    response = call.go("/portal")
    cookies.put(site, response, cookies.PORTAL, visits.begin(site.store, link, at))
    return response


def _guesser(site: Site, request: Request) -> str:
    return limiting.named("portal", limiting.network(address_of(site, request)))


def _missed(call: Call, name: str, at: dt.datetime) -> Response:
    try:
        limiting.attempt(call.site.store, {name: GUESSES}, at)
    except TooOftenError as error:
        return too_often(call, error.retry_after)
    return closed(call)


def too_often(call: Call, wait: dt.timedelta) -> Response:
    """Somebody tried too often, and has to wait."""
    response = call.page("portal/later.html", 429, wait=limiting.in_words(wait))
    response.headers["Retry-After"] = str(max(1, int(wait.total_seconds())))
    return response


def closed(call: Call) -> Response:
    """The one page for links that are unknown, expired, revoked or guessed."""
    return call.page("portal/closed.html", 410)


# --- visits ------------------------------------------------------------------------------


def visitor(handler: Callable[[Call, Visit], Response]) -> Handler:
    """Let only somebody with a link see a page; whoever has none is told how to get one."""

    def handle(call: Call) -> Response:
        visit = visit_of(call.site, call.request)
        return closed(call) if visit is None else handler(call, visit)

    handle.__name__, handle.__doc__ = handler.__name__, handler.__doc__
    return handle


def visit_of(site: Site, request: Request) -> Visit | None:
    """Who is in the portal; None = nobody, or no more."""
    visit_id = cookies.read(site, request, cookies.PORTAL)
    return visits.current(site.store, visit_id, site.clock()) if visit_id else None


def is_known(site: Site, request: Request) -> bool:
    """Whether somebody is in the portal."""
    return visit_of(site, request) is not None


def page(call: Call, visit: Visit, template: str, status: int = 200, **context: Any) -> Response:
    """A page of the portal, with the company's name and contact at its head."""
    name = visit.company.name
    return call.page(
        f"portal/{template}",
        status,
        company=name,
        initials="".join(word[0] for word in name.split()[:2] if word).upper(),
        contact=call.site.contacts.get(visit.company.key, ""),
        customer=visit.card.name,
        until=visit.request.expires_at.date() if visit.request.expires_at else None,
        may_send=visit.may_send,
        size=words.size,
        **context,
    )
