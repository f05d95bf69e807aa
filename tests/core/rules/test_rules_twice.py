"""Sales that two origins show alike are told, and chance is not."""

from __future__ import annotations

import datetime as dt

import pytest

from exempt.rules.twice import Origin, Seen, Twins, twins

ORDERS, INVOICES = Origin("erp", "order"), Origin("erp", "invoice")
BILLING = Origin("billing", "invoice")
DAY = dt.date(2026, 3, 10)


def sold(origin: Origin, *totals: int, later: int = 0, customer: int = 1) -> list[Seen]:
    day = DAY + dt.timedelta(days=later)
    return [Seen(origin, customer, "USD", total, day) for total in totals]


FIVE = (100, 200, 300, 400, 500)


@pytest.mark.parametrize(
    ("sales", "found"),
    [
        pytest.param([], (), id="nothing sold"),
        pytest.param(sold(ORDERS, *FIVE), (), id="one origin"),
        pytest.param(
            sold(ORDERS, *FIVE) + sold(INVOICES, *FIVE, later=31),
            (Twins(INVOICES, ORDERS, 5),),
            id="orders and their invoices a month later",
        ),
        pytest.param(
            sold(ORDERS, *FIVE) + sold(INVOICES, *FIVE, later=32), (), id="too long after"
        ),
        pytest.param(
            sold(ORDERS, *FIVE) + sold(BILLING, *FIVE, customer=2), (), id="to other customers"
        ),
        pytest.param(
            sold(ORDERS, *FIVE[:4]) + sold(BILLING, *FIVE[:4]), (), id="four may be chance"
        ),
        pytest.param(
            sold(ORDERS, *FIVE, *range(1, 7)) + sold(BILLING, *FIVE, *range(11, 17)),
            (),
            id="less than half of either",
        ),
        pytest.param(
            sold(ORDERS, *FIVE, *range(1, 50)) + sold(BILLING, *FIVE),
            (Twins(BILLING, ORDERS, 5),),
            id="all of the smaller one",
        ),
        pytest.param(
            sold(ORDERS, *[9] * 5) + sold(BILLING, *[9] * 3), (), id="each has one twin only"
        ),
    ],
)
def test_twins(sales: list[Seen], found: tuple[Twins, ...]) -> None:
    assert twins(sales) == found
    assert twins(sales[::-1]) == found


def test_an_origin_is_named() -> None:
    assert str(BILLING) == "invoices of billing"
