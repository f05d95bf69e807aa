"""For how long what was worked out of sales stays what it is."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.model.nexus import Bucket
from exempt.rules.lasting import holds_through
from exempt.rules.spells import spells
from exempt.rules.thresholds import shipped_thresholds
from support.threshold_records import sold, threshold

SHIPPED = shipped_thresholds()
EVER = "9999-12-31"
DAY = dt.timedelta(days=1)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("code", "sales", "on", "through"),
    [
        pytest.param("US-KS", {}, "2026-11-20", "2026-12-31", id="a year: to its end"),
        pytest.param(
            "US-KS", {"2026-12-05": 5}, "2026-11-20", "2026-12-04", id="until a sale dated ahead"
        ),
        pytest.param("US-KY", {}, "2026-07-20", "2026-07-31", id="until another version"),
        pytest.param("US-DE", {"2026-01-05": 5}, "2026-11-20", EVER, id="no sales tax: for ever"),
        pytest.param("US-FL", {}, "2020-11-20", "2021-06-30", id="before the first version"),
        pytest.param("US-IL", {}, "2026-11-20", "2026-12-31", id="quarters: to its end"),
        # 12 months to the day: met with the 600,000 of 2026-03-10, until they leave.
        pytest.param(
            "US-TN", {"2026-03-10": 600_000}, "2026-11-20", "2027-03-09", id="until sales leave"
        ),
        pytest.param(
            "US-TN", {"2026-03-10": 5}, "2026-11-20", "2027-11-21", id="never near: over a year"
        ),
        # A credit leaves: 110,000 less 20,000 are 90,000; from 2027-03-10 on 110,000.
        pytest.param(
            "US-TN",
            {"2026-03-10": -20_000, "2026-04-10": 110_000},
            "2026-11-20",
            "2027-03-09",
            id="until a credit leaves",
        ),
    ],
)
def test_holds_through(code: str, sales: dict[str, float], on: str, through: str) -> None:
    buckets = [sold(day(each), dollars) for each, dollars in sales.items()]
    assert holds_through(SHIPPED.versions(code), buckets, day(on)) == day(through)


def test_a_version_that_ends_without_another_ends_it() -> None:
    versions = [threshold(in_force_through=day("2026-12-10"))]
    assert holds_through(versions, [], day("2026-11-20")) == day("2026-12-10")


DAYS = st.dates(day("2023-01-01"), day("2027-12-31"))
SALES = st.lists(
    st.builds(sold, DAYS, st.integers(-300_000, 600_000), st.integers(0, 150)), max_size=12
)


@given(st.sampled_from(SHIPPED.jurisdictions), SALES, DAYS, st.data())
def test_through_that_day_the_same_is_found(
    code: str, sales: list[Bucket], on: dt.date, data: st.DataObject
) -> None:
    versions = SHIPPED.versions(code)
    last = min(holds_through(versions, sales, on), on + 800 * DAY)
    later = data.draw(st.dates(on, last))
    assert spells(versions, sales, later) == spells(versions, sales, on)
    assert spells(versions, sales, last) == spells(versions, sales, on)
