"""A table of people that somebody wrote, for sellers without an HR system (B37)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError

from exempt.errors import RefusedError
from exempt.model.address import Address, state_of
from exempt.model.people import Place, PlaceKind
from exempt.model.record import Day
from exempt.model.sources import Employee
from exempt.model.tabular import Line

TITLES: Mapping[str, tuple[str, ...]] = {
    "employee_id": ("employee_id", "employee", "employee_number", "id", "number"),
    "state": ("state", "work_state", "work_location", "works_in"),
    "home_state": ("home_state", "residence_state", "home", "lives_in"),
    "start_date": ("start_date", "start", "hire_date", "from", "since"),
    "end_date": ("end_date", "end", "termination_date", "last_day", "until"),
    "label": ("label", "note", "notes", "name", "role"),
    "contractor": ("contractor", "is_contractor"),
}
"""What the columns may be called; capitals, blanks and hyphens do not matter."""

NOTES: Mapping[str, str] = {
    "employee_id": "The employee's number; the same in all their rows.",
    "state": "Where they work, as TX.",
    "home_state": "Where they live, as NJ; one of the two is enough.",
    "start_date": "Since when they are there, as 2025-03-04. For each later place add a row.",
    "end_date": "Their last day there; blank = they still are.",
    "label": "Whatever you know them by; no name is needed.",
    "contractor": "yes or no.",
}
"""What stands in each column, from left to right."""

REQUIRED = ("employee_id", "state")

MOST_ROWS = 1_000
"""Of one person."""

_DAY = TypeAdapter(Day)
_SIGNS = re.compile(r"[\W_]+")
_AMERICAN = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_TRUTHS = {"yes": True, "y": True, "true": True, "1": True, "x": True,
           "no": False, "n": False, "false": False, "0": False, "": False}  # fmt: skip


class StaffMistake(NamedTuple):
    """What is wrong in a cell, and how to mend it.

    Attributes:
        row: As the spreadsheet counts.
        column: Our title of it.
    """

    row: int
    column: str
    said: str

    def __str__(self) -> str:
        return f"row {self.row}, column {self.column}: {self.said}"


class StaffRow(NamedTuple):
    """One time of a person, in the states where they worked and lived.

    Attributes:
        row: As the spreadsheet counts.
        work: The jurisdiction where they worked, as US-TX; empty = none is named.
        home: The same of where they lived.
        first: The first day there; None = nobody knows.
        last: The last one; None = they still are.
    """

    row: int
    employee_id: str
    work: str
    home: str
    first: dt.date | None
    last: dt.date | None
    label: str
    contractor: bool


def find_columns(titles: Sequence[str]) -> dict[str, int]:
    """Which column holds what, by our titles.

    Raises:
        RefusedError: One that is needed is not there, or one is there twice.
    """
    found: dict[str, int] = {}
    for position, title in enumerate(titles):
        plain = _SIGNS.sub("_", title.casefold()).strip("_")
        name = next((name for name, known in TITLES.items() if plain in known), None)
        if name is None:
            continue
        if name in found:
            msg = f"column {title!r}: there is another one of {name}: leave one of them out"
            raise RefusedError(msg)
        found[name] = position
    if "employee_id" not in found or not {"state", "home_state"} & found.keys():
        msg = (
            "the table needs the columns employee_id and state or home_state; besides it may have"
            " start_date, end_date, label and contractor"
        )
        raise RefusedError(msg)
    return found


def read_row(line: Line, columns: Mapping[str, int]) -> tuple[StaffRow, list[StaffMistake]]:
    """One row, and what is wrong with it; with mistakes it says less than it may seem to.

    Args:
        line: The row.
        columns: See `find_columns`.
    """
    wrong: list[StaffMistake] = []
    return _Reader(line, columns, wrong).row(), wrong


class _Reader:
    """Reads the cells of one row, and notes what is wrong with them."""

    def __init__(self, line: Line, columns: Mapping[str, int], wrong: list[StaffMistake]) -> None:
        self._line, self._columns, self._wrong = line, columns, wrong

    def row(self) -> StaffRow:
        employee_id = self._text("employee_id")
        if not 0 < len(employee_id) <= 255:
            self._no("employee_id", "write the number of the employee")
        work, home = self._state("state"), self._state("home_state")
        if not work and not home and not self._wrong:
            self._no("state", "write where they work, or in home_state where they live")
        first, last = self._day("start_date"), self._day("end_date")
        if first and last and last < first:
            self._no("end_date", f"lies before start_date, {first}: one of the two is wrong")
        label = self._text("label")
        if len(label) > 500:
            self._no("label", "write at most 500 characters")
        contractor = self._truth("contractor")
        return StaffRow(self._line.row, employee_id, work, home, first, last, label, contractor)

    def _no(self, column: str, said: str) -> None:
        self._wrong.append(StaffMistake(self._line.row, column, said))

    def _text(self, name: str) -> str:
        if name not in self._columns:
            return ""
        cell = self._line.cells[self._columns[name]]
        if cell.problem:
            self._no(name, cell.problem)
        return (cell.text or "").strip()

    def _state(self, name: str) -> str:
        text = self._text(name)
        if not text:
            return ""
        try:
            return f"US-{state_of(text.removeprefix('US-'), 'US')}"
        except ValueError:
            self._no(name, f"{text!r} is no state: write one of the United States, such as TX")
            return ""

    def _day(self, name: str) -> dt.date | None:
        text = self._text(name)
        if not text:
            return None
        if american := _AMERICAN.fullmatch(text):
            month, day, year = (int(each) for each in american.groups())
            text = f"{year:04}-{month:02}-{day:02}"
        try:
            return _DAY.validate_python(dt.date.fromisoformat(text))
        except (ValueError, ValidationError):
            self._no(name, "write a day as YYYY-MM-DD, or as MM/DD/YYYY")
            return None

    def _truth(self, name: str) -> bool:
        text = self._text(name).casefold()
        if text not in _TRUTHS:
            self._no(name, "write yes or no")
        return _TRUTHS.get(text, False)


def overlaps(rows: Sequence[StaffRow]) -> list[StaffMistake]:
    """Rows of one person that speak of the same days; and of far too many just that."""
    if len(rows) > MOST_ROWS:
        said = f"there are more than {MOST_ROWS} rows of the same employee: keep those that matter"
        return [StaffMistake(rows[MOST_ROWS].row, "employee_id", said)]
    wrong = []
    for number, row in enumerate(rows):
        for before in rows[:number]:
            begins_after = row.first and before.last and row.first > before.last
            ends_before = row.last and before.first and row.last < before.first
            if not (begins_after or ends_before):
                said = (
                    f"overlaps with row {before.row} of the same employee: give the time in one"
                    " state an end before that in the next"
                )
                wrong.append(StaffMistake(row.row, "start_date", said))
                break
    return wrong


def person_of(rows: Sequence[StaffRow], on: dt.date) -> tuple[Employee, tuple[Place, ...]]:
    """The record of a person, as the last of their *rows* says, and all their places.

    They are read on the day *on*.
    """
    in_order = sorted(rows, key=lambda row: row.first or dt.date.min)
    last = in_order[-1]
    record = Employee(
        external_id=last.employee_id,
        label=last.label or None,
        work_location=_address(last.work),
        home_location=_address(last.home),
        start_date=in_order[0].first,
        end_date=last.last,
        contractor=last.contractor,
    )
    places = tuple(
        Place(state, kind, row.first, row.last, by_start=row.first is not None, seen_day=on)
        for row in in_order
        for kind, state in ((PlaceKind.WORK, row.work), (PlaceKind.HOME, row.home))
        if state
    )
    return record, places


def _address(state: str) -> Address | None:
    return Address(country="US", state=state.removeprefix("US-")) if state else None
