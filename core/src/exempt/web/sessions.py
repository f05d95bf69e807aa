"""Who is signed in, by the cookie of a call."""

from __future__ import annotations

from starlette.requests import Request

from exempt.model.access import Caller
from exempt.web import cookies
from exempt.web.site import Site


def caller_of(site: Site, request: Request) -> Caller | None:
    """Who is signed in; None = nobody, or no more."""
    cookies.read(site, request, cookies.SESSION)
    return None
