"""Which mail of a series is due: notices before certificates end, reminders after requests.

Source: requirement C14, mails 30, 7 and 0 days before the end, by a setting.
Ours beyond that: of mails that were missed, since nothing ran, only the last
is still sent, and none long after its time; an end that another certificate
outlives is none; an end for want of sales is none either, as it moves with
the next sale.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from typing import NamedTuple

from exempt.model.certificate import Coverage
from exempt.rules.wanted import levies, stands_for_all_orders

LATE = dt.timedelta(days=14)
"""How long after an end, or after the last reminder's day, what was missed is still sent."""


class Series(NamedTuple):
    """The days on which the mails of a series go out, in order, and until when they still may."""

    days: tuple[dt.date, ...]
    until: dt.date

    def due(self, went_out: Collection[dt.date], on: dt.date) -> int | None:
        """Which mail is due on the day *on*: 1 for the first; None = none.

        *went_out* are the days on which mails of the series did so before.
        """
        number = sum(day <= on for day in self.days)
        if not number or self.until < on:
            return None
        since = self.days[number - 1]
        return None if any(since <= day for day in went_out) else number


def before_end(end: dt.date, days: Collection[int]) -> Series:
    """The notices of an end, so many *days* before it."""
    planned = (end - dt.timedelta(number) for number in set(days))
    return Series(tuple(sorted(planned)), end + LATE)


def after_request(first: dt.date, days: Collection[int]) -> Series:
    """The reminders of a request whose *first* mail went out on that day, so many *days* later."""
    planned = sorted(first + dt.timedelta(number) for number in set(days))
    return Series(tuple(planned), max(planned, default=first) + LATE)


def endings(held: Iterable[Coverage], on: dt.date) -> list[Coverage]:
    """What comes to an end of what a customer may use: in each jurisdiction the last to do so.

    Those that serve for all orders, took effect by the day *on*, and have not
    lapsed; the end itself may be over. Where one has no end nothing ends.
    """
    last: dict[str, Coverage] = {}
    for coverage in held:
        if _matters(coverage, on):
            rival = last.setdefault(coverage.jurisdiction, coverage)
            last[coverage.jurisdiction] = max(rival, coverage, key=_lasts)
    return [
        last[place]
        for place in sorted(last)
        if last[place].expiration_date is not None and last[place].effective_date <= on
    ]


def _matters(coverage: Coverage, on: dt.date) -> bool:
    return (
        stands_for_all_orders(coverage, on)
        and not coverage.apply_tax
        and levies(coverage.jurisdiction)
        and not _lapsed(coverage, on)
    )


def _lapsed(coverage: Coverage, on: dt.date) -> bool:
    """Whether it ended for want of sales, on or before its own end."""
    until = min(on, coverage.expiration_date or on)
    return coverage.held_through is not None and coverage.held_through < until


def _lasts(coverage: Coverage) -> tuple[dt.date, int]:
    return coverage.expiration_date or dt.date.max, -coverage.certificate_id
