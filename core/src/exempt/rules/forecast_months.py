"""The months that a forecast goes by, and those that it expects."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from exempt.model.nexus import Threshold
from exempt.rules.dates import add_months
from exempt.rules.forecast_line import Kind, daily
from exempt.rules.forecast_series import Trend
from exempt.rules.forecast_work import Work
from exempt.rules.reaching import Line
from exempt.rules.thresholds import version_on

_DAY = dt.timedelta(days=1)
_PAST_MONTHS = 24


class Month(NamedTuple):
    """A month of sales that count, in cents.

    Attributes:
        first: Its first day.
        known: What was sold in it.
        amount: The same, with what is expected or supposed of its days to come.
        low: In eight of ten ways it comes to this at least; without days to come the amount.
        high: And to this at most.
        window: What it comes to, at its end, in the window that runs then.
        window_known: What of that was sold.
        percent: How much of the line that is.
    """

    first: dt.date
    known: int
    amount: int
    low: int
    high: int
    window: int
    window_known: int
    percent: Decimal


def months_of(work: Work) -> Iterator[Month]:
    """Those of the last two years since the first sale, and those of the next two."""
    first = max(work.first, add_months(work.on, -_PAST_MONTHS)).replace(day=1)
    central = {kind: _central(work, kind, trend) for kind, (trend, _) in work.trends.items()}
    while first <= work.through:
        last = min(add_months(first, 1) - _DAY, work.through)
        law = version_on(work.ahead, max(first, min(last, work.on)))
        if law is not None:
            yield _month(work, law, first, last, central.get(Kind.of(law)))
        first = add_months(first, 1)


def _central(work: Work, kind: Kind, trend: Trend) -> list[float]:
    return daily(trend.expected(work.factors(kind, trend)))


def _month(
    work: Work, law: Threshold, first: dt.date, last: dt.date, central: list[float] | None
) -> Month:
    kind = Kind.of(law)
    past = work.pasts[kind]
    begin, end = (max(0, (day - work.on).days) for day in (first - _DAY, last))
    known, more = past.within(first, last).amount, [0.0]
    if central and end > begin:
        more = sorted(way[kind].amounts[end] - way[kind].amounts[begin] for way in work.ways)
    running = work.windows_on(law, last)[0]
    start = max(0, (running.first - _DAY - work.on).days)
    in_all = past.within(running.first, last).amount
    expected = central[end] - central[begin] if central else 0.0
    window = in_all + round(central[end] - central[start] if central else 0.0)
    tenth = len(more) // 10
    return Month(
        first=first,
        known=past.within(first, min(last, work.on)).amount,
        amount=known + round(expected),
        low=known + round(more[tenth]),
        high=known + round(more[-1 - tenth]),
        window=window,
        window_known=past.within(running.first, min(last, work.on)).amount,
        percent=Line.of(law)._replace(least_transactions=None).percent(window, 0),
    )
