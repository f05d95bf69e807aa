"""No more than 12 months between sales: the order history decides."""

from __future__ import annotations

import datetime as dt
import itertools
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.model.forms import FormKind
from exempt.model.rulesdata import StateRule
from exempt.rules.dates import add_months
from exempt.rules.recurrence import MONTHS_BETWEEN_SALES, goes_by_sales, holds_until
from support.rules_records import state_rule

RECURRING = state_rule("recurring_12m")
EITHER = state_rule("fixed_years_unless_recurring", "4y")
LONGER = state_rule("fixed_years_unless_recurring", "4y/6y")
OPEN = state_rule("until_revoked")
SST_TAKEN = state_rule("printed", "48m", sst_form_accepted="yes")
EFFECTIVE = dt.date(2024, 2, 29)


def days_of(text: str) -> list[dt.date]:
    return [dt.date.fromisoformat(day) for day in text.split()]


def until(rule: StateRule, sales: str, form_kind: FormKind = FormKind.SINGLE_STATE) -> str:
    last = holds_until(rule, effective=EFFECTIVE, form_kind=form_kind, sales=days_of(sales))
    return str(last)


@pytest.mark.parametrize(
    ("rule", "sales", "last"),
    [
        pytest.param(RECURRING, "", "None", id="while no sale is known nothing is counted"),
        pytest.param(RECURRING, "2024-02-28", "None",
                     id="a sale from before it took effect is none under it"),
        pytest.param(RECURRING, "2024-02-29", "2025-02-28", id="a sale on its first day is one"),
        pytest.param(RECURRING, "2024-06-10", "2025-06-10", id="a sale keeps it going 12 months"),
        pytest.param(RECURRING, "2031-01-01", "2032-01-01",
                     id="the first known sale begins the count, however late"),
        pytest.param(RECURRING, "2024-06-10 2025-06-10", "2026-06-10",
                     id="a sale 12 months later is in time"),
        pytest.param(RECURRING, "2024-06-10 2025-06-11", "2025-06-10",
                     id="a sale a day later is too late"),
        pytest.param(RECURRING, "2024-06-10 2025-06-10 2026-06-10", "2027-06-10",
                     id="sales a year apart keep it going"),
        pytest.param(RECURRING, "2024-06-10 2025-06-11 2025-07-01", "2025-06-10",
                     id="once lapsed it does not revive"),
        pytest.param(RECURRING, "2025-06-01 2024-06-10", "2026-06-01",
                     id="sales may come in any order"),
        pytest.param(RECURRING, "2023-12-24 2024-06-10", "2025-06-10",
                     id="sales from before it took effect change nothing"),
        pytest.param(EITHER, "", "None", id="either: while no sale is known nothing is counted"),
        pytest.param(EITHER, "2024-06-10", "2028-02-29", id="either: four years at least"),
        pytest.param(EITHER, "2024-06-10 2027-12-01", "2028-12-01",
                     id="either: a gap within the four years does no harm"),
        pytest.param(EITHER, "2024-06-10 2028-02-29", "2029-02-28",
                     id="either: a sale on the last day of the four years prolongs it"),
        pytest.param(EITHER, "2024-06-10 2028-03-01", "2028-02-29",
                     id="either: one after them does not"),
        pytest.param(EITHER, "2030-01-01", "2031-01-01",
                     id="either: the first known sale may come after them"),
        pytest.param(EITHER, "2028-02-01 2029-02-01 2030-02-02", "2030-02-01",
                     id="either: after them a gap of more than 12 months ends it"),
        pytest.param(LONGER, "2024-06-10", "2030-02-28", id="either: the longest span counts"),
        pytest.param(OPEN, "2024-06-10", "None", id="other kinds do not go by sales"),
    ],
)  # fmt: skip
def test_how_long_it_holds_by_its_sales(rule: StateRule, sales: str, last: str) -> None:
    assert until(rule, sales) == last


def test_the_sst_form_goes_by_sales_where_it_is_taken() -> None:
    assert until(SST_TAKEN, "2024-06-10", FormKind.SST) == "2025-06-10"
    assert until(SST_TAKEN, "2024-06-10", FormKind.SINGLE_STATE) == "None"
    either = state_rule("fixed_years_unless_recurring", "4y", sst_form_accepted="yes")
    assert until(either, "2024-06-10", FormKind.SST) == "2025-06-10"
    assert until(either, "2024-06-10", FormKind.SINGLE_STATE) == "2028-02-29"


@pytest.mark.parametrize(
    ("rule", "form_kind", "by_sales"),
    [
        pytest.param(RECURRING, FormKind.SINGLE_STATE, True, id="where they must recur"),
        pytest.param(EITHER, FormKind.SINGLE_STATE, True, id="where they may prolong it"),
        pytest.param(OPEN, FormKind.SINGLE_STATE, False, id="not where nothing is said of them"),
        pytest.param(SST_TAKEN, FormKind.SST, True, id="on the SST form where it is taken"),
        pytest.param(SST_TAKEN, FormKind.SINGLE_STATE, False, id="not on that state's own form"),
    ],
)
def test_whether_it_goes_by_sales(rule: StateRule, form_kind: FormKind, by_sales: bool) -> None:
    assert goes_by_sales(rule, form_kind) is by_sales
    found = holds_until(rule, effective=EFFECTIVE, form_kind=form_kind, sales=[EFFECTIVE])
    assert (found is not None) is by_sales


days = st.dates(EFFECTIVE, EFFECTIVE + dt.timedelta(days=4000))
histories = st.lists(days, min_size=1, max_size=12)
rules = st.sampled_from([RECURRING, EITHER])


def last_day(rule: StateRule, sales: list[dt.date]) -> dt.date:
    found = holds_until(rule, effective=EFFECTIVE, form_kind=FormKind.SINGLE_STATE, sales=sales)
    assert found is not None
    return found


@given(rules, histories, st.randoms())
def test_the_order_of_sales_is_irrelevant(
    rule: StateRule, sales: list[dt.date], chance: Random
) -> None:
    shuffled = list(sales)
    chance.shuffle(shuffled)
    assert last_day(rule, shuffled) == last_day(rule, sales)


@given(rules, histories, days)
def test_a_further_sale_after_the_first_never_ends_it_sooner(
    rule: StateRule, sales: list[dt.date], further: dt.date
) -> None:
    later = max(further, min(sales))
    assert last_day(rule, [*sales, later]) >= last_day(rule, sales)


@given(histories)
def test_either_holds_at_least_as_long_as_each(sales: list[dt.date]) -> None:
    assert last_day(EITHER, sales) >= max(last_day(RECURRING, sales), dt.date(2028, 2, 29))


@given(rules, histories)
def test_no_known_sale_in_its_time_is_more_than_12_months_from_the_next_or_the_end(
    rule: StateRule, sales: list[dt.date]
) -> None:
    last = last_day(rule, sales)
    known = sorted(sale for sale in sales if sale <= last)
    assert add_months(known[-1], MONTHS_BETWEEN_SALES) <= last
    if rule is RECURRING:
        assert last == add_months(known[-1], MONTHS_BETWEEN_SALES)
        assert all(add_months(a, 12) >= b for a, b in itertools.pairwise(known))


@given(rules, histories, days)
def test_sales_after_it_lapsed_change_nothing(
    rule: StateRule, sales: list[dt.date], further: dt.date
) -> None:
    last = last_day(rule, sales)
    assert last_day(rule, [*sales, max(further, last + dt.timedelta(days=1))]) == last
