"""Rows that belong together: clones of a customer, and those of one ship-to number."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from exempt.model.imports import Layout, Remark, Side
from exempt.rules.import_rows import RowReader, StagedRow, fields
from exempt.rules.import_templates import REQUIRED
from exempt.rules.importing import (
    Group,
    compare,
    gather,
)
from support.imports import TITLES, layout, line

NUMBER, NAME = REQUIRED
CITY, STATE, COUNTRY = (f"Billing Customer {part}" for part in ("City", "State", "Country"))
EMAIL = "Billing Customer Email"
ZONE = "Shipping Customer State"
REPEATS_2 = Remark("", "", "says just what row 2 says: once would do")


class Seen:
    """What was found in rows."""

    def __init__(self) -> None:
        self.problems: dict[int, Sequence[Remark]] = {}
        self.notes: dict[int, Sequence[Remark]] = {}

    def __call__(self, before: StagedRow, after: StagedRow) -> None:
        assert before.row == after.row
        if after.problems != before.problems:
            self.problems[after.row] = after.problems
        else:
            self.notes[after.row] = after.notes


def staged(titles: Sequence[str], *rows: Sequence[str | None]) -> tuple[Layout, list[StagedRow]]:
    """Rows from the second on."""
    found = layout(*titles)
    reader = RowReader(found)
    return found, [reader.read(line(n, *cells)) for n, cells in enumerate(rows, 2)]


def gathered(titles: Sequence[str], *rows: Sequence[str | None]) -> tuple[Group, Seen]:
    found, lines = staged(titles, *rows)
    seen = Seen()
    return gather(iter(lines), fields(found, Side.BILLING), seen), seen


def test_three_rows_are_one_customer_with_three_states() -> None:
    group, seen = gathered(
        [NUMBER, NAME, ZONE], ["C-1", "Acme", "TX"], ["C-1", "Acme", "CA"], ["C-1", "Acme", "NY"]
    )
    assert group == Group(2, ["C-1", "Acme"], {"US-TX": 2, "US-CA": 3, "US-NY": 4})
    assert (seen.problems, seen.notes) == ({}, {})


def test_a_blank_state_adds_none() -> None:
    group, seen = gathered([NUMBER, NAME, ZONE], ["C-1", "Acme", None], ["C-1", "Acme", "CA"])
    assert group.zones == {"US-CA": 3}
    assert not seen.notes


def test_clones_that_differ_are_refused_with_every_column_that_does() -> None:
    titles = [NUMBER, NAME, CITY, EMAIL, ZONE]
    group, seen = gathered(
        titles,
        ["C-1", "Acme", "Austin", "a@b.example", "TX"],
        ["C-1", "Acme Inc.", "Austin", None, "CA"],
        ["C-1", "Acme", "Austin", "a@b.example", "NY"],
    )
    what = "is not what row 2 says, which has the same customer number: let both say the same"
    assert seen.problems == {3: (Remark(NAME, "B", what), Remark(EMAIL, "D", what))}
    assert group.zones == {"US-TX": 2, "US-NY": 4}


def test_the_first_row_counts_whatever_the_capitals_of_the_number() -> None:
    group, seen = gathered([NUMBER, NAME, ZONE], ["C-1", "Acme", "TX"], ["c-1", "Acme", "CA"])
    assert group == Group(2, ["C-1", "Acme"], {"US-TX": 2, "US-CA": 3})
    assert not seen.problems


@pytest.mark.parametrize("zone", ["TX", None])
def test_rows_that_say_just_the_same_are_noted(zone: str | None) -> None:
    row = ["C-1", "Acme", zone]
    _, seen = gathered([NUMBER, NAME, ZONE], row, row, row)
    assert seen.notes == {3: (REPEATS_2,), 4: (REPEATS_2,)}
    assert not seen.problems


def test_rows_with_locations_of_their_own_repeat_nothing() -> None:
    titles = [NUMBER, NAME, TITLES[Side.SHIPPING]["number"]]
    group, seen = gathered(
        titles, ["C-1", "Acme", "S-1"], ["C-1", "Acme", "S-2"], ["C-1", "Acme", None]
    )
    assert group == Group(2, ["C-1", "Acme"], {})
    assert not seen.notes


def test_a_location_of_its_own_ends_nothing() -> None:
    """What comes after it in the file counts, too."""
    titles = [NUMBER, NAME, "Shipping Customer Number", ZONE]
    group, _ = gathered(titles, ["C-1", "Acme", "S-1", "CA"], ["C-1", "Acme", "C-1", "TX"])
    assert group.zones == {"US-TX": 3}


def test_no_rows_say_nothing() -> None:
    assert gather([], (), Seen()) == Group(0, [], {})


# --- rows of one ship-to number ----------------------------------------------------------


def compared(*rows: Sequence[str | None], billed: int | None = None) -> Seen:
    titles = [NUMBER, NAME, "Shipping Customer Number", "Shipping Customer City"]
    found, lines = staged(titles, *rows)
    seen = Seen()
    compare(iter(lines), billed, fields(found, Side.SHIPPING)[0], seen)
    return seen


def test_a_location_once_is_fine() -> None:
    seen = compared(["C-1", "Acme", "S-1", "Austin"])
    assert (seen.problems, seen.notes) == ({}, {})


def test_the_very_same_row_twice_is_noted() -> None:
    row = ["C-1", "Acme", "S-1", "Austin"]
    seen = compared(row, row)
    assert (seen.problems, seen.notes) == ({}, {3: (REPEATS_2,)})


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(["C-1", "Acme", "S-1", "Dallas"], id="in another city"),
        pytest.param(["C-2", "Bolt", "S-1", "Austin"], id="of another customer"),
    ],
)
def test_a_location_number_twice_is_refused(other: list[str]) -> None:
    seen = compared(["C-1", "Acme", "S-1", "Austin"], other, other)
    what = (
        "is that of row 2, too: give each location a number of its own, or let both rows say just"
        " the same"
    )
    wrong = (Remark("Shipping Customer Number", "C", what),)
    assert (seen.problems, seen.notes) == ({3: wrong, 4: wrong}, {})


def test_a_location_with_the_number_of_a_billing_customer_is_refused() -> None:
    row = ["C-1", "Acme", "C-2", "Austin"]
    seen = compared(row, row, billed=9)
    what = "is the billing number of row 9: give the location one of its own"
    wrong = (Remark("Shipping Customer Number", "C", what),)
    assert seen.problems == {2: wrong, 3: wrong}
