"""Forecasts held against what came: made on a day of the past, and compared with the days after."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from statistics import median
from typing import NamedTuple

from exempt.model.nexus import Bucket, Threshold, Totals
from exempt.rules.forecast import Forecast, Outlook, forecast
from exempt.rules.spells import spells
from support.synthetic_sales import Shape, sales

_DAY = dt.timedelta(days=1)


class Case(NamedTuple):
    """One forecast, and the day on which the threshold was met in truth."""

    forecast: Forecast
    met_on: dt.date | None
    straight: dt.date | None

    @property
    def covered(self) -> bool:
        """Whether the true day lies in the range; None, whether the range has no end."""
        first, last = self.forecast.earliest, self.forecast.latest
        if self.met_on is None:
            return last is None
        return first is not None and first <= self.met_on and (last is None or self.met_on <= last)

    def off(self, day: dt.date | None) -> int:
        """By how many days *day* is off; at most two years, as where only one is a day."""
        if day is None or self.met_on is None:
            return 0 if day == self.met_on else 730
        return min(730, abs((day - self.met_on).days))


class Score(NamedTuple):
    """How good forecasts were."""

    cases: int
    covered: float
    off: float
    straight_off: float


def score(cases: Sequence[Case]) -> Score:
    """Of many."""
    return Score(
        cases=len(cases),
        covered=sum(each.covered for each in cases) / len(cases),
        off=median(each.off(each.forecast.day) for each in cases),
        straight_off=median(each.off(each.straight) for each in cases),
    )


LINES = {
    "steady_growth": 90_000,
    "flat": 85_000,
    "seasonal": 80_000,
    "one_time_order": 85_000,
    "refunds": 85_000,
    "intermittent": 85_000,
    "slowing": 85_000,
}
"""About what each shape sells in a year, in dollars: a line that is a matter of chance."""


def lines(shape: Shape, law: Threshold, shares: Sequence[float]) -> Iterator[Threshold]:
    """The same law, but with a line of so much of what *shape* sells in a year."""
    for share in shares:
        amount = Decimal(round(LINES[shape.__name__] * share))
        yield law.model_copy(update={"amount": amount})


def cases(
    shape: Shape, law: Threshold, numbers: Sequence[int], days: Sequence[int], *,
    beside: bool = False,
) -> Iterator[Case]:  # fmt: skip
    """Forecasts made so many *days* after the first sale, where it is not met already.

    With *beside* a straight line stands beside each.
    """
    for number in numbers:
        sold = sales(shape, number)
        for after in days:
            on = sold[0].first + after * _DAY
            found = forecast((law,), sold, on)
            if found.outlook is not Outlook.MET:
                met = _met_after(law, sold, on, found.through)
                straight = straight_line(law, sold, on, found.through) if beside else None
                yield Case(found, met, straight)


def _met_after(
    law: Threshold, sold: Sequence[Bucket], on: dt.date, through: dt.date
) -> dt.date | None:
    """When it is first met after the day *on*, in truth; None = not through the day *through*."""
    later = (each.met_on for each in spells((law,), sold, through))
    return min((day for day in later if on < day <= through), default=None)


def straight_line(
    law: Threshold, sold: Sequence[Bucket], on: dt.date, through: dt.date
) -> dt.date | None:
    """The naive answer: each day to come sells the mean of the last year."""
    past = [each for each in sold if each.first <= on]
    first = max(past[0].first, on - 364 * _DAY)
    mean = sum(each.totals.amount() for each in past if each.first >= first) // (
        (on - first).days + 1
    )
    ahead = [
        Bucket(day, day, marketplace=False, totals=Totals(taxable=mean))
        for day in (on + number * _DAY for number in range(1, (through - on).days + 1))
    ]
    return _met_after(law, past + ahead, on, through)
