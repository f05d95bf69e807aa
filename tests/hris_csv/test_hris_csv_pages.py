from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exempt import CursorExpired, FetchRequest
from exempt.testing import read_all, records
from exempt_hris_csv.connector import HrisCsv
from exempt_hris_csv.rows import Position
from exempt_hris_csv.table import DELIMITERS, open_table

Connect = Callable[..., HrisCsv]


def numbered(count: int) -> str:
    rows = (f'E-{n},"Ana\nRuiz{n}",TX\r\n' for n in range(count))
    return "Employee ID,Name,State\r\n" + "".join(rows)


def ids(hris: HrisCsv, cursor: str | None = None, page_size: int = 3) -> list[str]:
    pages = read_all(hris.fetch_employees, cursor, page_size=page_size)
    return [employee.external_id for employee in records(pages)]


@pytest.mark.parametrize(
    ("encoding", "setting"),
    [
        ("utf-8", "auto"),
        ("utf-8-sig", "auto"),
        ("utf-16", "auto"),
        ("utf-16-le", "auto"),
        ("utf-16-be", "auto"),
        ("cp1252", "auto"),
        ("cp1252", "cp1252"),
        ("mac-roman", "mac-roman"),
        ("utf-16-be", "utf-16-be"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", DELIMITERS)
def test_encodings_line_ends_and_delimiters(
    connect: Connect, encoding: str, setting: str, end: str, delimiter: str
) -> None:
    rows = [
        ["Employee ID", "City", "State"],
        ["E-1", "Cañon\nCity", "CO"],
        ["Ä-2", "Peñasco", "NM"],
    ]
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(rows)
    hris = connect(file.getvalue().encode(encoding), encoding=setting)
    employees = records(read_all(hris.fetch_employees, page_size=1))
    assert [(e.external_id, e.home_location and e.home_location.city) for e in employees] == [
        ("E-1", "Cañon\nCity"),
        ("Ä-2", "Peñasco"),
    ]


def test_a_line_in_another_encoding_is_read_alone_as_windows_1252(connect: Connect) -> None:
    raw = "ID,City,State\n1,Peñasco,NM\n".encode() + "2,Peñasco,NM\n".encode("cp1252")
    employees = records(read_all(connect(raw).fetch_employees))
    assert {e.home_location.city for e in employees if e.home_location} == {"Peñasco"}


cells = st.text(
    st.one_of(
        st.sampled_from(",;\t|\"\n\r '=-"), st.characters(codec="utf-8", exclude_characters="\0")
    ),
    max_size=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    rows=st.lists(st.lists(cells, min_size=3, max_size=3), max_size=12),
    delimiter=st.sampled_from(DELIMITERS),
    end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    page_size=st.integers(1, 5),
)
def test_rows_are_those_of_dictreader_from_whatever_position(
    tmp_path: Path,
    *,
    rows: list[list[str]],
    delimiter: str,
    end: str,
    quoting: Literal[0, 1],
    encoding: str,
    page_size: int,
) -> None:
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter, lineterminator=end, quoting=quoting)
    if quoting == csv.QUOTE_MINIMAL:  # the writer of Python 3.11 leaves a lone \r unquoted
        rows = [[cell.replace("\r", "") for cell in row] for row in rows]
    writer.writerows([["Employee ID", "State", "Name"], *rows])
    text = file.getvalue()
    path = tmp_path / "employees.csv"
    path.write_bytes(text.encode(encoding))
    reference = csv.DictReader(
        io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True
    )

    table = open_table(path, encoding="auto", delimiter=delimiter, known=len)
    position: Position | None = table.start
    found = []
    while position is not None:
        page, position = table.rows(position, page_size)
        found += [dict(zip(table.header, row.cells, strict=True)) for row in page]
    assert found == list(reference)


def test_reading_goes_on_from_each_cursor_in_a_fresh_connector(connect: Connect) -> None:
    hris = connect(numbered(25))
    everybody = [f"E-{n}" for n in range(25)]
    assert ids(hris) == everybody
    cursors = [page.next_cursor for page in read_all(hris.fetch_employees, page_size=3)]
    assert len(cursors) == 9
    for page, cursor in enumerate(cursors[:-1], start=1):
        assert ids(connect(None), cursor) == everybody[3 * page :]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda t: t.replace("E-1,", "E-x,"), id="a row before it was edited"),
        pytest.param(lambda t: t.replace('E-0,"Ana\nRuiz0",TX\r\n', ""), id="one was removed"),
        pytest.param(lambda t: t.replace("Name", "Neme"), id="the header was edited"),
        pytest.param(lambda t: t[:20], id="the file was cut before it"),
        pytest.param(lambda t: t.replace("E-8,", "E-x,"), id="a row after it was edited"),
        pytest.param(lambda t: t + "E-99,,TX\r\n", id="rows were added"),
    ],
)
def test_a_cursor_does_not_outlive_its_file(connect: Connect, change: Callable[[str], str]) -> None:
    cursor = connect(numbered(9)).fetch_employees(FetchRequest(page_size=3)).next_cursor
    hris = connect(change(numbered(9)))
    with pytest.raises(CursorExpired):
        ids(hris, cursor)


