"""What the sample company sold before the systems of its sandboxes began: for the watch over nexus.

All of it is made by a formula, the same each time; see `exempt.testing.sample`.
"""

from __future__ import annotations

import calendar
import datetime as dt
import math
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from exempt.testing import sample
from exempt.testing.sample import Place

FIRST = dt.date(2024, 1, 1)
"""It begins on the first day of a look back over two years and this one."""

LAST = dt.date(2026, 11, 15)
"""The old shop still sold beside the new systems, until days before `sample.TODAY`."""

AT_FIRST, AT_LAST = Decimal("0.60"), Decimal("1.40")
"""How large the sales of the first and the last month are beside a state's mean."""

AUTUMN = Decimal("0.25")
"""By how much October is above the mean, and April below it."""


class Market(NamedTuple):
    """What goes to one buyer in one state: US dollars in a month, in so many orders."""

    buyer: str
    place: Place
    sku: str
    a_month: Decimal
    orders: int


class PastSale(NamedTuple):
    """One transaction of the old shop."""

    number: str
    day: dt.date
    buyer: str
    place: Place
    sku: str
    amount: Decimal


MARKETS = (
    Market("C-1001", sample.AUSTIN, "BOLT-M8", Decimal(46_000), 9),
    Market("C-1002", sample.OAKLAND, "ANCHOR-12", Decimal(31_500), 7),
    Market("C-1003", sample.MIAMI, "BOLT-M8", Decimal(9_400), 3),
    Market("C-1004", sample.ALBANY, "TOOL-RENT", Decimal(2_300), 4),
    Market("C-1005", sample.COLUMBUS, "BOLT-M8", Decimal(8_300), 5),
    Market("C-1006", sample.SEATTLE, "ANCHOR-12", Decimal(6_100), 4),
    Market("C-1007", sample.CHICAGO, "BOLT-M8", Decimal(5_900), 6),
    Market("C-1008", sample.BOSTON, "PLAN-PRO", Decimal(1_900), 2),
    Market("C-1009", sample.PORTLAND, "TOOL-RENT", Decimal(4_000), 5),
    Market("C-1010", sample.DENVER, "ANCHOR-12", Decimal(7_500), 4),
)
"""One of each buyer of the sample company, in the state that it has its seat in."""


def past_sales() -> Iterator[PastSale]:
    """Every transaction, by market and by day."""
    months = [(day.year, day.month) for day in _firsts()]
    number = 0
    for market in MARKETS:
        for at, (year, month) in enumerate(months):
            growth = AT_FIRST + (AT_LAST - AT_FIRST) * at / (len(months) - 1)
            season = 1 + AUTUMN * Decimal(math.cos((month - 10) * math.pi / 6)).quantize(
                Decimal("0.001")
            )
            amount = (market.a_month * growth * season / market.orders).quantize(Decimal("0.01"))
            days = calendar.monthrange(year, month)[1]
            for each in range(market.orders):
                number += 1
                day = dt.date(year, month, 1 + (each * days) // market.orders)
                if day <= LAST:
                    yield PastSale(
                        f"OLD-{number:05}", day, market.buyer, market.place, market.sku, amount
                    )


def _firsts() -> Iterator[dt.date]:
    day = FIRST
    while day <= LAST:
        yield day
        day = (day + dt.timedelta(days=31)).replace(day=1)
