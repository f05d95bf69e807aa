"""Whether the same sales seem to count twice: as order and invoice, or in two systems."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

FEWEST = 5
"""So many pairs at least: fewer may be chance."""

SHARE = 2
"""One of so many of the smaller side's sales must have a twin."""

NEAR = dt.timedelta(days=31)
"""An invoice follows its order within so many days."""


class Origin(NamedTuple):
    """Where sales come from: a connection, by its name, and the kind of its documents."""

    connection: str
    kind: str

    def __str__(self) -> str:
        """``invoices of billing``."""
        return f"{self.kind}s of {self.connection}"


class Seen(NamedTuple):
    """A sale that counts: to a customer by its card, over so much, on a day."""

    origin: Origin
    customer_id: int
    currency: str
    total: int
    day: dt.date


class Twins(NamedTuple):
    """Two origins that seem to show the same sales, and how many of them."""

    one: Origin
    other: Origin
    pairs: int


def twins(sales: Iterable[Seen]) -> tuple[Twins, ...]:
    """Origins of which at least half of one's sales stand in the other, too, the most pairs first.

    Two sales are taken for one where customer, currency and total are the same,
    and the days are near.
    """
    alike: dict[tuple[int, str, int], dict[Origin, list[dt.date]]] = defaultdict(dict)
    many: Counter[Origin] = Counter()
    for sale in sales:
        group = alike[sale.customer_id, sale.currency, sale.total]
        group.setdefault(sale.origin, []).append(sale.day)
        many[sale.origin] += 1
    pairs: Counter[tuple[Origin, Origin]] = Counter()
    for group in alike.values():
        origins = sorted(group)
        for at, one in enumerate(origins):
            for other in origins[at + 1 :]:
                pairs[one, other] += _pairs(group[one], group[other])
    return tuple(
        Twins(one, other, number)
        for (one, other), number in pairs.most_common()
        if number >= FEWEST and number * SHARE >= min(many[one], many[other])
    )


def _pairs(some: Sequence[dt.date], others: Sequence[dt.date]) -> int:
    """How many of them pair off, each with one that is near."""
    left, found = sorted(others), 0
    for day in sorted(some):
        near = next((each for each in left if abs(each - day) <= NEAR), None)
        if near is not None:
            left.remove(near)
            found += 1
    return found
