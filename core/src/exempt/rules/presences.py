"""Presences as people state them: what a row says, and what is wrong with it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationError, ValidationInfo, field_validator

from exempt.data import jurisdictions
from exempt.errors import RefusedError
from exempt.model.address import Jurisdiction
from exempt.model.presence import PresenceKind
from exempt.model.record import Day, Record, Text


def _levying(code: str) -> str:
    if code not in jurisdictions():
        msg = "is no state of the United States that Exempt knows"
        raise ValueError(msg)
    return code


State = Annotated[Jurisdiction, AfterValidator(_levying)]


class PresenceDetails(Record):
    """Physical nexus in a state: what is there, since which day, and why (B39–B41).

    Attributes:
        effective_date: The earliest day of the presence.
        end_date: The last day, of one that is over; None = it goes on.
        notes: Such as a role, a relocation, the name of a building.
    """

    jurisdiction: State
    kind: Annotated[PresenceKind, Field(validate_default=True)]
    effective_date: Day
    end_date: Day | None = None
    notes: Text = ""

    @field_validator("end_date")
    @classmethod
    def _not_before_its_first_day(cls, value: Day | None, info: ValidationInfo) -> Day | None:
        first = info.data.get("effective_date")
        if value is not None and first is not None and value < first:
            msg = f"would lie before its first day, {first}"
            raise ValueError(msg)
        return value


class WrongRow(Record):
    """What is wrong with one of several rows; ``field`` is empty where it is the whole row."""

    row: int
    field: str
    said: str

    def __str__(self) -> str:
        """``row 2: kind: write one of …``."""
        return f"row {self.row}: {self.field and f'{self.field}: '}{self.said}"


_KINDS = ", ".join(kind.value for kind in PresenceKind)
_SAID = {
    "jurisdiction": "write a state, such as TX",
    "kind": f"write one of {_KINDS}",
    "effective_date": "write the first day as YYYY-MM-DD",
    "end_date": "write the last day, none before the first, as YYYY-MM-DD",
    "notes": "write at most 500 characters",
}


TITLES: Mapping[str, tuple[str, ...]] = {
    "jurisdiction": ("jurisdiction", "state"),
    "kind": ("kind", "type"),
    "effective_date": ("effective_date", "from", "since", "date"),
    "notes": ("notes", "note", "reason"),
}
"""What the columns of a table may be called; capitals, blanks and hyphens do not matter."""


def presence_columns(titles: Sequence[str]) -> dict[str, int]:
    """Which column of a table holds what.

    Raises:
        RefusedError: One but the notes is not there.
    """
    plain = [title.casefold().replace(" ", "_").replace("-", "_") for title in titles]
    found = {
        name: plain.index(title)
        for name, known in TITLES.items()
        for title in reversed(known)
        if title in plain
    }
    if TITLES.keys() - found.keys() - {"notes"}:
        msg = "the table needs the columns state, kind and effective_date; it may have notes"
        raise RefusedError(msg)
    return found


def read_presences(
    rows: Sequence[Mapping[str, object]], numbers: Sequence[int] | None = None
) -> tuple[list[PresenceDetails], list[WrongRow]]:
    """The rows that can be read, and what is wrong with the others.

    *numbers* are those that people know the rows by; else they are counted from 1.
    """
    good: list[PresenceDetails] = []
    wrong: list[WrongRow] = []
    for number, row in zip(numbers or range(1, len(rows) + 1), rows, strict=True):
        try:
            good.append(PresenceDetails.model_validate(row))
        except ValidationError as error:
            names = dict.fromkeys(str(each["loc"][0]) for each in error.errors())
            wrong += [
                WrongRow(row=number, field=name, said=_SAID.get(name, "is no column here"))
                for name in names
            ]
    return good, wrong


def repeated(rows: Sequence[PresenceDetails]) -> list[WrongRow]:
    """The rows that say the same as one before them."""
    first: dict[tuple[str, PresenceKind, dt.date, str], int] = {}
    wrong = []
    for number, row in enumerate(rows, 1):
        same = (row.jurisdiction, row.kind, row.effective_date, row.notes)
        if same in first:
            wrong.append(WrongRow(row=number, field="", said=f"says the same as row {first[same]}"))
        first.setdefault(same, number)
    return wrong
