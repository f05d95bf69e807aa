"""Amounts that an ERP writes in cents, or without the sign of a credit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import respx
from pydantic import ValidationError

from exempt import CheckRequest, FetchRequest, Order
from peers.erp_build import URL, as_json, connector, order_row, settings

CENTS = {"path": "total", "scale": -2}
LINES = {"records": "lines", "fields": {"amount": "net", "tax": "tax"}}
KIND = {"path": "type", "map": {"GS": "credit", "RE": "invoice"}}


def read(mocked: respx.MockRouter, *rows: Any, **changes: Any) -> list[Order]:
    """The orders made of *rows*."""
    mocked.get(f"{URL}/orders").mock(return_value=as_json({"data": rows}))
    page = connector(**changes).fetch_orders(FetchRequest())
    assert not page.rejected, page.rejected
    return list(page.records)


@pytest.mark.parametrize(
    ("written", "scale", "read_as"),
    [
        pytest.param(1234, -2, "12.34", id="cents"),
        pytest.param("1234", -2, "12.34", id="cents as text"),
        pytest.param(-5, -2, "-0.05", id="a negative one"),
        pytest.param(0, -2, "0.00", id="nothing"),
        pytest.param(12, 3, "12000", id="thousands"),
        pytest.param("1234567890123.1234567", -1, "123456789012.31234567", id="nothing is rounded"),
        pytest.param(100.25, 0, "100.25", id="as it is"),
    ],
)
def test_the_point_is_moved(
    mocked: respx.MockRouter, written: Any, scale: int, read_as: str
) -> None:
    fields = {"path": "total", "scale": scale}
    (order,) = read(mocked, order_row(1, total=written), orders__fields__total=fields)
    assert order.total == Decimal(read_as)


def test_an_amount_that_is_no_number_stays_refused(mocked: respx.MockRouter) -> None:
    mocked.get(f"{URL}/orders").mock(
        return_value=as_json({"data": [order_row(1, total="NaN"), order_row(2, total="1,2")]})
    )
    page = connector(orders__fields__total=CENTS).fetch_orders(FetchRequest())
    assert not page.records
    assert len(page.rejected) == 2


@pytest.mark.parametrize(
    ("kind", "sign"), [pytest.param("GS", -1, id="credit"), pytest.param("RE", 1, id="invoice")]
)
def test_amounts_of_a_credit_are_turned_round(
    mocked: respx.MockRouter, kind: str, sign: int
) -> None:
    row = order_row(1, type=kind, total=30, tax=3) | {
        "lines": [{"net": 40, "tax": 4}, {"net": -10, "tax": -1}]
    }
    (order,) = read(
        mocked,
        row,
        orders__fields__kind=KIND,
        orders__fields__tax="tax",
        orders__lines=LINES,
        orders__negate_credits=True,
    )
    assert (order.total, order.tax) == (Decimal(30 * sign), Decimal(3 * sign))
    assert [(line.amount, line.tax) for line in order.lines] == [
        (Decimal(40 * sign), Decimal(4 * sign)),
        (Decimal(-10 * sign), Decimal(-1 * sign)),
    ]


def test_a_total_of_lines_is_turned_round_once(mocked: respx.MockRouter) -> None:
    row = order_row(1, type="GS") | {"lines": [{"net": 40, "tax": 0}]}
    (order,) = read(
        mocked,
        row,
        orders__fields__kind=KIND,
        orders__fields__total=None,
        orders__lines=LINES,
        orders__negate_credits=True,
    )
    assert order.total == -40


def test_credits_are_said_by_their_kind() -> None:
    with pytest.raises(ValidationError, match=r"negate_credits needs fields\.kind"):
        settings(orders__negate_credits=True)


@pytest.mark.parametrize(
    ("rows", "changes", "codes"),
    [
        pytest.param(
            [order_row(n, total=100 + n) for n in range(10)], {}, ["whole_amounts"], id="whole"
        ),
        pytest.param([order_row(n, total=100 + n) for n in range(9)], {}, [], id="too few to tell"),
        pytest.param([order_row(n, total="5.00") for n in range(12)], {}, [], id="with a point"),
        pytest.param([order_row(n, total=0) for n in range(12)], {}, [], id="nothing at all"),
        pytest.param(
            [order_row(n, total=100) for n in range(12)],
            {"orders__fields__total": CENTS},
            [],
            id="moved already",
        ),
        pytest.param(
            [order_row(n) | {"lines": [{"net": 7, "tax": 0}]} for n in range(12)],
            {"orders__fields__total": None, "orders__lines": LINES},
            ["whole_amounts"],
            id="whole lines",
        ),
        pytest.param(
            [order_row(1, type="GS")],
            {"orders__fields__kind": KIND},
            ["unsigned_credits"],
            id="a credit above 0",
        ),
        pytest.param(
            [order_row(1, type="GS", total=-1.5)], {"orders__fields__kind": KIND}, [], id="below 0"
        ),
        pytest.param(
            [order_row(1, type="GS")],
            {"orders__fields__kind": KIND, "orders__negate_credits": True},
            [],
            id="turned round",
        ),
    ],
)
def test_the_check_asks_about_doubtful_amounts(
    mocked: respx.MockRouter, rows: list[Any], changes: dict[str, Any], codes: list[str]
) -> None:
    mocked.get(f"{URL}/orders").mock(return_value=as_json({"data": rows}))
    problems = connector(**changes).check(CheckRequest()).problems
    assert [problem.code for problem in problems] == codes
    assert all(problem.severity == "warning" for problem in problems)
