"""The pages of signing in and out, and of links by which somebody chooses a password."""

from __future__ import annotations

import datetime as dt
import hmac
import json
from urllib.parse import quote

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.responses import Response

from exempt.errors import RefusedError
from exempt.services import own_account, signing_in
from exempt.services import sessions as kept_sessions
from exempt.services.access_ports import Begun
from exempt.services.second_factor import Proposal
from exempt.services.sessions import SignedIn
from exempt.services.signing_in import Entered
from exempt.web import cookies, sessions
from exempt.web.console.desk import CODE, SET_UP, desk_of, into, next_of, status_of, told, typed
from exempt.web.pages import Call, Pages

pages = Pages()

BACK = "/sign-in/back"
COOKIE = "elsewhere"
ELSEWHERE_FOR = dt.timedelta(minutes=10)
STALE = "That took too long, or began in another browser: sign in again."
NOT_THERE = "You were not signed in there."


@pages.get("/sign-in", may=None)
def sign_in(call: Call) -> Response:
    """The form; who is signed in goes on."""
    found = sessions.signed_in(call.site, call.request)
    if found is not None and found.session.complete:
        return call.go(next_of(call))
    return _sign_in_page(call)


@pages.post("/sign-in", may=None)
def signed_in(call: Call) -> Response:
    """Begin a session."""
    try:
        entered = signing_in.sign_in(desk_of(call), call.text("email"), typed(call, "password"))
    except RefusedError as error:
        return told(_sign_in_page(call, error), error)
    return go_on(call, entered)


def _sign_in_page(call: Call, error: RefusedError | None = None) -> Response:
    provider = call.site.access.provider
    return call.page(
        "access/sign_in.html",
        status_of(error) if error else 200,
        error=str(error or ""),
        email=call.text("email"),
        provider=provider.label if provider else "",
        next=next_of(call),
    )


def go_on(call: Call, entered: Entered) -> Response:
    """Go where somebody wanted to, or to what is missing yet."""
    to = next_of(call)
    if not entered.complete:
        missing = CODE if entered.user.has_second_factor else SET_UP
        to = f"{missing}?next={quote(to)}"
    return into(call, entered, call.go(to))


@pages.post("/sign-out", may=None)
def sign_out(call: Call) -> Response:
    """End the session, here and on the server."""
    kept_sessions.end(call.site.store, cookies.read(call.site, call.request, cookies.SESSION))
    response = call.go("/sign-in", "You are signed out.")
    cookies.drop(call.site, response, cookies.SESSION)
    return response


# --- the second factor -------------------------------------------------------------------


@pages.get(CODE, may=None)
def code(call: Call) -> Response:
    """Ask for a code."""
    found = _halfway(call, with_factor=True)
    return _code_page(call) if found else call.go("/sign-in")


@pages.post(CODE, may=None)
def code_given(call: Call) -> Response:
    """Take a code."""
    found = _halfway(call, with_factor=True)
    if found is None:
        return call.go("/sign-in")
    try:
        entered = signing_in.give_code(desk_of(call), found.session, call.text("code"))
    except RefusedError as error:
        return told(_code_page(call, error), error)
    return go_on(call, entered)


def _code_page(call: Call, error: RefusedError | None = None) -> Response:
    status = status_of(error) if error else 200
    return call.page("access/code.html", status, error=str(error or ""), next=next_of(call))


@pages.get(SET_UP, may=None)
def set_up(call: Call) -> Response:
    """Propose a second factor to somebody who needs one and has none."""
    found = _halfway(call, with_factor=False)
    if found is None:
        return call.go("/sign-in")
    proposal = own_account.propose_second_factor(desk_of(call), found.session, "", "")
    return proposal_page(call, proposal, SET_UP)


@pages.post(SET_UP, may=None)
def was_set_up(call: Call) -> Response:
    """Keep it, once its first code is right."""
    found = _halfway(call, with_factor=False)
    return keep_factor(call, found, SET_UP, SET_UP) if found else call.go("/sign-in")


def keep_factor(call: Call, found: SignedIn, action: str, anew: str) -> Response:
    """Keep a proposed second factor, and show its recovery codes once.

    Who mistypes sees it again; where it grew too old they begin *anew*.
    """
    desk = desk_of(call)
    sealed, given = typed(call, "sealed"), call.text("code")
    try:
        done = own_account.set_up_second_factor(desk, found.session, sealed, given)
    except RefusedError as error:
        proposal = _proposed_again(call, found, sealed)
        if proposal is None:
            return call.go(anew)
        return told(proposal_page(call, proposal, action, error), error)
    page = call.page("access/recovery.html", codes=done.codes, next=next_of(call))
    return into(call, done.entered, page)


