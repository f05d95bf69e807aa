"""CSV files as programs and people write them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from exempt.adapters.spreadsheets import open_table
from exempt.errors import RefusedError
from support.workbooks import first, lines, texts

TABLE = "Customer,State\nMüller,TX\n"


def csv_file(folder: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    path = folder / "table.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


# --- letters -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "taken_for"),
    [
        pytest.param(TABLE.encode(), "utf-8", id="UTF-8"),
        pytest.param(TABLE.encode("utf-8-sig"), "utf-8", id="UTF-8 that says so"),
        pytest.param(TABLE.encode("utf-16"), "utf-16", id="UTF-16 as Excel saves it"),
        pytest.param(b"\xfe\xff" + TABLE.encode("utf-16-be"), "utf-16", id="UTF-16, big end first"),
        pytest.param(TABLE.encode("utf-16-le"), "utf-16", id="UTF-16 that does not say so"),
        pytest.param(TABLE.encode("utf-16-be"), "utf-16", id="nor with the big end first"),
        pytest.param(TABLE.encode("cp1252"), "cp1252", id="a guess: Windows, western Europe"),
    ],
)
def test_letters(tmp_path: Path, content: bytes, taken_for: str) -> None:
    path = csv_file(tmp_path, content)
    with open_table(path) as table:
        assert (table.encoding, table.titles) == (taken_for, ("Customer", "State"))
        assert [cell.text for line in table.lines() for cell in line.cells] == ["Müller", "TX"]


def test_letters_far_down_are_seen_before_the_first_row(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "A\n" + "x\n" * 2_000_000 + "é\n", "cp1252")
    with open_table(path) as table:
        assert table.encoding == "cp1252"


@pytest.mark.parametrize(
    ("content", "row", "letters"),
    [
        pytest.param(b"A\n\xc3\xa9\n\xe9\n", 3, "utf-8", id="UTF-8, then something else"),
        pytest.param(b"\xef\xbb\xbfA\nb\nc\n\xe9\n", 4, "utf-8", id="not what it says it is"),
        pytest.param(b"A\n\xe9\nx\x81\n", 3, "cp1252", id="neither UTF-8 nor Windows"),
        pytest.param(b"A\n\xc3\xa9\n\xc3", 3, "utf-8", id="cut off within a letter"),
        pytest.param(b"sep=;\nA;B\n\x81;\n", 2, "cp1252", id="below Excel's first line"),
        pytest.param(b"\xff\xfeA\0\n\0\x00\xd8x\0\n\0", 2, "utf-16", id="half a pair of UTF-16"),
    ],
)
def test_bytes_that_are_no_letters(tmp_path: Path, content: bytes, row: int, letters: str) -> None:
    with pytest.raises(RefusedError, match=rf"^table.csv, row {row}: .* {letters}: save it again"):
        lines(csv_file(tmp_path, content))


# --- delimiters, quotes and rows ---------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "row"),
    [
        pytest.param("A,B\n1,2\n", ("1", "2"), id="comma"),
        pytest.param("A;B\n1;2,5\n", ("1", "2,5"), id="semicolon"),
        pytest.param("A\tB\n1;2\t3,4\n", ("1;2", "3,4"), id="tab"),
        pytest.param("A|B\n1|2\n", ("1", "2"), id="pipe"),
        pytest.param('"A,B,C";D\n1;2\n', ("1", "2"), id="commas in a quoted title are none"),
        pytest.param("A, or so;B\n1;2\n", ("1", "2"), id="of equals the comma comes last"),
        pytest.param('"A\nB, C";D\n1;2\n', ("1", "2"), id="a title of two lines"),
        pytest.param(";;\n\nA;B\n1;2\n", ("1", "2"), id="after blank rows"),
        pytest.param("A\nx\n", ("x",), id="one column"),
        pytest.param("sep=^\nA^B\n1^2\n", ("1", "2"), id="Excel's first line"),
        pytest.param('"sep=;"\r\nA,B;C\r\n1;2\r\n', ("1", "2"), id="the same, quoted"),
        pytest.param('A,B\n"two\nlines",x\n', ("two\nlines", "x"), id="lines in a cell"),
        pytest.param('A,B\n"5"" nails",x\n', ('5" nails', "x"), id="doubled quotes"),
        pytest.param('A,B\n5" nails,x\n', ('5" nails', "x"), id="a quote within a bare cell"),
        pytest.param("A,B\r1,2\r", ("1", "2"), id="ends of lines of old Macs"),
        pytest.param("A,B\n1,2", ("1", "2"), id="no end of the last line"),
        pytest.param("A,B\n 1 ,\u2028\n", (" 1 ", None), id="blanks: kept around, not alone"),
        pytest.param("A,B\n1\n", ("1", None), id="a short row"),
        pytest.param("A,B\n1,2,,\n", ("1", "2"), id="blank cells beyond the titles"),
        pytest.param("A,B,,\n1,2\n", ("1", "2"), id="blank titles at the end"),
        pytest.param("A,B\n'=1,''=2\n", ("=1", "'=2"), id="the guard of what we wrote is off"),
        pytest.param("A,B\n007,1.50\n", ("007", "1.50"), id="digits as they are"),
        pytest.param("PK,B\n1,2\n", ("1", "2"), id="begins like an archive"),
    ],
)
def test_rows(tmp_path: Path, content: str, row: tuple[str | None, ...]) -> None:
    assert texts(csv_file(tmp_path, content)) == [row]


def test_rows_have_the_numbers_that_a_spreadsheet_shows(tmp_path: Path) -> None:
    content = 'sep=,\n\n"A\nB"\nfirst\n\n , \n"second\n\nlines"\nthird\n\n\n'
    path = csv_file(tmp_path, content)
    with open_table(path) as table:
        assert (table.title_row, table.titles) == (2, ("A\nB",))
        assert [line.row for line in table.lines()] == [3, 6, 7]


def test_titles_are_kept_without_blanks_around(tmp_path: Path) -> None:
    with open_table(csv_file(tmp_path, " Ship-to  State ,'=Total\n")) as table:
        assert table.titles == ("Ship-to  State", "=Total")


def test_three_hundred_columns(tmp_path: Path) -> None:
    titles = ",".join(f"Column {n}" for n in range(300))
    (row,) = texts(csv_file(tmp_path, f"{titles}\n" + ",".join(map(str, range(300)))))
    assert row == tuple(map(str, range(300)))


def test_the_rows_are_read_anew_each_time(tmp_path: Path) -> None:
    with open_table(csv_file(tmp_path, "A\n" + "x\n" * 50_000)) as table:
        assert table.progress() == 0
        half = [line for _, line in zip(range(25_000), table.lines(), strict=False)]
        assert len(half) == 25_000
        assert len(list(table.lines())) == 50_000
        assert table.progress() == 1


def test_progress_grows(tmp_path: Path) -> None:
    with open_table(csv_file(tmp_path, "A\n" + "x\n" * 50_000)) as table:
        seen = [table.progress() for _ in table.lines()]
    assert seen == sorted(seen)
    assert 0.4 < seen[25_000] < 0.7
    assert table.size == 100_002


# --- problems of one cell ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param("A\nx\0y\n", "holds a character that is none", id="nul"),
        pytest.param(f"A\n{'x' * 32_768}\n", "has more than 32,767 characters", id="too long"),
        pytest.param("A\nx,,y\n", "the row goes on to column C, which has no title", id="too many"),
        pytest.param("A\n\0,x\n", "holds a .*; the row goes on to column B", id="two problems"),
    ],
)
def test_problems(tmp_path: Path, content: str, problem: str) -> None:
    assert re.match(problem, first(csv_file(tmp_path, content)).problem or "")


def test_the_longest_text_is_taken(tmp_path: Path) -> None:
    assert texts(csv_file(tmp_path, f"A\n{'x' * 32_767}\n")) == [("x" * 32_767,)]


# --- files that are refused --------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("", "is empty", id="empty"),
        pytest.param("\ufeff", "is empty", id="nothing but a mark"),
        pytest.param(" \n,,\n\n", "is empty", id="blank rows only"),
        pytest.param("A,B,A\n", "row 1, column C: has the title 'A', as column A has", id="twice"),
        pytest.param(
            "\nA,,B\n1,,2\n1,2,3\n",
            "row 2, column B: has no title, but a value in row 4",
            id="no title over values",
        ),
        pytest.param(
            ",".join(f"c{n}" for n in range(1_001)),
            "row 1, column ALM: is one too many",
            id="too many columns",
        ),
        pytest.param("A,x\0y\n", "row 1, column B: the title holds", id="a title with a problem"),
        pytest.param(
            'A,B\n1,2\n"3\n4",5\n6,"7\n8,9\n', "row 4: begins a quoted cell", id="an open quote"
        ),
        pytest.param(
            'A,B\n1,2\n6,"' + "7\n8,9\n" * 50_000, "row 3: begins a quoted cell", id="far on"
        ),
        pytest.param(
            'A\n"5" nails"\n', "row 2: a cell goes on after its closing", id="a bare quote"
        ),
        pytest.param("<html><table>", "is a web page", id="a web page"),
        pytest.param("%PDF-1.7", "is no table", id="a PDF"),
    ],
)
def test_refused(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(RefusedError, match=f"^table.csv[:,] {message}"):
        lines(csv_file(tmp_path, content))


def test_a_blank_column_without_title_is_none_to_worry_about(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "A,,B\n1,,2\n")
    with open_table(path) as table:
        assert table.titles == ("A", "", "B")
    assert texts(path) == [("1", None, "2")]


def test_a_line_without_end_is_not_held(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "A\nB\n" + "x" * 5_000_000)
    with pytest.raises(RefusedError, match="row 3: a quote is never closed, or the line never"):
        lines(path)


@pytest.mark.parametrize("name", ["missing.csv", "."])
def test_no_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(RefusedError, match=r"cannot be read: (No such file|Is a directory)"):
        lines(tmp_path / name)
