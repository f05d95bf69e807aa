"""``exempt nexus --forecast``: when thresholds are likely to be met, for people and for scripts."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from support.desk import Desk
from support.nexus import sale
from support.records import TODAY

WEEK = dt.timedelta(days=7)


def weekly(state: str, dollars: float, weeks: int = 46, **more: Any) -> list[Any]:
    """A sale a week, today the last."""
    return [
        sale(f"{state}-{back}", state, str(TODAY - back * WEEK), dollars, **more)
        for back in range(weeks)
    ]


def words(desk: Desk, *args: str, code: int = 0) -> str:
    """What is printed, on one line."""
    return " ".join(desk.run("nexus", *args, code=code).split())


@pytest.fixture
def sold(desk: Desk) -> Desk:
    """Kansas near its line, Iowa over it, Florida over one that counts later, Ohio far off."""
    desk.sell(
        *weekly("KS", 2_100), *weekly("IA", 3_000), *weekly("FL", 3_000), *weekly("OH", 100),
        *weekly("GA", 1_000, tax_applicable=False), *weekly("OR", 10),
        sale("T-1", "TX", "2026-11-01", 5),
    )  # fmt: skip
    return desk


def test_the_table_has_what_is_met_first_and_then_by_day(sold: Desk) -> None:
    told = sold.run("nexus", "--forecast")
    rows = [line.split() for line in told.splitlines()]
    states = [
        row[0] for row in rows if row and row[0] in {"IA", "KS", "FL", "GA", "OH", "TX", "OR"}
    ]
    assert states == ["IA", "KS", "FL", "GA", "OH", "TX"]
    assert "too little known" in told
    assert "An estimate" in told


def test_one_state_with_its_range_its_months_and_how_it_was_made(sold: Desk) -> None:
    told = words(sold, "KS", "--forecast")
    assert "96.6 % of it is reached" in told
    assert "It is likely to be met about 2026-" in told
    assert "in eight of ten ways; medium confidence" in told or "low confidence" in told
    assert "2026-12 ~" in told
    assert "│" in told
    assert "█░" in told
    assert "Seasons are not known" in told
    assert "How it was made" in told
    assert "no promise, and no advice" in told


@pytest.mark.parametrize(
    ("state", "said"),
    [
        pytest.param("IA", "It is met already.", id="met"),
        pytest.param(
            "FL", "Sales have passed the threshold already; they count from that day", id="later"
        ),
        pytest.param("OH", "It is not likely to be met by 2028-11-20.", id="far off"),
        pytest.param("OR", "has no threshold to be met", id="no tax"),
        pytest.param("TX", "There is too little to go by: only", id="too little"),
        pytest.param("WY", "no sale is known", id="nothing"),
        pytest.param("GA", "for 46,000.00 USD of what counts since 2026-01-01", id="claims"),
    ],
)
def test_what_is_said_of_a_state(sold: Desk, state: str, said: str) -> None:
    assert said in words(sold, state, "--forecast")


def test_what_is_supposed_stands_beside_what_is(sold: Desk) -> None:
    told = words(sold, "OH", "--what-if", "+20% from 2027-01-01", "--what-if", "sale 200000")
    assert "What if: +20% from 2027-01-01; sale 200000" in told
    assert "As it is What if" in told
    assert "not in 2 years met" in told


def test_what_cannot_be_supposed_is_named(sold: Desk) -> None:
    assert "what if 'banana': write one of" in words(sold, "OH", "--what-if", "banana", code=1)
    assert "name the state that it is about" in words(sold, "--what-if", "sale 5", code=1)


def test_scripts_get_all_of_it(sold: Desk) -> None:
    (found,) = json.loads(sold.run("nexus", "KS", "--what-if", "line 1000000", "--json"))
    assert (found["jurisdiction"], found["outlook"], found["status"]) == (
        "US-KS", "expected", "approaching",
    )  # fmt: skip
    assert found["what_if"] == ["line 1000000"]
    assert found["then"]["outlook"] == "not_expected"
    assert found["months"][0]["amount"] == 2_100_00 * 4
    assert found["collectable"] is None
    (georgia,) = json.loads(sold.run("nexus", "GA", "--forecast", "--json"))
    assert georgia["collectable"]["amount"] == 46_000_00
    table = json.loads(sold.run("nexus", "--forecast", "--json"))
    assert [each["jurisdiction"] for each in table["forecasts"]][:2] == ["US-IA", "US-KS"]
    assert "months" not in table["forecasts"][0]


def test_as_it_was_on_a_day(sold: Desk) -> None:
    (found,) = json.loads(sold.run("nexus", "IA", "--forecast", "--on", "2026-06-30", "--json"))
    assert found["outlook"] == "expected"
    assert found["earliest"] <= "2026-08-28" <= found["latest"]


def test_where_nothing_was_sold_the_table_says_so(desk: Desk) -> None:
    assert "Nothing that counts was sold anywhere." in words(
        desk, "--forecast", "--on", "1999-01-01"
    )
