"""What the services need of the store to list deliveries for people."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import NamedTuple, Protocol

from exempt.services.delivery_ports import DeliveryView
from exempt.services.rows import DeliveryTarget

MOST = 10_000
"""So many deliveries are counted and can be leafed through; of more it is said that there are."""


class OwedState(StrEnum):
    """How deliveries stand, as people choose them.

    ==========  ==================================================================
    dead        failed: waits for a person
    maybe_sent  of those, the mails that may have gone out all the same
    pending     owed: on its way, or to be tried again
    sent        done
    dropped     given up by a person
    superseded  not wanted any more, since something newer is
    ==========  ==================================================================
    """

    DEAD = "dead"
    MAYBE_SENT = "maybe_sent"
    PENDING = "pending"
    SENT = "sent"
    DROPPED = "dropped"
    SUPERSEDED = "superseded"


class OwedFilter(NamedTuple):
    """Which deliveries to list, the newest first; what is empty does not matter.

    Attributes:
        words: The number or external id of an order, or the external id of what else is told of.
        company_ids: Just those of connections of these companies.
        connection: The name of one.
        limit: How many to give at most, after leaving out ``offset``.
    """

    words: str = ""
    company_ids: Collection[int] | None = None
    state: OwedState | None = None
    targets: Collection[DeliveryTarget] = ()
    connection: str = ""
    limit: int = 50
    offset: int = 0


class OwedPage(NamedTuple):
    """A part of a list of deliveries.

    Attributes:
        total: How many there are in the whole list; at most `MOST`.
        capped: There are more than that.
    """

    deliveries: list[DeliveryView]
    total: int
    capped: bool = False


class OwedCounts(NamedTuple):
    """How many wait for a person, of these mails that may have gone out; and how many are owed."""

    dead: int = 0
    maybe_sent: int = 0
    pending: int = 0


class OwedLists(Protocol):
    """Deliveries listed for people; quick however many there were."""

    def page(self, filters: OwedFilter) -> OwedPage:
        """A part of a list."""
        ...

    def counts(self, company_ids: Collection[int] | None = None) -> OwedCounts:
        """How many there are that are not done."""
        ...

    def portion(self, filters: OwedFilter, before: int | None, limit: int) -> list[DeliveryView]:
        """The next of all that fit, older than the delivery *before*."""
        ...
