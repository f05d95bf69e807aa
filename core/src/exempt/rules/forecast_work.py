"""A jurisdiction's sales so far, and the ways in which they may go on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from statistics import fmean

from exempt.model.nexus import Bucket, Threshold
from exempt.rules.dates import add_months
from exempt.rules.forecast_line import Kind, Part, Past, Way, part
from exempt.rules.forecast_series import LEAST_WEEKS, YEAR, Trend, factors_of
from exempt.rules.forecast_words import LEAST_DAYS
from exempt.rules.reaching import Line, Tally
from exempt.rules.thresholds import version_on
from exempt.rules.what_if import MONTHS, Changes
from exempt.rules.windows import Window, windows

_DAY = dt.timedelta(days=1)
_WEEK = 7
_LONGEST = 4 * YEAR


@dataclass(frozen=True)
class Work:
    """One jurisdiction's sales, carried on and held against its versions."""

    versions: tuple[Threshold, ...]
    buckets: tuple[Bucket, ...]
    on: dt.date
    begins: int
    changes: Changes

    # --- the past ---------------------------------------------------------------------

    @cached_property
    def through(self) -> dt.date:
        """The last day to look at."""
        return add_months(self.on, MONTHS)

    @cached_property
    def today(self) -> Threshold | None:
        """The version in force, if it has a line."""
        found = version_on(self.versions, self.on)
        return None if found is None or found.amount is None else found

    @cached_property
    def ahead(self) -> tuple[Threshold, ...]:
        """The versions with a line that are in force on one of the days, the first first."""
        return tuple(
            each
            for each in self.versions
            if each.amount is not None
            and each.in_force_from <= self.through
            and (each.in_force_through or dt.date.max) >= self.on
        )

    @cached_property
    def pasts(self) -> dict[Kind, Past]:
        """The sales, by what of them counts for one of the versions."""
        return {kind: self._past(kind) for kind in dict.fromkeys(map(Kind.of, self.ahead))}

    def _past(self, kind: Kind) -> Past:
        added = [(day, new.amount) for new in self.changes.added for day in new.days(self.through)]
        share = self.changes.share(kind.base, self._counts_now)
        return Past(self._tally(kind), self.on, share, tuple(added))

    def _tally(self, kind: Kind) -> Tally:
        return Tally(kind.base, self.buckets, self.on, marketplaces=kind.marketplaces)

    @cached_property
    def _counts_now(self) -> int:
        """What counts now, in cents, in the window that has most."""
        law = self.today
        if law is None:
            return 0
        past = Past(self._tally(Kind.of(law)), self.on)
        return max(
            past.within(each.first, each.last).amount for each in self.windows_on(law, self.on)
        )

    def windows_on(self, law: Threshold, on: dt.date) -> tuple[Window, ...]:
        """The windows that count on a day, or will; the one that runs first."""
        return windows(law, on, fiscal_year_begins=self.begins)

    def now(self) -> tuple[Decimal, bool]:
        """How much of the line is reached today, and whether it is met."""
        if self.today is None:
            return Decimal(0), False
        line, past = Line.of(self.today), self.pasts[Kind.of(self.today)]
        share, met = Decimal(0), False
        for window in self.windows_on(self.today, self.on):
            counts = past.within(window.first, min(window.last, self.on))
            share = max(share, line.percent(*counts))
            met = met or (window.counts_from <= self.on and line.reached(*counts))
        return share, met

    @cached_property
    def first(self) -> dt.date:
        """The day of the first sale; the next day, if there was none."""
        days = [past.tally.days[0] for past in self.pasts.values() if past.tally.days]
        return min(days, default=self.on + _DAY)

    @property
    def days(self) -> int:
        """How many days of history there are."""
        return (self.on - self.first).days + 1

    @cached_property
    def ends(self) -> list[dt.date]:
        """The last days of the weeks so far, the last of them the day itself."""
        many = min(self.days // _WEEK, _LONGEST)
        return [self.on - back * 7 * _DAY for back in range(many - 1, -1, -1)]

    @cached_property
    def enough(self) -> bool:
        """Whether there is enough history to go by."""
        kind = Kind.of(self.ahead[0])
        return self.days >= LEAST_DAYS and self.selling(kind) >= LEAST_WEEKS

    def selling(self, kind: Kind) -> int:
        """How many of the weeks had sales, the first even if it is not a whole one."""
        tally = self.pasts[kind].tally
        sold = (
            day
            for day, before, after in zip(
                tally.days, tally.amounts, tally.amounts[1:], strict=False
            )
            if before != after
        )
        return len({(self.on - day).days // _WEEK for day in sold})

    def weeks(self, kind: Kind) -> list[tuple[int, int]]:
        """What was sold in the weeks so far: amounts, and transactions."""
        tally = self.pasts[kind].tally
        edges = [tally.through(day) for day in (self.ends[0] - 7 * _DAY, *self.ends)]
        return [
            (
                tally.amounts[end] - tally.amounts[start],
                tally.numbers[end] - tally.numbers[start],
            )
            for start, end in pairwise(edges)
        ]

    # --- the time to come -------------------------------------------------------------

    @cached_property
    def parts(self) -> list[Part]:
        """The days to come, version by version."""
        found = (
            part(each, self.pasts[Kind.of(each)], self.through, fiscal_year_begins=self.begins)
            for each in self.ahead
        )
        return [each for each in found if each]

    @cached_property
    def trends(self) -> dict[Kind, tuple[Trend, Trend | None]]:
        """How amounts and, where they matter, transactions go."""
        months = [month_of_week(day) for day in self.ends]
        found: dict[Kind, tuple[Trend, Trend | None]] = {}
        for kind in self.pasts if self.enough else ():
            weeks = self.weeks(kind)
            numbers = any(
                each.kind == kind and each.line.least_transactions is not None
                for each in self.parts
            )
            found[kind] = (
                Trend.of([amount for amount, _ in weeks], months),
                Trend.of([number for _, number in weeks], months) if numbers else None,
            )
        return found

    def factors(self, kind: Kind, trend: Trend) -> list[float]:
        """What the weeks to come are multiplied by: seasons, and what is supposed."""
        ends = [self.on + (week + 1) * 7 * _DAY for week in range(self._weeks_ahead)]
        factors = factors_of(trend.seasons, [month_of_week(end) for end in ends])
        share = self.pasts[kind].share
        if share == 1 and not self.changes.grows:
            return factors
        return [
            factor * share * fmean(self.changes.factor(end - back * _DAY) for back in range(_WEEK))
            for factor, end in zip(factors, ends, strict=True)
        ]

    @property
    def _weeks_ahead(self) -> int:
        return (self.through - self.on).days // _WEEK + 1

    @cached_property
    def ways(self) -> list[dict[Kind, Way]]:
        """The ways in which sales may go on; with too few of them just the one without any."""
        if not self.enough:
            nothing = Way.of([0.0] * self._weeks_ahead, None)
            return [dict.fromkeys(self.pasts, nothing)]
        by_kind = [
            [(kind, way) for way in self._ways_of(kind, *trends)]
            for kind, trends in self.trends.items()
        ]
        return [dict(each) for each in zip(*by_kind, strict=True)]

    def _ways_of(self, kind: Kind, amounts: Trend, numbers: Trend | None) -> Iterator[Way]:
        sums = amounts.paths(self.factors(kind, amounts))
        if numbers is None:
            yield from (Way.of(each, None) for each in sums)
        else:
            both = zip(sums, numbers.paths(self.factors(kind, numbers)), strict=True)
            yield from (Way.of(each, number) for each, number in both)


def month_of_week(end: dt.date) -> int:
    """The month of the year in which the middle of a week lies."""
    return (end - 3 * _DAY).month
