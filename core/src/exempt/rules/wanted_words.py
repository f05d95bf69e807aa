"""What a remote is told of an order or a customer, in a few words."""

from __future__ import annotations

from exempt.model.pushing import JurisdictionStatus, PushItem
from exempt.rules.wanted import Wanted


def in_words(told: PushItem | Wanted) -> str:
    """``exempt, N-1``, ``taxed``; of a customer ``TX exempt, CA taxed, WA 40% exempt``."""
    if told.tax_applicable is not None:
        state = "taxed" if told.tax_applicable else "exempt"
        return f"{state}, {told.certificate_number}" if told.certificate_number else state
    return ", ".join(f"{_state(each.jurisdiction)} {_status(each)}" for each in told.jurisdictions)


def _state(jurisdiction: str) -> str:
    return jurisdiction.removeprefix("US-")


def _status(told: JurisdictionStatus) -> str:
    if told.exempt_percentage:
        return f"{told.exempt_percentage.normalize():f}% exempt"
    return "exempt" if told.exempt else "taxed"
