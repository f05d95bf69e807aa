"""Warnings of nexus on the command line: listed, acknowledged, confirmed, dismissed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from exempt.cli.companies import scope
from exempt.cli.output import (
    count,
    one_line,
    print_facts,
    print_json,
    print_table,
    say,
    say_below,
)
from exempt.cli.typed import day
from exempt.data import jurisdiction_name
from exempt.errors import RefusedError
from exempt.model.presence import WarningKind, WarningState
from exempt.rules.warning_words import title
from exempt.services import warning_steps
from exempt.services.certificates import Act
from exempt.services.presence_ports import WarningRow
from exempt.wiring import Exempt


def show_list(
    exempt: Exempt, company: str | None, *, only_this: bool, everything: bool, as_json: bool
) -> None:
    """``exempt warnings list``."""
    company_ids = scope(exempt, company, only_this=only_this)
    states = () if everything else (WarningState.OPEN,)
    with exempt.store.reading() as tx:
        rows = warning_steps.listed(tx, company_ids, states=states)
    if as_json:
        print_json([told(row) for row in rows])
        return
    if not rows:
        say("There are no warnings." if everything else "There are no open warnings.")
        return
    several = len({row.company_id for row in rows}) > 1
    heads = ("Id", "", "Raised", "Warning", *(["Company"] if several else []))
    print_table(
        "",
        (*heads, *(["State"] if everything else [])),
        [
            (
                row.id,
                "" if row.read_at else "*",
                f"{row.raised_at:%Y-%m-%d}",
                warning_steps.said(row),
                *([one_line(row.company)] if several else []),
                *([_state(row)] if everything else []),
            )
            for row in rows
        ],
        right=(0,),
        whole=("Id", "Raised"),
    )
    if any(row.state is WarningState.OPEN for row in rows):
        say("Confirm or dismiss each: exempt warnings confirm ID, dismiss ID --reason WHY")


def told(row: WarningRow) -> dict[str, Any]:
    """A warning for scripts."""
    return {**row._asdict(), "facts": json.loads(row.facts), "said": warning_steps.said(row)}


def _state(row: WarningRow) -> str:
    if row.state is WarningState.OPEN:
        return "open"
    return f"{row.state} by {row.closed_by}"


def show_one(exempt: Exempt, warning_id: int, *, as_json: bool) -> None:
    """``exempt warnings show``."""
    with exempt.store.reading() as tx:
        row = warning_steps.get(tx, warning_id)
        done = warning_steps.history(tx, warning_id)
    if as_json:
        print_json({**told(row), "history": done})
        return
    say(f"Warning {row.id}: {title(row.kind, row.jurisdiction)}", "bold")
    say_below(warning_steps.said(row))
    print_facts(_facts(row))
    if row.state is WarningState.OPEN:
        say()
        say("Next", "bold")
        print_facts(_next(row))


def _facts(row: WarningRow) -> list[tuple[str, str]]:
    facts = [
        ("Company", one_line(row.company)),
        ("Raised", f"{row.raised_at:%Y-%m-%d %H:%M} UTC"),
        ("Mailed", f"{row.mailed_at:%Y-%m-%d %H:%M} UTC" if row.mailed_at else "no"),
        ("Read", f"by {row.read_by}, {row.read_at:%Y-%m-%d}" if row.read_at else "no"),
        ("State", _state(row)),
    ]
    return [*facts, *([("Reason", one_line(row.reason))] if row.reason else [])]


def _next(row: WarningRow) -> list[tuple[str, str]]:
    confirmed = (
        f"there is physical nexus from {row.since} on"
        if row.kind is WarningKind.EMPLOYEE
        else "it is right, and being seen to"
    )
    state = row.jurisdiction.removeprefix("US-")
    look = (
        (f"exempt employees list {state}", "who is there")
        if row.kind is WarningKind.EMPLOYEE
        else (f"exempt nexus {state}", "the sales, and the law")
    )
    return [
        look,
        (f"exempt warnings confirm {row.id}", confirmed),
        (f"exempt warnings dismiss {row.id}", "with --reason: there is no nexus"),
    ]


def read(
    exempt: Exempt, act: Act, warning_ids: Sequence[int], *, every: bool, as_json: bool
) -> None:
    """``exempt warnings read``."""
    if every == bool(warning_ids):
        msg = "name warnings, or all of them with --all"
        raise RefusedError(msg)
    if every:
        with exempt.store.reading() as tx:
            open_ones = warning_steps.listed(tx, states=[WarningState.OPEN])
        warning_ids = [row.id for row in open_ones if row.read_at is None]
    rows = warning_steps.read(exempt.store, warning_ids, act)
    if as_json:
        print_json([told(row) for row in rows])
        return
    say(f"{count(len(rows), 'warning')} read.", "green")


def confirm(
    exempt: Exempt, act: Act, warning_id: int, first: str | None, notes: str, *, as_json: bool
) -> None:
    """``exempt warnings confirm``."""
    since = day(first, "--from") if first else None
    done = warning_steps.confirm(exempt.store, warning_id, act, effective_date=since, notes=notes)
    made = done.presence
    if as_json:
        presence = made._asdict() if made else None
        print_json({"warning": told(done.warning), "presence": presence})
        return
    said = f"Warning {warning_id} confirmed"
    if made is not None:
        place = jurisdiction_name(made.jurisdiction)
        said += f": physical nexus in {place} since {made.effective_date} (presence {made.id})"
    say(f"{said}.", "green")


def dismiss(exempt: Exempt, act: Act, warning_id: int, reason: str, *, as_json: bool) -> None:
    """``exempt warnings dismiss``."""
    row = warning_steps.dismiss(exempt.store, warning_id, reason, act)
    if as_json:
        print_json(told(row))
        return
    say(f"Warning {warning_id} dismissed: {row.reason}.", "green")
