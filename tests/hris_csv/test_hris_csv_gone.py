"""Who is gone: by a last day, by a status, or by being in no export any more."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from exempt import CheckRequest, FetchRequest
from exempt.testing import read_all, records
from exempt_hris_csv.connector import HrisCsv
from exempt_hris_csv.standing import says_contractor, says_gone

Connect = Callable[..., HrisCsv]
HEADER = "ID,State,Hire Date,Termination Date,Rehire Date,Employment Status,Employment Type"
HIRED, LEFT = dt.date(2020, 6, 15), dt.date(2024, 1, 31)


def staff(*rows: str) -> str:
    return "\n".join([HEADER, *rows, ""])


@pytest.mark.parametrize(
    ("row", "period"),
    [
        pytest.param("2020-06-15,2024-01-31,,Terminated,", (HIRED, LEFT), id="with a last day"),
        pytest.param("2020-06-15,2024-01-31,,Active,", (HIRED, LEFT), id="the last day counts"),
        pytest.param("2020-06-15,,,Terminated - voluntary,", None, id="without a last day"),
        pytest.param("2020-06-15,,,INACTIVE,", None, id="inactive"),
        pytest.param("2020-06-15,,,On leave,", (HIRED, None), id="on leave is there"),
        pytest.param("2020-06-15,,,Full-Time,", (HIRED, None), id="a status that tells nothing"),
        pytest.param(
            "2020-06-15,2024-01-31,2025-02-03,Active,",
            (dt.date(2025, 2, 3), None),
            id="hired again",
        ),
        pytest.param(
            "2020-06-15,2024-01-31,2025-02-03,Terminated,", None, id="hired again, and gone again"
        ),
        pytest.param(
            "2020-06-15,2019-01-31,,Active,", (HIRED, None), id="the old last day, the new first"
        ),
    ],
)
def test_last_days_statuses_and_rehires(
    connect: Connect, row: str, period: tuple[dt.date, dt.date | None] | None
) -> None:
    page = connect(staff(f"E-1,TX,{row}")).fetch_employees(FetchRequest())
    assert not page.rejected
    assert [(e.start_date, e.end_date) for e in page.records] == ([period] if period else [])
    assert page.deleted == (() if period else ("E-1",))


@pytest.mark.parametrize(
    ("status", "active", "gone"),
    [
        ("", "", False), ("Active", "", False), ("Active (former intern)", "", False),
        ("Leave", "true", False), ("terminated", "false", True), ("Retired", "", True),
        ("Deceased", "", True), ("Not active", "", True), ("", "No", True), ("", "0", True),
        ("Former employee", "", True), ("Contractor", "", False),
    ],
)  # fmt: skip
def test_words_for_who_is_gone(status: str, active: str, gone: bool) -> None:
    assert says_gone(status, active) is gone


@pytest.mark.parametrize(
    ("texts", "contractor"),
    [
        (("contractor", "individual_contractor"), True), (("Independent Contractor",), True),
        (("1099",), True), (("employee", "full_time"), False), (("Contract employee",), False),
        (("", "", ""), False),
    ],
)  # fmt: skip
def test_words_for_contractors(texts: tuple[str, ...], contractor: bool) -> None:
    assert says_contractor(*texts) is contractor


def test_contractors_count_unless_they_are_to_be_left_out(connect: Connect) -> None:
    rows = staff("E-1,TX,,,,,Employee", "E-2,CO,,,,,Contractor", "E-3,NY,,,,Contractor,")
    page = connect(rows).fetch_employees(FetchRequest())
    told = [(e.external_id, e.contractor) for e in page.records]
    assert told == [("E-1", False), ("E-2", True), ("E-3", True)]
    hris = connect(rows, contractors="leave out")
    page = hris.fetch_employees(FetchRequest())
    assert ([e.external_id for e in page.records], page.deleted) == (["E-1"], ("E-2", "E-3"))
    assert not hris.check(CheckRequest()).problems


def test_check_says_where_the_export_should_tell_more(connect: Connect) -> None:
    hris = connect("ID,State,Termination Date,Status\n1,TX,,Terminated\n2,TX,2020-12-31,Active\n")
    assert [p.code for p in hris.check(CheckRequest()).problems] == [
        "no_last_day",
        "active_after_last_day",
    ]
    hris = connect("ID,State\n1,TX\n", contractors="leave out")
    assert [p.code for p in hris.check(CheckRequest()).problems] == ["no_employment_type"]


def count(number: int, **settings: Any) -> dict[str, Any]:
    rows = (f"E-{n},TX,,,,," for n in range(number))
    return {"content": staff(*rows), "complete_exports": True, **settings}


def test_every_page_of_a_run_is_part_of_the_snapshot(connect: Connect) -> None:
    pages = read_all(connect(**count(7)).fetch_employees, page_size=2)
    assert [page.snapshot for page in pages] == [True] * 4
    (unchanged,) = read_all(connect(None, complete_exports=True).fetch_employees, None)[:1]
    (after,) = read_all(connect(None, complete_exports=True).fetch_employees, pages[-1].checkpoint)
    assert unchanged.snapshot
    assert not after.snapshot, "nobody is named where nothing was read"


def test_nobody_is_taken_for_gone_unless_exports_are_complete(connect: Connect) -> None:
    pages = read_all(connect(**count(7, complete_exports=False)).fetch_employees, page_size=2)
    assert not any(page.snapshot for page in pages)


def test_a_row_that_does_not_say_whose_it_is_may_be_anybodys(connect: Connect) -> None:
    hris = connect(staff("E-1,TX,,,,,", ",TX,,,,,"), complete_exports=True)
    page = hris.fetch_employees(FetchRequest())
    assert page.rejected
    assert not page.snapshot
    assert hris.fetch_employees(FetchRequest(ids=("E-1", "E-2"))).deleted == ()


DOUBT = (
    "4 employees, there were 10: nobody is taken for gone; if it is right, set gone_share_max = 1"
)


@pytest.mark.parametrize(
    ("left", "share", "believed"),
    [(10, 0.5, True), (5, 0.5, True), (4, 0.5, False), (4, 0.7, True), (0, 1, True)],
)
def test_an_export_that_lost_too_many_is_not_believed(
    connect: Connect, left: int, share: float, believed: bool
) -> None:
    setting = {"gone_share_max": share}
    checkpoint = read_all(connect(**count(10, **setting)).fetch_employees)[-1].checkpoint
    hris = connect(**{**count(left, **setting), "content": count(left)["content"] + "\n"})
    pages = read_all(hris.fetch_employees, checkpoint)
    assert all(page.snapshot is believed for page in pages)
    said = [r.reason for page in pages for r in page.rejected]
    assert said == [DOUBT] * (not believed)
    assert len(records(pages)) == left


def test_what_was_not_believed_is_not_believed_later_for_being_like_it(connect: Connect) -> None:
    checkpoint = read_all(connect(**count(10)).fetch_employees)[-1].checkpoint
    for left in (3, 2):
        last = read_all(connect(**count(left)).fetch_employees, checkpoint)[-1]
        assert not last.snapshot
        checkpoint = last.checkpoint
    assert read_all(connect(**count(9)).fetch_employees, checkpoint)[-1].snapshot


@pytest.mark.parametrize("end", ["E-2,T", 'E-2,"T'], ids=["few cells", "an open quote"])
def test_a_file_that_is_cut_off_takes_nobody_for_gone(connect: Connect, end: str) -> None:
    """Also where it is named outright, and so is not waited for."""
    whole = staff("E-1,TX,,,,,", "E-2,TX,,,,,")
    page = connect(whole, complete_exports=True).fetch_employees(FetchRequest())
    assert page.snapshot
    page = connect(staff("E-1,TX,,,,,") + end, complete_exports=True).fetch_employees(
        FetchRequest()
    )
    assert not page.snapshot
    assert page.rejected
