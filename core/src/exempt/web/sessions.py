"""Who is signed in, by the cookie of a call."""

from __future__ import annotations

import logging

from starlette.requests import Request
from starlette.responses import Response

from exempt.model.access import Caller
from exempt.services import sessions, users
from exempt.services.sessions import Lasting, SignedIn, Visit
from exempt.web import cookies
from exempt.web.addresses import address_of
from exempt.web.site import Site

_log = logging.getLogger("exempt.access")


UNATTENDED = "unattended"
"""In the address, or as ``X-Unattended``: a page asks by itself, and nobody moves in it."""


def caller_of(site: Site, request: Request) -> Caller | None:
    """Who is signed in, with the second factor where one is due; None = nobody, or no more.

    What a page asks for by itself does not keep anybody signed in who went away.
    """
    streamed = "text/event-stream" in request.headers.get("accept", "")
    said = UNATTENDED in request.query_params or f"x-{UNATTENDED}" in request.headers
    by_itself = streamed or said
    found = _known(site, request) if by_itself else signed_in(site, request)
    return found.caller if found is not None and found.session.complete else None


def signed_in(site: Site, request: Request) -> SignedIn | None:
    """Whose session it is, also one that still lacks the second factor."""
    token = cookies.read(site, request, cookies.SESSION)
    if not token:
        return None
    lasting = Lasting(site.session_idle, site.session_length)
    return sessions.current(site.store, token, lasting, site.clock())


def still_signed_in(site: Site, request: Request) -> bool:
    """Whether the session of a call that lasts goes on, which that call is no sign of life for."""
    found = _known(site, request)
    return found is not None and found.session.complete


def _known(site: Site, request: Request) -> SignedIn | None:
    token = cookies.read(site, request, cookies.SESSION)
    lasting = Lasting(site.session_idle, site.session_length)
    return sessions.known(site.store, token, lasting, site.clock()) if token else None


def visit_of(site: Site, request: Request) -> Visit:
    """From where somebody calls, and with what."""
    return Visit(address_of(site, request), request.headers.get("user-agent", ""))


def put(site: Site, response: Response, token: str) -> Response:
    """Let the browser keep a new session's id, until it is closed."""
    cookies.put(site, response, cookies.SESSION, token)
    cookies.drop(site, response, cookies.BROWSER)
    return response


def denied(site: Site, request: Request, caller: Caller) -> None:
    """Remember that somebody was refused a page (ASVS 16.3.2)."""
    path = request.scope["route"].path if "route" in request.scope else ""
    what = f"{request.method} {path}"
    _log.warning("denied: %s", what, extra={"user": caller.user_id})
    if caller.user_id is not None:
        users.note_denied(site.store, caller.user_id, caller.name, what, site.clock())
