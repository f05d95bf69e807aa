"""The pages of physical nexus: listed, several states stated in one save, changed, taken back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from operator import itemgetter
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from exempt.data import jurisdiction_name, jurisdictions
from exempt.errors import ConflictError, ExemptError, NotFoundError, RefusedError
from exempt.model.access import Right
from exempt.model.presence import PresenceKind
from exempt.rules.presences import PresenceDetails, WrongRow, read_presences
from exempt.services import companies, presences, scoped
from exempt.services.presence_ports import PresenceRow
from exempt.services.presences import PresenceChange, UnfitRowsError
from exempt.services.rows import CompanyRow
from exempt.services.tables_out import Row, Sheet
from exempt.web.console import exports
from exempt.web.console.listing import Asked, Column, Lister
from exempt.web.console.nexus import today
from exempt.web.pages import Call, Pages
from exempt.web.typed import day_of

pages = Pages()

FIRST_ROWS = 3
MOST_ROWS = 60

LIST = Lister(
    "/presence",
    columns=(
        Column("state", "State", sort=True, fixed=True),
        Column("company", "Company", sort=True),
        Column("kind", "What", sort=True),
        Column("since", "Since", sort=True),
        Column("until", "Until", sort=True),
        Column("notes", "Notes"),
        Column("stated", "Stated", sort=True),
    ),
    filters=("kind", "show"),
    sort="state",
)

_KEYS: Mapping[str, Any] = {
    "state": lambda row: jurisdiction_name(row.jurisdiction),
    "company": lambda row: row.company_id,
    "kind": lambda row: row.kind,
    "since": lambda row: row.effective_date,
    "until": lambda row: row.end_date or dt.date.max,
    "stated": lambda row: row.made_at,
}

STATES = tuple(
    sorted(((code, fact.name) for code, fact in jurisdictions().items()), key=itemgetter(1))
)
KINDS = tuple((kind.value, kind.value.capitalize()) for kind in PresenceKind)
SHOWS = (("ended", "Ended ones, too"), ("all", "Ended and removed ones, too"))


@pages.get("/presence", may=Right.READ)
def list_(call: Call) -> Response:
    """Where there is physical nexus, since when, and why."""
    asked = LIST.read(call)
    rows, names = _found(call, asked)
    return call.page(
        "presence/list.html",
        listing=LIST.shown(call, asked, total=len(rows)),
        rows=rows[asked.offset : asked.offset + asked.limit],
        names=names,
        kinds=KINDS,
        shows=SHOWS,
        on=today(call),
    )


def _found(call: Call, asked: Asked) -> tuple[list[PresenceRow], dict[int, str]]:
    """The rows that fit, and the names of companies."""
    on, show, kind = today(call), asked.filter("show"), asked.filter("kind")
    with call.site.store.reading() as tx:
        rows = presences.listed(tx, call.scope, removed=show == "all")
        names = companies.names(tx)
    found = [
        row
        for row in rows
        if (show or (row.end_date or on) >= on)
        and (not kind or row.kind == kind)
        and asked.fits(_text(row, names[row.company_id]))
    ]
    found.sort(key=_KEYS.get(asked.sort, _KEYS["state"]), reverse=asked.descending)
    return found, names


def _text(row: PresenceRow, company: str) -> str:
    place = jurisdiction_name(row.jurisdiction)
    return f"{place} {row.jurisdiction} {company} {row.kind} {row.notes}"


@pages.get("/presence/export", may=Right.READ, slow=True)
def export(call: Call) -> Response:
    """The rows that the filters name, to be saved."""
    rows, names = _found(call, LIST.read(call))
    return exports.send(call, Sheet("Physical nexus", HEADS, _cells(rows, names)), "presence")


HEADS = (
    *("State", "Company", "What", "First day", "Last day", "Notes"),
    *("Stated at", "Stated by", "Removed at", "Removed by"),
)


def _cells(rows: Iterable[PresenceRow], names: dict[int, str]) -> Iterator[Row]:
    for row in rows:
        yield (
            *(jurisdiction_name(row.jurisdiction), names[row.company_id], row.kind.value),
            *(row.effective_date, row.end_date, row.notes),
            *(row.made_at, row.made_by, row.removed_at, row.removed_by),
        )


# --- several states in one save ----------------------------------------------------------

FIELDS = ("jurisdiction", "kind", "effective_date", "end_date", "notes")
_EMPTY = {"jurisdiction": "", "kind": "employee", "effective_date": "", "end_date": "", "notes": ""}


@pages.get("/presence/manage", may=Right.EDIT)
def manage(call: Call) -> Response:
    """A form with a row for each state."""
    state = call.query.get("state", "")
    first = {**_EMPTY, "jurisdiction": state if state in jurisdictions() else ""}
    rows = [first, *({**_EMPTY} for _ in range(FIRST_ROWS - 1))]
    return _form(call, rows, call.query.get("company", ""))


@pages.post("/presence/manage", may=Right.EDIT)
def save(call: Call) -> Response:
    """Keep all rows of the form, or none; or show it with one row more."""
    rows, key = _rows(call), call.text("company")
    if call.text("do") == "more":
        return _form(call, [*rows, {**_EMPTY}][:MOST_ROWS], key)
    filled = [number for number, row in enumerate(rows, 1) if _is_filled(row)]
    if not filled:
        return _form(call, rows, key, said="Choose a state and its first day, at least once.")
    told = [{name: text or None for name, text in rows[at - 1].items()} for at in filled]
    read, wrong = read_presences([{**each, "notes": each["notes"] or ""} for each in told], filled)
    if wrong:
        return _form(call, rows, key, wrong)
    company = _company(call, key)
    if company is None:
        return _form(call, rows, key, said="Choose the company whose nexus it is.")
    return _keep(call, rows, read, filled, company)


def _keep(
    call: Call,
    rows: list[dict[str, str]],
    read: list[PresenceDetails],
    filled: list[int],
    company: CompanyRow,
) -> Response:
    try:
        kept = presences.add(call.site.store, company.id, read, call.site.act(call.by.name))
    except UnfitRowsError as error:
        wrong = [each.model_copy(update={"row": filled[each.row - 1]}) for each in error.wrong]
        return _form(call, rows, company.key, wrong)
    except RefusedError as error:
        return _form(call, rows, company.key, said=str(error))
    names = ", ".join(dict.fromkeys(jurisdiction_name(row.jurisdiction) for row in kept))
    return call.go("/presence", f"Physical nexus is kept: {names}.")


def _rows(call: Call) -> list[dict[str, str]]:
    """The rows as they were typed."""
    columns = [call.texts(name)[:MOST_ROWS] for name in FIELDS]
    if len({len(column) for column in columns}) != 1:
        raise HTTPException(400)
    return [
        {name: value.strip() for name, value in zip(FIELDS, row, strict=True)}
        for row in zip(*columns, strict=True)
    ]


def _is_filled(row: Mapping[str, str]) -> bool:
    return any(row[name] for name in ("jurisdiction", "effective_date", "end_date", "notes"))


def _company(call: Call, key: str) -> CompanyRow | None:
    """The company that is named, or the only one; None where it must be chosen."""
    with call.site.store.reading() as tx:
        try:
            return scoped.company(tx, key or None, call.by)
        except NotFoundError:
            raise HTTPException(404) from None
        except RefusedError:
            return None


def _form(
    call: Call,
    rows: list[dict[str, str]],
    company: str,
    wrong: Iterable[WrongRow] = (),
    said: str = "",
) -> Response:
    mistakes: dict[int, dict[str, str]] = {}
    for each in wrong:
        mistakes.setdefault(each.row, {})[each.field or "jurisdiction"] = _sentence(each.said)
    with call.site.store.reading() as tx:
        mine = scoped.companies(tx, call.by)
        on_file = presences.listed(tx, call.scope)
    many = len(mistakes)
    if many:
        said = (
            f"Nothing was saved: {many} {'row needs' if many == 1 else 'rows need'} another look."
        )
    return call.page(
        "presence/manage.html",
        422 if said else 200,
        rows=rows,
        wrong=mistakes,
        said_wrong=said,
        company=company,
        companies=mine,
        states=STATES,
        kinds=KINDS,
        most=MOST_ROWS,
        on_file=on_file,
    )


def _sentence(said: str) -> str:
    """What is wrong with a field; days are picked here, and not written."""
    said = said.removesuffix("as YYYY-MM-DD").rstrip(" ,")
    return f"{said[:1].upper()}{said[1:]}."


# --- one ---------------------------------------------------------------------------------


@pages.get("/presence/{presence_id:int}", may=Right.READ)
def one(call: Call) -> Response:
    """One presence, with who did what with it."""
    return _one(call)


def _one(call: Call, status: int = 200, **typed: str) -> Response:
    presence_id = call.path["presence_id"]
    with call.site.store.reading() as tx:
        try:
            row = presences.get(tx, presence_id, call.by.company_ids)
        except NotFoundError:
            raise HTTPException(404) from None
        done = presences.history(tx, presence_id)
        name = companies.names(tx)[row.company_id]
    now = {
        "effective_date": row.effective_date.isoformat(),
        "end_date": row.end_date.isoformat() if row.end_date else "",
        "notes": row.notes,
        "wrong": "",
        "conflict": "",
    }
    return call.page(
        "presence/one.html",
        status,
        row=row,
        company=name,
        history=done,
        typed=now | typed,
        now=now,
        mark=presences.mark(row),
        on=today(call),
    )


@pages.post("/presence/{presence_id:int}", may=Right.EDIT)
def change(call: Call) -> Response:
    """Let it say something else."""
    typed = {name: call.text(name) for name in ("effective_date", "end_date", "notes")}
    first, last = day_of(typed["effective_date"]), day_of(typed["end_date"])
    if first is None or (typed["end_date"] and last is None):
        return _one(call, 422, **typed, wrong="Write days as YYYY-MM-DD.")
    wanted = PresenceChange(first, last, typed["notes"], goes_on=last is None)
    try:
        row = presences.change(
            call.site.store,
            call.path["presence_id"],
            wanted,
            call.site.act(call.by.name),
            call.by.company_ids,
            seen=call.text("seen"),
        )
    except NotFoundError:
        raise HTTPException(404) from None
    except ConflictError:
        return _one(call, 409, **typed, conflict="yes")
    except ExemptError as error:
        return _one(call, 422, **typed, wrong=str(error))
    return call.go("/presence", f"Physical nexus in {jurisdiction_name(row.jurisdiction)} is kept.")


@pages.post("/presence/{presence_id:int}/remove", may=Right.EDIT)
def remove(call: Call) -> Response:
    """Take it back, as it was a mistake."""
    try:
        row = presences.remove(
            call.site.store,
            call.path["presence_id"],
            call.site.act(call.by.name),
            call.by.company_ids,
            reason=call.text("reason"),
        )
    except NotFoundError:
        raise HTTPException(404) from None
    except ExemptError as error:
        return _one(call, 422, wrong=str(error))
    return call.go(
        "/presence", f"Physical nexus in {jurisdiction_name(row.jurisdiction)} is removed."
    )
