"""A customer's card entered, edited and removed by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from exempt.errors import ConflictError, ExemptError, NotFoundError, RefusedError
from exempt.model.access import Right
from exempt.model.certificate import Change
from exempt.model.customer import (
    CARD_TITLES,
    ContactRole,
    CustomerCard,
    CustomerDetails,
    lacks_for_engine,
    lacks_recommended,
)
from exempt.rules.card_words import said_of
from exempt.services import cards, removing, scoped
from exempt.services.card_typing import (
    FIELDS,
    FLAGS,
    FieldsError,
    Typed,
    details_of,
    refused_as,
    typed_of,
)
from exempt.web.console.customer_card import BASE, found
from exempt.web.console.customer_links import decided, first_up
from exempt.web.console.customers import states
from exempt.web.pages import Call, Pages
from exempt.web.switching import switcher_of
from exempt.web.typed import number_of

pages = Pages()

ROLES = {
    ContactRole.ACCOUNTS_PAYABLE: "Accounts payable",
    ContactRole.TAX: "Tax",
    ContactRole.PURCHASING: "Purchasing",
    ContactRole.OTHER: "Other",
}
BLANK_CONTACTS = 2
MOST_CONTACTS = 50
ADDRESS_FIELDS = ("line1", "line2", "city", "state", "postal_code", "country")


@pages.get("/customers/new", may=Right.EDIT)
def new(call: Call) -> Response:
    """The form of a new customer."""
    return _new(call, Typed({"country": "US"}))


@pages.post("/customers/new", may=Right.EDIT)
def make(call: Call) -> Response:
    """Make the card."""
    typed, site = _typed(call), call.site
    key = call.text("company") or None
    try:
        with site.store.reading() as tx:
            company = scoped.company(tx, key, call.by)
    except (RefusedError, NotFoundError):
        return _new(call, typed, {"company": "Company: choose whose customer it is"})
    try:
        details = details_of(typed, site.customer_fields)
        done = cards.add(site.store, company.id, details, site.act(call.by.name))
    except FieldsError as error:
        return _new(call, typed, error.problems)
    except RefusedError as error:
        return _new(call, typed, refused_as(error, typed))
    return call.go(f"/customers/{done.card.id}", _added(done.card))


def _added(card: CustomerCard) -> str:
    """What is told of a new card: what it should have, too."""
    said = f"{card.name} added."
    if lacking := lacks_recommended(card):
        said += f" Recommended, and not there: {_titles(lacking)}."
    if lacking := lacks_for_engine(card):
        said += f" Not ready for a tax engine, which wants: {_titles(lacking)}."
    return said


def _titles(fields: tuple[str, ...]) -> str:
    return ", ".join(CARD_TITLES[field] for field in fields)


def _new(call: Call, typed: Typed, wrong: Mapping[str, str] | None = None) -> Response:
    switcher = switcher_of(call)
    options = [
        (placed.company.key, "\N{EM SPACE}" * placed.depth + placed.company.name)
        for placed in (switcher.placed if switcher else ())
    ]
    chosen = call.text("company") or (switcher.chosen if switcher else "")
    return call.page(
        "customers/new.html",
        422 if wrong else 200,
        companies=options,
        company=chosen,
        wrong=wrong or {},
        **_form(call, typed),
    )


# --- edit --------------------------------------------------------------------------------


@pages.get(f"{BASE}/edit", may=Right.EDIT)
def edit_form(call: Call) -> Response:
    """The form of a card."""
    card = found(call)
    return _edit(call, card, typed_of(card))


@pages.post(f"{BASE}/edit", may=Right.EDIT)
def edit(call: Call) -> Response:
    """Put what was typed in place of what the card says."""
    card, typed, site = found(call), _typed(call), call.site
    try:
        details = details_of(typed, site.customer_fields, card, _owners(call, card))
        done = cards.edit(site.store, card.id, details, site.act(call.by.name), seen=_seen(call))
    except FieldsError as error:
        return _edit(call, card, typed, wrong=error.problems)
    except ConflictError:
        return _conflict(call, typed)
    except RefusedError as error:
        return _edit(call, card, typed, wrong=refused_as(error, typed))
    return call.go(f"/customers/{card.id}", f"Saved. {decided(done.orders_changed)}")


def _seen(call: Call) -> int:
    """The version of the card that the form was made from; 0 = it does not say."""
    return number_of(call.text("seen")) or 0


def _conflict(call: Call, typed: Typed) -> Response:
    """The form as it was typed, with what somebody else changed meanwhile."""
    card = found(call)
    now, since = typed_of(card).texts, _changes_since(call, card)
    first = {change.field: change.old or "" for change in reversed(since)}
    untouched = [name for name in FIELDS if name in first and typed.texts[name] == first[name]]
    texts = {**typed.texts, **{name: now[name] for name in untouched}}
    return _edit(
        call,
        card,
        typed._replace(texts=texts),
        status=409,
        theirs={
            name: now[name] or "nothing"
            for name in FIELDS
            if name in first and texts[name] != now[name]
        },
        told=[f"{change.changed_by}: {said_of(change)}" for change in since],
        conflict=True,
    )


def _changes_since(call: Call, card: CustomerCard) -> list[Change]:
    """What became of the card's fields since the form was made, the oldest first."""
    with call.site.store.reading() as tx:
        known = cards.changes(tx, card.id)
    changes = [each for each in known if each.field in CustomerDetails.model_fields]
    moments = sorted({each.changed_at for each in changes})
    since = moments[-max(1, card.version - _seen(call)) :]
    return [each for each in changes if each.changed_at in since]


