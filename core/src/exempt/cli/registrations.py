"""Registrations to collect tax on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError

from exempt.cli import typed
from exempt.cli.companies import scope
from exempt.cli.output import count, print_json, print_table, say, short
from exempt.data import jurisdiction_name
from exempt.errors import RefusedError
from exempt.rules.registrations import RegistrationDetails
from exempt.services import companies, registrations
from exempt.services.certificates import Act
from exempt.services.companies import only_one
from exempt.services.exposure_ports import RegistrationRow
from exempt.wiring import Exempt


class Given(NamedTuple):
    """What was typed."""

    states: Sequence[str]
    first: str
    through: str | None
    number: str
    notes: str


def add(exempt: Exempt, act: Act, company: str | None, given: Given, *, as_json: bool) -> None:
    """``exempt registrations add``."""
    exempt.settle()
    if given.number and len(given.states) > 1:
        msg = "--number: is of one state: add the others with a number of their own"
        raise RefusedError(msg)
    rows = [_row(state, given) for state in given.states]
    with exempt.store.reading() as tx:
        mine = only_one(tx, company)
    kept = registrations.add(exempt.store, mine.id, rows, act)
    if as_json:
        print_json([told(row, mine.key) for row in kept])
        return
    for row in kept:
        say(f"{_in_words(row)}: registration {row.id} of {mine.key}.", "green")


def _row(state: str, given: Given) -> RegistrationDetails:
    fields = {
        "jurisdiction": typed.jurisdiction(state, state),
        "registered_from": typed.day(given.first, "--from"),
        "registered_through": given.through and typed.day(given.through, "--through"),
        "number": given.number,
        "notes": given.notes,
    }
    try:
        return RegistrationDetails.model_validate(fields)
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0]).replace("registered_", "")
        msg = f"--{name}: {error.errors()[0]['msg'].removeprefix('Value error, ')}"
        raise RefusedError(msg) from None


def show(
    exempt: Exempt, company: str | None, *, only_this: bool, removed: bool, as_json: bool
) -> None:
    """``exempt registrations list``."""
    company_ids = scope(exempt, company, only_this=only_this)
    with exempt.store.reading() as tx:
        rows = registrations.listed(tx, company_ids, removed=removed)
        keys = companies.keys(tx)
    if as_json:
        print_json([told(row, keys[row.company_id]) for row in rows])
        return
    if not rows:
        say("No registration is on file: exempt registrations add TX --from 2026-01-01")
        return
    print_table(
        count(len(rows), "registration"),
        ("Id", "State", "Company", "From", "Through", "Number", "Stated", *_heads(removed)),
        [
            (
                row.id,
                short(row.jurisdiction),
                keys[row.company_id],
                row.registered_from,
                row.registered_through or "–",
                row.number or "–",
                f"{row.made_at:%Y-%m-%d} by {row.made_by}",
                *([_removed(row)] if removed else []),
            )
            for row in rows
        ],
        right=(0,),
        whole={"From", "Through"},
    )


def _heads(removed: bool) -> list[str]:
    return ["Removed"] if removed else []


def _removed(row: RegistrationRow) -> str:
    return f"{row.removed_at:%Y-%m-%d} by {row.removed_by}" if row.removed_at else "–"


def end(exempt: Exempt, act: Act, registration_id: int, on: str, *, as_json: bool) -> None:
    """``exempt registrations end``."""
    row = registrations.end(exempt.store, registration_id, typed.day(on, "--on"), act)
    if as_json:
        print_json(told(row, _key(exempt, row)))
        return
    say(f"{_in_words(row)}: registration {row.id}.", "green")


def remove(exempt: Exempt, act: Act, registration_id: int, *, as_json: bool) -> None:
    """``exempt registrations remove``."""
    row = registrations.remove(exempt.store, registration_id, act)
    if as_json:
        print_json(told(row, _key(exempt, row)))
        return
    name = jurisdiction_name(row.jurisdiction)
    say(f"Registration {row.id} in {name} removed; it stays on file as such.", "green")


def _in_words(row: RegistrationRow) -> str:
    name, last = jurisdiction_name(row.jurisdiction), row.registered_through
    if last:
        return f"{name}, registered from {row.registered_from} to {last}"
    return f"{name}, registered since {row.registered_from}"


def _key(exempt: Exempt, row: RegistrationRow) -> str:
    with exempt.store.reading() as tx:
        return next(each.key for each in tx.cards.companies() if each.id == row.company_id)


def told(row: RegistrationRow, company: str) -> dict[str, Any]:
    """A registration for scripts."""
    return {**row._asdict(), "company": company}
