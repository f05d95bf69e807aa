"""Cards that look like one customer, for a person to merge or to say that they are two."""

from __future__ import annotations

from typing import NamedTuple

from exempt.rules.likeness import ComparedCard, likenesses, to_keep, why_apart
from exempt.rules.matching import Likeness
from exempt.services.likeness_ports import DoublesFilter
from exempt.services.ports import Transaction


class Double(NamedTuple):
    """Two cards that look like one customer.

    Attributes:
        keep: The one that a merge should keep, and ``other``.
        likenesses: By what they look alike, the strongest first.
        why: Why matching left them apart.
    """

    keep: ComparedCard
    other: ComparedCard
    likenesses: tuple[Likeness, ...]
    why: str


class Doubles(NamedTuple):
    """A part of a list of pairs, and how many there are in the whole list."""

    pairs: list[Double]
    total: int


def doubles(tx: Transaction, filters: DoublesFilter) -> Doubles:
    """The pairs that fit, those of the strongest likeness first; see `LookAlikes.pairs`."""
    found = tx.likeness.pairs(filters)
    pairs = []
    for low, high, on_cards in found.pairs:
        keep, other = to_keep(low, high)
        why = why_apart(keep, other, on_cards)
        pairs.append(Double(keep, other, likenesses(low, high), why))
    return Doubles(pairs, found.total)
