"""The page of employees: how many are in which state, who they are, where they were before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from starlette.responses import Response

from exempt.data import jurisdiction_name
from exempt.model.access import Right
from exempt.model.people import When
from exempt.services import people
from exempt.services.staff_lists import StaffRow, Stay, staff_rows
from exempt.services.tables_out import Row, Sheet
from exempt.web.console import exports
from exempt.web.console.listing import Asked, Column, Lister
from exempt.web.console.nexus import today
from exempt.web.pages import Call, Pages

pages = Pages()

LIST = Lister(
    "/employees",
    columns=(
        Column("employee", "Employee", sort=True, fixed=True),
        Column("company", "Company", sort=True),
        Column("where", "Where", sort=True),
        Column("since", "Since", sort=True),
        Column("moved", "Before"),
        Column("source", "Source", sort=True),
        Column("status", "Status"),
    ),
    filters=("state", "source", "when"),
    sort="employee",
)

WHENS = {When.NOW: "There", When.COMING: "To come", When.PAST: "Left"}
COLOURS = {When.NOW: "green", When.COMING: "blue", When.PAST: "grey"}

_KEYS: Mapping[str, Callable[[StaffRow], Any]] = {
    "employee": lambda row: (row.label or row.number).casefold(),
    "company": lambda row: row.company.name.casefold(),
    "where": lambda row: jurisdiction_name(row.here[0].jurisdiction),
    "since": lambda row: row.here[0].since,
    "source": lambda row: row.sources,
}


@pages.get("/employees", may=Right.READ)
def list_(call: Call) -> Response:
    """Who works or lives where, as all HR systems together tell it."""
    asked, on = LIST.read(call), today(call)
    with call.site.store.reading() as tx:
        states = people.staff(tx, call.scope, on)
        every = staff_rows(tx, call.scope, on)
    rows = _fit(every, asked)
    return call.page(
        "employees/list.html",
        listing=LIST.shown(call, asked, total=len(rows)),
        rows=rows[asked.offset : asked.offset + asked.limit],
        by_state=states,
        several=len(states) > 1,
        sources=[(name, name) for name in sorted({each for row in every for each in row.sources})],
        states=_states(every),
        whens=[(when.value, words) for when, words in WHENS.items()],
        words=WHENS,
        colours=COLOURS,
        people=len(every),
        narrowed=asked.narrowed,
    )


def _states(every: Iterable[StaffRow]) -> list[tuple[str, str]]:
    codes = {stay.jurisdiction for row in every for stay in row.stays}
    return sorted(((code, jurisdiction_name(code)) for code in codes), key=lambda each: each[1])


def _fit(every: Iterable[StaffRow], asked: Asked) -> list[StaffRow]:
    state, source, when = (asked.filter(name) for name in ("state", "source", "when"))
    found = [
        row
        for row in every
        if (not state or any(stay.jurisdiction == state for stay in row.stays))
        and (not source or source in row.sources)
        and (not when or row.when == when)
        and asked.fits(_text(row))
    ]
    found.sort(key=_KEYS.get(asked.sort, _KEYS["employee"]), reverse=asked.descending)
    return found


def _text(row: StaffRow) -> str:
    places = " ".join(jurisdiction_name(stay.jurisdiction) for stay in row.stays)
    return f"{row.number} {row.label or ''} {row.company.name} {places}"


@pages.get("/employees/export", may=Right.READ, slow=True)
def export(call: Call) -> Response:
    """Every time that somebody was in a state, of those whom the filters name."""
    with call.site.store.reading() as tx:
        rows = _fit(staff_rows(tx, call.scope, today(call)), LIST.read(call))
    return exports.send(call, Sheet("Employees", HEADS, _cells(rows)), "employees")


HEADS = (
    *("Employee", "Called", "Company", "Source", "Contractor", "Hired", "State", "Works there"),
    *("Lives there", "Since", "Since for certain", "Until", "Status"),
)


def _cells(rows: Iterable[StaffRow]) -> Iterator[Row]:
    for row in rows:
        for stay in row.stays:
            yield (
                *(row.number, row.label, row.company.name, ", ".join(row.sources)),
                *(_yes(row.contractor), row.start_date, jurisdiction_name(stay.jurisdiction)),
                *(_yes(stay.work), _yes(stay.home), stay.since, _yes(stay.since_known)),
                *(stay.until, _status(stay)),
            )


def _yes(so: bool) -> str:  # noqa: FBT001 - a cell
    return "yes" if so else "no"


def _status(stay: Stay) -> str:
    return WHENS[stay.when]
