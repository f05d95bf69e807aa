"""For how long the times in which a threshold was met stay what they are, if nothing is sold.

So what was worked out once is kept, and is worked out again just when a day
comes that may change it: a window ends, another version is in force, sales of a
year ago leave the twelve months to the day, or sales dated ahead begin to count.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence

from exempt.model.nexus import Bucket, Threshold
from exempt.rules.spells import spells
from exempt.rules.thresholds import version_on
from exempt.rules.windows import moves_daily, same_through

_DAY = dt.timedelta(days=1)
_YEAR = dt.timedelta(days=366)


def holds_through(
    versions: Sequence[Threshold],
    day_buckets: Collection[Bucket],
    on: dt.date,
    *,
    fiscal_year_begins: int = 1,
) -> dt.date:
    """The last day through which `spells` finds the same as through the day *on*, or earlier.

    It may be somewhat early, and is never too late.

    Args:
        versions: Those of one jurisdiction, the oldest first.
        day_buckets: All its sales, a day each; those after *on*, too.
        on: The day.
        fiscal_year_begins: The month in which the seller's own year begins.
    """
    ahead = [day for day in _days_of_change(versions, day_buckets) if day > on]
    last = min(ahead) - _DAY if ahead else dt.date.max
    threshold = version_on(versions, on)
    if threshold is None or threshold.amount is None:
        return last
    if not moves_daily(threshold):
        return min(last, same_through(threshold, on, fiscal_year_begins=fiscal_year_begins))
    last = min(last, on + _YEAR)  # by then all that was sold has left the twelve months
    to_come = spells(versions, day_buckets, last, fiscal_year_begins=fiscal_year_begins)
    changes = [
        day for spell in to_come for day in (spell.met_on, spell.ended_on) if day and day > on
    ]
    return min(changes) - _DAY if changes else last


def _days_of_change(
    versions: Sequence[Threshold], day_buckets: Collection[Bucket]
) -> Iterator[dt.date]:
    for version in versions:
        yield version.in_force_from
        if version.in_force_through:
            yield version.in_force_through + _DAY
    for bucket in day_buckets:
        yield bucket.first