def test_the_same_file_written_again_is_read_on(connect: Connect) -> None:
    cursor = connect(numbered(9)).fetch_employees(FetchRequest(page_size=3)).next_cursor
    assert ids(connect(numbered(9)), cursor)[0] == "E-3"


def test_an_edit_that_nothing_shows_of_is_found_by_the_next_run(
    connect: Connect, tmp_path: Path
) -> None:
    hris = connect(numbered(9))
    path = tmp_path / "employees.csv"
    before = path.stat()
    cursor = hris.fetch_employees(FetchRequest(page_size=3)).next_cursor
    path.write_bytes(numbered(9).replace("E-1,", "E-x,").encode())
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    checkpoint = read_all(hris.fetch_employees, cursor)[-1].checkpoint
    assert ids(hris, checkpoint)[:2] == ["E-0", "E-x"]


@pytest.mark.parametrize(
    "cursor", ["", "run", "run:x:1:2:0::s:done:d:1:1", "file:1", "done:x", "done:x:y:1", "other:1"]
)
def test_a_cursor_of_somebody_else_has_expired(connect: Connect, cursor: str) -> None:
    with pytest.raises(CursorExpired):
        ids(connect(numbered(3)), cursor or "-")


def test_a_file_that_did_not_change_gives_nothing_at_its_checkpoint(connect: Connect) -> None:
    checkpoint = read_all(connect(numbered(9)).fetch_employees, page_size=4)[-1].checkpoint
    (page,) = read_all(connect(numbered(9)).fetch_employees, checkpoint)
    assert page.records == ()
    assert page.checkpoint == checkpoint


@pytest.mark.parametrize(
    ("content", "chosen"),
    [
        pytest.param(numbered(9).replace("TX", "CO"), {}, id="the file changed"),
        pytest.param(numbered(9) + "E-9,,TX\r\n", {}, id="rows were added"),
        pytest.param(numbered(9), {"keep_labels": True}, id="the settings changed"),
    ],
)
def test_everything_is_read_anew_at_the_checkpoint_when(
    connect: Connect, content: str, chosen: dict[str, bool]
) -> None:
    checkpoint = read_all(connect(numbered(9)).fetch_employees)[-1].checkpoint
    assert ids(connect(content, **chosen), checkpoint)[:9] == [f"E-{n}" for n in range(9)]


def test_changed_settings_end_a_reading_that_had_begun(connect: Connect) -> None:
    cursor = connect(numbered(9)).fetch_employees(FetchRequest(page_size=3)).next_cursor
    with pytest.raises(CursorExpired):
        ids(connect(None, keep_labels=True), cursor)


def test_named_employees_come_alone_and_the_missing_ones_as_deleted(connect: Connect) -> None:
    hris = connect(numbered(9) + "E-77,,Freedonia\r\n")
    page = hris.fetch_employees(FetchRequest(ids=("E-7", "E-77", "E-100", "E-2"), page_size=1))
    assert [employee.external_id for employee in page.records] == ["E-2", "E-7"]
    assert [rejected.external_id for rejected in page.rejected] == ["E-77"]
    assert page.deleted == ("E-100",)
    assert (page.next_cursor, page.checkpoint) == (None, None)


def test_a_header_alone_is_an_empty_source_with_a_checkpoint(connect: Connect) -> None:
    page = connect("Employee ID,State\n").fetch_employees(FetchRequest())
    assert page.records == ()
    assert page.checkpoint is not None
