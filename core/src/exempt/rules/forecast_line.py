"""When sales that are known, and sales that are expected, come to meet a threshold.

Days are counted from the day on which the forecast is made: 1 is the next one.
Each way in which sales may go on is held against the law as it will be: the
windows of each version, on the days on which they count.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import NamedTuple

from exempt.model.nexus import Base, Threshold
from exempt.rules.reaching import Counted, Line, Tally
from exempt.rules.windows import (
    Window,
    first_of_the_12_months_to,
    moves_daily,
    same_through,
    windows,
)

_DAY = dt.timedelta(days=1)
_WEEK = 7


class Kind(NamedTuple):
    """Which sales a version counts."""

    base: Base
    marketplaces: bool

    @classmethod
    def of(cls, threshold: Threshold) -> Kind:
        """That of a version, all sales where it has no line."""
        return cls(threshold.base or Base.GROSS, threshold.marketplace_sales)


@dataclass(frozen=True)
class Past:
    """The sales of one kind up to a day, and those that are supposed beside them.

    Attributes:
        share: Which part of all that was sold counts; less than 1 where more
            certificates are supposed.
        added: Sales that are supposed, in cents, by day; each is a transaction.
    """

    tally: Tally
    on: dt.date
    share: float = 1.0
    added: tuple[tuple[dt.date, int], ...] = ()

    def within(self, first: dt.date, last: dt.date) -> Counted:
        """What is known or supposed of the days *first* to *last*."""
        start, end = self.tally.before(first), self.tally.through(min(last, self.on))
        amount, number = 0, 0
        if start < end:
            amount = self.tally.amounts[end] - self.tally.amounts[start]
            number = self.tally.numbers[end] - self.tally.numbers[start]
        if self.share < 1:
            amount, number = round(amount * self.share), round(number * self.share)
        for day, cents in self.added:
            if first <= day <= last:
                amount, number = amount + cents, number + 1
        return Counted(amount, number)


class Way(NamedTuple):
    """One way in which sales may go on: sums from the day on, none on the day itself."""

    amounts: Sequence[float]
    numbers: Sequence[float]

    @classmethod
    def of(cls, amounts: Iterable[float], numbers: Iterable[float] | None) -> Way:
        """That of weeks, spread evenly over their days; None = transactions do not matter."""
        sums = daily(amounts)
        return cls(sums, sums if numbers is None else daily(numbers))


def daily(weeks: Iterable[float]) -> list[float]:
    """What weeks come to from day to day, added up."""
    days: list[float] = [0.0]
    for week in weeks:
        days += [week / _WEEK] * _WEEK
    return list(accumulate(days))


class Step(NamedTuple):
    """Some days in a row on which a window is held against the line, at the end of them.

    Attributes:
        since: The first of the days.
        end: Up to which day sales count; the last of the days, or the last of a
            window that is over.
        first: The first day of the window.
        met: The day on which it counts as met; None = the one on which it is reached.
        known: What is known, or supposed, of the window up to the end.
        moves: Whether the window moves on from day to day.
    """

    since: int
    end: int
    first: int
    met: int | None
    known: Counted
    moves: bool

    def reached(self, line: Line, way: Way) -> bool:
        """Whether the line is reached at the end of it."""
        begin, end = max(0, self.first - 1), max(0, self.end)
        return line.reached(
            int(self.known.amount + way.amounts[end] - way.amounts[begin] + 0.5),
            int(self.known.transactions + way.numbers[end] - way.numbers[begin] + 0.5),
        )


@dataclass(frozen=True)
class Part:
    """The days of one version of the law."""

    threshold: Threshold
    past: Past
    steps: tuple[Step, ...]
    kind: Kind = field(init=False)
    line: Line = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", Kind.of(self.threshold))
        object.__setattr__(self, "line", Line.of(self.threshold))

    def met_on(self, way: Way) -> int | None:
        """The first day on which *way* meets it."""
        for step in self.steps:
            if step.reached(self.line, way):
                if step.met is not None:
                    return step.met
                return next(
                    day
                    for day in range(step.since, step.end + 1)
                    if day == step.end or self._until(step, day).reached(self.line, way)
                )
        return None

    def crossed_on(self, way: Way, met: int) -> int:
        """The day on which sales reach the line, met on the day *met*; 0 = they have by now."""
        step = next(step for step in self.steps if step.reached(self.line, way))
        if step.met is None:
            return met
        return next(
            (
                day
                for day in range(max(0, step.first), step.end)
                if self._until(step, day).reached(self.line, way)
            ),
            step.end,
        )

    def _until(self, step: Step, day: int) -> Step:
        """The same, but up to an earlier day."""
        first = step.first - (step.end - day) if step.moves else step.first
        known = self.past.within(*(self.past.on + at * _DAY for at in (first, day)))
        return step._replace(end=day, first=first, known=known)


def part(
    threshold: Threshold, past: Past, through: dt.date, *, fiscal_year_begins: int = 1
) -> Part | None:
    """The days of a version from the next one through the day *through*; None = there are none."""
    first = max(threshold.in_force_from, past.on + _DAY)
    last = min(threshold.in_force_through or through, through)
    if threshold.amount is None or first > last:
        return None
    look = _moving if moves_daily(threshold) else _fixed
    steps = look(threshold, past, first, last, fiscal_year_begins)
    return Part(threshold, past, tuple(steps))


def _weeks(on: dt.date, first: dt.date, last: dt.date) -> Iterator[tuple[dt.date, dt.date]]:
    """The days from *first* through *last*, cut where weeks from the day *on* end."""
    while first <= last:
        end = min(last, first + (-(first - on).days % _WEEK) * _DAY)
        yield first, end
        first = end + _DAY


def _moving(
    threshold: Threshold, past: Past, first: dt.date, last: dt.date, _begins: int
) -> Iterator[Step]:
    for since, end in _weeks(past.on, first, last):
        begin = first_of_the_12_months_to(end)
        window = Window("", begin, end, begin)
        yield _step(past, since, end, window, moves=moves_daily(threshold))


def _fixed(
    threshold: Threshold, past: Past, first: dt.date, last: dt.date, begins: int
) -> Iterator[Step]:
    while first <= last:
        end = min(last, same_through(threshold, first, fiscal_year_begins=begins))
        for window in windows(threshold, first, fiscal_year_begins=begins)[::-1]:
            if window.last < first:
                yield _step(past, first, window.last, window, met=first)
            elif window.counts_from <= first:
                for since, until in _weeks(past.on, first, end):
                    yield _step(past, since, until, window)
        first = end + _DAY


def _step(
    past: Past, since: dt.date, end: dt.date, window: Window, *, met: dt.date | None = None,
    moves: bool = False,
) -> Step:  # fmt: skip
    return Step(
        since=(since - past.on).days,
        end=(end - past.on).days,
        first=(window.first - past.on).days,
        met=None if met is None else (met - past.on).days,
        known=past.within(window.first, end),
        moves=moves,
    )


class Met(NamedTuple):
    """When one way meets the threshold: the day, and the version by which."""

    day: int
    part: Part


def met_by(parts: Iterable[Part], ways: Mapping[Kind, Way]) -> Met | None:
    """When the threshold is first met, if sales of each kind go on so; None = it is not."""
    for each in parts:
        day = each.met_on(ways[each.kind])
        if day is not None:
            return Met(day, each)
    return None
