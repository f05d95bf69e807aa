"""What is answered instead of a page: in plain words to a person, in a line to a program."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from exempt.model.access import Caller
from exempt.web.pages import Call
from exempt.web.sessions import caller_of
from exempt.web.site import Site

_PORTAL = ("/portal", "/r/")


class _Words(NamedTuple):
    """What a page says of a status, and what one can do."""

    title: str
    sentence: str


_WORDS: Mapping[int, _Words] = {
    400: _Words(
        "That could not be read",
        "What your browser sent was incomplete, or not as it should be. Go back, and try again.",
    ),
    403: _Words(
        "That is not for you",
        "You have no right to see or do this. An administrator can change that.",
    ),
    404: _Words(
        "There is no such page",
        "The address may be mistyped, or what it showed is no longer there.",
    ),
    405: _Words(
        "That is not done here",
        "The page cannot be called in that way. Go back, and use its buttons.",
    ),
    408: _Words(
        "That took too long",
        "What you sent did not arrive in time. Try again, on a better line if you can.",
    ),
    409: _Words(
        "Somebody was faster",
        "It was changed while you looked at it. Go back, load it again, and see what it says now.",
    ),
    410: _Words(
        "This link does not work any more",
        "It has expired, or was used before. Open the latest mail that you have of us.",
    ),
    413: _Words(
        "That is too large",
        "More was sent than is taken here; a file may have up to 50 MB. Send a smaller one.",
    ),
    422: _Words(
        "Something in it is not right",
        "Go back, look at what you entered, and send it again.",
    ),
    429: _Words(
        "Too often",
        "There were too many tries in a short time. Wait a little, then try again.",
    ),
    500: _Words(
        "Something went wrong here",
        "It was not your doing, and nothing of yours is lost. Try again in a moment.",
    ),
    503: _Words(
        "Not just now",
        "The server cannot do this at the moment. Try again in a minute.",
    ),
}
"""Where a status is not among these, those of 400 or 500 are said."""

_INSIDE = (403, 404, 405, 409, 422)
"""What is told within the console: all that a person brings about who works there."""

_TEMPLATES = {
    (False, False): "mishap.html",
    (False, True): "mishap_inside.html",
    (True, False): "portal_mishap.html",
}
"""By whether it is the portal's, and whether somebody is signed in."""

_log = logging.getLogger("exempt.web")

Handler = Callable[[Request, Exception], Coroutine[Any, Any, Response]]


def handlers(site: Site) -> dict[Any, Handler]:
    """What the application does with refusals."""

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for it
        if error.status_code in _INSIDE and wants_page(request):
            return await run_in_threadpool(_inside, site, request, error)
        return answer(site, request, error)

    async def unforeseen(_request: Request, error: Exception) -> Response:
        raise error  # `exempt.web.guard` logs it, and answers

    return {HTTPException: refused, Exception: unforeseen}


def _inside(site: Site, request: Request, error: HTTPException) -> Response:
    """The page of a refusal, with the ways around it for whoever is signed in."""
    caller = None
    if not request.url.path.startswith(_PORTAL):
        try:
            caller = caller_of(site, request)
        except Exception:  # noqa: BLE001 - a page without ways around it will do
            _log.warning("a refusal is told without the side bar", exc_info=True)
    return answer(site, request, error, caller=caller)


def answer(
    site: Site,
    request: Request,
    error: HTTPException,
    incident: str = "",
    *,
    caller: Caller | None = None,
) -> Response:
    """The page of a refusal; a line of text for programs; nothing where no body may be."""
    headers = dict(error.headers or {})
    if error.status_code in {204, 304}:
        return Response(status_code=error.status_code, headers=headers)
    if not wants_page(request):
        return PlainTextResponse(error.detail, error.status_code, headers=headers)
    usual = 500 if error.status_code >= 500 else 400
    words = _WORDS.get(error.status_code) or _WORDS[usual]
    named = error.detail not in {"", HTTPStatus(error.status_code).phrase}
    portal = request.url.path.startswith(_PORTAL)
    response = Call(site, request, caller).page(
        _TEMPLATES[portal, caller is not None],
        error.status_code,
        words=words,
        code=error.status_code,
        detail=error.detail if named else "",
        incident=incident,
    )
    response.headers.update(headers)
    return response


def wants_page(request: Request) -> bool:
    """Whether it is a browser that shows what it gets."""
    return "text/html" in request.headers.get("accept", "")
