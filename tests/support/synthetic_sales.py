"""Sales that somebody made up, of which it is known how they go on.

They are the same at every run: what looks like chance in them is drawn from a
numbered stream.
"""

from __future__ import annotations

import datetime as dt
import math
import random
from collections.abc import Callable, Iterator

from exempt.model.nexus import Bucket, Totals

BEGAN = dt.date(2021, 1, 4)
DAYS = 365 * 6
_DAY = dt.timedelta(days=1)

Shape = Callable[[int, random.Random], float]
"""How many dollars are sold on the so-and-so-many-th day."""


def steady_growth(day: int, chance: random.Random) -> float:
    """Two percent more each month."""
    return 150 * math.exp(day / 1535) * chance.lognormvariate(-0.18, 0.6)


def flat(_day: int, chance: random.Random) -> float:
    """As much every day, but for chance."""
    return 250 * chance.lognormvariate(-0.32, 0.8)


def seasonal(day: int, chance: random.Random) -> float:
    """Four times as much at the end of a year as in its summer, and growing a little."""
    season = 1 + 0.6 * math.cos(2 * math.pi * (day - 345) / 365.25)
    return 180 * (1 + day / 2000) * season * chance.lognormvariate(-0.18, 0.6)


def one_time_order(day: int, chance: random.Random) -> float:
    """Flat, and once an order that is worth many weeks."""
    return flat(day, chance) + (30_000 if day == 60 else 0)


def refunds(day: int, chance: random.Random) -> float:
    """Growing a little; every twelfth sale is given back."""
    sold = 230 * (1 + day / 3000) * chance.lognormvariate(-0.18, 0.6)
    return -3 * sold if chance.random() < 1 / 12 else 1.5 * sold


def intermittent(_day: int, chance: random.Random) -> float:
    """One sale in two weeks, small or large."""
    return 3_500 * chance.lognormvariate(-0.18, 0.6) if chance.random() < 1 / 14 else 0


def slowing(day: int, chance: random.Random) -> float:
    """Growing ever less."""
    return (120 + 160 * (1 - math.exp(-day / 500))) * chance.lognormvariate(-0.18, 0.6)


SHAPES: tuple[Shape, ...] = (
    steady_growth,
    flat,
    seasonal,
    one_time_order,
    refunds,
    intermittent,
    slowing,
)


def sales(shape: Shape, number: int) -> list[Bucket]:
    """Six years of them, a day each; every *number* has other chances."""
    return list(_sales(shape, random.Random(f"{shape.__name__} {number}")))  # noqa: S311


def _sales(shape: Shape, chance: random.Random) -> Iterator[Bucket]:
    for day in range(DAYS):
        cents = round(100 * shape(day, chance))
        if cents:
            totals = Totals(taxable=cents, taxable_count=int(cents > 0))
            yield Bucket(BEGAN + day * _DAY, BEGAN + day * _DAY, marketplace=False, totals=totals)
