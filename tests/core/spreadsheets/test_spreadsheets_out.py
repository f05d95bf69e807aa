"""Tables that we write: whole, never a formula, and read back as they were."""

from __future__ import annotations

import csv
import datetime as dt
import sys
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exempt.adapters.spreadsheets import open_table, write_table, write_template
from exempt.adapters.spreadsheets.cells import Value
from exempt.errors import RefusedError
from support.records import NOW
from support.workbooks import lines, texts

openpyxl: Any = pytest.importorskip("openpyxl", reason="needs the extra exempt[spreadsheets]")

KINDS = ["csv", "xlsx"]
FORMULA = '=HYPERLINK("http://evil.example","x")'

# What XML can hold, and what it or a spreadsheet program takes for something else.
letters = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff")
odd = st.sampled_from(
    ("=1", "'=1", "_x000D_", "_x005F_", "\r", "\r\n", "\n", '"', ",", ";", "\t", " ", "#N/A", "007")
)
cells = st.lists(letters | odd, max_size=6).map("".join)
tables = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=5)
)


def written(folder: Path, kind: str, *rows: Sequence[Value], heads: Sequence[str] = ("A",)) -> Path:
    path = folder / f"table.{kind}"
    assert write_table(path, "Certificates", heads, rows) == len(rows)
    return path


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=80, deadline=None)
@given(table=tables)
def test_every_table_of_texts_comes_back(
    tmp_path_factory: pytest.TempPathFactory, kind: str, table: list[list[str]]
) -> None:
    path = tmp_path_factory.mktemp("out") / f"table.{kind}"
    heads = [f"{title};;;|\t" for title in ("A", "=B", "'", '"D"')[: len(table[0])]]
    assert write_table(path, "Certificates", heads, table) == len(table)
    expected = [
        (number, tuple(text if text.strip() else None for text in row))
        for number, row in enumerate(table, 2)
        if any(text.strip() for text in row)
    ]
    with open_table(path) as found:
        assert found.titles == tuple(head.strip() for head in heads)
        rows = [(line.row, tuple(cell.text for cell in line.cells)) for line in found.lines()]
    assert rows == expected


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("value", "read"),
    [
        pytest.param("007", "007", id="leading zeros"),
        pytest.param(FORMULA, FORMULA, id="no formula"),
        pytest.param("#N/A", "#N/A", id="no error"),
        pytest.param(42, "42", id="a number"),
        pytest.param(-12, "-12", id="a number below zero"),
        pytest.param(Decimal("-12.50"), "-12.5", id="an amount"),
        pytest.param(Decimal("1E+3"), "1000", id="no exponent"),
        pytest.param(Decimal(0), "0", id="zero"),
        pytest.param(1_234_567_890_123_456, "1234567890123456", id="16 digits"),
        pytest.param(Decimal("12345678901234.567"), "12345678901234.567", id="17 digits"),
        pytest.param(dt.date(2026, 11, 20), "2026-11-20", id="a day"),
        pytest.param(NOW, "2026-11-20T12:00:00+00:00", id="a moment, with its time zone"),
        pytest.param("x" * 32_767, "x" * 32_767, id="the longest text"),
        pytest.param("a\ud800b", {"csv": "a?b", "xlsx": "a\ufffdb"}, id="half a letter"),
    ],
)
def test_values(tmp_path: Path, kind: str, value: Value, read: str | dict[str, str]) -> None:
    (line,) = lines(written(tmp_path, kind, ["", value], heads=("A", "B")))
    found = (line.cells[1].text or "").removesuffix("0" if value == Decimal("-12.50") else "")
    assert (found, line.cells[1].problem) == (read[kind] if isinstance(read, dict) else read, None)


def test_nothing_in_a_workbook_is_a_formula(tmp_path: Path) -> None:
    path = written(tmp_path, "xlsx", [FORMULA], ["=1"], ["\x01=1"], heads=("=A1",))
    page = openpyxl.load_workbook(path).active
    assert {cell.data_type for row in page.rows for cell in row} == {"s"}
    assert {cell.number_format for row in page.rows for cell in row} == {"@"}
    assert [row[0].value for row in page.rows] == ["=A1", FORMULA, "=1", "\ufffd=1"]


