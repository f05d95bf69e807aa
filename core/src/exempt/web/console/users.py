"""The pages of users, for administrators: invited, changed, disabled."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from exempt.errors import NotFoundError, RefusedError
from exempt.model.access import Right, Role
from exempt.services import companies, own_account, sessions, users
from exempt.services.access_ports import User
from exempt.services.users import Details, Linked
from exempt.web.console.access_lists import USERS, factor_of, state_of, users_of
from exempt.web.console.desk import desk_of, here, status_of, told, typed
from exempt.web.pages import Call, Pages
from exempt.web.typed import numbers_of

pages = Pages()

EVENTS = 30


@pages.get("/users", may=Right.ADMINISTER)
def list_(call: Call) -> Response:
    """Everybody."""
    asked = USERS.read(call)
    found, names = users_of(call, asked)
    return call.page(
        "access/users.html",
        listing=USERS.shown(call, asked, total=len(found)),
        users=found[asked.offset : asked.offset + asked.limit],
        companies=names,
        state_of=state_of,
        factor_of=factor_of,
    )


@pages.get("/users/new", may=Right.ADMINISTER)
def new(call: Call) -> Response:
    """The form to invite somebody."""
    return _form(call, None)


@pages.post("/users", may=Right.ADMINISTER)
def invite(call: Call) -> Response:
    """Add somebody, and show the link for them once."""
    try:
        linked = users.add(call.site.store, _details(call), by=call.by.name, at=call.site.clock())
    except RefusedError as error:
        return _form(call, None, error)
    return _link_page(call, linked)


@pages.get("/users/{user_id:int}", may=Right.ADMINISTER)
def one(call: Call) -> Response:
    """What is known of somebody."""
    return _form(call, _whom(call))


@pages.post("/users/{user_id:int}", may=Right.ADMINISTER)
def change(call: Call) -> Response:
    """Change what is said of somebody; another e-mail needs proof (ASVS 7.5.1)."""
    user, at = _whom(call), call.site.clock()
    try:
        details = users.checked(_details(call))
        if details.email != user.email:
            _prove(call)
        users.change(call.site.store, user.id, details, by=call.by.name, at=at)
    except RefusedError as error:
        return _form(call, user, error)
    return call.go("/users", f"{details.name} is changed.")


@pages.post("/users/{user_id:int}/disable", may=Right.ADMINISTER)
def disable(call: Call) -> Response:
    """Let somebody sign in no more."""
    user = _whom(call)
    try:
        users.disable(call.site.store, user.id, by=call.by.name, at=call.site.clock())
    except RefusedError as error:
        return _form(call, user, error)
    return call.go("/users", f"{user.name} is disabled, and signed out everywhere.")


@pages.post("/users/{user_id:int}/enable", may=Right.ADMINISTER)
def enable(call: Call) -> Response:
    """Let somebody sign in again."""
    user = _whom(call)
    users.enable(call.site.store, user.id, by=call.by.name, at=call.site.clock())
    return call.go("/users", f"{user.name} may sign in again.")


@pages.post("/users/{user_id:int}/sign-out", may=Right.ADMINISTER)
def sign_out(call: Call) -> Response:
    """Sign somebody out everywhere (ASVS 7.4.5)."""
    user = _whom(call)
    users.end_sessions(call.site.store, user.id, by=call.by.name, at=call.site.clock())
    return call.go(f"/users/{user.id}", f"{user.name} is signed out everywhere.")


@pages.post("/users/{user_id:int}/link", may=Right.ADMINISTER)
def link(call: Call) -> Response:
    """A link by which somebody chooses a password, shown once."""
    user = _whom(call)
    try:
        _prove(call)
        linked = users.link(call.site.store, user.id, by=call.by.name, at=call.site.clock())
    except RefusedError as error:
        return _form(call, user, error)
    return _link_page(call, linked)


@pages.post("/users/{user_id:int}/second-factor/drop", may=Right.ADMINISTER)
def drop_second_factor(call: Call) -> Response:
    """Let somebody who lost it set up another."""
    user = _whom(call)
    try:
        _prove(call)
        users.drop_second_factor(call.site.store, user.id, by=call.by.name, at=call.site.clock())
    except RefusedError as error:
        return _form(call, user, error)
    said = f"{user.name} sets up a second factor when signing in next."
    return call.go(f"/users/{user.id}", said)


def _whom(call: Call) -> User:
    try:
        with call.site.store.reading() as tx:
            return users.get(tx, call.path["user_id"])
    except NotFoundError:
        raise HTTPException(404) from None


def _prove(call: Call) -> None:
    """That the administrator is still the one who signed in."""
    current, code = typed(call, "current"), call.text("code")
    own_account.prove(desk_of(call), here(call).session, current, code)


def _details(call: Call) -> Details:
    """What the form says.

    Raises:
        RefusedError: It names no role, or companies that there are not.
    """
    try:
        role = Role(call.text("role"))
    except ValueError:
        msg = f"role: choose one of {', '.join(Role)}"
        raise RefusedError(msg) from None
    return Details(call.text("email"), call.text("name"), role, companies_of(call))


def companies_of(call: Call) -> frozenset[int] | None:
    """The companies that a form chooses; None = all.

    Raises:
        RefusedError: There is none of those.
    """
    if call.text("scope") != "some":
        return None
    with call.site.store.reading() as tx:
        known = {str(company_id): company_id for company_id in companies.names(tx)}
    chosen = call.texts("company")
    if not all(each in known for each in chosen):
        msg = "companies: there is no such company"
        raise RefusedError(msg)
    return frozenset(known[each] for each in chosen)


def _form(call: Call, user: User | None, error: RefusedError | None = None) -> Response:
    with call.site.store.reading() as tx:
        placed = companies.tree(companies.every(tx))
        events = users.events(tx, user.id, EVENTS) if user else []
        going = sessions.of(tx, user.id) if user else []
    page = call.page(
        "access/user.html",
        status_of(error) if error else 200,
        user=user,
        known=_typed(call) if error and call.form.get("role") else _known(user),
        roles=tuple(Role),
        companies=placed,
        events=events,
        sessions=going,
        me=here(call).user,
        error=str(error or ""),
    )
    return told(page, error) if error else page


def _known(user: User | None) -> dict[str, Any]:
    if user is None:
        return {"email": "", "name": "", "role": Role.REVIEWER, "company_ids": None}
    return {name: getattr(user, name) for name in ("email", "name", "role", "company_ids")}


def _typed(call: Call) -> dict[str, Any]:
    """What was typed into the form, right or wrong."""
    chosen = set(numbers_of(call.texts("company")))
    fields: dict[str, Any] = {name: call.text(name) for name in ("email", "name", "role")}
    return {**fields, "company_ids": chosen if call.text("scope") == "some" else None}


def _link_page(call: Call, linked: Linked) -> Response:
    address = f"{call.site.url}/welcome/{linked.token}"
    return call.page("access/link.html", user=linked.user, address=address)
