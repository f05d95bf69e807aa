"""Templates made into pages: autoescaped, with what every page needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jinja2
from starlette.responses import HTMLResponse, Response

from exempt.data import jurisdiction_name
from exempt.model.access import Right
from exempt.rules.browsers import browser
from exempt.services import reviewing
from exempt.services.wording import long_date
from exempt.web import assets, cookies, saying
from exempt.web.forms import TOKEN, token_for
from exempt.web.navigation import places

if TYPE_CHECKING:
    from exempt.web.pages import Call

_ENV = jinja2.Environment(
    loader=jinja2.PackageLoader("exempt.web"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENV.filters["place"] = jurisdiction_name
_ENV.filters["day"] = long_date
_ENV.filters["browser"] = browser
_ENV.globals["Right"] = Right
_ENV.globals["asset"] = assets.address
_ENV.globals["icon"] = assets.icon


def render(call: Call, template: str, status: int, context: dict[str, Any]) -> Response:
    """A page; ``caller``, ``site``, ``request``, ``form_token`` and ``form_field`` are known.

    So are ``said``, what `Call.go` left to be told, and ``navigation`` of the console.
    """
    said = saying.read(call.site, call.request)
    token = token_for(call.site, call.request)
    known = {
        "caller": call.caller,
        "site": call.site,
        "request": call.request,
        "form_token": token,
        "form_field": TOKEN,
        "navigation": places(call.request, call.caller, _waiting(call)),
        "said": said,
    }
    response = HTMLResponse(_ENV.get_template(template).render(known | context), status)
    if said:
        cookies.drop(call.site, response, cookies.SAID)
    fresh = getattr(call.request.state, "browser", None)
    if fresh:
        cookies.put(call.site, response, cookies.BROWSER, fresh)
    return response


def _waiting(call: Call) -> dict[str, int]:
    """How much waits in the parts of the console, by their paths."""
    caller = call.caller
    if caller is None or not caller.may(Right.READ):
        return {}
    return {"/review": reviewing.count(call.site.store, caller.company_ids)}
