"""How near a company is to a jurisdiction's threshold on a day.

Sales come as buckets of a month each, and of a day each in the months at whose
days a window begins or ends: `day_months` tells which those are.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TypeVar

from exempt.model.nexus import (
    Base,
    Bucket,
    Exposure,
    ExposureStatus,
    Measure,
    Sale,
    Spell,
    Threshold,
    Totals,
)
from exempt.rules.reaching import Line, counted
from exempt.rules.spells import spells
from exempt.rules.thresholds import version_on
from exempt.rules.windows import Window, day_months, oldest_needed, windows

Id = TypeVar("Id", int, str)

__all__ = ["crossing", "day_months", "exposure", "measures", "oldest_needed", "spells", "sums"]


def measures(
    threshold: Threshold, buckets: Iterable[Bucket], on: dt.date, *, fiscal_year_begins: int = 1
) -> tuple[Measure, ...]:
    """What was sold in each window that counts on the day *on* or will count, nearest first.

    Of two that are as near the one that runs comes first. What is sold after
    *on* does not count. Without an amount there is nothing to measure.

    Args:
        threshold: The version to hold them against.
        buckets: A jurisdiction's sales from `oldest_needed` on, in any order; a
            bucket lies within a window or without.
        on: The day.
        fiscal_year_begins: The month in which the seller's own year begins.

    Raises:
        ValueError: A bucket lies across an edge of a window: give its days.
    """
    sold, line = list(buckets), Line.of(threshold)
    found = (
        _measure(threshold, line, sold, window, on)
        for window in windows(threshold, on, fiscal_year_begins=fiscal_year_begins)
    )
    return tuple(sorted(found, key=lambda each: (-each.percent, not each.reached)))


def _measure(
    threshold: Threshold, line: Line, buckets: Iterable[Bucket], window: Window, on: dt.date
) -> Measure:
    totals = sums(threshold, buckets, window.first, min(window.last, on))
    amount, transactions = counted(threshold.base or Base.GROSS, totals)
    return Measure(
        name=window.name,
        first=window.first,
        last=window.last,
        amount=amount,
        transactions=transactions,
        percent=line.percent(amount, transactions),
        reached=line.reached(amount, transactions),
        counts_from=window.counts_from,
    )


def sums(threshold: Threshold, buckets: Iterable[Bucket], first: dt.date, last: dt.date) -> Totals:
    """What was sold from *first* through *last*, marketplaces only if the threshold counts them.

    Raises:
        ValueError: A bucket lies across one of the two days: give its days.
    """
    within = [
        bucket.totals
        for bucket in buckets
        if bucket.first <= last
        and bucket.last >= first
        and (threshold.marketplace_sales or not bucket.marketplace)
        and _inside(bucket, first, last)
    ]
    return Totals(*map(sum, zip(*within, strict=True)))  # pragma: no mutate - all are as long


def _inside(bucket: Bucket, first: dt.date, last: dt.date) -> bool:
    if first <= bucket.first and bucket.last <= last:
        return True
    msg = f"sales of {bucket.first} to {bucket.last} lie across {first} to {last}: give days"
    raise ValueError(msg)


def exposure(
    versions: Sequence[Threshold],
    buckets: Iterable[Bucket],
    spells: Sequence[Spell],
    on: dt.date,
    *,
    approaching_percent: int = 80,
    fiscal_year_begins: int = 1,
) -> Exposure:
    """How near it is: by the version in force on the day *on*.

    Args:
        versions: Those of one jurisdiction, one at least, the oldest first.
        buckets: As for `measures`.
        spells: What `spells` found, through the day *on*.
        on: The day.
        approaching_percent: From which share of the line on it is near.
        fiscal_year_begins: The month in which the seller's own year begins.
    """
    threshold = version_on(versions, on)
    found = (
        measures(threshold, buckets, on, fiscal_year_begins=fiscal_year_begins) if threshold else ()
    )
    return Exposure(
        jurisdiction=versions[0].jurisdiction,
        on=on,
        threshold=threshold,
        status=_status(found, on, approaching_percent),
        percent=max((each.percent for each in found), default=Decimal(0)),
        measures=found,
        spells=tuple(spells),
    )


def _status(found: Sequence[Measure], on: dt.date, approaching_percent: int) -> ExposureStatus:
    if any(each.reached and each.counts_from <= on for each in found):
        return ExposureStatus.MET
    if any(each.percent >= approaching_percent for each in found):
        return ExposureStatus.APPROACHING
    return ExposureStatus.NONE


def crossing(threshold: Threshold, before: Totals, sales: Iterable[tuple[Id, Sale]]) -> Id | None:
    """The order that crossed the line, among those of the day on which it was crossed.

    It is the one from which on the line is reached through the end of the day.

    Args:
        threshold: The version by which the line was crossed.
        before: What was sold in the window before that day; see `sums`.
        sales: Those of the day in USD, by order id, in any order.

    Returns:
        Its id; None = the day did not cross it.
    """
    base, line = threshold.base or Base.GROSS, Line.of(threshold)
    amount, transactions = counted(base, before)
    crossed_by, is_reached = None, line.reached(amount, transactions)
    for order_id, sale in sorted(sales):
        if threshold.marketplace_sales or not sale.marketplace:
            amount += sum(getattr(sale, each.value) for each in base.treatments)
            transactions += sale.counts_as in base.treatments
        now = line.reached(amount, transactions)
        if now and not is_reached:
            crossed_by = order_id
        is_reached = now
    return crossed_by if is_reached else None
