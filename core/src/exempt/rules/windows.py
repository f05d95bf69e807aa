"""The days over which a threshold adds sales up, as they are on a day.

Every window is twelve months long. Most are fixed for a time: a year, a
quarter, or a month runs, and with it a window that ends when it does; the one
before it has ended already. Twelve months to the day move on every day.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterable
from typing import NamedTuple

from exempt.model.nexus import Tested, Threshold, WindowKind
from exempt.rules.dates import add_months
from exempt.rules.thresholds import version_on

_DAY = dt.timedelta(days=1)


class Window(NamedTuple):
    """A stretch of days, both ends included.

    Attributes:
        name: ``2026``, ``the 12 months to 2026-09-30``.
        first: Its first day.
        last: Its last day, which may lie ahead.
        counts_from: The first day on which it makes nexus: its own first day if
            it counts while it runs, else the day after its last.
    """

    name: str
    first: dt.date
    last: dt.date
    counts_from: dt.date


class _Rhythm(NamedTuple):
    """Which stretches of time follow on one another, and what their windows are called.

    Attributes:
        months: How long each is.
        begins: A month in which one begins.
        name: Of the window, by its last day.
        at_once: Whether the window of a stretch counts while that runs.
    """

    months: int
    begins: int
    name: str
    at_once: bool = False


_YEAR, _TWELVE = "{last:%Y}", "the 12 months to {last}"
_FIXED = {
    WindowKind.PREVIOUS_OR_CURRENT_YEAR: _Rhythm(12, 1, _YEAR, at_once=True),
    WindowKind.PREVIOUS_YEAR: _Rhythm(12, 1, _YEAR),
    WindowKind.TWELVE_MONTHS_TO_SEP_30: _Rhythm(12, 10, _TWELVE),
    WindowKind.ROLLING_12_CALENDAR_MONTHS: _Rhythm(1, 1, _TWELVE, at_once=True),
}


def _rhythm(threshold: Threshold, kind: WindowKind, fiscal_year_begins: int) -> _Rhythm | None:
    """That of a threshold, by the *kind* of its window; None = it moves on every day."""
    at_once = threshold.tested is Tested.CONTINUOUSLY
    if kind is WindowKind.SELLER_FISCAL_YEAR:
        return _Rhythm(12, fiscal_year_begins, "the fiscal year to {last}", at_once=True)
    if kind is WindowKind.ROLLING_FOUR_QUARTERS:
        return _Rhythm(
            3, threshold.quarter_first_month, "the 4 quarters to {last}", at_once=at_once
        )
    if kind is WindowKind.ROLLING_12_MONTHS:
        quarters = _Rhythm(3, threshold.quarter_first_month, _TWELVE)
        return None if at_once else quarters
    return _FIXED[kind]


def windows(
    threshold: Threshold, on: dt.date, *, fiscal_year_begins: int = 1
) -> tuple[Window, ...]:
    """The windows that count on the day *on*, and the one that will when it has ended.

    Where something runs, the running one comes first and the one that ended
    last second. Without an amount there is none.
    """
    if threshold.window is None:
        return ()
    rhythm = _rhythm(threshold, threshold.window, fiscal_year_begins)
    if rhythm is None:
        first = first_of_the_12_months_to(on)
        return (Window(f"the 12 months to {on}", first, on, first),)
    begun = _begin(rhythm, on)
    return tuple(_to(rhythm, end - _DAY) for end in (add_months(begun, rhythm.months), begun))


def _begin(rhythm: _Rhythm, on: dt.date) -> dt.date:
    """The first day of the year, quarter or month that runs on the day *on*."""
    return add_months(on.replace(day=1), -((on.month - rhythm.begins) % rhythm.months))


def _to(rhythm: _Rhythm, last: dt.date) -> Window:
    """The window with that last day, which is a month's."""
    first = first_of_the_12_months_to(last)
    counts_from = first if rhythm.at_once else last + _DAY
    return Window(rhythm.name.format(last=last), first, last, counts_from)


def same_through(threshold: Threshold, on: dt.date, *, fiscal_year_begins: int = 1) -> dt.date:
    """The last day on which the windows are the same as on the day *on*."""
    return max(w.last for w in windows(threshold, on, fiscal_year_begins=fiscal_year_begins))


def moves_daily(threshold: Threshold) -> bool:
    """Whether its window is the twelve months up to each day."""
    return (threshold.window, threshold.tested) == (
        WindowKind.ROLLING_12_MONTHS,
        Tested.CONTINUOUSLY,
    )


def first_of_the_12_months_to(last: dt.date) -> dt.date:
    """Where they begin: with *last* as a month's last day, on a month's first.

    The 12 months to 28 February 2025 begin on 1 March 2024, those to 29 February
    2024 on 1 March 2023, and those to 28 February 2024 on 28 February 2023.
    """
    return add_months(last + _DAY, -12)


def left_on(sold: dt.date) -> dt.date:
    """The first day on which a sale of the day *sold* is not in the 12 months to the day."""
    if (sold.month, sold.day) in {(2, 28), (2, 29)}:
        return dt.date(sold.year + 1, 2, calendar.monthrange(sold.year + 1, 2)[1])
    return sold.replace(year=sold.year + 1)


def oldest_needed(
    versions: Iterable[Threshold], on: dt.date, *, fiscal_year_begins: int = 1
) -> dt.date | None:
    """The first day whose sales matter on the day *on*; None = there is no line to reach."""
    threshold = version_on(versions, on)
    found = windows(threshold, on, fiscal_year_begins=fiscal_year_begins) if threshold else ()
    return min((window.first for window in found), default=None)


def day_months(versions: Iterable[Threshold], on: dt.date) -> frozenset[dt.date]:
    """The months, by their first day, of which single days are needed on the day *on*.

    Of every other month from `oldest_needed` through *on* the sum of the month
    will do. Needed by the day are those in which a window begins or ends within
    the month, and the month of *on* unless that is its last day: what is sold
    later does not count yet.
    """
    first = oldest_needed(versions, on)  # whose year it is does not matter: each begins a month
    if first is None:
        return frozenset()
    edges = [first] if first.day > 1 else []
    edges += [on] if (on + _DAY).day > 1 else []
    return frozenset(edge.replace(day=1) for edge in edges)
