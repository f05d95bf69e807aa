"""Tables of exchange rates."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.rules.rate_rows import RateRow, read_rates

HEAD = "currency,day,rate\n"
EURO = RateRow("EUR", dt.date(2026, 1, 31), Decimal("1.0823"))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("currency,day,rate\nEUR,2026-01-31,1.0823\n", id="as it is asked for"),
        pytest.param("Rate;Currency Code;Date\n1.0823;eur;2026-01-31", id="a spreadsheet's"),
        pytest.param("\ufeffdate\tUSD-rate\tnote\tiso\n2026-01-31\t1.0823\tx\tEUR\n\n", id="tabs"),
        pytest.param("currency,day,rate\n EUR , 2026-01-31 , 1.0823 \n,,\n", id="blanks"),
        pytest.param("currency,day,rate\n" + "EUR,2026-01-31,1.0823\n" * 2, id="the same twice"),
    ],
)
def test_rates_are_read(text: str) -> None:
    assert read_rates(text) == ((EURO,), ())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("", "1, column currency: it is missing: title a column curr", id="empty"),
        pytest.param("currency,day\nEUR,2026", "1, column rate: it is missing", id="no column"),
        pytest.param(HEAD, "2, column currency: there is no row", id="titles alone"),
        pytest.param(f"{HEAD}EURO,2026-01-31,1", "2, column currency: 'EURO' is no", id="a name"),
        pytest.param(f"{HEAD}USD,2026-01-31,1", "2, column currency: USD needs no", id="dollars"),
        pytest.param(f"{HEAD}EUR,31/01/2026,1", "2, column day: '31/01/2026' is no", id="slashes"),
        pytest.param(f"{HEAD}EUR,20260131,1", "2, column day: '20260131'", id="no hyphens"),
        pytest.param(f"{HEAD}EUR,1949-12-31,1", "2, column day: '1949-12-31'", id="long ago"),
        pytest.param(f'{HEAD}EUR,2026-01-31,"1,08"', "2, column rate: '1,08' is", id="a comma"),
        pytest.param(f"{HEAD}EUR,2026-01-31,0.00", "2, column rate: '0.00'", id="nothing"),
        pytest.param(f"{HEAD}EUR,2026-01-31,-1", "2, column rate: '-1'", id="less than nothing"),
        pytest.param(f"{HEAD}EUR,2026-01-31", "2, column rate: ''", id="a short row"),
        pytest.param(
            f"{HEAD}EUR,2026-01-31,1\nEUR,2026-01-31,2",
            "3, column rate: EUR has 1 on 2026-01-31 in row 2, and 2 here: leave one",
            id="two for one day",
        ),
        pytest.param(
            f'{HEAD}"{"x" * 200_000}',
            "1, column currency: it cannot be read: save the table as CSV",
            id="a quote without end",
        ),
    ],
)
def test_mistakes_are_named_by_row_and_column(text: str, said: str) -> None:
    first = read_rates(text).mistakes[0]
    assert str(first).startswith(f"row {said}")


def test_every_mistake_is_named() -> None:
    table = read_rates("currency,day,rate\nX,Y,Z\nEUR,2026-01-31,1.0823\nX,2026-01-31,1")
    assert [(each.row, each.column) for each in table.mistakes] == [
        (2, "currency"),
        (2, "day"),
        (2, "rate"),
        (4, "currency"),
    ]


@given(st.text())
def test_whatever_it_is_is_read_or_told(text: str) -> None:
    table = read_rates(text)
    assert table.rates or table.mistakes
