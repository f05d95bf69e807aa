"""What a remote is told of an order or a customer, in a few words."""

from __future__ import annotations

from exempt.model.pushing import PushItem
from exempt.rules.wanted import Wanted


def in_words(told: PushItem | Wanted) -> str:
    """``exempt, N-1``, ``taxed``; of a customer ``TX exempt, CA taxed``."""
    if told.tax_applicable is not None:
        state = "taxed" if told.tax_applicable else "exempt"
        return f"{state}, {told.certificate_number}" if told.certificate_number else state
    return ", ".join(
        f"{each.jurisdiction.removeprefix('US-')} {'exempt' if each.exempt else 'taxed'}"
        for each in told.jurisdictions
    )
