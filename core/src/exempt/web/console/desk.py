"""What the pages of signing in share: where somebody stands, and where they go on to."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import Response

from exempt.errors import RefusedError, TooOftenError
from exempt.services import sessions as kept
from exempt.services.sessions import SignedIn
from exempt.services.signing_in import Desk, Entered
from exempt.web import cookies, sessions
from exempt.web.pages import Call
from exempt.web.typed import inside

HOME = "/"
CODE = "/sign-in/code"
SET_UP = "/sign-in/second-factor"


def desk_of(call: Call) -> Desk:
    """Where whoever calls signs in, now."""
    site = call.site
    visit = sessions.visit_of(site, call.request)
    return Desk(site.store, site.access, site.keys, visit, site.clock())


def here(call: Call) -> SignedIn:
    """The session of whoever is signed in; for pages that need a right."""
    found = sessions.signed_in(call.site, call.request)
    if found is None:  # it ended between two looks
        raise HTTPException(403)
    return found


def typed(call: Call, name: str) -> str:
    """A field as it was typed: of a password, blanks at the ends belong to it."""
    value = call.form.get(name, "")
    return value if isinstance(value, str) else ""


def next_of(call: Call) -> str:
    """Where to go on to: a page of ours, and of nobody else."""
    return inside(call.query.get("next") or call.text("next"), HOME)


def status_of(error: RefusedError) -> int:
    """How a refusal is answered."""
    return 429 if isinstance(error, TooOftenError) else 422


def told(response: Response, error: RefusedError) -> Response:
    """*response*, with when to try again."""
    if isinstance(error, TooOftenError):
        seconds = max(1, -(-error.retry_after.total_seconds() // 1))
        response.headers["Retry-After"] = str(int(seconds))
    return response


def into(call: Call, entered: Entered, response: Response) -> Response:
    """*response*, with the new session's cookie; the one that the browser had is over."""
    before = cookies.read(call.site, call.request, cookies.SESSION)
    if before:
        kept.end(call.site.store, before)
    return sessions.put(call.site, response, entered.token)
