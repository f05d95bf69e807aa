"""Physical nexus on the command line: added, listed, changed, ended, taken back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from exempt.cli.companies import scope
from exempt.cli.output import one_line, print_facts, print_json, print_table, say, short
from exempt.cli.typed import day
from exempt.data import jurisdiction_name
from exempt.errors import RefusedError
from exempt.rules.presences import PresenceDetails, presence_columns, read_presences
from exempt.services import companies, presences
from exempt.services.certificates import Act
from exempt.services.presence_ports import PresenceRow
from exempt.services.presences import PresenceChange, UnfitRowsError
from exempt.wiring import Exempt
from exempt.wiring.spreadsheets import open_table


class Given(NamedTuple):
    """What the options of ``exempt presence add`` say."""

    states: Sequence[str]
    kind: str
    first: str | None
    notes: str
    rows: Path | None
    company: str | None


def add(exempt: Exempt, act: Act, given: Given, *, as_json: bool) -> None:
    """``exempt presence add``."""
    rows = _rows(given)
    exempt.settle()
    with exempt.store.reading() as tx:
        owner = companies.only_one(tx, given.company)
    kept = presences.add(exempt.store, owner.id, rows, act)
    if as_json:
        print_json([row._asdict() for row in kept])
        return
    for row in kept:
        place = jurisdiction_name(row.jurisdiction)
        say(f"Presence {row.id}: {place}, {row.kind} since {row.effective_date}.", "green")


def _rows(given: Given) -> list[PresenceDetails]:
    """The presences that are to be added.

    Raises:
        RefusedError: Something of it cannot be read.
    """
    if given.rows is not None:
        if given.states:
            msg = "name states, or a file with --rows: not both"
            raise RefusedError(msg)
        return _rows_of(given.rows)
    if not given.states or given.first is None:
        msg = "name a state and its first day: exempt presence add TX --from 2024-03-01"
        raise RefusedError(msg)
    read, wrong = read_presences(
        [
            {
                "jurisdiction": state,
                "kind": given.kind,
                "effective_date": given.first,
                "notes": given.notes,
            }
            for state in given.states
        ]
    )
    if wrong:
        options = {"jurisdiction": "STATE", "kind": "--kind", "effective_date": "--from"}
        said = dict.fromkeys(
            f"{given.states[each.row - 1]}: {each.said}"
            if each.field == "jurisdiction"
            else f"{options.get(each.field, '--notes')}: {each.said}"
            for each in wrong
        )
        msg = "; ".join(said)
        raise RefusedError(msg)
    return read


def _rows_of(file: Path) -> list[PresenceDetails]:
    with open_table(file) as table:
        columns = presence_columns(table.titles)
        lines = list(table.lines())
    numbers = [line.row for line in lines]
    told = [
        {name: line.cells[position].text or "" for name, position in columns.items()}
        for line in lines
    ]
    read, wrong = read_presences(told, numbers)
    if wrong:
        raise UnfitRowsError(wrong)
    return read


# --- listed ------------------------------------------------------------------------------


def show_list(
    exempt: Exempt, company: str | None, *, only_this: bool, everything: bool, as_json: bool
) -> None:
    """``exempt presence list``."""
    on = exempt.clock().date()
    company_ids = scope(exempt, company, only_this=only_this)
    with exempt.store.reading() as tx:
        rows = presences.listed(tx, company_ids, removed=everything)
        names = companies.names(tx)
    shown = [row for row in rows if everything or (row.end_date or on) >= on]
    if as_json:
        print_json([{**row._asdict(), "in_force": row.in_force(on)} for row in shown])
        return
    if not shown:
        say("There is no physical nexus on file: see exempt presence add.")
        return
    several = len({row.company_id for row in shown}) > 1
    print_table(
        "",
        ("Id", "State", "Kind", "Since", "Until", "Notes", *(["Company"] if several else [])),
        [
            (
                row.id,
                short(row.jurisdiction),
                row.kind.value,
                row.effective_date,
                _until(row),
                one_line(row.notes),
                *([names[row.company_id]] if several else []),
            )
            for row in shown
        ],
        right=(0,),
        whole=("Id", "State", "Since"),
    )


def _until(row: PresenceRow) -> str:
    if row.removed_at is not None:
        return f"removed by {row.removed_by}"
    return str(row.end_date or "–")


def show_one(exempt: Exempt, presence_id: int, *, as_json: bool) -> None:
    """``exempt presence show``."""
    with exempt.store.reading() as tx:
        row = presences.get(tx, presence_id)
        done = presences.history(tx, presence_id)
        names = companies.names(tx)
    if as_json:
        print_json({**row._asdict(), "history": done})
        return
    say(f"Presence {row.id}: {jurisdiction_name(row.jurisdiction)}", "bold")
    print_facts(
        [
            ("Company", one_line(names[row.company_id])),
            ("Kind", row.kind.value),
            ("Since", str(row.effective_date)),
            ("Until", _until(row)),
            ("Notes", one_line(row.notes) or "–"),
            *([("Warning", str(row.warning_id))] if row.warning_id else []),
        ]
    )
    print_table(
        "History",
        ("When", "Who", "What", "Before", "Now"),
        [
            (f"{c.changed_at:%Y-%m-%d %H:%M}", c.changed_by, c.field, c.old or "–", c.new or "–")
            for c in done
        ],
    )


# --- changed -----------------------------------------------------------------------------


def end(exempt: Exempt, act: Act, presence_id: int, last: str, *, as_json: bool) -> None:
    """``exempt presence end``."""
    row = presences.end(exempt.store, presence_id, day(last, "--on"), act)
    _say(row, f"ends on {row.end_date}", as_json=as_json)


def change(
    exempt: Exempt,
    act: Act,
    presence_id: int,
    wanted: tuple[str | None, str | None, bool],
    *,
    as_json: bool,
) -> None:
    """``exempt presence change``."""
    first, notes, goes_on = wanted
    if first is None and notes is None and not goes_on:
        msg = f"presence {presence_id}: say what is to change: --from, --notes or --goes-on"
        raise RefusedError(msg)
    since: dt.date | None = day(first, "--from") if first else None
    told = PresenceChange(effective_date=since, notes=notes, goes_on=goes_on)
    row = presences.change(exempt.store, presence_id, told, act)
    _say(row, "is changed", as_json=as_json)


def remove(exempt: Exempt, act: Act, presence_id: int, reason: str, *, as_json: bool) -> None:
    """``exempt presence remove``."""
    row = presences.remove(exempt.store, presence_id, act, reason=reason)
    _say(row, "is removed", as_json=as_json)


def _say(row: PresenceRow, what: str, *, as_json: bool) -> None:
    told: dict[str, Any] = row._asdict()
    if as_json:
        print_json(told)
    else:
        say(f"Presence {row.id}, {jurisdiction_name(row.jurisdiction)}, {what}.", "green")
