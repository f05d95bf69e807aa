"""What always holds of forecasts, and of the series that they are made of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from exempt.model.nexus import Bucket, Threshold
from exempt.rules.forecast import Forecast, Outlook, forecast
from exempt.rules.forecast_series import YEAR, Trend, held_down, seasons_of
from exempt.rules.what_if import read_what_if
from support.threshold_records import sold, threshold

ON = dt.date(2026, 9, 15)
DAY = dt.timedelta(days=1)
LAST_YEAR = threshold(window="previous_calendar_year")
ROLLING = threshold(window="rolling_12_months")
QUARTERS = threshold(window="rolling_12_months", tested="quarter_ends")


def outlook(law: Threshold, buckets: list[Bucket], *what_if: str) -> Forecast:
    """The forecast of today."""
    return forecast((law,), buckets, ON, changes=read_what_if(what_if, ON))


# --- the series --------------------------------------------------------------------------------


def test_seasons_are_known_after_two_years_and_not_before() -> None:
    months = [(week * 7 // 30) % 12 + 1 for week in range(3 * YEAR)]
    weeks = [300.0 if month == 12 else 100.0 for month in months]
    assert seasons_of(weeks[: 2 * YEAR - 1], months[: 2 * YEAR - 1]) == {}
    found = seasons_of(weeks, months)
    assert found[12] > 2
    assert max(each for month, each in found.items() if month != 12) < 1
    assert seasons_of([100.0] * 2 * YEAR, months[: 2 * YEAR]) == dict.fromkeys(range(1, 13), 1)
    assert seasons_of([-1.0] * 2 * YEAR, months[: 2 * YEAR]) == {}


def test_a_one_off_is_held_to_the_largest_of_the_others() -> None:
    weeks = [10.0, 20.0] * 26
    assert held_down(weeks) == (weeks, ())
    assert held_down([*weeks, 500.0]) == ([*weeks, 20.0], (52,))
    thrice = [*weeks, 500.0, 400.0, 300.0]
    assert held_down(thrice) == (thrice, ())
    every_year = [500.0, *weeks[1:], 500.0, *weeks]
    assert held_down(every_year) == (every_year, ())
    assert held_down([*weeks, -500.0]) == ([*weeks, 10.0], (52,))
    assert held_down([0.0] * 9) == ([0.0] * 9, ())


def test_a_trend_is_believed_as_far_as_it_is_not_chance() -> None:
    months = [1] * 60
    grows = Trend.of([100.0 + week for week in range(60)], months)
    assert grows.slope == pytest.approx(1, abs=0.02)
    assert Trend.of([100.0, 130.0] * 30, months).slope < 0.3
    assert Trend.of([100.0] * 60, months).slope == pytest.approx(0)
    assert Trend.of([0.0] * 60, months).slope == 0


# --- what always holds ---------------------------------------------------------------------------

WEEKS = st.lists(st.integers(-2_000, 20_000), min_size=9, max_size=120)
LAWS = st.sampled_from([threshold(), LAST_YEAR, ROLLING, QUARTERS])


def weekly(weeks: list[int], factor: int = 1) -> list[Bucket]:
    """Sales of a day in each week, the last of them today."""
    return [sold(ON - 7 * back * DAY, dollars * factor) for back, dollars in enumerate(weeks)]


def place(day: dt.date | None) -> dt.date:
    """Where a day lies; none at all comes last."""
    return day or dt.date.max


@given(WEEKS, LAWS)
@hypothesis_settings(max_examples=25)
def test_it_is_always_the_same_and_its_range_is_in_order(weeks: list[int], law: Threshold) -> None:
    found = outlook(law, weekly(weeks))
    assert found == outlook(law, weekly(weeks)[::-1])
    assert place(found.earliest) <= place(found.day) <= place(found.latest)
    if found.earliest and found.crossed_on:
        assert found.crossed_on <= place(found.day)
    if found.outlook is Outlook.EXPECTED:
        assert found.earliest is not None
        assert ON < found.earliest <= found.through
    assert all(month.low <= month.high for month in found.months)


MORE: list[Callable[[dt.date], str]] = [
    lambda _: "+30%",
    lambda day: f"sale 20000 on {day}",
    lambda day: f"customer 2000 a month from {day}",
    lambda _: "line 60000",
]


@given(st.lists(st.integers(0, 4_000), min_size=9, max_size=120), LAWS, st.sampled_from(MORE),
       st.integers(1, 300))  # fmt: skip
@hypothesis_settings(max_examples=25)
def test_with_more_sales_or_a_lower_line_it_is_never_later(
    weeks: list[int], law: Threshold, more: Callable[[dt.date], str], days: int
) -> None:
    now = outlook(law, weekly(weeks))
    then = outlook(law, weekly(weeks), more(ON + days * DAY))
    if now.outlook is Outlook.MET:
        assert then.outlook is Outlook.MET
    elif now.outlook is not Outlook.TOO_LITTLE and then.outlook is not Outlook.MET:
        assert place(then.day) <= place(now.day)
        assert place(then.earliest) <= place(now.earliest)
        assert (then.chance or 0) >= (now.chance or 0)


@given(st.lists(st.integers(0, 3_000), min_size=9, max_size=120), LAWS)
@hypothesis_settings(max_examples=25)
def test_twice_of_everything_is_never_later(weeks: list[int], law: Threshold) -> None:
    once, twice = outlook(law, weekly(weeks)), outlook(law, weekly(weeks, 2))
    if twice.outlook is not Outlook.MET:
        assert once.outlook is not Outlook.MET
        assert place(twice.day) <= place(once.day)
