"""Who sells all of it in a few months of the year is not expected to sell far less from now on."""

from __future__ import annotations

import pytest

from exempt.rules.forecast_series import Trend, factors_of

YEARS = 3
WEEKS = 52 * YEARS
MONTHS = [1 + (week % 52) * 12 // 52 for week in range(WEEKS)]


@pytest.mark.parametrize(
    "sells_in",
    [
        pytest.param({3, 6, 9, 12}, id="once a quarter"),
        pytest.param({11, 12}, id="before the holidays"),
    ],
)
def test_the_next_year_is_not_far_below_the_last(sells_in: set[int]) -> None:
    weeks = [
        10_000.0 + 7 * (week % 5) if MONTHS[week] in sells_in else 0.0 for week in range(WEEKS)
    ]
    trend = Trend.of(weeks, MONTHS)
    ahead = sum(trend.expected(factors_of(trend.seasons, MONTHS[:52])))
    assert ahead >= 0.75 * sum(weeks[-52:])
