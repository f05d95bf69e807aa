"""Registrations to collect as people state them: what a row says, and what does not go together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Annotated, NamedTuple

from pydantic import StringConstraints, ValidationInfo, field_validator

from exempt.data import jurisdiction_name
from exempt.model.record import Day, Record, Text
from exempt.rules.presences import State

Number = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=100, pattern=r"^[^\x00]*$")
]


class RegistrationDetails(Record):
    """That a company is registered to collect in a state.

    Attributes:
        registered_from: The first day.
        registered_through: The last day; None = it goes on.
        number: The permit's, as the state gave it.
    """

    jurisdiction: State
    registered_from: Day
    registered_through: Day | None = None
    number: Number = ""
    notes: Text = ""

    @field_validator("registered_through")
    @classmethod
    def _not_before_its_first_day(cls, value: Day | None, info: ValidationInfo) -> Day | None:
        first = info.data.get("registered_from")
        if value is not None and first is not None and value < first:
            msg = f"it would end before its first day, {first}"
            raise ValueError(msg)
        return value


class Stated(NamedTuple):
    """A registration on file: its id, where, and its first and last day; None = it goes on."""

    id: int
    jurisdiction: str
    first: dt.date
    last: dt.date | None


def clashes(rows: Sequence[RegistrationDetails], on_file: Collection[Stated]) -> list[str]:
    """What is wrong with *rows* of one company: no two registrations of a state share a day.

    Each is a sentence that names the state.
    """
    wrong = []
    for number, row in enumerate(rows):
        name = jurisdiction_name(row.jurisdiction)
        wrong += [
            f"{name}: is registered {_when(kept)}, as registration {kept.id}"
            for kept in on_file
            if kept.jurisdiction == row.jurisdiction and _meet(row, kept.first, kept.last)
        ]
        wrong += [
            f"{name}: stands there twice"
            for other in rows[:number]
            if other.jurisdiction == row.jurisdiction
            and _meet(row, other.registered_from, other.registered_through)
        ]
    return wrong


def _meet(row: RegistrationDetails, first: dt.date, last: dt.date | None) -> bool:
    mine = row.registered_through or dt.date.max
    return row.registered_from <= (last or dt.date.max) and first <= mine


def _when(kept: Stated) -> str:
    return f"from {kept.first} to {kept.last}" if kept.last else f"since {kept.first}"
