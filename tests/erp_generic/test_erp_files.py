"""Folders of CSV files: whole lists and changes, read on from any row, and never half."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from exempt import (
    CheckRequest,
    ConfigError,
    Connector,
    CursorExpired,
    Customer,
    FetchRequest,
    Page,
)
from exempt.testing import StillContext, read_all, records
from exempt_erp_generic import exempt_connectors
from exempt_erp_generic.settings import ErpSettings

(INFO,) = exempt_connectors()


def opened(folder: Path, files: dict[str, Any] | None = None, **changes: Any) -> Connector:
    """A connector to ``in/customers-*.csv`` in *folder*."""
    customers = {
        "files": {"pattern": "in/customers-*.csv"} | (files or {}),
        "fields": {
            "external_id": "No",
            "name": '"Customer Name"',
            "billing_address": {"state": "State"},
        },
    }
    table = {"country": "US", "customers": customers | changes}
    return INFO.open(ErpSettings.model_validate(table), StillContext(folder))


def put(folder: Path, name: str, *rows: str, header: str = "No,Customer Name,State") -> Path:
    """Write a file, newer by a second than the one before."""
    path = folder / "in" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8", newline="")
    put_at[0] += 1
    os.utime(path, (put_at[0], put_at[0]))
    return path


put_at = [1_790_000_000]


def ids(pages: list[Page[Customer]]) -> list[str]:
    """The identifiers of all pages."""
    return [record.external_id for record in records(pages)]


def again(connector: Connector, pages: list[Page[Customer]]) -> list[str]:
    """The identifiers of the next run."""
    return ids(read_all(connector.fetch_customers, pages[-1].checkpoint))


def test_the_newest_of_whole_lists_counts(tmp_path: Path) -> None:
    put(tmp_path, "customers-2026-11-02.csv", "C-2,Beta,TX")
    put(tmp_path, "customers-2026-11-01.csv", "C-1,Alpha,TX")
    erp = opened(tmp_path)
    pages = read_all(erp.fetch_customers)
    assert ids(pages) == ["C-2"]
    assert again(erp, pages) == []
    put(tmp_path, "customers-2026-11-03.csv", "C-2,Beta,TX", "C-3,Gamma,TX")
    assert again(erp, pages) == ["C-2", "C-3"]


def test_the_newest_may_be_told_by_its_time(tmp_path: Path) -> None:
    put(tmp_path, "customers-b.csv", "C-2,Beta,TX")
    put(tmp_path, "customers-a.csv", "C-1,Alpha,TX")
    assert ids(read_all(opened(tmp_path, {"newest": "modified"}).fetch_customers)) == ["C-1"]


def test_changes_are_read_file_by_file(tmp_path: Path) -> None:
    put(tmp_path, "customers-1.csv", "C-1,Alpha,TX", "C-2,Beta,TX")
    put(tmp_path, "customers-2.csv", "C-1,Alpha Inc.,TX")
    erp = opened(tmp_path, {"contents": "changes"})
    pages = read_all(erp.fetch_customers, page_size=1)
    assert [record.name for record in records(pages)] == ["Alpha", "Beta", "Alpha Inc."]
    assert again(erp, pages) == []
    put(tmp_path, "customers-3.csv", "C-4,Delta,TX")
    assert again(erp, pages) == ["C-4"]


def test_a_file_that_grew_after_it_was_read_is_read_again(tmp_path: Path) -> None:
    """It may have been copied while it was read."""
    put(tmp_path, "customers-1.csv", "C-1,Alpha,TX")
    erp = opened(tmp_path, {"contents": "changes"})
    pages = read_all(erp.fetch_customers)
    put(tmp_path, "customers-1.csv", "C-1,Alpha,TX", "C-2,Beta,TX")
    assert again(erp, pages) == ["C-1", "C-2"]


@pytest.mark.parametrize("contents", ["snapshot", "changes"])
def test_from_every_cursor_the_same_rest(tmp_path: Path, contents: str) -> None:
    rows = [f'C-{n},"Müller {n}\nand ""Sons"", Inc.",TX' for n in range(7)]
    put(tmp_path, "customers-1.csv", *rows)
    put(tmp_path, "customers-2.csv", *rows[:5], "", " , ,")
    pages = read_all(opened(tmp_path, {"contents": contents}).fetch_customers, page_size=2)
    assert len(ids(pages)) == {"snapshot": 5, "changes": 12}[contents]
    assert records(pages)[0].name == 'Müller 0\nand "Sons", Inc.'
    for number in range(1, len(pages)):
        fresh = opened(tmp_path, {"contents": contents}).fetch_customers
        assert read_all(fresh, pages[number - 1].next_cursor, page_size=2) == pages[number:]


def test_a_file_that_changes_while_it_is_read_is_read_anew(tmp_path: Path) -> None:
    put(tmp_path, "customers-1.csv", "C-1,Alpha,TX", "C-2,Beta,TX")
    erp = opened(tmp_path)
    page = erp.fetch_customers(FetchRequest(page_size=1))
    put(tmp_path, "customers-1.csv", "C-0,Zero,TX", "C-1,Alpha,TX", "C-2,Beta,TX")
    with pytest.raises(CursorExpired):
        erp.fetch_customers(FetchRequest(cursor=page.next_cursor))


def test_a_newer_file_does_not_cut_the_reading_of_the_older(tmp_path: Path) -> None:
    put(tmp_path, "customers-1.csv", "C-1,Alpha,TX", "C-2,Beta,TX")
    erp = opened(tmp_path)
    page = erp.fetch_customers(FetchRequest(page_size=1))
    put(tmp_path, "customers-2.csv", "C-3,Gamma,TX")
    rest = read_all(erp.fetch_customers, page.next_cursor)
    assert ids(rest) == ["C-2"]
    assert again(erp, rest) == ["C-3"]


@pytest.mark.parametrize("gone", ["kept", "deleted"])
def test_who_is_missing_from_a_whole_list(tmp_path: Path, gone: str) -> None:
    put(tmp_path, "customers-1.csv", "C-1,Alpha,TX", "C-2,Beta,TX")
    pages = read_all(opened(tmp_path, gone=gone).fetch_customers, page_size=1)
    assert {page.snapshot for page in pages} == {gone == "deleted"}


def test_an_unchanged_folder_says_nothing_of_anybody(tmp_path: Path) -> None:
    """An empty page of a whole list would mean that all are gone."""
    put(tmp_path, "customers-1.csv", "C-1,Alpha,TX")
    erp = opened(tmp_path, gone="deleted")
    checkpoint = read_all(erp.fetch_customers)[-1].checkpoint
    (page,) = read_all(erp.fetch_customers, checkpoint)
    assert (page.records, page.snapshot, page.checkpoint) == ((), False, checkpoint)


def test_rows_that_cannot_be_read_are_set_aside(tmp_path: Path) -> None:
    put(tmp_path, "customers-1.csv", "C-1,Alpha,TX,extra", "C-2,,TX", "C-3,Gamma,TX")
    (page,) = read_all(opened(tmp_path).fetch_customers)
    assert [record.external_id for record in page.records] == ["C-3"]
    assert [(row.row, row.external_id) for row in page.rejected] == [
        ("customers: C-1", "C-1"),
        ("customers: C-2", "C-2"),
    ]
    assert page.rejected[0].reason.startswith("has 4 cells, and there are 3 columns")


def test_rows_of_deleted_customers(tmp_path: Path) -> None:
    put(tmp_path, "customers-1.csv", "C-1,Alpha,TX", "C-2,Beta,--")
    (page,) = read_all(opened(tmp_path, deleted="State == '--'").fetch_customers)
    assert ([r.external_id for r in page.records], page.deleted) == (["C-1"], ("C-2",))


def test_single_records(tmp_path: Path) -> None:
    put(tmp_path, "customers-1.csv", "C-1,Alpha,TX")
    put(tmp_path, "customers-2.csv", "C-2,Beta,TX", "C-3,Gamma,TX")
    asked = FetchRequest(ids=("C-1", "C-3"))
    whole = opened(tmp_path).fetch_customers(asked)
    assert ([r.external_id for r in whole.records], whole.deleted) == (["C-3"], ("C-1",))
    changes = opened(tmp_path, {"contents": "changes"}).fetch_customers(asked)
    assert ({r.external_id for r in changes.records}, changes.deleted) == ({"C-1", "C-3"}, ())


@pytest.mark.parametrize(
    ("content", "files", "names"),
    [
        pytest.param("No,Customer Name,State\nC-1,Ä,TX\n".encode("utf-8-sig"), {}, ["Ä"], id="BOM"),
        pytest.param(
            "No;Customer Name;State\r\nC-1;Ä;TX\r\n".encode("cp1252"),
            {"delimiter": ";", "encoding": "cp1252"},
            ["Ä"],
            id="semicolons of a spreadsheet",
        ),
        pytest.param(
            b"C-1,Alpha,TX\nC-2,Beta,TX",
            {"header": ["No", "Customer Name", "State"]},
            ["Alpha", "Beta"],
            id="without a header or a last line break",
        ),
    ],
)
def test_forms_of_files(
    tmp_path: Path, content: bytes, files: dict[str, Any], names: list[str]
) -> None:
    put(tmp_path, "customers-1.csv").write_bytes(content)
    pages = read_all(opened(tmp_path, files).fetch_customers, page_size=1)
    assert [record.name for record in records(pages)] == names


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"", "customers-1.csv: it is empty", id="an empty file"),
        pytest.param(b"No,Name,No\n", "two columns are called 'No'", id="two columns of a name"),
        pytest.param(b"No,Customer Name,State\nC-1,\xc4,TX\n", "line 2 is not utf-8", id="letters"),
        pytest.param(
            b'No,Customer Name,State\nC-1,"' + b"x" * 200_000,
            "cannot be divided into cells",
            id="a quote that never ends",
        ),
    ],
)
def test_a_file_that_is_no_such_file(tmp_path: Path, content: bytes, words: str) -> None:
    put(tmp_path, "customers-1.csv").write_bytes(content)
    with pytest.raises(ConfigError, match=words):
        opened(tmp_path).fetch_customers(FetchRequest())


def test_the_check_says_that_no_file_fits(tmp_path: Path) -> None:
    (problem,) = opened(tmp_path).check(CheckRequest()).problems
    assert problem.code == "no_records"
    assert "in/customers-*.csv" in problem.help


def test_the_check_names_a_column_that_is_not_there(tmp_path: Path) -> None:
    put(tmp_path, "customers-1.csv", "C-1,Alpha,TX", header="No,CustomerName,State")
    problems = opened(tmp_path).check(CheckRequest()).problems
    unmatched = next(p for p in problems if p.code == "never_matched")
    assert "'Customer Name'" in unmatched.message
    assert "did you mean 'CustomerName'?" in unmatched.help


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"path": "customers"}, "either path", id="a path beside"),
        pytest.param({"params": {"a": 1}}, "params is of lists to call", id="parameters"),
        pytest.param(
            {"files": {"pattern": "*.csv", "contents": "changes"}, "gone": "deleted"},
            "gone = 'deleted' is for whole lists",
            id="who is gone, of changes",
        ),
    ],
)
def test_what_does_not_go_with_files(tmp_path: Path, changes: Any, words: str) -> None:
    files = changes.pop("files", None)
    with pytest.raises(ValueError, match=words):
        opened(tmp_path, files, **changes)
