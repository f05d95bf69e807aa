"""What the services need of the store to find cards that look like one customer."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple, Protocol

from exempt.rules.likeness import ComparedCard
from exempt.rules.matching import Likeness


class DoublesFilter(NamedTuple):
    """Which pairs of cards to list; what is None does not matter.

    Attributes:
        words: Part of the name, number, code, tax ID or e-mail of either.
        company_ids: Just those of these companies.
        limit: How many to give at most, after leaving out ``offset``; 0 = all.
    """

    words: str | None = None
    company_ids: Collection[int] | None = None
    limit: int = 0
    offset: int = 0


class AlikeRow(NamedTuple):
    """Two cards that look like one customer, the older one first.

    ``on_cards`` has, for number, tax ID and e-mail where they are the same, how
    many cards of the company have it.
    """

    low: ComparedCard
    high: ComparedCard
    on_cards: Mapping[Likeness, int]


class AlikePage(NamedTuple):
    """A part of a list of pairs, and how many there are in the whole list."""

    pairs: list[AlikeRow]
    total: int


class LookAlikes(Protocol):
    """Cards that look like one customer."""

    def pairs(self, filters: DoublesFilter) -> AlikePage:
        """A part of the pairs, those of the strongest likeness first.

        Of cards that are alike by the same thing each is paired with the
        oldest. Left out is who was said not to be the same; by number, tax ID,
        or name and zip the next older one takes its place. A billing customer
        and its ship-to customers are no pairs, and by tax ID, e-mail or name
        alone they count as one.
        """
        ...
