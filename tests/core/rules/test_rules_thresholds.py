"""Reading thresholds, and what the shipped ones say, typed in a second time by hand."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from exempt.data import jurisdictions
from exempt.data.pack import (
    FILES,
    THRESHOLDS,
    has_just_thresholds,
    shipped_thresholds_text,
    thresholds_text_in,
)
from exempt.errors import SettingsError
from exempt.model import nexus as law  # pytest would collect Test and Tested
from exempt.model.nexus import Base, CollectFrom, Over, Threshold, WindowKind
from exempt.model.rulesdata import Confidence
from exempt.rules.sourced_tables import overdue
from exempt.rules.thresholds import read_thresholds, shipped_thresholds, version_on

TEXT = shipped_thresholds_text()
LINES = TEXT.splitlines()
SHIPPED = shipped_thresholds()
ON = dt.date(2026, 11, 20)


def line_of(start: str) -> int:
    return 1 + next(number for number, line in enumerate(LINES) if line.startswith(start))


def refused(*changes: tuple[str, str]) -> list[str]:
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    with pytest.raises(SettingsError) as caught:
        read_thresholds(text, "own")
    return str(caught.value).splitlines()


# --- what the law says today, by hand ----------------------------------------------------

NOW = """
state  line     over      sales           window               counted   marketplace
AK     100000   more      -               this_or_last_year    gross     in
AL     250000   more      -               last_year            retail    out
AR     100000   more      or_more_than_200  this_or_last_year  taxable   out
AZ     100000   more      -               this_or_last_year    gross     out
CA     500000   more      -               this_or_last_year    gross     in
CO     100000   more      -               this_or_last_year    retail    out
CT     100000   at_least  and_200         to_sep_30            retail    in
DC     100000   more      or_more_than_200  this_or_last_year  retail    in
FL     100000   more      -               last_year            taxable   out
GA     100000   more      or_200          this_or_last_year    retail    out
HI     100000   at_least  or_200          this_or_last_year    gross     in
IA     100000   at_least  -               this_or_last_year    gross     in
ID     100000   more      -               this_or_last_year    gross     in
IL     100000   at_least  -               quarter_ends         retail    out
IN     100000   more      -               this_or_last_year    gross     out
KS     100000   more      -               this_or_last_year    gross     in
KY     100000   at_least  -               this_or_last_year    gross     in
LA     100000   more      -               this_or_last_year    gross     in
MA     100000   more      -               this_or_last_year    gross     out
MD     100000   more      or_200          this_or_last_year    gross     in
ME     100000   more      -               this_or_last_year    gross     out
MI     100000   more      or_200          last_year            gross     in
MN     100000   more      or_200          quarter_ends         retail    in
MO     100000   more      -               quarter_ends         taxable   in
MS     250000   more      -               any_12_months        gross     out
NC     100000   more      -               this_or_last_year    gross     in
ND     100000   more      -               this_or_last_year    taxable   out
NE     100000   more      or_200          this_or_last_year    retail    in
NJ     100000   more      or_200          this_or_last_year    gross     in
NM     100000   at_least  -               last_year            taxable   out
NV     100000   more      or_200          this_or_last_year    retail    in
NY     500000   more      and_more_than_100  quarters_of_march  gross    in
OH     100000   more      or_200          this_or_last_year    retail    in
OK     100000   at_least  -               this_or_last_year    taxable   out
PA     100000   more      -               last_year            gross     out
PR     100000   more      or_200          fiscal_year          gross     out
RI     100000   at_least  or_200          last_year            gross     in
SC     100000   more      -               this_or_last_year    gross     in
SD     100000   more      -               this_or_last_year    gross     in
TN     100000   at_least  -               any_12_months        retail    out
TX     500000   at_least  -               12_whole_months      gross     in
UT     100000   more      -               this_or_last_year    gross     out
VA     100000   more      or_200          this_or_last_year    retail    out
VT     100000   at_least  or_200          quarters_of_january  gross     in
WA     100000   more      -               this_or_last_year    gross     in
WI     100000   more      -               this_or_last_year    gross     in
WV     100000   more      or_200          this_or_last_year    gross     in
WY     100000   more      -               this_or_last_year    gross     out
"""
WINDOWS = {
    "this_or_last_year": (WindowKind.PREVIOUS_OR_CURRENT_YEAR, law.Tested.CONTINUOUSLY, 1),
    "last_year": (WindowKind.PREVIOUS_YEAR, law.Tested.CONTINUOUSLY, 1),
    "to_sep_30": (WindowKind.TWELVE_MONTHS_TO_SEP_30, law.Tested.CONTINUOUSLY, 1),
    "quarter_ends": (WindowKind.ROLLING_12_MONTHS, law.Tested.QUARTER_ENDS, 1),
    "any_12_months": (WindowKind.ROLLING_12_MONTHS, law.Tested.CONTINUOUSLY, 1),
    "12_whole_months": (WindowKind.ROLLING_12_CALENDAR_MONTHS, law.Tested.CONTINUOUSLY, 1),
    "quarters_of_march": (WindowKind.ROLLING_FOUR_QUARTERS, law.Tested.QUARTER_ENDS, 3),
    "quarters_of_january": (WindowKind.ROLLING_FOUR_QUARTERS, law.Tested.QUARTER_ENDS, 1),
    "fiscal_year": (WindowKind.SELLER_FISCAL_YEAR, law.Tested.CONTINUOUSLY, 1),
}
OVER = {"more": Over.MORE_THAN, "at_least": Over.AT_LEAST}
SALES = {
    "-": (law.Test.AMOUNT, None, Over.AT_LEAST),
    "or_200": (law.Test.EITHER, 200, Over.AT_LEAST),
    "or_more_than_200": (law.Test.EITHER, 200, Over.MORE_THAN),
    "and_200": (law.Test.BOTH, 200, Over.AT_LEAST),
    "and_more_than_100": (law.Test.BOTH, 100, Over.MORE_THAN),
}
BY_HAND = [line.split() for line in NOW.strip().splitlines()[1:]]
WITHOUT_TAX = {"US-DE", "US-MT", "US-NH", "US-OR"}


@pytest.mark.parametrize("row", BY_HAND, ids=lambda row: " ".join(row).replace("_", " "))
def test_the_line_of_today_is_the_one_typed_in_by_hand(row: list[str]) -> None:
    state, line, over, sales, window, counted, marketplace = row
    found = SHIPPED.on(f"US-{state}", ON)
    assert found is not None
    assert (found.amount, found.amount_over) == (Decimal(line), OVER[over])
    assert (found.test, found.transactions, found.transactions_over) == SALES[sales]
    assert (found.window, found.tested, found.quarter_first_month) == WINDOWS[window]
    assert (found.base, found.marketplace_sales) == (Base(counted), marketplace == "in")
    assert found.affiliates == (state in {"AZ", "CA"})


def test_every_state_with_sales_tax_has_a_line_and_the_others_none() -> None:
    assert {f"US-{row[0]}" for row in BY_HAND} | WITHOUT_TAX == {*SHIPPED.jurisdictions}
    taxed = {
        code
        for code, fact in jurisdictions().items()
        if fact.kind == "state" or code in {"US-DC", "US-PR"}
    }
    assert {*SHIPPED.jurisdictions} == taxed
    for code in WITHOUT_TAX:
        (only,) = SHIPPED.versions(code)
        assert (only.amount, only.window, only.base) == (None, None, None)


CHANGES = """
AK 2025-01-01 100000/200 100000
AZ 2020-01-01 200000 150000
AZ 2021-01-01 150000 100000
CT 2019-07-01 250000/200 100000/200
GA 2020-01-01 250000/200 100000/200
IL 2026-01-01 100000/200 100000
IN 2024-01-01 100000/200 100000
KY 2026-08-01 100000/200 100000
LA 2023-08-01 100000/200 100000
MA 2019-10-01 500000/100 100000
ME 2022-01-01 100000/200 100000
NC 2024-07-01 100000/200 100000
NC 2026-07-01 100000 100000
OK 2019-11-01 10000 100000
SD 2023-07-01 100000/200 100000
TN 2020-10-01 500000 100000
UT 2025-07-01 100000/200 100000
WA 2019-03-14 100000/200 100000
WI 2021-02-20 100000/200 100000
WY 2024-07-01 100000/200 100000
"""


@pytest.mark.parametrize("row", CHANGES.strip().splitlines())
def test_the_line_changed_on_that_day(row: str) -> None:
    state, day, before, after = row.split()
    first = dt.date.fromisoformat(day)
    assert short(SHIPPED.on(f"US-{state}", first - dt.timedelta(days=1))) == before
    assert short(SHIPPED.on(f"US-{state}", first)) == after


def short(version: Threshold | None) -> str:
    assert version is not None
    count = f"/{version.transactions}" if version.transactions else ""
    return f"{version.amount}{count}"


def test_no_other_line_ever_changed() -> None:
    assert len(SHIPPED.rows) == 52 + len(CHANGES.strip().splitlines())


COLLECT = {
    "AK": CollectFrom.FIRST_OF_MONTH_AFTER_30_DAYS,
    "AL": CollectFrom.JAN_1,
    "AZ": CollectFrom.FIRST_OF_MONTH_AT_LEAST_30_DAYS_LATER,
    "CA": CollectFrom.SAME_DAY,
    "CO": CollectFrom.FIRST_OF_MONTH_AFTER_90_DAYS,
    "CT": CollectFrom.OCT_1,
    "FL": CollectFrom.JAN_1,
    "NC": CollectFrom.AFTER_60_DAYS,
    "NY": CollectFrom.AFTER_50_DAYS,
    "PA": CollectFrom.APR_1,
    "TX": CollectFrom.FIRST_OF_FOURTH_MONTH,
}


@pytest.mark.parametrize(
    "code", [code for code in SHIPPED.jurisdictions if code not in WITHOUT_TAX]
)
def test_collecting_begins_with_the_next_sale_unless_the_state_says_otherwise(code: str) -> None:
    found = SHIPPED.on(code, ON)
    assert found is not None
    state = code.removeprefix("US-")
    assert found.collect_from is COLLECT.get(state, CollectFrom.NEXT_TRANSACTION)
    assert found.collect_from_confirmed is (state in {*COLLECT} - {"NC", "NY"})


def test_before_july_2026_north_carolina_had_the_usual_rule() -> None:
    found = SHIPPED.on("US-NC", dt.date(2026, 6, 30))
    assert found is not None
    assert found.collect_from is CollectFrom.NEXT_TRANSACTION


def test_how_sure_the_rows_are() -> None:
    unsure = [row.key for row in SHIPPED.rows if row.confidence is Confidence.LOW]
    assert unsure == ["US-OK from 2018-07-01", "US-WA from 2018-10-01"]
    current = [SHIPPED.on(code, ON) for code in SHIPPED.jurisdictions]
    grades = [row.confidence for row in current if row]
    assert (grades.count(Confidence.HIGH), grades.count(Confidence.MEDIUM)) == (40, 12)


def test_every_row_is_to_be_looked_at_again_each_december() -> None:
    assert overdue(SHIPPED.rows, dt.date(2026, 12, 31)) == ()
    assert len(overdue(SHIPPED.rows, dt.date(2027, 1, 1))) == len(SHIPPED.rows)


# --- which version -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "version"),
    [
        pytest.param("2018-09-30", None, id="none before the first"),
        pytest.param("2018-10-01", "US-KY from 2018-10-01", id="the first from its first day"),
        pytest.param("2026-07-31", "US-KY from 2018-10-01", id="the old one on its last day"),
        pytest.param("2026-08-01", "US-KY from 2026-08-01", id="the new one from its first day"),
    ],
)
def test_the_version_in_force(day: str, version: str | None) -> None:
    found = SHIPPED.on("US-KY", dt.date.fromisoformat(day))
    assert (found.version if found else None) == version
    assert version_on(SHIPPED.versions("US-KY"), dt.date.fromisoformat(day)) == found


def test_of_other_jurisdictions_nothing_is_known() -> None:
    assert SHIPPED.versions("US-GU") == ()
    assert SHIPPED.on("US-GU", ON) is None


def test_versions_come_the_oldest_first_in_whatever_order_they_stand() -> None:
    [head, *rows] = LINES
    turned = read_thresholds("\n".join([head, *reversed(rows)]) + "\n", "own")
    assert turned.rows == SHIPPED.rows
    assert turned.digest != SHIPPED.digest
    assert [row.in_force_from.year for row in turned.versions("US-AZ")] == [2019, 2020, 2021]


# --- reading -----------------------------------------------------------------------------


def test_the_shipped_thresholds_are_read_once() -> None:
    assert shipped_thresholds() is SHIPPED
    assert read_thresholds(TEXT, "anywhere") == SHIPPED
    assert SHIPPED.version == f"2026-10-01+{SHIPPED.digest}"
    assert len(SHIPPED.digest) == 8


def test_an_empty_table_knows_nothing() -> None:
    nothing = read_thresholds(LINES[0] + "\n", "own")
    assert (nothing.rows, nothing.jurisdictions) == ((), ())
    assert nothing.version.startswith("none+")


KY = "US-KY,2018-10-01,2026-07-31,"


@pytest.mark.parametrize(
    ("end", "ends"),
    [
        pytest.param("2026-07-30", "a day is missing", id="a gap"),
        pytest.param("2026-08-01", "a day has two", id="two versions on a day"),
        pytest.param("", "it has no end", id="an old version without an end"),
    ],
)
def test_versions_follow_on_one_another_day_on_day(end: str, ends: str) -> None:
    assert ends
    assert refused((KY, f"US-KY,2018-10-01,{end},")) == [
        (
            f"own/{THRESHOLDS}, line {line_of(KY)}, column in_force_through: US-KY has another"
            f" version from 2026-08-01 on, line {line_of(KY) + 1}: write 2026-07-31, or change"
            " that one"
        )
    ]


def test_a_version_that_comes_twice_is_refused_with_both_lines() -> None:
    texas = LINES[line_of("US-TX") - 1]
    assert refused((texas, f"{texas}\n{texas}")) == [
        (
            f"own/{THRESHOLDS}, line {line_of('US-TX') + 1}, column in_force_from: US-TX from"
            f" 2019-10-01 has line {line_of('US-TX')} already: keep one"
        )
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(("US-TX,2019-10-01,,500000,", "US-TX,2019-10-01,,500.000,"),
                     "column amount: ", id="a sum in another spelling"),
        pytest.param(("US-TX,2019-10-01,", "US-TX,10/1/2019,"),
                     "column in_force_from: write a date as YYYY-MM-DD", id="a day otherwise"),
        pytest.param(("rolling_12_calendar_months,", "rolling_13_months,"),
                     "column window: 'rolling_13_months' is not known: write 'previous_or_current_",
                     id="an unknown window"),
        pytest.param(("first_of_fourth_month,yes,", "first_of_fourth_month,perhaps,"),
                     "column collect_from_confirmed: ", id="neither yes nor no"),
        pytest.param(("US-TX,2019-10-01,,500000,at_least,,,amount",
                      "US-TX,2019-10-01,,500000,at_least,,,either"),
                     "column test: is amount where no transactions are given, else either or both",
                     id="a count that is not there"),
    ],
)  # fmt: skip
def test_a_row_is_refused_by_line_and_column(change: tuple[str, str], said: str) -> None:
    (found,) = refused(change)
    assert found.startswith(f"own/{THRESHOLDS}, line {line_of('US-TX')}, {said}")


def test_every_mistake_is_named_and_gaps_only_where_rows_are_good() -> None:
    said = refused((KY, "US-KY,2018-10-01,2026-07-30,"), ("US-TX,2019-10-01,,500000", "TX,x,,-1"))
    assert [each.split(", ", 2)[2].split(":")[0] for each in said] == [
        "column in_force_from",
        "column amount",
    ]


# --- where it is -------------------------------------------------------------------------


def test_a_folder_may_have_thresholds_or_not(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("own")
    assert thresholds_text_in(folder) is None
    assert not has_just_thresholds(folder)
    (folder / THRESHOLDS).write_text(TEXT, encoding="utf-8-sig")
    assert thresholds_text_in(folder) == TEXT
    assert has_just_thresholds(folder)
    (folder / FILES[1]).write_text("")
    assert not has_just_thresholds(folder)


def test_thresholds_that_are_no_text_are_refused(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.mktemp("own") / THRESHOLDS
    path.write_bytes(b"PK\x03\x04\xff\xfe")
    with pytest.raises(SettingsError, match="is no UTF-8 text"):
        thresholds_text_in(path.parent)
