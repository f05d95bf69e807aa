"""Workbooks, cell by cell."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from exempt.model.tabular import Cell
from support.workbooks import (
    first,
    lines,
    number,
    row,
    shared,
    text,
    texts,
    workbook,
)

openpyxl: Any = pytest.importorskip("openpyxl", reason="needs the extra exempt[spreadsheets]")

A = row(text("A"))


def saved(folder: Path, *values: Any, **formats: str) -> Path:
    """A workbook of openpyxl with a column A of *values*; ``A2="0.00"`` is a format."""
    book = openpyxl.Workbook()
    book.active.append(["A"])
    for value in values:
        book.active.append([value])
    for place, code in formats.items():
        book.active[place].number_format = code
    path = folder / "table.xlsx"
    book.save(path)
    return path


# --- texts -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("string", "read"),
    [
        pytest.param("007", "007", id="digits as they are"),
        pytest.param(" a ", " a ", id="blanks around"),
        pytest.param("\u00a0", None, id="blanks alone"),
        pytest.param("a_x000D_b_x005F_x000D_", "a\rb_x000D_", id="escaped as OOXML does"),
        pytest.param("_xD800_ _x12_", "_xD800_ _x12_", id="what only looks so"),
        pytest.param("&lt;b&gt; &amp;", "<b> &", id="signs of XML"),
        pytest.param("'=1", "'=1", id="no guard is taken off: none is written"),
        pytest.param("<si><r><t>a</t></r><r><rPr/><t> b</t></r></si>", "a b", id="two styles"),
        pytest.param(
            "<si><t>東京</t><rPh sb='0' eb='2'><t>トウキョウ</t></rPh></si>", "東京", id="phonetic"
        ),
    ],
)
def test_texts(tmp_path: Path, string: str, read: str | None) -> None:
    rows = (row(text("A"), text("B")), row(shared(0), text("x")))
    path = workbook(tmp_path / "t.xlsx", *rows, strings=[string])
    assert lines(path)[0].cells[0] == Cell(read)


def test_a_text_of_the_cell_itself_may_have_styles_too(tmp_path: Path) -> None:
    cell = '<c t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r><rPh><t>c</t></rPh></is></c>'
    assert texts(workbook(tmp_path / "t.xlsx", A, row(cell))) == [("ab",)]


def test_more_texts_than_are_at_hand(tmp_path: Path) -> None:
    rows = [row(shared(n), shared(19_999 - n)) for n in range(0, 20_000, 7)]
    titles = row(text("A"), text("B"))
    strings = [f"text {n} é" for n in range(20_000)]
    path = workbook(tmp_path / "t.xlsx", titles, *rows, strings=strings)
    expected = [(f"text {n} é", f"text {19_999 - n} é") for n in range(0, 20_000, 7)]
    assert texts(path) == expected


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        pytest.param(text("x" * 40_000), "has more than 32,767 characters", id="too long"),
        pytest.param(text("x_x0000_"), "holds a character that is none", id="nul"),
        pytest.param("<c><f>1+1</f><v>2</v></c>", "holds a formula", id="a formula"),
        pytest.param(
            '<c t="str"><f t="shared" si="0"/><v>a</v></c>', "holds a formula", id="a shared one"
        ),
        pytest.param(
            '<c><f t="array" ref="A2:A3">A1:A2*2</f></c>', "holds a formula", id="one of an array"
        ),
        pytest.param('<c t="e"><v>#N/A</v></c>', "holds an error of the", id="an error"),
        pytest.param(number(10**15), "is a number of more than 15 digits", id="16 digits"),
        pytest.param(number("1.23E+20"), "is a number of more than 15 digits", id="21 digits"),
        pytest.param(number("1E+999"), "is a number that cannot be read", id="no number"),
        pytest.param(number(-1, 1), "is a date that the calendar", id="a day before the first"),
        pytest.param(number(20_240_101, 1), "is a date that the calendar", id="a number as date"),
        pytest.param('<c t="d"><v>2024-02-30</v></c>', "is a date that the", id="no such day"),
    ],
)
def test_problems(tmp_path: Path, value: str, problem: str) -> None:
    cell = first(workbook(tmp_path / "t.xlsx", A, row(value), formats=["yyyy\\-mm\\-dd"]))
    assert (cell.problem or "").startswith(problem)
    assert cell.text


# --- numbers, dates, truths --------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "code", "read", "noted"),
    [
        pytest.param(42, "General", "42", False, id="a whole number"),
        pytest.param(42.0, "General", "42", False, id="a whole number with a point"),
        pytest.param(-7, "0", "-7", False, id="less than nothing"),
        pytest.param(12.5, "0.00", "12.5", False, id="shown with two places"),
        pytest.param(0.1 + 0.2, "General", "0.3", False, id="as exact as it is shown"),
        pytest.param(1e-7, "General", "0.0000001", False, id="no exponent: small"),
        pytest.param(1.5e14, "General", "150000000000000", False, id="no exponent: large"),
        pytest.param(999_999_999_999_999, "0", "999999999999999", False, id="15 digits"),
        pytest.param(1234.5, '"$"#,##0.00', "1234.5", False, id="currency"),
        pytest.param(2139, "00000", "02139", True, id="leading zeros"),
        pytest.param(62701, "00000", "62701", False, id="none missing"),
        pytest.param(21391234, "00000-0000", "02139-1234", True, id="ZIP+4"),
        pytest.param(123456, r"00\-0000000", "00-0123456", True, id="federal number"),
        pytest.param(1234567, "0000-00", "12345-67", True, id="more digits than places"),
        pytest.param(2.5, "00000", "2.5", False, id="zeros for whole numbers only"),
        pytest.param(0.5, "0%", "50%", True, id="per cent"),
        pytest.param(0.0825, "0.00%", "8.25%", True, id="per cent with places"),
        pytest.param(1, "0%", "100%", True, id="all per cent"),
    ],
)
def test_numbers(tmp_path: Path, value: float, code: str, read: str, noted: bool) -> None:
    cell = first(saved(tmp_path, value, A2=code))
    assert (cell.text, cell.problem, cell.kind) == (read, None, "number")
    assert (cell.note or "").endswith(f"read as {read}" if noted else "")
    assert bool(cell.note) is noted


@pytest.mark.parametrize(
    ("value", "read"),
    [
        pytest.param(dt.date(2026, 11, 20), "2026-11-20", id="a day"),
        pytest.param(dt.datetime(2026, 11, 20), "2026-11-20", id="midnight is a day"),
        pytest.param(dt.datetime(2026, 11, 20, 9, 30), "2026-11-20T09:30:00", id="a moment"),
        pytest.param(dt.time(9, 30), "09:30:00", id="a time of day"),
        pytest.param(dt.timedelta(hours=36), "1 day, 12:00:00", id="a duration"),
    ],
)
def test_dates(tmp_path: Path, value: object, read: str) -> None:
    assert first(saved(tmp_path, value)) == Cell(read, kind="date")


@pytest.mark.parametrize(
    ("value", "read"),
    [
        pytest.param("2026-11-20", "2026-11-20", id="a day"),
        pytest.param("2026-11-20T00:00:00", "2026-11-20", id="midnight"),
        pytest.param("2026-11-20T09:30:00", "2026-11-20T09:30:00", id="a moment"),
        pytest.param("09:30:00", "09:30:00", id="a time of day"),
    ],
)
def test_dates_in_words(tmp_path: Path, value: str, read: str) -> None:
    cell = f'<c t="d"><v>{value}</v></c>'
    assert first(workbook(tmp_path / "t.xlsx", A, row(cell))) == Cell(read, kind="date")


def test_days_counted_from_1904(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.active.append(["A"])
    book.active.append([dt.date(2026, 11, 20)])
    book.save(tmp_path / "t.xlsx")
    assert texts(tmp_path / "t.xlsx") == [("2026-11-20",)]


def test_truths(tmp_path: Path) -> None:
    cells = lines(saved(tmp_path, True, False))
    assert [line.cells[0] for line in cells] == [
        Cell("TRUE", kind="bool"),
        Cell("FALSE", kind="bool"),
    ]


def test_a_style_that_is_not_there(tmp_path: Path) -> None:
    assert texts(workbook(tmp_path / "t.xlsx", A, row(number(5, 3)))) == [("5",)]
