"""Thresholds, and the sales that are held against them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from exempt.model.nexus import Bucket, Threshold, Totals, Treatment

ORDINARY = {
    "jurisdiction": "US-TX",
    "in_force_from": dt.date(2019, 1, 1),
    "amount": 100_000,
    "window": "previous_or_current_calendar_year",
    "base": "gross",
    "source": "a test",
    "as_of": dt.date(2026, 10, 1),
    "review_by": dt.date(2026, 12, 31),
    "confidence": "high",
}
"""More than 100,000 dollars of all sales, this or last calendar year."""


def threshold(**changes: Any) -> Threshold:
    """The ordinary threshold, but for *changes*."""
    return Threshold.model_validate(ORDINARY | changes)


def sold(
    first: dt.date,
    dollars: float,
    transactions: int = 1,
    *,
    last: dt.date | None = None,
    treatment: Treatment = Treatment.TAXABLE,
    marketplace: bool = False,
) -> Bucket:
    """What was sold on a day, or through the day *last*."""
    totals = {treatment.value: round(dollars * 100), f"{treatment.value}_count": transactions}
    return Bucket(first, last or first, marketplace, Totals(**totals))
