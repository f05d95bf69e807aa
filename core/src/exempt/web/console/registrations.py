"""The pages of registrations: listed, several states stated at once, ended, taken back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import Any, NamedTuple

from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from exempt.data import jurisdiction_name
from exempt.data.tiles import state_tiles
from exempt.errors import ExemptError, NotFoundError, RefusedError
from exempt.model.access import Right
from exempt.rules.registrations import RegistrationDetails
from exempt.services import companies, registrations, scoped
from exempt.services.exposure_ports import RegistrationRow
from exempt.services.people import levies
from exempt.services.rows import CompanyRow
from exempt.services.tables_out import Row, Sheet
from exempt.web.console import exports
from exempt.web.console.listing import Asked, Column, Lister
from exempt.web.console.nexus import today
from exempt.web.console.nexus_state import state_page
from exempt.web.pages import Call, Pages
from exempt.web.typed import day_of, inside

pages = Pages()

LIST = Lister(
    "/registrations",
    columns=(
        Column("state", "State", sort=True, fixed=True),
        Column("company", "Company", sort=True),
        Column("from", "First day", sort=True),
        Column("through", "Last day", sort=True),
        Column("number", "Permit number"),
        Column("notes", "Notes"),
        Column("stated", "Added", sort=True),
    ),
    filters=("state", "removed"),
    sort="state",
)

_KEYS = {
    "state": lambda row: jurisdiction_name(row.jurisdiction),
    "company": lambda row: row.company_id,
    "from": lambda row: row.registered_from,
    "through": lambda row: row.registered_through or dt.date.max,
    "stated": lambda row: row.made_at,
}

STATES = tuple(
    sorted(
        ((code, jurisdiction_name(code)) for code in state_tiles() if levies(code)),
        key=itemgetter(1),
    )
)
"""Where there is a tax to register for."""


@pages.get("/registrations", may=Right.READ)
def list_(call: Call) -> Response:
    """Where companies are registered, and since when."""
    return _list(call)


def _list(call: Call, wrong: str = "") -> Response:
    asked = LIST.read(call)
    rows, names = _found(call, asked)
    return call.page(
        "nexus/registrations.html",
        422 if wrong else 200,
        listing=LIST.shown(call, asked, total=len(rows)),
        rows=rows[asked.offset : asked.offset + asked.limit],
        names=names,
        states=STATES,
        wrong=wrong,
        on=today(call),
    )


def _found(call: Call, asked: Asked) -> tuple[list[RegistrationRow], dict[int, str]]:
    """The rows that fit, and the names of companies."""
    with call.site.store.reading() as tx:
        rows = registrations.listed(tx, call.scope, removed=bool(asked.filter("removed")))
        names = companies.names(tx)
    state = asked.filter("state")
    found = [
        row
        for row in rows
        if (not state or row.jurisdiction == state)
        and asked.fits(_text(row, names[row.company_id]))
    ]
    found.sort(key=_KEYS.get(asked.sort, _KEYS["state"]), reverse=asked.descending)
    return found, names


def _text(row: RegistrationRow, company: str) -> str:
    place = jurisdiction_name(row.jurisdiction)
    return f"{place} {row.jurisdiction} {company} {row.number} {row.notes}"


@pages.get("/registrations/export", may=Right.READ, slow=True)
def export(call: Call) -> Response:
    """The rows that the filters name, to be saved."""
    rows, names = _found(call, LIST.read(call))
    return exports.send(call, Sheet("Registrations", HEADS, _cells(rows, names)), "registrations")


HEADS = (
    *("State", "Company", "First day", "Last day", "Permit number", "Notes"),
    *("Stated at", "Stated by", "Removed at", "Removed by"),
)


def _cells(rows: Iterable[RegistrationRow], names: dict[int, str]) -> Iterator[Row]:
    for row in rows:
        yield (
            *(jurisdiction_name(row.jurisdiction), names[row.company_id]),
            *(row.registered_from, row.registered_through, row.number, row.notes),
            *(row.made_at, row.made_by, row.removed_at, row.removed_by),
        )


# --- adding ------------------------------------------------------------------------------


class Typed(NamedTuple):
    """What somebody typed of registrations of several states."""

    company: str = ""
    states: tuple[str, ...] = ()
    registered_from: str = ""
    registered_through: str = ""
    number: str = ""
    notes: str = ""


@pages.get("/registrations/new", may=Right.EDIT)
def new(call: Call) -> Response:
    """A form for one state or several."""
    return _form(call, Typed(company=call.query.get("company", "")), {})


@pages.post("/registrations", may=Right.EDIT)
def add(call: Call) -> Response:
    """Keep the registrations of a form: all of them, or none."""
    typed = Typed(
        company=call.text("company"),
        states=tuple(filter(None, call.texts("state"))),
        registered_from=call.text("registered_from"),
        registered_through=call.text("registered_through"),
        number=call.text("number"),
        notes=call.text("notes"),
    )
    rows, wrong = read(typed)
    company = _company(call, typed.company)
    if company is None:
        wrong["company"] = "Choose the company that is registered."
    if not wrong and company is not None:
        try:
            registrations.add(call.site.store, company.id, rows, call.site.act(call.by.name))
        except RefusedError as error:
            wrong["state"] = str(error)
    if wrong and call.text("from_state") and typed.states:
        return state_page(
            call, 422, code=typed.states[0], key=typed.company, wrong=wrong, **_one(typed)
        )
    if wrong:
        return _form(call, typed, wrong)
    names = ", ".join(jurisdiction_name(row.jurisdiction) for row in rows)
    back = f"/nexus/{rows[0].jurisdiction}" if call.text("from_state") else "/registrations"
    if call.text("from_state") and company is not None:
        back += f"?company={company.key}"
    return call.go(back, f"Registered: {names}.")


def _one(typed: Typed) -> dict[str, Any]:
    return {
        name: getattr(typed, name)
        for name in ("registered_from", "registered_through", "number", "notes")
    }


_SAID = {
    "jurisdiction": "Choose states of the United States.",
    "registered_from": "Write the first day as YYYY-MM-DD.",
    "registered_through": "Write the last day as YYYY-MM-DD, none before the first.",
    "number": "Write a number of at most 100 characters.",
    "notes": "Write at most 500 characters.",
}


def read(typed: Typed) -> tuple[list[RegistrationDetails], dict[str, str]]:
    """The registrations that were typed, and what is wrong with them, by field."""
    rows: list[RegistrationDetails] = []
    wrong: dict[str, str] = {}
    if not typed.states:
        wrong["state"] = "Choose one state at least."
    if typed.number and len(typed.states) > 1:
        wrong["number"] = "A permit number is of one state: add the others by themselves."
    for state in typed.states:
        fields = {
            "jurisdiction": state,
            "registered_from": typed.registered_from,
            "registered_through": typed.registered_through or None,
            "number": typed.number,
            "notes": typed.notes,
        }
        try:
            rows.append(RegistrationDetails.model_validate(fields))
        except ValidationError as error:
            for each in error.errors():
                name = str(each["loc"][0])
                wrong["state" if name == "jurisdiction" else name] = _SAID[name]
    return rows, wrong


def _company(call: Call, key: str) -> CompanyRow | None:
    """The company that is named, or the only one; None where it must be chosen."""
    with call.site.store.reading() as tx:
        try:
            return scoped.company(tx, key or None, call.by)
        except NotFoundError:
            raise HTTPException(404) from None
        except RefusedError:
            return None


def _form(call: Call, typed: Typed, wrong: dict[str, str]) -> Response:
    with call.site.store.reading() as tx:
        mine = scoped.companies(tx, call.by)
    return call.page(
        "nexus/registration_new.html",
        422 if wrong else 200,
        typed=typed,
        wrong=wrong,
        states=STATES,
        companies=mine,
    )


# --- ending ------------------------------------------------------------------------------


@pages.post("/registrations/{registration_id:int}/end", may=Right.EDIT)
def end(call: Call) -> Response:
    """State the last day of one."""
    last = day_of(call.text("last_day"))
    if last is None:
        return _list(call, "Write the last day of the registration as YYYY-MM-DD.")
    try:
        row = registrations.end(
            call.site.store, call.path["registration_id"], last, _act(call), call.by.company_ids
        )
    except NotFoundError:
        raise HTTPException(404) from None
    except ExemptError as error:
        return _list(call, str(error))
    return call.go(_back(call), f"The registration in {_place(row)} ends on {last}.")


@pages.post("/registrations/{registration_id:int}/remove", may=Right.EDIT)
def remove(call: Call) -> Response:
    """Take one back that was a mistake."""
    try:
        row = registrations.remove(
            call.site.store, call.path["registration_id"], _act(call), call.by.company_ids
        )
    except NotFoundError:
        raise HTTPException(404) from None
    except ExemptError as error:
        return _list(call, str(error))
    return call.go(_back(call), f"The registration in {_place(row)} is removed.")


def _act(call: Call) -> Any:
    return call.site.act(call.by.name)


def _place(row: RegistrationRow) -> str:
    return jurisdiction_name(row.jurisdiction)


def _back(call: Call) -> str:
    """Where the form stood: the page of a state, or the list."""
    back = call.text("back")
    return inside(back) if back.startswith("/nexus/US-") else "/registrations"
