"""Presences as rows: read all, and what is wrong with each is named."""

from __future__ import annotations

import pytest

from exempt.errors import RefusedError
from exempt.rules.presences import presence_columns, read_presences, repeated

TEXAS = {"jurisdiction": "TX", "kind": "employee", "effective_date": "2024-03-01", "notes": "VP"}


def test_rows_are_read_in_their_order() -> None:
    rows = [TEXAS, {**TEXAS, "jurisdiction": "us-ca", "kind": "property", "notes": " Depot "}]
    good, wrong = read_presences(rows)
    assert wrong == []
    assert [(row.jurisdiction, row.kind.value, row.notes) for row in good] == [
        ("US-TX", "employee", "VP"),
        ("US-CA", "property", "Depot"),
    ]


@pytest.mark.parametrize("last", ["2024-03-01", "2025-01-01", None])
def test_a_presence_ends_on_its_first_day_or_later_or_not(last: str | None) -> None:
    (row,), wrong = read_presences([{**TEXAS, "end_date": last}])
    assert wrong == []
    assert (row.end_date and row.end_date.isoformat()) == last


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"jurisdiction": "ZZ"}, "row 2: jurisdiction: write a state, such as TX"),
        ({"jurisdiction": "CA-ON"}, "row 2: jurisdiction: write a state, such as TX"),
        (
            {"kind": "staff"},
            "row 2: kind: write one of employee, property, inventory, other",
        ),
        ({"effective_date": "03/01/2024"},
         "row 2: effective_date: write the first day as YYYY-MM-DD"),
        (
            {"end_date": "2024-02-29"},
            "row 2: end_date: write the last day, none before the first, as YYYY-MM-DD",
        ),
        ({"notes": "x" * 501}, "row 2: notes: write at most 500 characters"),
        ({"city": "Austin"}, "row 2: city: is no column here"),
    ],
)  # fmt: skip
def test_what_is_wrong_names_the_row_and_the_field(changes: dict[str, str], said: str) -> None:
    good, wrong = read_presences([TEXAS, {**TEXAS, **changes}, TEXAS])
    assert len(good) == 2
    assert [str(each) for each in wrong] == [said]


def test_all_that_is_wrong_is_said_at_once() -> None:
    _, wrong = read_presences([{}, {**TEXAS, "kind": "x", "effective_date": "soon"}])
    assert [(each.row, each.field) for each in wrong] == [
        (1, "jurisdiction"),
        (1, "kind"),
        (1, "effective_date"),
        (2, "kind"),
        (2, "effective_date"),
    ]


def test_two_rows_that_say_the_same() -> None:
    good, _ = read_presences([TEXAS, {**TEXAS, "notes": "CFO"}, TEXAS, TEXAS])
    assert [str(each) for each in repeated(good)] == [
        "row 3: says the same as row 1",
        "row 4: says the same as row 1",
    ]


def test_columns_of_a_table() -> None:
    found = presence_columns(["Notes", "Effective date", "KIND", "State"])
    assert found == {"notes": 0, "effective_date": 1, "kind": 2, "jurisdiction": 3}
    assert "notes" not in presence_columns(["state", "type", "from"])
    with pytest.raises(RefusedError, match="needs the columns state, kind and effective_date"):
        presence_columns(["state", "kind"])


def test_rows_of_a_file_are_named_as_the_spreadsheet_does() -> None:
    _, wrong = read_presences([TEXAS, {**TEXAS, "kind": "x"}], [5, 9])
    assert [each.row for each in wrong] == [9]
