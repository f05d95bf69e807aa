"""Every mistake that a file of sales may have: its row, its column, and how to mend it (B30)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from exempt.model.backfill import BackfillField, BackfillState, DateForm, MistakeKind
from exempt.rules.backfill_titles import REQUIRED
from exempt.services.backfills.checking import KEPT, every_mistake
from support.backfilling import Files
from support.sale_files import TITLES, Row, as_csv, sale
from support.world import World

K = MistakeKind
GOOD = sale("INV-0")
SECOND = "the second row of sales"


@pytest.fixture
def files(world: World, tmp_path: Path) -> Files:
    return Files(world, tmp_path / "documents")


def with_titles(*titles: str) -> bytes:
    return as_csv(sale(**dict.fromkeys(titles, "x")), titles=[*titles])


OF_A_ROW = [
    pytest.param({"customer_id": "", "customer_name": ""}, "E", K.MISSING_CUSTOMER_ID,
                 "write the customer's number", id="missing customer id"),
    pytest.param({"customer_id": ""}, "E", K.NAME_WITHOUT_ID,
                 "write the customer's number", id="customer name without id"),
    pytest.param({"state": ""}, "J", K.MISSING_STATE,
                 "write its two letters, as TX", id="missing state"),
    pytest.param({"country": ""}, "L", K.MISSING_COUNTRY,
                 "write its two letters, as US", id="missing country"),
    pytest.param({"currency": "XBT"}, "Q", K.BAD_CURRENCY,
                 "write its code, as USD", id="unsupported currency"),
    pytest.param({"currency": "US$"}, "Q", K.BAD_CURRENCY,
                 "write its code, as USD", id="currency not of three letters"),
    pytest.param({"zip": "ABCDE"}, "K", K.BAD_ZIP,
                 "write it as 02134 or 02134-1000", id="unsupported zip"),
    pytest.param({"date": "2026-03-04 10:00", "time_zone": "EST"}, "D", K.BAD_TIME_ZONE,
                 "write it as America/New_York", id="unsupported time zone"),
    pytest.param({"customer_id": "C(1)"}, "E", K.BAD_SIGNS,
                 "write the id itself; if it is so, say --any-signs", id="( in an id"),
    pytest.param({"transaction_id": "#1001"}, "A", K.BAD_SIGNS,
                 "write the id itself; if it is so, say --any-signs", id="# in an id"),
    pytest.param({"product_id": "SAAS*"}, "M", K.BAD_SIGNS,
                 "write the id itself; if it is so, say --any-signs", id="* in an id"),
    pytest.param({"customer_name": "M\ufffdller"}, "F", K.BAD_SIGNS,
                 "type it again, and save as CSV UTF-8", id="letters that were lost"),
    pytest.param({"customer_name": "x" * 501}, "F", K.TOO_LONG, "shorten it", id="too long"),
    pytest.param({"transaction_id": ""}, "A", K.MISSING_TRANSACTION_ID,
                 "write the number of the invoice", id="missing transaction id"),
    pytest.param({"date": ""}, "C", K.MISSING_DATE,
                 "write the day of the sale", id="missing date"),
    pytest.param({"product_id": ""}, "M", K.MISSING_PRODUCT_ID,
                 "write the number of the product", id="missing product id"),
    pytest.param({"amount": ""}, "O", K.MISSING_AMOUNT,
                 "write what the line comes to, without tax", id="missing amount"),
    pytest.param({"currency": ""}, "Q", K.MISSING_CURRENCY,
                 "write its three letters, as USD", id="missing currency"),
    pytest.param({"date": "soon"}, "C", K.BAD_DATE,
                 "write it as 2025-03-04", id="no date"),
    pytest.param({"date": "2026-11-21"}, "C", K.FUTURE_DATE,
                 "write the day of the sale", id="date in the future"),
    pytest.param({"date": "1900-01-01"}, "C", K.FAR_DATE,
                 "it is a slip, or stands for no date: write the day of the sale", id="day zero"),
    pytest.param({"date": "3/25/2026"}, "C", K.MIXED_DATES,
                 "write all dates of the file in one form, best as 2025-03-04", id="two forms"),
    pytest.param({"amount": "many"}, "O", K.BAD_AMOUNT,
                 "write it as 1234.50, or -1234.50", id="amount that is no number"),
    pytest.param({"tax_amount": "1.234,50"}, "P", K.BAD_AMOUNT,
                 "write it as 1234.50, or -1234.50", id="tax with a comma"),
    pytest.param({"state": "Bayern"}, "J", K.BAD_STATE,
                 "write its two letters, as TX; or the country, if it is abroad", id="no state"),
    pytest.param({"country": "Texas"}, "L", K.BAD_COUNTRY,
                 "write its two letters, as US", id="no country"),
    pytest.param({"customer_email": "call us"}, "G", K.BAD_EMAIL,
                 "write one, as ap@example.com, or leave it empty", id="no e-mail address"),
    pytest.param({"kind": "gift"}, "R", K.BAD_KIND,
                 "write sale or credit, or leave it empty", id="neither sale nor credit"),
    pytest.param({"exempt": "maybe"}, "S", K.BAD_YES_NO,
                 "write yes or no", id="neither yes nor no"),
    pytest.param({"kind": "credit"}, "R", K.BAD_SIGN,
                 "write the amounts of credits below zero, as -5.00", id="a credit above zero"),
    pytest.param({"transaction_id": "INV-0", "line_id": "2", "date": "2026-03-05"}, "C", K.DIFFERS,
                 "mend one of them; a credit of a later day has a number of its own",
                 id="a sale of two days"),
    pytest.param({"transaction_id": "INV-0", "line_id": "2", "customer_id": "C-2"}, "E", K.DIFFERS,
                 "mend one of them; another sale has another number", id="a sale to two customers"),
    pytest.param({"transaction_id": "INV-0", "line_id": "2", "currency": "CAD"}, "Q", K.DIFFERS,
                 "mend one of them; another sale has another number", id="in two currencies"),
    pytest.param({"transaction_id": "INV-0"}, "A", K.SAME_LINE,
                 "delete one of them; two lines that are alike have numbers in the column line_id",
                 id="a line twice"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "column", "kind", "mend"), OF_A_ROW)
def test_a_mistake_of_a_row(
    files: Files, changes: Row, column: str, kind: MistakeKind, mend: str
) -> None:
    """Just that one is found, in row 3, with its column and how to mend it."""
    run = files.check(GOOD, {**sale(), **changes})
    assert [(m.row, m.column, m.kind, m.mend) for m in run.mistakes] == [(3, column, kind, mend)]
    assert run.state is BackfillState.DRAFT
    assert run.counts.mistakes == {kind: 1}


@pytest.mark.parametrize("title", [each.value for each in BackfillField if each in REQUIRED])
def test_a_missing_header(files: Files, title: str) -> None:
    titles = [each for each in TITLES if each not in {title, "customer_name"}]
    content = as_csv({each: GOOD.get(each) for each in titles}, titles=titles)
    run = files.check_run(files.take_in(content))
    (found,) = run.mistakes
    assert (found.row, found.column, found.title) == (1, "", title)
    assert (found.kind, found.what) == (K.MISSING_HEADER, "the column is missing")
    assert found.mend.startswith("add it: ")
    assert run.counts.rows == 0, "its rows are not looked at"


def test_an_unknown_header(files: Files) -> None:
    titles = [*TITLES, "produkt id"]
    run = files.check_run(files.take_in(as_csv(GOOD, titles=titles)))
    (found,) = run.mistakes
    assert (found.row, found.column, found.title, found.kind) == (
        1,
        "V",
        "produkt id",
        K.UNKNOWN_HEADER,
    )
    assert found.mend.startswith(
        "write product_id, if it is that; else say --map 'produkt id'=OURS"
    )


def test_two_headers_for_one_thing(files: Files) -> None:
    run = files.check_run(files.take_in(as_csv(GOOD, titles=[*TITLES, "Invoice Date"])))
    assert [(m.column, m.kind) for m in run.mistakes] == [("V", K.HEADER_TWICE)]


@pytest.mark.parametrize(
    ("content", "kind", "what"),
    [
        pytest.param(as_csv(), K.NO_ROWS, "has titles, and no rows", id="no rows"),
        pytest.param(b"%PDF-1.7 x", K.UNREADABLE, "sales.csv: is no table", id="a PDF"),
        pytest.param(
            as_csv(GOOD) + b'"open', K.UNREADABLE, "sales.csv, row 3: begins a quoted", id="a quote"
        ),
    ],
)
def test_a_file_that_cannot_be_read(
    files: Files, content: bytes, kind: MistakeKind, what: str
) -> None:
    run = files.check_run(files.take_in(content))
    (found,) = run.mistakes
    assert found.kind is kind
    assert found.what.startswith(what)
    assert found.mend


def test_dates_that_may_be_either_way_round(files: Files) -> None:
    run = files.check(sale(date="3/4/2026"))
    (found,) = run.mistakes
    assert (found.row, found.column, found.kind) == (2, "C", K.OPEN_DATES)
    assert found.mend == "say --date-format month-first or day-first"
    run = files.check(sale(date="3/4/2026"), date_form=DateForm.DAY_FIRST)
    assert (run.state, str(run.counts.first_day)) == (BackfillState.CHECKED, "2026-04-03")


def test_a_seller_in_another_time_zone(files: Files) -> None:
    late = sale(date="2026-03-05T03:30:00Z")
    assert str(files.check(late).counts.first_day) == "2026-03-05"
    assert str(files.check(late, time_zone="America/New_York").counts.first_day) == "2026-03-04"


def test_a_sale_of_today_at_the_seller_is_not_in_the_future(files: Files) -> None:
    """It is the 21st in Auckland already."""
    assert files.check(sale(date="2026-11-21"), time_zone="Pacific/Auckland").mistakes == ()


def test_all_mistakes_are_counted_and_the_first_are_kept_by_row(files: Files) -> None:
    rows = [sale(f"INV-{n}", amount="many", date="soon" if n % 2 else "2026-03-04")
            for n in range(400)]  # fmt: skip
    run = files.check(*rows)
    assert run.counts.mistakes == {K.BAD_AMOUNT: 400, K.BAD_DATE: 200}
    assert len(run.mistakes) == KEPT
    assert [m.row for m in run.mistakes] == sorted(m.row for m in run.mistakes)
    found = every_mistake(files.world.store, files.parts, run.id, lambda: files.world.now)
    assert len([*found]) == 600


def test_a_mended_file_is_good(files: Files) -> None:
    assert files.check(sale(amount="many")).state is BackfillState.DRAFT
    assert files.check(sale(amount="5")).state is BackfillState.CHECKED


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": "$1,234.50"},
        {"amount": "-$5.00"},
        {"amount": "(5.00)"},
        {"zip": "2134", "state": "MA"},
        {"state": "", "country": "DE", "zip": "80331"},
        {"state": "Texas", "country": "United States"},
    ],
)
def test_what_is_understood(files: Files, changes: dict[str, Any]) -> None:
    assert files.check(sale(**changes)).mistakes == ()
