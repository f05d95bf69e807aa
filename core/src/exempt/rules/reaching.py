"""What of sales counts for a threshold, and whether it reaches the line."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from decimal import ROUND_DOWN, Decimal
from itertools import accumulate
from typing import NamedTuple

from exempt.model.nexus import Base, Bucket, Over, Test, Threshold, Totals

_TENTH = Decimal("0.1")
_KINDS = 4
# Each base counts the first so many of the four treatments, in the order of `Totals`.
_FIRST = {base: len(base.treatments) for base in Base}


class Counted(NamedTuple):
    """Sales that count: an amount in cents, and a number of transactions."""

    amount: int
    transactions: int


def counted(base: Base, totals: Totals) -> Counted:
    """What of *totals* counts for *base*."""
    kinds = _FIRST[base]
    return Counted(sum(totals[:kinds]), sum(totals[_KINDS : _KINDS + kinds]))


class Line(NamedTuple):
    """A threshold's line: the least that reaches it, and what a hundred percent are.

    Attributes:
        least_amount: In cents.
        least_transactions: How many; None = they do not matter.
        both: Whether both are needed.
    """

    amount: int
    least_amount: int
    transactions: int
    least_transactions: int | None
    both: bool

    @classmethod
    def of(cls, threshold: Threshold) -> Line:
        """The line of a threshold that has an amount."""
        amount, number = int((threshold.amount or 0) * 100), threshold.transactions
        return cls(
            amount=amount,
            least_amount=amount + (threshold.amount_over is Over.MORE_THAN),
            transactions=number or 0,
            least_transactions=(
                None if number is None else number + (threshold.transactions_over is Over.MORE_THAN)
            ),
            both=threshold.test is Test.BOTH,
        )

    def reached(self, amount: int, transactions: int) -> bool:
        """Whether so much, in so many transactions, reaches it."""
        enough = amount >= self.least_amount
        if self.least_transactions is None or enough is not self.both:
            return enough
        return transactions >= self.least_transactions

    def percent(self, amount: int, transactions: int) -> Decimal:
        """How much of it that is, in tenths of a percent, rounded down; never below 0."""
        share = _share(amount, self.amount)
        if self.least_transactions is not None:
            choose = min if self.both else max
            share = choose(share, _share(transactions, self.transactions))
        return share


def _share(part: int, whole: int) -> Decimal:
    """``80.0``; rounded down, so that what does not reach the line never seems to."""
    return max(Decimal(0), Decimal(part * 100) / whole).quantize(_TENTH, ROUND_DOWN)


class Tally:
    """Sales of single days, added up, so that any stretch of days is quickly summed.

    Attributes:
        days: Those on which something was sold that counts, in order.
        amounts: How much was sold before the first of them, before the second, …, in all.
        numbers: In how many transactions.
    """

    def __init__(
        self, base: Base, buckets: Iterable[Bucket], through: dt.date, *, marketplaces: bool
    ) -> None:
        """What counts for *base* of the *buckets*, a day each, up to the day *through*."""
        kinds = _FIRST[base]
        sold: dict[dt.date, tuple[int, int]] = {}
        for day, _last, marketplace, totals in buckets:
            if day <= through and (marketplaces or not marketplace):
                amount, number = sold.get(day, (0, 0))
                amount += sum(totals[:kinds])
                sold[day] = amount, number + sum(totals[_KINDS : _KINDS + kinds])
        self.days = sorted(sold)
        self.amounts = [0, *accumulate(sold[day][0] for day in self.days)]
        self.numbers = [0, *accumulate(sold[day][1] for day in self.days)]

    def before(self, day: dt.date) -> int:
        """How many of the days lie before *day*."""
        return bisect_left(self.days, day)

    def through(self, day: dt.date) -> int:
        """How many of the days lie before *day*, or are it."""
        return bisect_right(self.days, day)

    def reach(self, line: Line, start: int, end: int) -> bool:
        """Whether what was sold on the days of these places reaches the line; *end* is not in."""
        return line.reached(
            self.amounts[end] - self.amounts[start], self.numbers[end] - self.numbers[start]
        )

    def crossed_on(self, line: Line, first: dt.date, last: dt.date) -> dt.date:
        """The day on which what was sold since *first* came to reach the line, and did so since.

        On the day *last* it must be reached.
        """
        start, end = self.before(first), self.through(last)
        return self.days[max(at for at in range(end) if not self.reach(line, start, at))]