def test_numbers_and_days_in_a_workbook_can_be_computed_with(tmp_path: Path) -> None:
    row: list[Value] = [7, Decimal("12.50"), dt.date(2026, 11, 20), None]
    page = openpyxl.load_workbook(written(tmp_path, "xlsx", row, heads="ABCD")).active
    assert [cell.value for cell in page[2]] == [7, 12.5, dt.datetime(2026, 11, 20), None]
    assert (page.freeze_panes, page["A1"].font.bold, page["A2"].font.bold) == ("A2", True, False)


def test_nothing_in_a_csv_file_begins_like_a_formula(tmp_path: Path) -> None:
    path = written(tmp_path, "csv", [FORMULA], [-12], ["-12"], heads=("=A1",))
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file)) == [["'=A1"], [f"'{FORMULA}"], ["-12"], ["'-12"]]


# --- the file ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_there_stays_unless_it_is_to_be_replaced(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path, kind, ["old"])
    with pytest.raises(RefusedError, match=f"table.{kind}: is there already: name another"):
        write_table(path, "T", ["A"], [["new"]])
    assert texts(path) == [("old",)]
    assert write_table(path, "T", ["A"], [["new"]], replace=True) == 1
    assert texts(path) == [("new",)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_that_breaks_off_leaves_nothing(tmp_path: Path, kind: str) -> None:
    def rows() -> Iterator[list[str]]:
        yield ["one"]
        raise KeyError

    with pytest.raises(KeyError):
        write_table(tmp_path / f"table.{kind}", "T", ["A"], rows())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        pytest.param("table.xls", r"^table.xls: what is it to be\? Let its name end in", id="kind"),
        pytest.param("nowhere/table.csv", "cannot be written: No such file", id="folder"),
    ],
)
def test_where_nothing_can_be_written(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(RefusedError, match=message):
        write_table(tmp_path / name, "T", ["A"], [])


def test_a_text_that_no_cell_holds(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="row 3: a text of 32,768 characters fits in no cell"):
        write_table(tmp_path / "t.xlsx", "T", ["A"], [["x"], ["x" * 32_768]])
    assert list(tmp_path.iterdir()) == []


def test_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(RefusedError, match=r"need exempt\[spreadsheets\]: .*, or write a \.csv"):
        write_template(tmp_path / "t.xlsx", ["A"], required=(), notes={})


# --- templates ---------------------------------------------------------------------------

HEADS = ("Customer number", "State", "Signed date")


@pytest.fixture(params=KINDS)
def template(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path: Path = tmp_path / f"template.{request.param}"
    notes = {"State": "Its two letters,\nas TX."}
    write_template(path, HEADS, required={"State"}, notes=notes)
    return path


def test_a_template_is_an_empty_table(template: Path) -> None:
    with open_table(template) as table:
        assert (table.titles, table.title_row, list(table.lines())) == (HEADS, 1, [])


def test_a_template_with_examples(template: Path) -> None:
    example = ("00042", "TX", "2026-11-20")
    write_template(
        template, HEADS, required=(), notes={}, examples=[example, (FORMULA,)], replace=True
    )
    assert texts(template) == [example, (FORMULA, None, None)]


@pytest.mark.parametrize("template", ["xlsx"], indirect=True)
def test_a_template_says_what_it_wants(template: Path) -> None:
    book = openpyxl.load_workbook(template)
    page = book.active
    assert (len(book.sheetnames), page.freeze_panes) == (1, "A2")
    assert [cell.font.bold for cell in page[1]] == [True, True, True]
    assert [cell.fill.fill_type for cell in page[1]] == [None, "solid", None]
    notes = [cell.comment.text if cell.comment else None for cell in page[1]]
    assert notes == [None, "Its two letters,\nas TX.", None]
    columns = [page.column_dimensions[letter] for letter in "ABC"]
    assert [each.number_format for each in columns] == ["@", "@", "@"]
    assert all(len(head) < each.width < 50 for head, each in zip(HEADS, columns, strict=True))
