"""What a threshold and an exposure cannot be."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from exempt.model.nexus import (
    Base,
    Exposure,
    ExposureStatus,
    Spell,
    Totals,
    Treatment,
)
from support.threshold_records import threshold

FIRST = dt.date(2019, 1, 1)


@pytest.mark.parametrize(
    ("changes", "column", "said"),
    [
        pytest.param({"in_force_through": dt.date(2018, 12, 31)}, "in_force_through",
                     "lies before in_force_from, 2019-01-01", id="an end before its beginning"),
        pytest.param({"test": "either"}, "test", "is amount where no transactions are given",
                     id="either of two, but there is one"),
        pytest.param({"test": "both"}, "test", "is amount where no transactions are given",
                     id="both of two, but there is one"),
        pytest.param({"transactions": 200}, "test", "is amount where no transactions are given",
                     id="transactions that are not tested"),
        pytest.param({"window": None}, "window", "stands where there is an amount",
                     id="an amount without a window"),
        pytest.param({"base": None}, "base", "stands where there is an amount",
                     id="an amount of nobody knows what"),
        pytest.param({"amount": None, "base": None}, "window", "stands where there is an amount",
                     id="a window without an amount"),
        pytest.param({"amount": None, "window": None}, "base", "stands where there is an amount",
                     id="a base without an amount"),
        pytest.param({"tested": "quarter_ends"}, "tested", "quarter_ends goes with rolling_12",
                     id="a calendar year tested at the ends of quarters"),
        pytest.param({"amount": "500.000"}, "amount", "greater than or equal to 1000",
                     id="half a million in another spelling"),
        pytest.param({"amount": "1000.001"}, "amount", "2 decimal places", id="parts of a cent"),
        pytest.param({"transactions": 0, "test": "either"}, "transactions", "greater than 0",
                     id="a line of no transactions"),
        pytest.param({"quarter_first_month": 13}, "quarter_first_month", "less than or equal",
                     id="a thirteenth month"),
    ],
)  # fmt: skip
def test_a_threshold_is_refused(changes: dict[str, Any], column: str, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        threshold(**changes)
    (error,) = caught.value.errors()
    assert error["loc"] == (column,)
    assert said in error["msg"]


@pytest.mark.parametrize(
    ("changes", "columns"),
    [
        pytest.param({"amount": "much", "window": None, "base": None}, {"amount"},
                     id="without a sum one cannot say whether there must be a window"),
        pytest.param({"in_force_from": "soon", "in_force_through": FIRST}, {"in_force_from"},
                     id="without a beginning one cannot say whether the end is before it"),
        pytest.param({"transactions": "many", "test": "both"}, {"transactions"},
                     id="without a number one cannot say whether it is tested"),
        pytest.param({"window": "a year", "tested": "quarter_ends"}, {"window"},
                     id="without a window one cannot say when it is tested"),
    ],
)  # fmt: skip
def test_one_slip_is_one_mistake(changes: dict[str, Any], columns: set[str]) -> None:
    with pytest.raises(ValidationError) as caught:
        threshold(**changes)
    assert {error["loc"][0] for error in caught.value.errors()} == columns


def test_a_state_without_sales_tax_has_a_version_without_a_line() -> None:
    none = threshold(amount=None, window=None, base=None)
    assert none.amount is None
    assert none.key == none.version == "US-TX from 2019-01-01"


@pytest.mark.parametrize(
    ("day", "in_force"),
    [
        pytest.param("2018-12-31", False, id="not on the day before"),
        pytest.param("2019-01-01", True, id="on its first day"),
        pytest.param("2019-06-30", True, id="on its last day"),
        pytest.param("2019-07-01", False, id="not on the day after"),
    ],
)
def test_a_version_is_in_force(day: str, in_force: bool) -> None:
    version = threshold(in_force_through=dt.date(2019, 6, 30))
    assert version.in_force(dt.date.fromisoformat(day)) is in_force
    assert threshold().in_force(dt.date.fromisoformat(day)) is (day != "2018-12-31")


@pytest.mark.parametrize("base", Base)
def test_a_base_counts_the_first_kinds_in_the_order_of_totals(base: Base) -> None:
    names = [each.value for each in base.treatments]
    assert list(Totals._fields[: len(names)]) == names
    assert list(Totals._fields[4 : 4 + len(names)]) == [f"{name}_count" for name in names]


def test_totals_are_added_and_summed_by_treatment() -> None:
    both = Totals(1, 2, 3, 4, 5, 6, 7, 8).plus(Totals(10, 20, 30, 40, 50, 60, 70, 80))
    assert both == Totals(11, 22, 33, 44, 55, 66, 77, 88)
    assert (both.amount(), both.count()) == (110, 286)
    assert both.amount([Treatment.TAXABLE, Treatment.RESALE]) == 55
    assert both.count(Base.RETAIL.treatments) == 55 + 66 + 77


SPELL = Spell(FIRST, FIRST, None, FIRST, "US-TX from 2019-01-01", "2019", FIRST)


@pytest.mark.parametrize(
    ("spells", "current"),
    [
        pytest.param((), None, id="never met"),
        pytest.param((SPELL._replace(ended_on=FIRST),), None, id="met no more"),
        pytest.param((SPELL._replace(ended_on=FIRST), SPELL), SPELL, id="met again"),
    ],
)
def test_the_time_in_which_it_is_met(spells: tuple[Spell, ...], current: Spell | None) -> None:
    exposure = Exposure(
        jurisdiction="US-TX",
        on=FIRST,
        threshold=None,
        status=ExposureStatus.NONE,
        percent=Decimal(0),
        measures=(),
        spells=spells,
    )
    assert exposure.spell == current
