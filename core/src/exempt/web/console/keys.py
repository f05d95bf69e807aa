"""The pages of API keys, for administrators: made, shown once, revoked."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import Response

from exempt.errors import NotFoundError, RefusedError
from exempt.model.access import Right
from exempt.services import api_keys, companies
from exempt.web.console.access_lists import KEYS, key_state, keys_of
from exempt.web.console.users import companies_of
from exempt.web.pages import Call, Pages

pages = Pages()

RIGHTS = {
    Right.READ: "See certificates, customers, orders, requests and their files",
    Right.DECIDE: "Ask which certificate covers an order",
    Right.EDIT: "Enter and change certificates and customers",
    Right.REQUEST: "Ask customers for certificates",
    Right.REVIEW: "Accept and reject what customers send in",
    Right.ADMINISTER: "Manage words of mails and webhooks",
}
"""What a program with each right may do, for people."""

LASTS = (30, 90, 180, 365, 730)
"""Days to choose from."""


@pages.get("/keys", may=Right.ADMINISTER)
def list_(call: Call) -> Response:
    """All keys."""
    asked = KEYS.read(call)
    found, names = keys_of(call, asked)
    return call.page(
        "access/keys.html",
        listing=KEYS.shown(call, asked, total=len(found)),
        keys=found[asked.offset : asked.offset + asked.limit],
        companies=names,
        at=call.site.clock(),
        key_state=key_state,
    )


@pages.get("/keys/new", may=Right.ADMINISTER)
def new(call: Call) -> Response:
    """The form to make one."""
    return _form(call)


@pages.post("/keys", may=Right.ADMINISTER)
def make(call: Call) -> Response:
    """Make a key, and show it once."""
    try:
        made = api_keys.make(
            call.site.store,
            call.text("name"),
            rights=[right for right in Right if right.value in call.texts("right")],
            company_ids=companies_of(call),
            days=_days(call.text("days")),
            by=call.by.name,
            at=call.site.clock(),
        )
    except RefusedError as error:
        return _form(call, error)
    return call.page("access/key_made.html", made=made)


@pages.post("/keys/{key_id:int}/revoke", may=Right.ADMINISTER)
def revoke(call: Call) -> Response:
    """Let a key work no more."""
    try:
        key = api_keys.revoke(
            call.site.store, call.path["key_id"], by=call.by.name, at=call.site.clock()
        )
    except NotFoundError:
        raise HTTPException(404) from None
    except RefusedError as error:
        return call.go("/keys", str(error))
    return call.go("/keys", f"The key {key.name} works no more.")


def _days(text: str) -> int | None:
    """How long a key works; None = until it is revoked.

    Raises:
        RefusedError: It is no choice of ours.
    """
    if text and text not in map(str, LASTS):
        msg = "days: choose how long it works"
        raise RefusedError(msg)
    return int(text) if text else None


def _form(call: Call, error: RefusedError | None = None) -> Response:
    with call.site.store.reading() as tx:
        placed = companies.tree(companies.every(tx))
    return call.page(
        "access/key.html",
        422 if error else 200,
        companies=placed,
        rights=RIGHTS,
        lasts=[*((days, f"{days} days") for days in LASTS), ("", "until it is revoked")],
        name=call.text("name"),
        chosen=set(call.texts("right")) or {Right.READ, Right.DECIDE},
        error=str(error or ""),
    )
