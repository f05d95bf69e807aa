"""The times in which a threshold was met, worked out from the sales of single days.

On each day the version in force then is held against what was sold up to that
day in the windows that count on it. Before its first version nothing is met;
but sales of before count, where a window of its first day reaches back to them.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from exempt.model.nexus import Base, Bucket, Spell, Threshold
from exempt.rules.collecting import collect_from
from exempt.rules.reaching import Line, Tally
from exempt.rules.thresholds import version_on
from exempt.rules.windows import Window, left_on, moves_daily, same_through, windows

_DAY = dt.timedelta(days=1)


def spells(
    versions: Sequence[Threshold],
    day_buckets: Iterable[Bucket],
    through: dt.date,
    *,
    fiscal_year_begins: int = 1,
) -> tuple[Spell, ...]:
    """When the threshold was met, the latest time last, as it is known on the day *through*.

    Where it is not met on that day, but a window that counts only later has
    been crossed, the last spell is the one to come: ``met_on`` lies ahead, and
    a refund may still prevent it.

    Args:
        versions: Those of one jurisdiction, the oldest first.
        day_buckets: All its sales, a day each, in any order; those after
            *through* do not count.
        through: The last day to look at.
        fiscal_year_begins: The month in which the seller's own year begins.
    """
    work = _Work(versions, tuple(day_buckets), through, fiscal_year_begins)
    found = list(_joined(work.stretches(), through))
    if not found or found[-1].ended_on is not None:
        found += work.coming()
    return tuple(found)


class _Stretch(NamedTuple):
    """Days in a row, both ends included, on which one window that counts reaches the line."""

    first: dt.date
    last: dt.date
    threshold: Threshold
    window: Window
    tally: Tally

    def begin(self) -> Spell:
        """The spell that it is the beginning of."""
        return _spell(self.threshold, self.window, self.tally, self.first)


def _spell(threshold: Threshold, window: Window, tally: Tally, met_on: dt.date) -> Spell:
    """The spell that begins on the day *met_on*, as *window* reaches the line."""
    crossed_on = tally.crossed_on(Line.of(threshold), window.first, min(met_on, window.last))
    return Spell(
        crossed_on=crossed_on,
        met_on=met_on,
        ended_on=None,
        collect_from=collect_from(threshold.collect_from, crossed_on, met_on),
        version=threshold.version,
        window=window.name,
        first=window.first,
    )


@dataclass(frozen=True)
class _Work:
    """One jurisdiction's sales held against its versions."""

    versions: Sequence[Threshold]
    buckets: Sequence[Bucket]
    through: dt.date
    fiscal_year_begins: int

    @cached_property
    def _tallies(self) -> dict[tuple[Base | None, bool], Tally]:
        """The sales by what of them counts; versions mostly count the same."""
        kinds = {(each.base, each.marketplace_sales) for each in self.versions if each.base}
        return {
            (base, marketplaces): Tally(base, self.buckets, self.through, marketplaces=marketplaces)
            for base, marketplaces in kinds
        }

    def tally(self, threshold: Threshold) -> Tally:
        """The sales that count for *threshold*, which has an amount."""
        return self._tallies[threshold.base, threshold.marketplace_sales]

    def windows(self, threshold: Threshold, on: dt.date) -> tuple[Window, ...]:
        return windows(threshold, on, fiscal_year_begins=self.fiscal_year_begins)

    def stretches(self) -> Iterator[_Stretch]:
        """All on which some window reaches the line, whether or not they overlap."""
        for threshold in self.versions:
            if threshold.amount is None or threshold.in_force_from > self.through:
                continue
            tally = self.tally(threshold)
            if tally.days:
                first = max(threshold.in_force_from, tally.days[0])
                last = min(threshold.in_force_through or self.through, self.through)
                quickly = moves_daily(threshold)  # pragma: no mutate - the other way finds the same
                look = self._daily if quickly else self._by_periods  # pragma: no mutate
                yield from look(threshold, tally, first, last)

    def _by_periods(
        self, threshold: Threshold, tally: Tally, first: dt.date, last: dt.date
    ) -> Iterator[_Stretch]:
        """For as long as the windows stay the same, one or two of them grow by sales."""
        line = Line.of(threshold)
        while first <= last:
            end = min(
                last, same_through(threshold, first, fiscal_year_begins=self.fiscal_year_begins)
            )
            for window in self.windows(threshold, first):
                if window.counts_from <= first:
                    for begin, until in _reached(line, tally, window, first, end):
                        yield _Stretch(begin, until, threshold, window, tally)
            first = end + _DAY  # pragma: no mutate - it would never end

    def _daily(
        self, threshold: Threshold, tally: Tally, first: dt.date, last: dt.date
    ) -> Iterator[_Stretch]:
        """The twelve months to the day change as days are sold on, and as those days leave them."""
        for begin, until in _reached_daily(Line.of(threshold), tally, first, last):
            (window,) = self.windows(threshold, begin)
            yield _Stretch(begin, until, threshold, window, tally)

    def coming(self) -> list[Spell]:
        """The spell that comes if nothing more is sold: crossed, but in a window still running."""
        today = version_on(self.versions, self.through)
        ahead = self.windows(today, self.through) if today else ()
        on = max([self.through, *(window.counts_from for window in ahead)])
        then = version_on(self.versions, on)
        found = self._on(then, on) if then else []
        return [min(found)] if found else []

    def _on(self, threshold: Threshold, on: dt.date) -> list[Spell]:
        """The spells that begin on the day *on*, by each window that reaches the line."""
        return [
            _spell(threshold, window, tally, on)
            for window in self.windows(threshold, on)
            if window.counts_from <= on
            and (tally := self.tally(threshold)).reach(
                Line.of(threshold), tally.before(window.first), tally.through(window.last)
            )
        ]


