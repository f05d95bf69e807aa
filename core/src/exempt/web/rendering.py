"""Templates made into pages: autoescaped, with what every page needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import jinja2
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response, StreamingResponse

from exempt.data import jurisdiction_name
from exempt.model.access import Right
from exempt.rules.amounts import dollars, money
from exempt.rules.browsers import browser
from exempt.rules.day_words import clock_time, short_date, with_short_dates
from exempt.services import reviewing, warning_steps
from exempt.web import assets, cookies, packing, saying, switching
from exempt.web.forms import TOKEN, token_for
from exempt.web.navigation import places

if TYPE_CHECKING:
    from exempt.web.pages import Call


def _told(value: Any) -> Any:
    """A sentence, with days as pages write them; what has tags, or is none, stays as it is."""
    is_sentence = isinstance(value, str) and not isinstance(value, Markup)
    return with_short_dates(value) if is_sentence else value


_ENV = jinja2.Environment(
    loader=jinja2.PackageLoader("exempt.web"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENV.filters["place"] = jurisdiction_name
_ENV.filters["day"] = short_date
_ENV.filters["clock"] = clock_time
_ENV.filters["told"] = _told
_ENV.filters["browser"] = browser
_ENV.filters["money"] = money
_ENV.filters["dollars"] = dollars
_ENV.globals["Right"] = Right
_ENV.globals["asset"] = assets.address
_ENV.globals["icon"] = assets.icon

_PORTION = 2_000
"""Characters."""

_BROKEN_OFF = (
    '</div></section><div class="banner banner-bad" role="alert">Something went wrong here, and'
    " the rest of this page is missing. Load it again in a moment.</div>"
)


def render(call: Call, template: str, status: int, context: dict[str, Any]) -> Response:
    """A page; what all of them know is said in `_known`."""
    known = _known(call)
    made = _ENV.get_template(template).render(known | context)
    content = b"".join(packing.portions_for(call.request, [made]))
    response = HTMLResponse(content, status, headers=packing.headers_of(call.request))
    return _with_cookies(call, response, said=bool(known["said"]))


def streamed(call: Call, template: str, context: dict[str, Any]) -> Response:
    """A page that is sent while it is made: what its head says is read while the rest is counted.

    A template asks for what takes its time by calling it, where it is to stand.
    """
    known = _known(call)
    parts = _ENV.get_template(template).generate(known | context)
    response = StreamingResponse(
        packing.portions_for(call.request, _portions(parts)),
        media_type="text/html; charset=utf-8",
        headers=packing.headers_of(call.request),
    )
    return _with_cookies(call, response, said=bool(known["said"]))


def _portions(parts: Iterator[str]) -> Iterator[str]:
    """The parts of a page in portions, each as soon as there is enough of it.

    Where it breaks off, that is said: what was sent cannot be taken back.
    """
    waiting: list[str] = []
    size = 0
    try:
        for part in parts:
            waiting.append(part)
            size += len(part)
            if size >= _PORTION:
                yield "".join(waiting)
                waiting, size = [], 0
    except Exception:
        yield "".join(waiting) + _BROKEN_OFF
        raise
    yield "".join(waiting)


def _known(call: Call) -> dict[str, Any]:
    """``caller``, ``site``, ``request``, ``form_token``, ``form_field``, and so on.

    Also ``said``, what `Call.go` left to be told, and ``navigation`` of the console.
    """
    token = token_for(call.site, call.request)
    return {
        "caller": call.caller,
        "site": call.site,
        "request": call.request,
        "form_token": token,
        "form_field": TOKEN,
        "navigation": places(call.request, call.caller, _waiting(call)),
        "said": saying.read(call.site, call.request),
        "paths": {getattr(route, "path", "") for route in call.request.app.routes},
        "switcher": switching.switcher_of(call) if call.caller else None,
    }


def _with_cookies(call: Call, response: Response, *, said: bool) -> Response:
    if said:
        cookies.drop(call.site, response, cookies.SAID)
    fresh = getattr(call.request.state, "browser", None)
    if fresh:
        cookies.put(call.site, response, cookies.BROWSER, fresh)
    return response


def part(template: str, **context: Any) -> str:
    """A part of a page, made of *template* alone: it knows of nobody who looks."""
    return _ENV.get_template(template).render(context)


def _waiting(call: Call) -> dict[str, int]:
    """How much waits in the parts of the console, by their paths."""
    caller = call.caller
    if caller is None or not caller.may(Right.READ):
        return {}
    with call.site.store.reading() as tx:
        warnings = warning_steps.open_count(tx, call.scope)
    return {"/review": reviewing.count(call.site.store, call.scope), "/warnings": warnings}
