"""Forecasts held against what came: made-up sales of which it is known how they go on."""

from __future__ import annotations

import pytest

from exempt.model.nexus import Threshold
from support.back_testing import cases, lines, score
from support.synthetic_sales import (
    Shape,
    flat,
    intermittent,
    one_time_order,
    refunds,
    seasonal,
    slowing,
    steady_growth,
)
from support.threshold_records import threshold

YEAR = threshold()
ROLLING = threshold(window="rolling_12_months")
SHARES = (0.7, 0.85, 1.15)
YOUNG, OLD = (120, 200, 280, 420, 600), (750, 930, 1110, 1330)


@pytest.mark.parametrize(
    ("shape", "law", "numbers", "days"),
    [
        pytest.param(steady_growth, YEAR, 1, YOUNG + OLD, id="steady growth"),
        pytest.param(steady_growth, ROLLING, 1, YOUNG + OLD, id="steady growth, any 12 months"),
        pytest.param(flat, YEAR, 1, YOUNG + OLD, id="flat"),
        pytest.param(seasonal, YEAR, 3, OLD, id="seasonal, two years and more"),
        pytest.param(one_time_order, YEAR, 2, YOUNG + OLD, id="a one-time order"),
        pytest.param(refunds, YEAR, 1, YOUNG + OLD, id="refunds"),
        pytest.param(intermittent, ROLLING, 1, YOUNG + OLD, id="now and then"),
        pytest.param(slowing, ROLLING, 1, YOUNG + OLD, id="slowing"),
    ],
)
def test_what_came_lies_in_the_range_three_times_of_four(
    shape: Shape, law: Threshold, numbers: int, days: tuple[int, ...]
) -> None:
    found = [
        case
        for each in lines(shape, law, SHARES)
        for case in cases(shape, each, range(numbers), days)
    ]
    assert len(found) >= 8
    assert score(found).covered >= 0.75


def test_seasons_beat_a_straight_line() -> None:
    found = [
        case
        for each in lines(seasonal, YEAR, (1.0, 1.1, 1.2))
        for case in cases(seasonal, each, range(2), OLD, beside=True)
        if case.met_on
    ]
    assert len(found) >= 6
    assert score(found).off < score(found).straight_off / 2
