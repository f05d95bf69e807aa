"""People in a table that somebody wrote, read row by row."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import pytest

from exempt.errors import RefusedError
from exempt.model.people import Place, PlaceKind
from exempt.model.sources import Employee
from exempt.model.tabular import Cell, Line
from exempt.rules.staff_rows import (
    MOST_ROWS,
    StaffMistake,
    StaffRow,
    find_columns,
    overlaps,
    person_of,
    read_row,
)

TODAY = dt.date(2026, 11, 20)
NO_STATE = "is no state: write one of the United States, such as TX"
TITLES = (
    "Employee ID", "State", "Home-State", "Start date", "End date", "Note", "Contractor", "Salary",
)  # fmt: skip


def table(*rows: str, titles: tuple[str, ...] = TITLES) -> StaffTable:
    """A table whose cells are divided by ``|``."""
    lines = [
        Line(number, tuple(Cell(cell.strip() or None) for cell in row.split("|")))
        for number, row in enumerate(rows, 2)
    ]
    return read(titles, lines)


class StaffTable(NamedTuple):
    """The people of a table with all their places, and what is wrong with it."""

    people: tuple[tuple[Employee, tuple[Place, ...]], ...]
    mistakes: tuple[StaffMistake, ...]
    rows: int


def read(titles: tuple[str, ...], lines: list[Line]) -> StaffTable:
    """All of a table, as an import reads it part by part."""
    columns = find_columns(titles)
    people: dict[str, list[StaffRow]] = {}
    mistakes: list[StaffMistake] = []
    for line in lines:
        row, wrong = read_row(line, columns)
        mistakes += wrong
        if not wrong:
            people.setdefault(row.employee_id, []).append(row)
    for mine in people.values():
        mistakes += overlaps(mine)
    whole = tuple(person_of(mine, TODAY) for mine in people.values())
    return StaffTable(whole, tuple(sorted(mistakes, key=lambda each: each.row)), len(lines))


def test_far_too_many_rows_of_one_person_are_told_once() -> None:
    found = table(*(["E-1|TX|||||"] * (MOST_ROWS + 1)))
    (mistake,) = found.mistakes
    assert (mistake.row, mistake.column) == (MOST_ROWS + 2, "employee_id")
    assert "more than 1000 rows of the same employee" in mistake.said


def test_a_row_is_a_person() -> None:
    """B37; what is not needed, such as pay, is never looked at."""
    found = table("E-1|tx|Oklahoma|2024-03-01||Sales engineer|yes|90000")
    ((record, places),) = found.people
    assert (found.rows, found.mistakes) == (1, ())
    assert (record.external_id, record.label, record.contractor) == (
        "E-1", "Sales engineer", True,
    )  # fmt: skip
    assert record.work_location is not None
    assert record.home_location is not None
    assert record.work_location.jurisdiction == "US-TX"
    assert record.home_location.jurisdiction == "US-OK"
    assert (record.start_date, record.end_date) == (dt.date(2024, 3, 1), None)
    assert [(p.jurisdiction, p.kind, p.from_day, p.through_day, p.by_start) for p in places] == [
        ("US-TX", PlaceKind.WORK, dt.date(2024, 3, 1), None, True),
        ("US-OK", PlaceKind.HOME, dt.date(2024, 3, 1), None, True),
    ]


def test_who_moved_has_a_row_for_each_time() -> None:
    found = table(
        "E-2|NV||2025-01-01|||||".removesuffix("|"),
        "E-2|CA||3/1/2022|12/31/2024|||",
    )
    ((record, places),) = found.people
    assert (record.start_date, record.end_date) == (dt.date(2022, 3, 1), None)
    assert record.work_location is not None
    assert record.work_location.jurisdiction == "US-NV"
    assert [(p.jurisdiction, p.from_day, p.through_day) for p in places] == [
        ("US-CA", dt.date(2022, 3, 1), dt.date(2024, 12, 31)),
        ("US-NV", dt.date(2025, 1, 1), None),
    ]


def test_a_home_alone_and_no_dates_will_do() -> None:
    found = table("E-1|US-FL", titles=("number", "lives in"))
    ((record, (place,)),) = found.people
    assert record.work_location is None
    assert (place.jurisdiction, place.from_day, place.by_start) == ("US-FL", None, False)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("|TX||||||", "row 2, column employee_id: write the number of the employee"),
        (f"{'9' * 256}|TX||||||", "row 2, column employee_id: write the number of the employee"),
        (
            "E-1|||||||",
            "row 2, column state: write where they work, or in home_state where they live",
        ),
        (
            "E-1|Texass||||||",
            f"row 2, column state: 'Texass' {NO_STATE}",
        ),
        (
            "E-1||ZZ|||||",
            f"row 2, column home_state: 'ZZ' {NO_STATE}",
        ),
        (
            "E-1|TX||25/12/2024||||",
            "row 2, column start_date: write a day as YYYY-MM-DD, or as MM/DD/YYYY",
        ),
        (
            "E-1|TX||1900-01-01||||",
            "row 2, column start_date: write a day as YYYY-MM-DD, or as MM/DD/YYYY",
        ),
        (
            "E-1|TX||2025-01-01|2024-12-31|||",
            "row 2, column end_date: lies before start_date, 2025-01-01: one of the two is wrong",
        ),
        ("E-1|TX|||||perhaps|", "row 2, column contractor: write yes or no"),
        (f"E-1|TX||||{'x' * 501}||", "row 2, column label: write at most 500 characters"),
    ],
)
def test_a_mistake_names_its_row_and_column(row: str, said: str) -> None:
    found = table(row, "E-9|OK||||||")
    assert [str(each) for each in found.mistakes] == [said]
    assert [record.external_id for record, _ in found.people] == ["E-9"]


@pytest.mark.parametrize(
    ("first", "second", "wrong"),
    [
        ("|", "|", True),
        ("2024-01-01|2024-12-31", "2025-01-01|", False),
        ("2025-01-01|", "2024-01-01|2024-12-31", False),
        ("2024-01-01|2025-01-01", "2025-01-01|", True),
        ("2024-01-01|", "2025-01-01|", True),
        ("|2024-12-31", "2025-01-01|", False),
    ],
)
def test_times_of_one_person_must_not_overlap(first: str, second: str, *, wrong: bool) -> None:
    found = table(f"E-1|TX||{first}|||", f"E-1|CA||{second}|||", "E-2|TX||||||")
    said = [str(each) for each in found.mistakes]
    assert bool(said) is wrong
    if wrong:
        assert said[0].startswith("row 3, column start_date: overlaps with row 2 of the same")


def test_a_cell_that_the_spreadsheet_spoiled() -> None:
    line = Line(7, (Cell("E-1"), Cell("TX", problem="is a formula: paste its value")))
    found = read(("id", "state"), [line])
    assert [str(each) for each in found.mistakes] == [
        "row 7, column state: is a formula: paste its value"
    ]


@pytest.mark.parametrize(
    ("titles", "said"),
    [
        (("name", "state"), "the table needs the columns employee_id and state or home_state"),
        (("employee id", "start"), "the table needs the columns employee_id and state"),
        (("id", "state", "Work state"), "column 'Work state': there is another one of state"),
    ],
)
def test_columns_that_are_needed(titles: tuple[str, ...], said: str) -> None:
    with pytest.raises(RefusedError, match=said):
        table(titles=titles)
