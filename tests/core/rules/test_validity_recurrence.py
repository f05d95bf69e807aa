"""No more than 12 months between sales: the order history decides."""

from __future__ import annotations

import datetime as dt
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.model.forms import FormKind
from exempt.model.rulesdata import StateRule
from exempt.rules.recurrence import holds_until, lapsed
from support.rules_records import state_rule

RECURRING = state_rule("recurring_12m")
EITHER = state_rule("fixed_years_unless_recurring", "4y")
OPEN = state_rule("until_revoked")
EFFECTIVE = dt.date(2024, 2, 29)


def days_of(text: str) -> list[dt.date]:
    return [dt.date.fromisoformat(day) for day in text.split()]


def until(rule: StateRule, sales: str, form_kind: FormKind = FormKind.SINGLE_STATE) -> str:
    last = holds_until(rule, effective=EFFECTIVE, form_kind=form_kind, sales=days_of(sales))
    return str(last)


@pytest.mark.parametrize(
    ("rule", "sales", "last"),
    [
        pytest.param(RECURRING, "", "2025-02-28", id="without a sale it holds 12 months"),
        pytest.param(RECURRING, "2024-06-10", "2025-06-10", id="a sale prolongs it by 12 months"),
        pytest.param(RECURRING, "2025-02-28", "2026-02-28", id="a sale on its last day is in time"),
        pytest.param(RECURRING, "2025-03-01", "2025-02-28", id="a sale a day later is too late"),
        pytest.param(RECURRING, "2024-06-10 2025-06-10 2026-06-10", "2027-06-10",
                     id="sales a year apart keep it going"),
        pytest.param(RECURRING, "2024-06-10 2025-06-11 2025-07-01", "2025-06-10",
                     id="once lapsed it does not revive"),
        pytest.param(RECURRING, "2025-06-01 2024-06-10", "2026-06-01",
                     id="sales may come in any order"),
        pytest.param(RECURRING, "2020-01-01", "2025-02-28",
                     id="sales from before it took effect change nothing"),
        pytest.param(EITHER, "", "2028-02-29", id="or four years, if there is no sale"),
        pytest.param(EITHER, "2024-06-10 2027-12-01", "2028-12-01",
                     id="a gap within the four years does no harm"),
        pytest.param(EITHER, "2028-02-29", "2029-02-28",
                     id="a sale on the last day of the four years prolongs it"),
        pytest.param(EITHER, "2028-03-01", "2028-02-29", id="one after them does not"),
        pytest.param(EITHER, "2024-06-10", "2028-02-29", id="no sale shortens the four years"),
        pytest.param(EITHER, "2028-02-01 2029-02-01 2030-02-02", "2030-02-01",
                     id="after the four years a gap of more than 12 months ends it"),
        pytest.param(OPEN, "2024-06-10", "None", id="other kinds do not go by sales"),
    ],
)  # fmt: skip
def test_how_long_it_holds_by_its_sales(rule: StateRule, sales: str, last: str) -> None:
    assert until(rule, sales) == last


def test_the_sst_form_goes_by_sales_where_it_is_taken() -> None:
    rule = state_rule("printed", "48m", sst_form_accepted="yes")
    assert until(rule, "2024-06-10", FormKind.SST) == "2025-06-10"
    assert until(rule, "2024-06-10", FormKind.SINGLE_STATE) == "None"


@pytest.mark.parametrize(
    ("rule", "sales", "on", "gone"),
    [
        pytest.param(RECURRING, "2024-06-10", "2025-06-10", False, id="12 months later it holds"),
        pytest.param(RECURRING, "2024-06-10", "2025-06-11", True, id="a day later it does not"),
        pytest.param(RECURRING, "2024-06-10 2025-06-11", "2025-06-11", True,
                     id="the sale of the day itself is no earlier sale"),
        pytest.param(RECURRING, "2024-06-10 2025-03-01", "2025-06-11", False,
                     id="a sale in between keeps it"),
        pytest.param(RECURRING, "2024-06-10 2026-01-01", "2025-06-01", False,
                     id="a sale that came later does not change how it stood"),
        pytest.param(OPEN, "", "2090-01-01", False, id="what does not go by sales never lapses"),
    ],
)  # fmt: skip
def test_whether_it_has_lapsed(rule: StateRule, sales: str, on: str, gone: bool) -> None:
    found = lapsed(
        rule,
        effective=EFFECTIVE,
        form_kind=FormKind.SINGLE_STATE,
        sales=days_of(sales),
        on=dt.date.fromisoformat(on),
    )
    assert found is gone


days = st.dates(EFFECTIVE - dt.timedelta(days=400), EFFECTIVE + dt.timedelta(days=4000))
histories = st.lists(days, max_size=12)
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
def test_a_further_sale_never_ends_it_sooner(
    rule: StateRule, sales: list[dt.date], further: dt.date
) -> None:
    assert last_day(rule, [*sales, further]) >= last_day(rule, sales)


@given(histories)
def test_either_test_holds_at_least_as_long_as_each(sales: list[dt.date]) -> None:
    assert last_day(EITHER, sales) >= max(last_day(RECURRING, sales), dt.date(2028, 2, 29))


@given(rules, histories, days)
def test_sales_of_the_day_and_later_change_nothing(
    rule: StateRule, sales: list[dt.date], on: dt.date
) -> None:
    before = [sale for sale in sales if sale < on]
    assert (last_day(rule, before) < on) is (last_day(rule, sales) < on)


@given(rules, histories, days)
def test_it_has_lapsed_after_its_last_day_and_not_before(
    rule: StateRule, sales: list[dt.date], on: dt.date
) -> None:
    gone = lapsed(rule, effective=EFFECTIVE, form_kind=FormKind.SINGLE_STATE, sales=sales, on=on)
    assert gone is (last_day(rule, sales) < on)
