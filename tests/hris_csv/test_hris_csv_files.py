"""Which files are read: lists, folders, patterns, series, and what is still being written."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exempt import CheckRequest, ConfigError, CursorExpired, Employee, FetchRequest, TransientError
from exempt.testing import StillContext, read_all, records
from exempt_hris_csv import files
from exempt_hris_csv.connector import HrisCsv
from exempt_hris_csv.settings import HrisCsvSettings

NOW = StillContext().now()
HEADER = "ID,State,Hire Date,Termination Date,Status\n"
Drop = Callable[..., Path]


@pytest.fixture
def drop(tmp_path: Path) -> Drop:
    """``drop("us.csv", "1,TX", seconds=5)``: a file of these rows, as old as that."""

    def drop(name: str, *rows: str, seconds: float = 3600, whole: bool = True) -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(HEADER + "\n".join(rows) + "\n" * whole)
        os.utime(path, (NOW.timestamp() - seconds,) * 2)
        return path

    return drop


def hr(tmp_path: Path, path: str | list[str], **settings: Any) -> HrisCsv:
    return HrisCsv(
        HrisCsvSettings.model_validate({"path": path, **settings}), StillContext(tmp_path)
    )


def states(hris: HrisCsv, cursor: str | None = None) -> dict[str, str | None]:
    """Where each employee lives, in the end; None = gone."""
    found: dict[str, str | None] = {}
    for page in read_all(hris.fetch_employees, cursor, page_size=1):
        homes = {e.external_id: e.home_location for e in page.records}
        found |= {each: home.state if home else None for each, home in homes.items()}
        found |= dict.fromkeys(page.deleted)
    return found


@pytest.mark.parametrize(
    ("path", "ids"),
    [
        (["de.csv", "us/a.csv"], ["3", "1"]),
        ("us", ["1", "2"]),
        ("us/*.csv", ["1", "2"]),
        ("*/b.csv", ["2"]),
        ("**/*.csv", ["3", "1", "2"]),
        (["us/b.csv", "us"], ["2", "1"]),
    ],
    ids=["a list", "a folder", "a pattern", "in folders", "at any depth", "each file once"],
)
def test_files_are_read_in_the_order_of_the_setting_and_of_their_age(
    tmp_path: Path, drop: Drop, path: str | list[str], ids: list[str]
) -> None:
    drop("de.csv", "3,TX", seconds=9000)
    drop("us/b.csv", "2,TX", seconds=1000)
    drop("us/a.csv", "1,TX", seconds=2000)
    for other in ("us/.a.csv", "us/~$a.csv", "us/c.csv.part", "us/readme.md"):
        drop(other, "9,TX")
    assert list(states(hr(tmp_path, path))) == ids


@pytest.mark.parametrize(
    ("names", "newest"),
    [
        (["staff-2026-11-20.csv", "staff-2026-02-01.csv"], 0),
        (["staff_20261120.csv", "staff_20261120T0915.csv"], 1),
        (["11-20-2026 staff.csv", "12-31-2025 staff.csv"], 0),
        (["staff-2026-11-20.csv", "staff.csv"], 1),
        (["staff-10012345.csv", "staff-10012344.csv"], 1),
    ],
    ids=["ISO date", "with the time", "US date", "not all dated: by change", "no date at all"],
)
def test_the_newest_file_of_a_series_counts(
    tmp_path: Path, drop: Drop, names: list[str], newest: int
) -> None:
    for number, name in enumerate(names):
        drop(name, f"{number},TX", seconds=9000 - number)
    assert list(states(hr(tmp_path, "*.csv", files="newest"))) == [str(newest)]


def test_of_each_pattern_the_newest_counts(tmp_path: Path, drop: Drop) -> None:
    for day in ("2026-11-01", "2026-11-08"):
        drop(f"us-{day}.csv", f"us {day},TX")
        drop(f"de-{day}.csv", f"de {day},NY")
    hris = hr(tmp_path, ["us-*.csv", "de-*.csv"], files="newest")
    assert list(states(hris)) == ["us 2026-11-08", "de 2026-11-08"]
    every = hr(tmp_path, "*.csv").check(CheckRequest())
    assert [p.code for p in every.problems] == ["dated_series"]


def test_a_file_that_is_being_written_waits_and_the_others_do_not(
    tmp_path: Path, drop: Drop
) -> None:
    drop("us.csv", "1,TX")
    de = drop("de.csv", "2,NY", seconds=59)
    hris = hr(tmp_path, "*.csv", complete_exports=True)
    pages = read_all(hris.fetch_employees)
    assert [e.external_id for e in records(pages)] == ["1"]
    assert [(r.row, r.external_id) for p in pages for r in p.rejected] == [("de.csv", None)]
    assert not any(page.snapshot for page in pages)
    checkpoint = pages[-1].checkpoint
    assert states(hris, checkpoint) == {}
    os.utime(de, (NOW.timestamp() - 61,) * 2)
    assert states(hris, checkpoint) == {"1": "TX", "2": "NY"}


def test_a_run_goes_on_when_a_file_that_waits_becomes_quiet(tmp_path: Path, drop: Drop) -> None:
    drop("us.csv", "1,TX", "2,TX")
    de = drop("de.csv", "3,NY", seconds=5)
    hris = hr(tmp_path, "*.csv")
    cursor = hris.fetch_employees(FetchRequest(page_size=1)).next_cursor
    os.utime(de, (NOW.timestamp() - 100,) * 2)
    assert states(hris, cursor) == {"2": "TX"}


@pytest.mark.parametrize(
    "last", ["2,N", '2,NY,2024-01-31,,"Act'], ids=["few cells", "an open quote"]
)
def test_a_last_row_that_is_cut_off_makes_a_file_wait(
    tmp_path: Path, drop: Drop, last: str
) -> None:
    drop("us.csv", "1,TX")
    drop("de.csv", "3,TX", last, whole=False)
    pages = read_all(hr(tmp_path, "*.csv").fetch_employees)
    (rejected,) = [r for page in pages for r in page.rejected]
    assert rejected.row == "de.csv"
    assert "its last row is cut off" in rejected.reason
    assert {e.external_id for e in records(pages)} == {"1"}


def test_the_newest_quiet_file_counts_while_a_newer_one_comes(tmp_path: Path, drop: Drop) -> None:
    drop("staff-2026-11-19.csv", "1,TX")
    drop("staff-2026-11-20.csv", "2,TX", seconds=3)
    assert list(states(hr(tmp_path, "staff-*.csv", files="newest"))) == ["1"]


def test_a_file_named_outright_does_not_wait(tmp_path: Path, drop: Drop) -> None:
    drop("us.csv", "1,TX", "2,NY", seconds=0, whole=False)
    assert list(states(hr(tmp_path, "us.csv"))) == ["1", "2"]
    with pytest.raises(TransientError, match=r"us\.csv: it is being written") as caught:
        states(hr(tmp_path, "*.csv"))
    assert caught.value.retry_after == dt.timedelta(seconds=60)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("missing.csv", None, "no such file"),
        ("bad.csv", "", "the file is empty"),
        ("bad.csv", "Name,State\nA,TX\n", "no column gives the employee's number"),
        ("bad.csv", "ID,State,Hire Date\n1,TX,25/12/2024\n2,TX,12/25/2024\n", "dates in two forms"),
        ("bad.json", "{", "no JSON"),
    ],
)
def test_a_bad_file_costs_only_itself_and_nobody_is_taken_for_gone(
    tmp_path: Path, drop: Drop, name: str, content: str | None, reason: str
) -> None:
    drop("us.csv", "1,TX")
    if content is not None:
        (tmp_path / name).write_text(content)
    hris = hr(tmp_path, [name, "us.csv"], complete_exports=True)
    pages = read_all(hris.fetch_employees)
    assert [e.external_id for e in records(pages)] == ["1"]
    (rejected,) = [r for page in pages for r in page.rejected]
    assert rejected.row == name
    assert reason in rejected.reason
    assert not any(page.snapshot for page in pages)
    assert states(hris, pages[-1].checkpoint) == {}
    assert hris.fetch_employees(FetchRequest(ids=("1", "2"))).deleted == ()
    (problem,) = hris.check(CheckRequest()).problems
    assert (problem.severity, problem.code) == ("warning", "unreadable")


def test_a_file_that_vanished_takes_nobody_with_it(tmp_path: Path, drop: Drop) -> None:
    drop("us.csv", "1,TX", "2,TX", "3,TX")
    de = drop("de.csv", "4,NY")
    hris = hr(tmp_path, "*.csv", complete_exports=True)
    pages = read_all(hris.fetch_employees)
    assert all(page.snapshot for page in pages)
    de.unlink()
    after = read_all(hris.fetch_employees, pages[-1].checkpoint)
    assert not any(page.snapshot for page in after)
    assert [r.reason.split(":")[0] for p in after for r in p.rejected] == ["1 files, there were 2"]
    drop("de.csv", "5,NY")
    back = read_all(hris.fetch_employees, after[-1].checkpoint)
    assert all(page.snapshot for page in back)


@pytest.mark.parametrize("order", [["us.csv", "de.csv"], ["de.csv", "us.csv"]])
def test_who_went_from_one_file_to_another_is_there_in_the_end(
    tmp_path: Path, drop: Drop, order: list[str]
) -> None:
    drop("us.csv", "1,TX,2020-01-01,2024-01-31,", "2,TX,,,Terminated", "3,TX")
    drop("de.csv", "1,NY,2024-02-01,,", "2,NY", "4,NY,,,Terminated")
    hris = hr(tmp_path, order)
    assert states(hris) == {"1": "NY", "2": "NY", "3": "TX", "4": None}
    page = hris.fetch_employees(FetchRequest(ids=("1", "2", "4", "5")))
    assert {e.external_id: e.end_date for e in page.records} == {"1": None, "2": None}
    assert set(page.deleted) == {"4", "5"}


def test_every_cursor_of_several_files_goes_on_in_a_fresh_connector(
    tmp_path: Path, drop: Drop
) -> None:
    drop("us.csv", "1,TX", "2,TX,,2024-01-31,", "3,TX")
    drop("de.csv", "4,NY", "5,NY,,2024-01-31,")
    drop("uk.csv")
    pages = read_all(hr(tmp_path, "*.csv").fetch_employees, page_size=1)
    for number, page in enumerate(pages[:-1], start=1):
        rest = read_all(hr(tmp_path, "*.csv").fetch_employees, page.next_cursor, page_size=1)
        assert rest == pages[number:]
    assert {e.external_id for e in records(pages)} == {"1", "2", "3", "4", "5"}


def test_a_file_that_comes_in_the_middle_of_a_run_has_all_read_anew(
    tmp_path: Path, drop: Drop
) -> None:
    drop("us.csv", "1,TX", "2,TX")
    hris = hr(tmp_path, "*.csv")
    cursor = hris.fetch_employees(FetchRequest(page_size=1)).next_cursor
    drop("de.csv", "3,NY")
    with pytest.raises(CursorExpired):
        states(hris, cursor)


def test_each_file_may_number_its_own_employees(tmp_path: Path, drop: Drop) -> None:
    drop("us-2026-11-20.csv", "1,TX")
    drop("de-2026-11-20.csv", "1,NY", ",NY")
    shared = hr(tmp_path, "*.csv")
    assert [p.code for p in shared.check(CheckRequest()).problems] == [
        "rejected_rows",
        "shared_numbers",
    ]
    hris = hr(tmp_path, "*.csv", numbers="per file")
    assert states(hris) == {"us:1": "TX", "de:1": "NY"}
    page = hris.fetch_employees(FetchRequest(ids=("de:1",)))
    assert [type(e) for e in page.records] == [Employee]


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path, drop: Drop) -> None:
    drop("us/staff.csv", "1,TX")
    drop("de/staff.csv", "1,NY", "2,??")
    hris = hr(tmp_path, "*/staff.csv", numbers="per file")
    pages = read_all(hris.fetch_employees)
    assert {e.external_id for e in records(pages)} == {"us/staff:1", "de/staff:1"}
    assert [r.row for p in pages for r in p.rejected] == ["de/staff.csv line 3"]


def test_check_describes_each_file(tmp_path: Path, drop: Drop) -> None:
    drop("us.csv", "1,TX,2024-12-25,,")
    drop("de.csv", "2,NY")
    account = hr(tmp_path, ["us.csv", "de.csv"]).check(CheckRequest()).account
    assert account.startswith("2 files, 2 employees; us.csv: id = 'ID', home_state = 'State'")
    assert "dates as %Y-%m-%d; de.csv: id" in account


def test_too_many_files_are_refused(
    tmp_path: Path, drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "FILES_MAX", 2)
    for name in "abc":
        drop(f"{name}.csv", "1,TX")
    with pytest.raises(ConfigError, match="3 files, at most 2 are read together"):
        states(hr(tmp_path, "*.csv"))
