"""Whether sales seem to count twice, as several connections or kinds of documents show them."""

from __future__ import annotations

from collections.abc import Collection

from exempt.rules.twice import Twins, twins
from exempt.services.ports import Transaction

NEWEST = 5_000
"""So many orders that came last are looked at."""


def counted_twice(
    tx: Transaction, company_ids: Collection[int], newest: int = NEWEST
) -> tuple[Twins, ...]:
    """Origins of one company's sales that seem to show the same ones, the most pairs first.

    Nothing is left out for it: which of the two counts is for the settings to
    say, by ``counts`` of the connection. Just the *newest* orders are looked at.
    """
    found: list[Twins] = []
    for company_id in sorted(company_ids):
        found += twins(tx.sales_checks.newest([company_id], newest))
    return tuple(found)
