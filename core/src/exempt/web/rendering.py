"""Templates made into pages: autoescaped, with what every page needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jinja2
from starlette.responses import HTMLResponse, Response

from exempt.data import jurisdiction_name
from exempt.model.access import Right
from exempt.services.wording import long_date
from exempt.web import cookies
from exempt.web.forms import TOKEN, token_for

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
_ENV.globals["Right"] = Right


def render(call: Call, template: str, status: int, context: dict[str, Any]) -> Response:
    """A page; ``caller``, ``site``, ``request``, ``form_token`` and ``form_field`` are known."""
    token = token_for(call.site, call.request)
    known = {
        "caller": call.caller,
        "site": call.site,
        "request": call.request,
        "form_token": token,
        "form_field": TOKEN,
    }
    response = HTMLResponse(_ENV.get_template(template).render(known | context), status)
    fresh = getattr(call.request.state, "browser", None)
    if fresh:
        cookies.put(call.site, response, cookies.BROWSER, fresh)
    return response