def _edit(
    call: Call, card: CustomerCard, typed: Typed, *, status: int = 200, **more: Any
) -> Response:
    wrong = more.get("wrong") or {}
    context: dict[str, Any] = {
        "wrong": wrong,
        "theirs": {},
        "told": [],
        "conflict": False,
        "refused": "",
    }
    return call.page(
        "customers/edit.html",
        422 if wrong else status,
        card=card,
        **(context | more),
        **(_form(call, typed) | {"owned": _owned(call, card)}),
    )


def _owners(call: Call, card: CustomerCard) -> Mapping[str, str]:
    with call.site.store.reading() as tx:
        return cards.owners(tx, card.id)


def _owned(call: Call, card: CustomerCard) -> dict[str, str]:
    """The fields of the form that a source has the last word on, and which."""
    owners = _owners(call, card)
    fields = (*FIELDS, *FLAGS)
    return {name: owners[cards.owned_as(name)] for name in fields if cards.owned_as(name) in owners}


def _form(call: Call, typed: Typed) -> dict[str, Any]:
    """What both forms know."""
    blank = {"role": "", "name": "", "email": "", "phone": ""}
    contacts = [dict(blank) | dict(each) for each in typed.contacts]
    return {
        "texts": {name: typed.texts.get(name, "") for name in FIELDS},
        "flags": set(typed.flags),
        "contacts": [*contacts, *({**blank} for _ in range(BLANK_CONTACTS))][:MOST_CONTACTS],
        "roles": [(role.value, title) for role, title in ROLES.items()],
        "custom": dict(typed.custom),
        "defined": call.site.customer_fields,
        "owned": {},
        "us_states": [
            (code.removeprefix("US-"), name) for code, name in states() if code.startswith("US-")
        ],
    }


def _typed(call: Call) -> Typed:
    """What the form says."""
    rows = zip(
        *(
            call.texts(f"contact_{name}")[:MOST_CONTACTS]
            for name in ("role", "name", "email", "phone")
        ),
        strict=False,
    )
    contacts = [dict(zip(("role", "name", "email", "phone"), row, strict=True)) for row in rows]
    return Typed(
        {name: call.text(name) for name in FIELDS},
        [name for name in FLAGS if call.text(name)],
        [
            row
            for row in contacts
            if row["name"].strip() or row["email"].strip() or row["phone"].strip()
        ],
        {key: call.text(f"custom-{key}") for key in call.site.customer_fields},
    )


@pages.post(f"{BASE}/unclaim", may=Right.EDIT)
def unclaim(call: Call) -> Response:
    """Take back a claim of exemption that nobody makes any more."""
    card = found(call)
    done = cards.unclaim(call.site.store, card.id, call.site.act(call.by.name))
    if done.card.flagged_exempt:
        said = "It stays exempt: its card or a source still says so."
    else:
        said = f"The claim is taken back. {decided(done.orders_changed)}"
    return call.go(f"/customers/{card.id}", said)


# --- remove ------------------------------------------------------------------------------


@pages.post(f"{BASE}/remove", may=Right.EDIT)
def remove(call: Call) -> Response:
    """Show the card no more, if nothing hangs on it."""
    card = found(call)
    try:
        removing.remove(call.site.store, card.id, call.site.act(call.by.name), seen=_seen(call))
    except ExemptError as error:
        said = first_up(str(error).partition(": ")[2])
        status = 409 if isinstance(error, ConflictError) else 422
        return _edit(call, card, typed_of(card), status=status, refused=said)
    return call.go("/customers", f"{card.name} is removed.")
