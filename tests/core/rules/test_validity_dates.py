"""Calendar months, leap days among them."""

from __future__ import annotations

import calendar
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.rules.dates import add_months, year_end


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        pytest.param("2026-03-15", 12, "2027-03-15", id="a year later is the same day"),
        pytest.param("2026-03-15", 0, "2026-03-15", id="no months are no time"),
        pytest.param("2026-12-15", 1, "2027-01-15", id="December leads to January"),
        pytest.param("2026-01-15", 11, "2026-12-15", id="eleven months lead to December"),
        pytest.param("2026-01-31", 1, "2026-02-28", id="a month without a 31st ends sooner"),
        pytest.param("2028-01-31", 1, "2028-02-29", id="or on the leap day"),
        pytest.param("2028-02-29", 12, "2029-02-28", id="a leap day and a year is 28 February"),
        pytest.param("2028-02-29", 48, "2032-02-29", id="a leap day and four years is one again"),
        pytest.param("2027-02-28", 12, "2028-02-28", id="28 February stays the 28th"),
        pytest.param("2096-02-29", 48, "2100-02-28", id="2100 has no leap day"),
    ],
)
def test_months_later(day: str, months: int, then: str) -> None:
    assert add_months(dt.date.fromisoformat(day), months) == dt.date.fromisoformat(then)


@pytest.mark.parametrize(
    ("day", "odd", "then"),
    [
        pytest.param("2026-01-01", False, 2026, id="the year's own end"),
        pytest.param("2026-12-31", False, 2026, id="the last day is its own end"),
        pytest.param("2026-01-01", True, 2027, id="an even year leads to the odd one after it"),
        pytest.param("2027-12-31", True, 2027, id="an odd year is its own"),
    ],
)
def test_the_years_end(day: str, odd: bool, then: int) -> None:
    assert year_end(dt.date.fromisoformat(day), odd=odd) == dt.date(then, 12, 31)


days = st.dates(dt.date(1950, 1, 1), dt.date(2099, 12, 31))


@given(days, st.integers(0, 120))
def test_months_later_lies_in_that_month_on_that_day_or_its_last(day: dt.date, months: int) -> None:
    then = add_months(day, months)
    assert (then.year - day.year) * 12 + then.month - day.month == months
    assert then.day == min(day.day, calendar.monthrange(then.year, then.month)[1])


@given(days, days, st.integers(0, 120))
def test_a_later_day_never_ends_sooner(one: dt.date, other: dt.date, months: int) -> None:
    earlier, later = sorted((one, other))
    assert add_months(earlier, months) <= add_months(later, months)
