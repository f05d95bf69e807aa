"""Tables given out as files: what stands in their cells, and that none is held in memory."""

from __future__ import annotations

import csv
import datetime as dt
import io
import tracemalloc
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.errors import RefusedError
from exempt.rules.spreadsheet import safe_cell
from exempt.services.ports import Transaction
from exempt.services.tables_out import Form, Row, Sheet, Value, all_rows, spooled
from support.world import World


def read(sheet: Sheet) -> list[list[str]]:
    with spooled(sheet, Form.CSV) as file:
        return list(csv.reader(io.StringIO(file.read().decode("utf-8-sig"), newline="")))


def cells(*values: Value) -> list[str]:
    heads = [f"head {n}" for n in range(len(values))]
    (_, row) = read(Sheet("Values", heads, [values]))
    return row


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param("=1+1", "'=1+1", id="what looks like a formula is disarmed"),
        pytest.param("  @SUM(A1)", "'  @SUM(A1)", id="behind blanks too"),
        pytest.param("00123", "00123", id="zeros in front stay"),
        pytest.param(Decimal("-12.50"), "-12.50", id="a negative number is no text"),
        pytest.param(Decimal("1E+3"), "1000", id="a number has no exponent"),
        pytest.param(7, "7", id="a whole number"),
        pytest.param(True, "yes", id="yes and no are words"),
        pytest.param(None, "", id="nothing is empty"),
        pytest.param(dt.date(2026, 2, 1), "2026-02-01", id="a day"),
        pytest.param(
            dt.datetime(2026, 2, 1, 8, tzinfo=dt.UTC), "2026-02-01T08:00:00+00:00", id="a moment"
        ),
    ],
)
def test_a_cell_of_csv(value: Value, shown: str) -> None:
    assert cells(value) == [shown]


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_every_text_comes_back_as_it_was_and_is_no_formula(text: str) -> None:
    (shown,) = cells(text)
    assert shown == safe_cell(text)


def test_every_cell_is_quoted_and_the_file_says_that_it_is_utf_8() -> None:
    with spooled(Sheet("S", ("Name", "Amount"), [("Zoë", 5)]), Form.CSV) as file:
        assert file.read() == '\ufeff"Name","Amount"\r\n"Zoë","5"\r\n'.encode()


def test_titles_are_disarmed_too() -> None:
    assert read(Sheet("S", ("=A1",), [])) == [["'=A1"]]


def test_a_workbook_has_a_name_that_excel_takes_and_rows_as_they_are() -> None:
    seen: list[object] = []

    def writer(path: Path, sheet: str, heads: Sequence[str], rows: Iterable[Row]) -> int:
        seen.extend([sheet, heads, *map(tuple, rows)])
        path.write_bytes(b"a workbook")
        return 1

    title = "Orders: without [certificate] in all states of 2026"
    with spooled(Sheet(title, ("A", "B"), [(Decimal(1), False)]), Form.XLSX, writer) as file:
        assert file.read() == b"a workbook"
    assert seen == ["Orders- without -certificate- i", ("A", "B"), (Decimal(1), "no")]


def test_without_the_extra_there_is_csv() -> None:
    with pytest.raises(RefusedError, match="ask for CSV"):
        spooled(Sheet("S", ("A",), []), Form.XLSX)


def test_many_rows_are_never_in_memory() -> None:
    rows: Iterator[Row] = ((f"Customer {n}", n) for n in range(50_000))
    tracemalloc.start()
    try:
        with spooled(Sheet("S", ("Name", "Number"), rows), Form.CSV) as file:
            size = file.seek(0, 2)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size > 1_000_000
    assert peak < 500_000


def test_all_rows_are_asked_for_page_by_page_in_one_transaction(world: World) -> None:
    asked: list[tuple[Transaction, int | None]] = []

    def page(tx: Transaction, last: int | None) -> list[int]:
        asked.append((tx, last))
        return list(range(last or 0, 5))[1 if last else 0 :][:2]

    rows = all_rows(world.store, page, lambda number: (number, number * number))
    assert list(rows) == [(0, 0), (1, 1), (2, 4), (3, 9), (4, 16)]
    assert [last for _, last in asked] == [None, 1, 3, 4]
    assert len({id(tx) for tx, _ in asked}) == 1