def _reached(
    line: Line, tally: Tally, window: Window, first: dt.date, last: dt.date
) -> Iterator[tuple[dt.date, dt.date]]:
    """From when until when, within *first* to *last*, sales in *window* reach the line."""
    start, end = tally.before(window.first), tally.through(min(first, window.last))
    since = first if tally.reach(line, start, end) else None
    for at in range(end, tally.through(min(last, window.last))):
        if tally.reach(line, start, at + 1):
            since = since or tally.days[at]
        elif since:
            yield since, tally.days[at] - _DAY
            since = None  # pragma: no mutate
    if since:
        yield since, last


def _reached_daily(
    line: Line, tally: Tally, first: dt.date, last: dt.date
) -> Iterator[tuple[dt.date, dt.date]]:
    """The same for the twelve months to each day."""
    leaving = [left_on(day) for day in tally.days]
    since = None  # pragma: no mutate
    for on in sorted({first, *tally.days, *leaving}):
        if on < first:
            continue
        if on > last:
            break
        if tally.reach(line, bisect_right(leaving, on), tally.through(on)):
            since = since or on
        elif since:
            yield since, on - _DAY
            since = None  # pragma: no mutate
    if since:
        yield since, last


def _joined(stretches: Iterable[_Stretch], through: dt.date) -> Iterator[Spell]:
    """The spells: stretches that overlap, or follow on one another without a day between.

    Where several windows begin a spell, the one that was crossed first names it.
    """
    runs: list[_Run] = []
    for stretch in sorted(stretches):
        if runs and stretch.first <= runs[-1].last + _DAY:
            runs[-1].add(stretch)
        else:
            runs.append(_Run([stretch], stretch.last))
    for run in runs:
        spell = min(each.begin() for each in run.beginnings)
        yield spell if run.last == through else spell._replace(ended_on=run.last + _DAY)


@dataclass
class _Run:
    """Stretches without a day between: those on its first day, and its last day."""

    beginnings: list[_Stretch]
    last: dt.date

    def add(self, stretch: _Stretch) -> None:
        """One more, which begins no earlier than those before."""
        if stretch.first == self.beginnings[0].first:
            self.beginnings.append(stretch)
        self.last = max(self.last, stretch.last)
