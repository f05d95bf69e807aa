"""From when on tax is to be collected, and a threshold in words."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.model.nexus import CollectFrom, WindowKind
from exempt.rules.collecting import collect_from
from exempt.rules.threshold_words import (
    base_in_words,
    collecting_in_words,
    line_in_words,
    window_in_words,
)
from exempt.rules.thresholds import shipped_thresholds
from support.threshold_records import threshold

RULES = [
    ("next_transaction", "2026-03-10", "2026-03-10", "2026-03-11", "with the next sale"),
    ("next_transaction", "2026-12-31", "2026-12-31", "2027-01-01", "across the year's end"),
    ("next_transaction", "2026-03-10", "2026-04-01", "2026-04-01", "once the quarter is over"),
    ("same_day", "2026-03-10", "2026-03-10", "2026-03-10", "on the day itself"),
    ("jan_1_of_next_year", "2026-03-10", "2027-01-01", "2027-01-01", "on 1 January after"),
    ("jan_1_of_next_year", "2026-12-31", "2027-01-01", "2027-01-01", "crossed on 31 December"),
    ("jan_1_of_next_year", "2020-05-01", "2021-07-01", "2021-07-01", "not before there is a law"),
    ("jan_1_of_next_year", "2026-03-10", "2026-03-10", "2027-01-01", "met at once"),
    ("apr_1_of_next_year", "2026-03-10", "2027-01-01", "2027-04-01", "on 1 April after"),
    ("oct_1_after_sep_30", "2026-09-30", "2026-10-01", "2026-10-01", "crossed on 30 September"),
    ("oct_1_after_sep_30", "2026-10-01", "2027-10-01", "2027-10-01", "crossed on 1 October"),
    ("oct_1_after_sep_30", "2026-09-30", "2026-09-30", "2026-10-01", "met in September"),
    ("oct_1_after_sep_30", "2026-10-01", "2026-10-01", "2027-10-01", "met on 1 October"),
    ("oct_1_after_sep_30", "2026-12-24", "2027-10-01", "2027-10-01", "crossed in December"),
    ("first_of_month_after_30_days", "2026-10-01", "2026-10-01", "2026-11-01",
     "31 October: day 30"),
    ("first_of_month_after_30_days", "2026-10-02", "2026-10-02", "2026-12-01",
     "1 November: day 30"),
    ("first_of_month_at_least_30_days_later", "2026-10-02", "2026-10-02", "2026-11-01",
     "1 November is 30 days later"),
    ("first_of_month_at_least_30_days_later", "2026-10-03", "2026-10-03", "2026-12-01",
     "1 November is 29 days later"),
    ("first_of_month_after_90_days", "2026-01-01", "2026-01-01", "2026-05-01", "1 April: day 90"),
    ("first_of_month_after_90_days", "2025-12-31", "2025-12-31", "2026-04-01", "31 March: day 90"),
    ("first_of_fourth_month", "2026-06-30", "2026-06-30", "2026-10-01", "June and four"),
    ("first_of_fourth_month", "2026-07-01", "2026-07-01", "2026-11-01", "July and four"),
    ("first_of_fourth_month", "2026-11-30", "2026-11-30", "2027-03-01", "November and four"),
    ("after_50_days", "2026-08-10", "2026-09-01", "2026-10-21", "50 days after the quarter"),
    ("after_60_days", "2026-07-01", "2026-07-01", "2026-08-30", "60 days later"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "crossed_on", "met_on", "begins"),
    [pytest.param(*row[:4], id=f"{row[0]}: {row[4]}") for row in RULES],
)
def test_collecting_begins(rule: str, crossed_on: str, met_on: str, begins: str) -> None:
    crossed, met = dt.date.fromisoformat(crossed_on), dt.date.fromisoformat(met_on)
    assert str(collect_from(CollectFrom(rule), crossed, met)) == begins


def test_each_rule_is_tested() -> None:
    assert {CollectFrom(row[0]) for row in RULES} == {*CollectFrom}


@given(
    st.sampled_from(CollectFrom),
    st.dates(dt.date(2018, 1, 1), dt.date(2040, 1, 1)),
    st.integers(0, 800),
)
def test_nobody_collects_before_the_threshold_is_met(
    rule: CollectFrom, crossed_on: dt.date, later: int
) -> None:
    met_on = crossed_on + dt.timedelta(days=later)
    assert collect_from(rule, crossed_on, met_on) >= met_on


# --- in words ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({}, "more than $100,000", id="more than"),
        pytest.param({"amount_over": "at_least"}, "$100,000", id="as much"),
        pytest.param({"amount": "2500.50"}, "more than $2,500.50", id="with cents"),
        pytest.param({"transactions": 200, "test": "either"}, "more than $100,000 or 200 sales",
                     id="either"),
        pytest.param({"transactions": 100, "transactions_over": "more_than", "test": "both"},
                     "more than $100,000 and more than 100 sales", id="both"),
        pytest.param({"amount": None, "window": None, "base": None}, "no sales tax", id="no tax"),
    ],
)  # fmt: skip
def test_a_line_in_words(changes: dict[str, Any], words: str) -> None:
    assert line_in_words(threshold(**changes)) == words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({}, "this or last calendar year", id="a year"),
        pytest.param({"window": "rolling_four_quarters"},
                     "the last 4 quarters, which begin in January, April, July and October",
                     id="calendar quarters"),
        pytest.param({"window": "rolling_four_quarters", "quarter_first_month": 12},
                     "the last 4 quarters, which begin in March, June, September and December",
                     id="quarters of New York, by any of their months"),
        pytest.param({"window": "rolling_12_months"}, "any 12 months", id="any"),
        pytest.param({"window": "rolling_12_months", "tested": "quarter_ends"},
                     "the 12 months to the end of the last quarter", id="at the ends of quarters"),
        pytest.param({"amount": None, "window": None, "base": None}, "", id="no tax"),
    ],
)  # fmt: skip
def test_a_window_in_words(changes: dict[str, Any], words: str) -> None:
    assert window_in_words(threshold(**changes)) == words


@pytest.mark.parametrize("kind", WindowKind)
def test_each_window_has_words(kind: WindowKind) -> None:
    assert window_in_words(threshold(window=kind))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({}, "all sales", id="gross"),
        pytest.param({"base": "retail", "marketplace_sales": "no"},
                     "all sales but those for resale, without marketplaces", id="retail, direct"),
        pytest.param({"base": "taxable"}, "taxable sales", id="taxable"),
        pytest.param({"amount": None, "window": None, "base": None}, "", id="no tax"),
    ],
)  # fmt: skip
def test_what_is_counted_in_words(changes: dict[str, Any], words: str) -> None:
    assert base_in_words(threshold(**changes)) == words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({}, "with the next sale (the usual rule, not confirmed); check with the state",
                     id="not confirmed"),
        pytest.param({"collect_from": "same_day", "collect_from_confirmed": "yes"},
                     "on the day the line is passed; check with the state", id="confirmed"),
        pytest.param({"amount": None, "window": None, "base": None}, "", id="no tax"),
    ],
)  # fmt: skip
def test_collecting_in_words(changes: dict[str, Any], words: str) -> None:
    assert collecting_in_words(threshold(**changes)) == words


@pytest.mark.parametrize("rule", CollectFrom)
def test_each_rule_has_words(rule: CollectFrom) -> None:
    assert collecting_in_words(threshold(collect_from=rule)).endswith("; check with the state")


def test_every_shipped_line_has_words() -> None:
    said = {row.key: line_in_words(row) for row in shipped_thresholds().rows}
    assert said["US-CT from 2018-12-01"] == "$250,000 and 200 sales"
    assert said["US-OR from 2018-06-21"] == "no sales tax"
    assert all(said.values())
