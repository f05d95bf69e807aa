"""What is to be said of a forecast: how it was made, how sure it is, what to keep in mind."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import NamedTuple

from exempt.model.rulesdata import Confidence
from exempt.rules.forecast_series import LEAST_WEEKS, YEAR

LEAST_DAYS = 60
"""Of history; with less no day is given."""

QUIET_WEEKS = 8
"""That a forecast holds against those before, to say so if they are far below."""

_NARROW, _WIDE = 90, 270
_DAYS_OF_YEAR = 7 * YEAR


class About(NamedTuple):
    """What a forecast went by.

    Attributes:
        days: Of history, from the first sale on.
        selling: How many weeks had sales.
        enough: Whether that is enough.
        quiet: Whether far less was sold in the last weeks than before.
        one_offs: The last days of the weeks that were held down.
        agreed: Whether seasons are known.
        changes_on: When other versions of the law begin.
        gross: Whether certificates were supposed that change nothing.
    """

    on: dt.date
    days: int
    selling: int
    enough: bool
    quiet: bool
    one_offs: tuple[dt.date, ...]
    agreed: bool
    changes_on: tuple[dt.date, ...]
    gross: bool


def method(ways: int, days: int, *, seasons: bool) -> str:
    """How the forecast was made."""
    weeks = min(days // 7, 4 * YEAR)
    by_season = " Seasons are as in the years before." if seasons else ""
    return (
        f"The last {weeks} weeks of sales that count, recent ones weighing more, are carried on"
        f" by a trend that fades out.{by_season} Their ups and downs come again in {ways} ways,"
        " each held against the state's own window. The day is the middle one of theirs; the"
        " earliest and the latest tenth are left out of the range."
    )


def confidence(days: int, day: dt.date | None, latest: dt.date | None) -> Confidence:
    """How much to rely on it, by how long the history is and how far the range goes."""
    if day is None or latest is None or days < _DAYS_OF_YEAR // 2:
        return Confidence.LOW
    wide = (latest - day).days
    if wide > _WIDE // 2:
        return Confidence.LOW
    return Confidence.HIGH if wide <= _NARROW // 2 and days >= _DAYS_OF_YEAR else Confidence.MEDIUM


def caveats(about: About) -> Iterator[str]:
    """What to keep in mind, a sentence each."""
    if not about.enough:
        yield _too_little(about)
    elif about.days < _DAYS_OF_YEAR:
        yield f"It goes by {about.days} days of sales, less than a year."
    if about.enough and about.days < 2 * _DAYS_OF_YEAR:
        yield "Seasons are not known: that takes two years of sales."
    if about.enough and about.quiet:
        yield (
            f"The last {QUIET_WEEKS} weeks are far below those before: are all sales of them known?"
        )
    for end in about.one_offs:
        yield (
            f"The week to {end} stands far apart from all others: it counts, but is not expected"
            " again."
        )
    for day in about.changes_on:
        yield f"Another version of the law begins on {day}; from then on it is held against that."
    if about.gross:
        yield "All sales count here: certificates of resale change nothing."


def _too_little(about: About) -> str:
    if about.days < LEAST_DAYS:
        known = f"only {about.days} days of sales are known" if about.days else "no sale is known"
        return f"There is too little to go by: {known}, and it takes {LEAST_DAYS}."
    return (
        f"There is too little to go by: only {about.selling} weeks had sales that count, and it"
        f" takes {LEAST_WEEKS}."
    )
