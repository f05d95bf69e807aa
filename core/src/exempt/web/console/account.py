"""The pages of one's own account: name, password, second factor, where one is signed in."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from exempt.errors import RefusedError
from exempt.model.access import Right
from exempt.services import own_account, sessions, users
from exempt.services.sessions import Lasting
from exempt.web import cookies
from exempt.web.console.desk import desk_of, here, into, status_of, told, typed
from exempt.web.console.signing_in import keep_factor, proposal_page
from exempt.web.pages import Call, Pages

pages = Pages()

ACCOUNT = "/account"
FACTOR = "/account/second-factor"
CONFIRM = "/account/second-factor/confirm"
EVENTS = 12
"""So many of the last events are shown."""


@pages.get(ACCOUNT, may=Right.READ)
def account(call: Call) -> Response:
    """All of it on one page."""
    return _page(call)


def _page(
    call: Call, error: RefusedError | None = None, part: str = "", **context: Any
) -> Response:
    """The page; *error* is shown in its *part*."""
    site, found, at = call.site, here(call), call.site.clock()
    lasting = Lasting(site.session_idle, site.session_length)
    with site.store.reading() as tx:
        going = sessions.going(tx, found.user.id, lasting, at)
        events = users.events(tx, found.user.id, EVENTS)
    known = {
        "user": found.user,
        "session": found.session,
        "sessions": going,
        "events": events,
        "shortest": own_account.shortest(site.access),
        "required": site.access.second_factor,
        "error": str(error or ""),
        "part": part,
    }
    status = status_of(error) if error else 200
    page = call.page("access/account.html", status, **(known | context))
    return told(page, error) if error else page


@pages.post("/account/name", may=Right.READ)
def rename(call: Call) -> Response:
    """Keep another name."""
    try:
        own_account.rename(call.site.store, here(call), call.text("name"), call.site.clock())
    except RefusedError as error:
        return _page(call, error, "name")
    return call.go(ACCOUNT, "Your name is changed.")


@pages.post("/account/password", may=Right.READ)
def change_password(call: Call) -> Response:
    """Keep another password, and sign out everywhere else."""
    if typed(call, "password") != typed(call, "again"):
        return _page(call, RefusedError("The two new passwords differ."), "password")
    try:
        entered = own_account.change_password(
            desk_of(call),
            here(call).session,
            typed(call, "current"),
            call.text("code"),
            typed(call, "password"),
        )
    except RefusedError as error:
        return _page(call, error, "password")
    done = call.go(ACCOUNT, "Your password is changed; you are signed out everywhere else.")
    return into(call, entered, done)


# --- the second factor -------------------------------------------------------------------


@pages.post(FACTOR, may=Right.READ)
def propose(call: Call) -> Response:
    """Begin to set up a second factor, for who proves that it is they."""
    try:
        proposal = own_account.propose_second_factor(
            desk_of(call), here(call).session, typed(call, "current"), call.text("code")
        )
    except RefusedError as error:
        return _page(call, error, "factor")
    return proposal_page(call, proposal, CONFIRM)


@pages.post(CONFIRM, may=Right.READ)
def confirm(call: Call) -> Response:
    """Keep it, once its first code is right."""
    return keep_factor(call, here(call), CONFIRM, ACCOUNT)


@pages.post("/account/second-factor/drop", may=Right.READ)
def drop(call: Call) -> Response:
    """Have none any more, where none is required."""
    proof = (typed(call, "current"), call.text("code"))
    try:
        entered = own_account.drop_second_factor(desk_of(call), here(call).session, *proof)
    except RefusedError as error:
        return _page(call, error, "factor")
    return into(call, entered, call.go(ACCOUNT, "Your second factor is taken away."))


@pages.post("/account/recovery-codes", may=Right.READ)
def recovery_codes(call: Call) -> Response:
    """Show new recovery codes, once."""
    proof = (typed(call, "current"), call.text("code"))
    try:
        codes = own_account.new_recovery_codes(desk_of(call), here(call).session, *proof)
    except RefusedError as error:
        return _page(call, error, "factor")
    return call.page("access/recovery.html", codes=codes, next=ACCOUNT)


# --- sessions ----------------------------------------------------------------------------


@pages.post("/account/sessions/end", may=Right.READ)
def end_sessions(call: Call) -> Response:
    """Sign out in the browsers that were chosen, for who proves that it is they."""
    found, chosen = here(call), call.texts("session")
    if not chosen:
        return _page(call, RefusedError("Choose where to sign out."), "sessions")
    try:
        own_account.prove(desk_of(call), found.session, typed(call, "current"), call.text("code"))
    except RefusedError as error:
        return _page(call, error, "sessions")
    for id_hash in chosen:
        own_account.end_session(call.site.store, found, id_hash, call.site.clock())
    if found.session.id_hash not in chosen:
        return call.go(ACCOUNT, "You are signed out there.")
    response = call.go("/sign-in", "You are signed out.")
    cookies.drop(call.site, response, cookies.SESSION)
    return response
