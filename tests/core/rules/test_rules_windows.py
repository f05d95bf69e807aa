"""Over which days a threshold adds sales up, on each day and at the edges."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.model.nexus import Threshold, WindowKind
from exempt.rules.thresholds import shipped_thresholds
from exempt.rules.windows import (
    day_months,
    first_of_the_12_months_to,
    left_on,
    moves_daily,
    oldest_needed,
    same_through,
    windows,
)
from support.threshold_records import threshold

DAY = dt.timedelta(days=1)
days = st.dates(dt.date(2019, 1, 1), dt.date(2032, 12, 31))

LAWS = {
    "this or last year": threshold(),
    "last year": threshold(window="previous_calendar_year"),
    "any 12 months": threshold(window="rolling_12_months"),
    "12 months, at the ends of quarters": threshold(
        window="rolling_12_months", tested="quarter_ends"
    ),
    "12 whole months": threshold(window="rolling_12_calendar_months"),
    "quarters of New York": threshold(
        window="rolling_four_quarters", tested="quarter_ends", quarter_first_month=3
    ),
    "calendar quarters": threshold(window="rolling_four_quarters", tested="quarter_ends"),
    "quarters that count as they run": threshold(window="rolling_four_quarters"),
    "to 30 September": threshold(window="twelve_months_to_sep_30"),
    "the seller's year": threshold(window="seller_fiscal_year"),
    "no line": threshold(amount=None, window=None, base=None),
}
laws = st.sampled_from(list(LAWS.values()))
months = st.integers(1, 12)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def said(law: Threshold, on: str, begins: int = 1) -> list[str]:
    """``2026: 2026-01-01 to 2026-12-31, counts from 2026-01-01``."""
    return [
        f"{window.name}: {window.first} to {window.last}, from {window.counts_from}"
        for window in windows(law, day(on), fiscal_year_begins=begins)
    ]


NOW_2026 = "2026: 2026-01-01 to 2026-12-31, from 2026-01-01"
NOW_2025 = "2025: 2025-01-01 to 2025-12-31, from 2025-01-01"


@pytest.mark.parametrize(
    ("law", "on", "found"),
    [
        pytest.param("this or last year", "2026-01-01", [NOW_2026, NOW_2025],
                     id="1 January is in the new year"),
        pytest.param("this or last year", "2026-12-31", [NOW_2026, NOW_2025],
                     id="31 December is in the old one"),
        pytest.param("last year", "2026-06-15",
                     ["2026: 2026-01-01 to 2026-12-31, from 2027-01-01",
                      "2025: 2025-01-01 to 2025-12-31, from 2026-01-01"],
                     id="where last year counts, this year will next year"),
        pytest.param("any 12 months", "2026-09-30",
                     ["the 12 months to 2026-09-30: 2025-10-01 to 2026-09-30, from 2025-10-01"],
                     id="12 months to a month's end are whole months"),
        pytest.param("any 12 months", "2026-09-15",
                     ["the 12 months to 2026-09-15: 2025-09-16 to 2026-09-15, from 2025-09-16"],
                     id="12 months to the day"),
        pytest.param("any 12 months", "2024-02-29",
                     ["the 12 months to 2024-02-29: 2023-03-01 to 2024-02-29, from 2023-03-01"],
                     id="12 months to 29 February"),
        pytest.param("any 12 months", "2025-02-28",
                     ["the 12 months to 2025-02-28: 2024-03-01 to 2025-02-28, from 2024-03-01"],
                     id="a year after 29 February that day is out"),
        pytest.param("any 12 months", "2024-02-28",
                     ["the 12 months to 2024-02-28: 2023-02-28 to 2024-02-28, from 2023-02-28"],
                     id="28 February of a leap year is no month's end"),
        pytest.param("12 months, at the ends of quarters", "2026-09-30",
                     ["the 12 months to 2026-09-30: 2025-10-01 to 2026-09-30, from 2026-10-01",
                      "the 12 months to 2026-06-30: 2025-07-01 to 2026-06-30, from 2026-07-01"],
                     id="on the last day of a quarter that quarter still runs"),
        pytest.param("12 months, at the ends of quarters", "2026-10-01",
                     ["the 12 months to 2026-12-31: 2026-01-01 to 2026-12-31, from 2027-01-01",
                      "the 12 months to 2026-09-30: 2025-10-01 to 2026-09-30, from 2026-10-01"],
                     id="on the day after it counts"),
        pytest.param("12 whole months", "2026-10-14",
                     ["the 12 months to 2026-10-31: 2025-11-01 to 2026-10-31, from 2025-11-01",
                      "the 12 months to 2026-09-30: 2025-10-01 to 2026-09-30, from 2025-10-01"],
                     id="12 whole months: with the running one, and those that are over"),
        pytest.param("quarters of New York", "2026-01-15",
                     ["the 4 quarters to 2026-02-28: 2025-03-01 to 2026-02-28, from 2026-03-01",
                      "the 4 quarters to 2025-11-30: 2024-12-01 to 2025-11-30, from 2025-12-01"],
                     id="a quarter of New York runs across the year's end"),
        pytest.param("quarters of New York", "2024-02-29",
                     ["the 4 quarters to 2024-02-29: 2023-03-01 to 2024-02-29, from 2024-03-01",
                      "the 4 quarters to 2023-11-30: 2022-12-01 to 2023-11-30, from 2023-12-01"],
                     id="a quarter of New York ends on 29 February"),
        pytest.param("quarters of New York", "2024-03-01",
                     ["the 4 quarters to 2024-05-31: 2023-06-01 to 2024-05-31, from 2024-06-01",
                      "the 4 quarters to 2024-02-29: 2023-03-01 to 2024-02-29, from 2024-03-01"],
                     id="and counts on 1 March"),
        pytest.param("calendar quarters", "2026-05-05",
                     ["the 4 quarters to 2026-06-30: 2025-07-01 to 2026-06-30, from 2026-07-01",
                      "the 4 quarters to 2026-03-31: 2025-04-01 to 2026-03-31, from 2026-04-01"],
                     id="calendar quarters"),
        pytest.param("quarters that count as they run", "2026-05-05",
                     ["the 4 quarters to 2026-06-30: 2025-07-01 to 2026-06-30, from 2025-07-01",
                      "the 4 quarters to 2026-03-31: 2025-04-01 to 2026-03-31, from 2025-04-01"],
                     id="quarters that are tested every day"),
        pytest.param("to 30 September", "2026-09-30",
                     ["the 12 months to 2026-09-30: 2025-10-01 to 2026-09-30, from 2026-10-01",
                      "the 12 months to 2025-09-30: 2024-10-01 to 2025-09-30, from 2025-10-01"],
                     id="on 30 September Connecticut's year still runs"),
        pytest.param("to 30 September", "2026-10-01",
                     ["the 12 months to 2027-09-30: 2026-10-01 to 2027-09-30, from 2027-10-01",
                      "the 12 months to 2026-09-30: 2025-10-01 to 2026-09-30, from 2026-10-01"],
                     id="on 1 October it counts"),
        pytest.param("no line", "2026-10-01", [], id="without a line there is nothing to add up"),
    ],
)  # fmt: skip
def test_the_windows_of_a_day(law: str, on: str, found: list[str]) -> None:
    assert said(LAWS[law], on) == found


@pytest.mark.parametrize(
    ("begins", "on", "found"),
    [
        pytest.param(1, "2026-06-30",
                     ["the fiscal year to 2026-12-31: 2026-01-01 to 2026-12-31, from 2026-01-01",
                      "the fiscal year to 2025-12-31: 2025-01-01 to 2025-12-31, from 2025-01-01"],
                     id="it is the calendar's"),
        pytest.param(7, "2026-06-30",
                     ["the fiscal year to 2026-06-30: 2025-07-01 to 2026-06-30, from 2025-07-01",
                      "the fiscal year to 2025-06-30: 2024-07-01 to 2025-06-30, from 2024-07-01"],
                     id="it ends today"),
        pytest.param(7, "2026-07-01",
                     ["the fiscal year to 2027-06-30: 2026-07-01 to 2027-06-30, from 2026-07-01",
                      "the fiscal year to 2026-06-30: 2025-07-01 to 2026-06-30, from 2025-07-01"],
                     id="it begins today"),
    ],
)  # fmt: skip
def test_the_seller_has_a_year_of_its_own(begins: int, on: str, found: list[str]) -> None:
    assert said(LAWS["the seller's year"], on, begins) == found


@given(laws, days, months)
def test_every_window_is_twelve_months_and_the_first_has_the_day(
    law: Threshold, on: dt.date, begins: int
) -> None:
    found = windows(law, on, fiscal_year_begins=begins)
    for window in found:
        assert 364 <= (window.last - window.first).days <= 365
        assert window.counts_from in {window.first, window.last + DAY}
    for window in found[:1]:
        assert window.first <= on <= window.last
    for window in found[1:]:
        assert window.first <= found[0].first - DAY
        assert window.last < on
        assert window.counts_from <= on


@given(laws.filter(lambda law: law.amount is not None), days, months)
def test_windows_stay_the_same_through_a_day_and_not_longer(
    law: Threshold, on: dt.date, begins: int
) -> None:
    def at(day: dt.date) -> object:
        return windows(law, day, fiscal_year_begins=begins)

    last = same_through(law, on, fiscal_year_begins=begins)
    assert on <= last
    assert at(on) == at(last) != at(last + DAY)


@given(days)
def test_a_sale_leaves_the_12_months_to_the_day_on_one_day(sold: dt.date) -> None:
    out = left_on(sold)
    assert first_of_the_12_months_to(out) > sold >= first_of_the_12_months_to(out - DAY)


@pytest.mark.parametrize(
    ("sold", "out"),
    [
        pytest.param("2025-03-31", "2026-03-31", id="a year later"),
        pytest.param("2025-02-27", "2026-02-27", id="27 February"),
        pytest.param("2025-02-28", "2026-02-28", id="28 February"),
        pytest.param("2023-02-28", "2024-02-29", id="28 February before a leap year"),
        pytest.param("2024-02-28", "2025-02-28", id="28 February of a leap year"),
        pytest.param("2024-02-29", "2025-02-28", id="29 February"),
        pytest.param("2022-02-28", "2023-02-28", id="28 February, two years before a leap year"),
    ],
)
def test_the_day_on_which_a_sale_leaves_the_12_months(sold: str, out: str) -> None:
    assert left_on(day(sold)) == day(out)


def test_only_12_months_that_are_tested_every_day_move_on_every_day() -> None:
    assert [name for name, law in LAWS.items() if moves_daily(law)] == ["any 12 months"]


def test_each_kind_of_window_is_in_the_shipped_law() -> None:
    assert {row.window for row in shipped_thresholds().rows} == {None, *WindowKind}


# --- which sums are needed ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("law", "on", "first", "by_day"),
    [
        pytest.param("this or last year", "2026-09-15", "2025-01-01", {"2026-09-01"},
                     id="two years, and the days of this month"),
        pytest.param("this or last year", "2026-09-30", "2025-01-01", set(),
                     id="on a month's last day months will do"),
        pytest.param("any 12 months", "2026-09-15", "2025-09-16", {"2025-09-01", "2026-09-01"},
                     id="12 months to the day, and the days of both their ends"),
        pytest.param("any 12 months", "2026-09-01", "2025-09-02", {"2025-09-01", "2026-09-01"},
                     id="12 months that begin on the second of a month"),
        pytest.param("this or last year", "2026-09-29", "2025-01-01", {"2026-09-01"},
                     id="on a month's last day but one its days are needed"),
        pytest.param("any 12 months", "2026-09-30", "2025-10-01", set(),
                     id="12 months to a month's end are months"),
        pytest.param("any 12 months", "2024-02-28", "2023-02-28", {"2023-02-01", "2024-02-01"},
                     id="12 months that begin on a month's last day"),
        pytest.param("12 months, at the ends of quarters", "2026-09-15", "2025-07-01",
                     {"2026-09-01"}, id="15 months where quarters are tested"),
    ],
)  # fmt: skip
def test_what_sales_are_needed(law: str, on: str, first: str, by_day: set[str]) -> None:
    versions = [LAWS[law]]
    assert oldest_needed(versions, day(on)) == day(first)
    assert {str(month) for month in day_months(versions, day(on))} == by_day


def test_a_seller_without_a_year_of_its_own_has_the_calendars() -> None:
    law, on = LAWS["the seller's year"], day("2026-06-30")
    assert [each.last for each in windows(law, on)] == [day("2026-12-31"), day("2025-12-31")]
    assert same_through(law, on) == day("2026-12-31")
    assert oldest_needed([law], on) == day("2025-01-01")


def test_a_fiscal_year_reaches_back_further() -> None:
    versions = [LAWS["the seller's year"]]
    assert oldest_needed(versions, day("2026-06-30"), fiscal_year_begins=7) == day("2024-07-01")
    assert day_months(versions, day("2026-06-29")) == {day("2026-06-01")}


@pytest.mark.parametrize("on", ["2018-12-31", "2026-01-01"])
def test_without_a_line_no_sales_are_needed(on: str) -> None:
    versions = [LAWS["no line"]]
    assert oldest_needed(versions, day(on)) is None
    assert day_months(versions, day(on)) == frozenset()