def _proposed_again(call: Call, found: SignedIn, sealed: str) -> Proposal | None:
    """The same proposal, for somebody who mistyped; None = it is too old."""
    desk = desk_of(call)
    try:
        return own_account.proposed_again(desk, found, sealed)
    except RefusedError:
        return None


def proposal_page(
    call: Call, proposal: Proposal, action: str, error: RefusedError | None = None
) -> Response:
    """The QR code of a second factor, and a field for its first code."""
    import segno  # noqa: PLC0415 - only for this page

    picture = segno.make(proposal.address, error="m").svg_inline(omitsize=True, border=2)
    return call.page(
        "access/second_factor.html",
        status_of(error) if error else 200,
        proposal=proposal,
        picture=Markup(picture),  # noqa: S704 - made of rectangles by segno
        action=action,
        error=str(error or ""),
        next=next_of(call),
    )


def _halfway(call: Call, *, with_factor: bool) -> SignedIn | None:
    """Somebody who gave the password, and lacks the second factor, to give or to set up."""
    found = sessions.signed_in(call.site, call.request)
    if found is None or found.session.complete:
        return None
    return found if found.user.has_second_factor is with_factor else None


# --- links -------------------------------------------------------------------------------


@pages.get("/welcome/{token}", may=None)
def welcome(call: Call) -> Response:
    """The form to choose a password; looking at it does not use the link up."""
    return _welcome_page(call, call.path["token"])


@pages.post("/welcome", may=None)
def welcomed(call: Call) -> Response:
    """Keep the password, and sign in."""
    token = typed(call, "token")
    if typed(call, "password") != typed(call, "again"):
        return _welcome_page(call, token, RefusedError("The two passwords differ."))
    fields = (typed(call, "password"), call.text("email"), call.text("name"))
    try:
        entered = own_account.choose_password(desk_of(call), token, *fields)
    except RefusedError as error:
        return _welcome_page(call, token, error)
    return go_on(call, entered)


def _welcome_page(call: Call, token: str, error: RefusedError | None = None) -> Response:
    found = own_account.welcome(call.site.store, token, call.site.clock())
    if found is None:
        return call.page("access/gone.html", 410)
    return call.page(
        "access/welcome.html",
        422 if error else 200,
        welcome=found,
        token=token,
        error=str(error or ""),
        email=call.text("email"),
        name=call.text("name"),
        shortest=own_account.shortest(call.site.access),
    )


# --- through a provider of OpenID Connect ------------------------------------------------


@pages.get("/sign-in/elsewhere", may=None)
def elsewhere(call: Call) -> Response:
    """Go to the provider; what must come back is kept in a sealed cookie."""
    provider = call.site.access.provider
    if provider is None:
        raise HTTPException(404)
    try:
        begun = provider.begin(f"{call.site.url}{BACK}")
    except RefusedError as error:
        return _sign_in_page(call, error)
    response = call.go(begun.url)
    until = (call.site.clock() + ELSEWHERE_FOR).isoformat()
    kept = call.site.keys.seal(json.dumps([until, next_of(call), *begun]))
    cookies.put(call.site, response, COOKIE, kept, seconds=int(ELSEWHERE_FOR.total_seconds()))
    return response


@pages.get(BACK, may=None)
def back(call: Call) -> Response:
    """Come back from the provider, and begin a session."""
    provider = call.site.access.provider
    if provider is None:
        raise HTTPException(404)
    desk = desk_of(call)
    try:
        to, begun = _begun(call)
        identity = provider.finish(begun, call.query["code"], f"{call.site.url}{BACK}")
        entered = signing_in.sign_in_from(desk, identity)
    except RefusedError as error:
        response = _sign_in_page(call, error)
    else:
        response = into(call, entered, call.go(to))
    cookies.drop(call.site, response, COOKIE)
    return response


def _begun(call: Call) -> tuple[str, Begun]:
    """Where somebody wanted to go, and what was begun for them.

    Raises:
        RefusedError: Nothing was in this browser, or too long ago, or it came to nothing.
    """
    sealed = cookies.read(call.site, call.request, COOKIE)
    if not sealed:
        raise RefusedError(STALE)
    until, to, *begun = json.loads(call.site.keys.unseal(sealed))
    if call.site.clock() >= dt.datetime.fromisoformat(until):
        raise RefusedError(STALE)
    found = Begun(*begun)
    if not hmac.compare_digest(found.state.encode(), call.query.get("state", "").encode()):
        raise RefusedError(STALE)
    if "code" not in call.query:
        raise RefusedError(NOT_THERE)
    return to, found
