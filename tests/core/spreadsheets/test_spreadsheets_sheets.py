"""Workbooks: rows, titles, sheets, and the kinds of workbooks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from exempt.adapters.spreadsheets import open_table
from exempt.errors import RefusedError
from support.workbooks import (
    BOOK,
    MAIN,
    SHEET,
    STYLES,
    TYPES,
    WORKBOOK_TYPE,
    first,
    lines,
    number,
    row,
    sheet,
    text,
    texts,
    workbook,
)

openpyxl: Any = pytest.importorskip("openpyxl", reason="needs the extra exempt[spreadsheets]")

A = row(text("A"))


# --- rows and titles ---------------------------------------------------------------------


def test_rows_have_the_numbers_that_the_program_shows(tmp_path: Path) -> None:
    rows = (
        f'<row r="3">{text("A")}</row>',
        f'<row r="4" hidden="1" ht="20" customHeight="1">{text("x")}</row>',
        f"<row>{text(' ')}</row>",
        f"<row>{text('y')}</row>",
        f'<row r="1048576">{text("z")}</row>',
    )
    with open_table(workbook(tmp_path / "t.xlsx", *rows)) as table:
        assert (table.title_row, table.titles) == (3, ("A",))
        assert [line.row for line in table.lines()] == [4, 6, 1_048_576]


def test_cells_stand_under_their_titles(tmp_path: Path) -> None:
    titles = '<row><c r="B1" t="str"><v>B</v></c><c r="AA1" t="str"><v>AA</v></c></row>'
    values = '<row><c r="B2"><v>1</v></c><c r="C2"/><c r="AA2"><v>2</v></c></row>'
    path = workbook(tmp_path / "t.xlsx", titles, values)
    with open_table(path) as table:
        assert table.titles == ("", "B", *[""] * 24, "AA")
    assert texts(path) == [(None, "1", *[None] * 24, "2")]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        pytest.param((), "is empty", id="no rows"),
        pytest.param((row(text(" ")), row()), "is empty", id="blank rows"),
        pytest.param(
            (row(text("A"), text("A ")),),
            "row 1, column B: has the title 'A', as column A has",
            id="a title twice",
        ),
        pytest.param(
            (row(text("A"), "<c/>", text("C")), row(text("x"), number(1))),
            "row 1, column B: has no title, but a value in row 2",
            id="no title over values",
        ),
        pytest.param(
            (row("<c><f>A2</f></c>"),), "row 1, column A: the title holds a formula", id="a formula"
        ),
        pytest.param(
            (row(*(text(f"c{n}") for n in range(1_001))),),
            "row 1, column ALM: is one too many",
            id="too many columns",
        ),
    ],
)
def test_refused(tmp_path: Path, rows: tuple[str, ...], message: str) -> None:
    with pytest.raises(RefusedError, match=f"^t.xlsx[:,] {message}"):
        lines(workbook(tmp_path / "t.xlsx", *rows))


def test_a_row_that_goes_on_beyond_the_titles(tmp_path: Path) -> None:
    far = '<c r="XFD2"><v>1</v></c>'
    cell = first(workbook(tmp_path / "t.xlsx", A, row(text("x"), far)))
    assert cell.text == "x"
    assert (cell.problem or "").startswith("the row goes on to column XFD, which has no title")


def test_what_stands_below_the_rows_is_not_asked(tmp_path: Path) -> None:
    below = '<conditionalFormatting sqref="?"/><mergeCells count="x"/><extLst><ext/></extLst>'
    content = sheet(A, row(text("x"))).replace("</sheetData>", f"</sheetData>{below}")
    assert texts(workbook(tmp_path / "t.xlsx", parts={SHEET: content})) == [("x",)]


def test_a_prefix_of_the_namespace(tmp_path: Path) -> None:
    content = (
        f'<x:worksheet xmlns:x="{MAIN}"><x:dimension ref="A1"/><x:sheetData>'
        "<x:row><x:c t='str'><x:v>A</x:v></x:c></x:row>"
        "<x:row><x:c><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>"
    )
    assert texts(workbook(tmp_path / "t.xlsx", parts={SHEET: content})) == [("1",)]


def test_styles_that_openpyxl_cannot_read(tmp_path: Path) -> None:
    content = (
        f'<styleSheet xmlns="{MAIN}"><fills><fill/></fills><cellXfs>'
        '<xf numFmtId="14"/><xf numFmtId="0"/></cellXfs></styleSheet>'
    )
    path = workbook(tmp_path / "t.xlsx", A, row(number(45_000)), parts={STYLES: content})
    assert texts(path) == [("2023-03-15",)]


def test_progress(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", A, *(row(text(f"{n}" * 9)) for n in range(9_000)))
    with open_table(path) as table:
        seen = [table.progress() for _ in table.lines()]
        assert (table.size, table.encoding) == (path.stat().st_size, "utf-8")
        assert table.progress() == 1
    assert seen == sorted(seen)
    assert 0.4 < seen[4_500] < 0.7


# --- sheets and kinds --------------------------------------------------------------------


def test_one_sheet_only(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Certificates"
    book.create_sheet("Lists").sheet_state = "hidden"
    book.create_sheet("Deep").sheet_state = "veryHidden"
    book.create_chartsheet("Chart")
    book.save(tmp_path / "t.xlsx")
    names = r"Certificates, Lists \(hidden\), Deep \(hidden\), Chart"
    with pytest.raises(RefusedError, match=rf"has 4 sheets \({names}\): leave only the sheet with"):
        lines(tmp_path / "t.xlsx")


def test_of_many_sheets_some_are_named(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", A, sheets=[f"S{n}" for n in range(12)])
    with pytest.raises(RefusedError, match=r"has 12 sheets \(S0, .*, S9, …\): leave only"):
        lines(path)


def test_a_chart_is_no_table(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    book.create_chartsheet("Chart")
    book.save(tmp_path / "t.xlsx")
    with pytest.raises(RefusedError, match="has no worksheet that can be read: open it in the"):
        lines(tmp_path / "t.xlsx")


def test_strict_workbooks_are_to_be_saved_as_others_are(tmp_path: Path) -> None:
    strict = (
        f'<workbook xmlns="{MAIN.replace("schemas.openxmlformats.org", "purl.oclc.org/ooxml")}"/>'
    )
    with pytest.raises(RefusedError, match="has no worksheet that can be read: open it in the"):
        lines(workbook(tmp_path / "t.xlsx", A, parts={BOOK: strict}))


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param("application/vnd.ms-excel.sheet.macroEnabled.main+xml", id="macros"),
        pytest.param("application/vnd.ms-excel.sheet.binary.macroEnabled.main", id="binary"),
        pytest.param("application/x-document", id="a text"),
    ],
)
def test_other_kinds(tmp_path: Path, kind: str) -> None:
    with pytest.raises(RefusedError, match=r"save it as Excel workbook \(\.xlsx\)"):
        lines(workbook(tmp_path / "t.xlsx", A, kind=kind))


def test_a_kind_that_stands_for_all_parts_of_a_suffix(tmp_path: Path) -> None:
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        f'<Default Extension="xml" ContentType="{WORKBOOK_TYPE}"/></Types>'
    )
    path = workbook(tmp_path / "t.xlsx", A, row(number(1, 1)), parts={TYPES: types})
    assert texts(path) == [("1",)]
