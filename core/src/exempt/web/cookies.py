"""Our cookies: named and marked so that no other site, and no script, gets at them."""

from __future__ import annotations

import secrets

from starlette.requests import Request
from starlette.responses import Response

from exempt.web.site import Site

SESSION = "sid"
PORTAL = "portal"
BROWSER = "browser"
SAID = "said"
COMPANY = "company"


def name_of(site: Site, name: str) -> str:
    """Its name; ``__Host-`` binds it to this host, and browsers want TLS for that."""
    return f"__Host-{name}" if site.secure else f"exempt-{name}"


def read(site: Site, request: Request, name: str) -> str:
    """Its value, "" without one."""
    return request.cookies.get(name_of(site, name), "")


def put(
    site: Site, response: Response, name: str, value: str, *, seconds: int | None = None
) -> None:
    """Set it; without *seconds* until the browser is closed."""
    response.set_cookie(
        name_of(site, name),
        value,
        max_age=seconds,
        path="/",
        secure=site.secure,
        httponly=True,
        samesite="lax",
    )


def drop(site: Site, response: Response, name: str) -> None:
    """Take it away."""
    response.delete_cookie(
        name_of(site, name), path="/", secure=site.secure, httponly=True, samesite="lax"
    )


def anchor(site: Site, request: Request) -> str:
    """What the forms of a browser are bound to: its session, its portal, or a random cookie."""
    # The portal never looks at the session of staff, who may have it open in the same browser.
    portal = request.url.path.startswith("/portal")
    for name in (PORTAL, BROWSER) if portal else (SESSION, BROWSER):
        if value := read(site, request, name):
            return f"{name}:{value}"
    fresh: str | None = getattr(request.state, "browser", None)
    if fresh is None and request.method == "GET":
        fresh = request.state.browser = secrets.token_urlsafe(32)
    return f"{BROWSER}:{fresh}" if fresh else ""
