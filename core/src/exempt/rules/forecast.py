"""On which day a threshold is likely to be met: an estimate, out of the sales so far.

The weeks so far are carried on in fifty ways (see `forecast_series`), and each
is held against the law's own windows (see `forecast_line`). The day in the
middle of those on which they meet it is the estimate; eight of ten lie in its
range.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from exempt.model.nexus import Base, Bucket, Threshold
from exempt.model.rulesdata import Confidence
from exempt.rules.forecast_line import Kind, Met, Way, met_by
from exempt.rules.forecast_months import Month, months_of
from exempt.rules.forecast_words import QUIET_WEEKS, About, caveats, confidence, method
from exempt.rules.forecast_work import Work
from exempt.rules.what_if import Changes

__all__ = ["Forecast", "Month", "Outlook", "forecast"]

_DAY = dt.timedelta(days=1)
_NEVER = 10**6
_HALF_YEAR = 26


class Outlook(StrEnum):
    """What comes of it.

    ============  =====================================================
    met           the threshold is met already
    expected      it is likely to be met within two years, on a day
    not_expected  it is not likely to be met within two years
    too_little    there are too few sales to say
    no_line       there is no threshold
    ============  =====================================================
    """

    MET = "met"
    EXPECTED = "expected"
    NOT_EXPECTED = "not_expected"
    TOO_LITTLE = "too_little"
    NO_LINE = "no_line"


class Forecast(NamedTuple):
    """When a threshold is likely to be met; an estimate.

    Attributes:
        on: The day on which it was made.
        percent: How much of the line is reached on that day.
        day: On which it is likely to be met; None = on none of the next two years.
        earliest: Eight of ten ways meet it from this day on…
        latest: … to this one; None = not within two years.
        crossed_on: The day on which sales are likely to pass the line, where it
            counts as met only later.
        chance: How many of a hundred ways meet it within two years.
        chance_this_year: How many by the end of the year.
        through: The last day that was looked at.
        version: Of the threshold by which it would be met, or else the one in force.
        method: How it was made, in words.
        months: The months of the last two years, and of the next.
        days: How many days of history it goes by, from the first sale on.
        confidence: How much to rely on it; None = no day is given.
        caveats: What to keep in mind, a sentence each.
    """

    on: dt.date
    outlook: Outlook
    percent: Decimal
    through: dt.date
    version: str | None
    days: int
    method: str = ""
    months: tuple[Month, ...] = ()
    day: dt.date | None = None
    earliest: dt.date | None = None
    latest: dt.date | None = None
    crossed_on: dt.date | None = None
    chance: int | None = None
    chance_this_year: int | None = None
    confidence: Confidence | None = None
    caveats: tuple[str, ...] = ()


def forecast(
    versions: Sequence[Threshold],
    day_buckets: Iterable[Bucket],
    on: dt.date,
    *,
    fiscal_year_begins: int = 1,
    changes: Changes = Changes(),  # noqa: B008 - it is frozen
) -> Forecast:
    """When the threshold is likely to be met, as far as sales through the day *on* tell.

    Args:
        versions: Those of one jurisdiction, the oldest first; some may begin ahead.
        day_buckets: All its sales, a day each, in any order; those after *on*
            do not count.
        on: The day.
        fiscal_year_begins: The month in which the seller's own year begins.
        changes: What is supposed of sales and of the law.
    """
    work = Work(changes.law(versions, on), tuple(day_buckets), on, fiscal_year_begins, changes)
    return _Answer(work).all()


@dataclass(frozen=True)
class _Answer:
    """What is said of sales that were carried on."""

    work: Work

    def all(self) -> Forecast:
        """All of it."""
        percent, met = self.work.now()
        found = Forecast(
            on=self.work.on,
            outlook=Outlook.NO_LINE,
            percent=percent,
            through=self.work.through,
            version=(self.work.today or self.work.ahead[0]).version if self.work.ahead else None,
            days=self.work.days if self.work.ahead else 0,
        )
        if not self.work.ahead:
            return found
        found = found._replace(months=tuple(months_of(self.work)), method=self._method())
        if met:
            return found._replace(outlook=Outlook.MET)
        return self._dated(found)

    def _method(self) -> str:
        seasons = any(trend.seasons for trend, _ in self.work.trends.values())
        return (
            method(len(self.work.ways), self.work.days, seasons=seasons) if self.work.enough else ""
        )

    def _dated(self, found: Forecast) -> Forecast:
        """With the days on which the ways meet it."""
        mets = [(met_by(self.work.parts, ways), ways) for ways in self.work.ways]
        mets.sort(key=lambda each: each[0].day if each[0] else _NEVER)
        days = [met.day if met else None for met, _ in mets]
        tenth, middle = len(mets) // 10, (len(mets) - 1) // 2
        year_end = (dt.date(self.work.on.year, 12, 31) - self.work.on).days
        first, at, last = (self._day(days[n]) for n in (tenth, middle, len(mets) - 1 - tenth))
        met, ways = mets[middle]
        expected = Outlook.EXPECTED if met else Outlook.NOT_EXPECTED
        return found._replace(
            outlook=expected if met or self.work.enough else Outlook.TOO_LITTLE,
            day=at,
            earliest=first,
            latest=last,
            crossed_on=self._crossed_on(met, ways) if met else None,
            chance=_share(days, _NEVER - 1) if met or self.work.enough else None,
            chance_this_year=_share(days, year_end) if met or self.work.enough else None,
            version=met.part.threshold.version if met else found.version,
            confidence=confidence(self.work.days, at, last) if self.work.enough and met else None,
            caveats=tuple(self._caveats()),
        )

    def _day(self, day: int | None) -> dt.date | None:
        return None if day is None else self.work.on + day * _DAY

    def _crossed_on(self, met: Met, ways: Mapping[Kind, Way]) -> dt.date | None:
        """The day on which sales pass the line, if it is not the day on which it is met."""
        crossed = met.part.crossed_on(ways[met.part.kind], met.day)
        return None if crossed == met.day else self.work.on + crossed * _DAY

    def _caveats(self) -> Iterator[str]:
        kind = Kind.of(self.work.ahead[0])
        weeks = self.work.weeks(kind) if self.work.enough else []
        trend = self.work.trends[kind][0] if self.work.enough else None
        return caveats(
            About(
                on=self.work.on,
                days=self.work.days,
                selling=self.work.selling(kind),
                enough=self.work.enough,
                quiet=_quiet([amount for amount, _ in weeks]),
                one_offs=tuple(self.work.ends[at] for at in trend.one_offs) if trend else (),
                agreed=trend is not None and bool(trend.seasons),
                changes_on=tuple(
                    each.in_force_from
                    for each in self.work.ahead
                    if each.in_force_from > self.work.on
                ),
                gross=bool(self.work.changes.resale) and kind.base is Base.GROSS,
            )
        )


def _quiet(weeks: Sequence[int]) -> bool:
    """Whether the last weeks are far below the half year before them."""
    last, before = weeks[-QUIET_WEEKS:], weeks[-QUIET_WEEKS - _HALF_YEAR : -QUIET_WEEKS]
    return bool(before) and 3 * sum(last) * len(before) < sum(before) * len(last)


def _share(days: Sequence[int | None], through: int) -> int:
    """How many of a hundred ways meet it by that day."""
    return round(100 * sum(day is not None and day <= through for day in days) / len(days))
