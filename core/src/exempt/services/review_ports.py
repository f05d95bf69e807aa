"""What the services need of the store to review certificates: the queue, and what hangs on one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import NamedTuple, Protocol

from exempt.model.paper import Reading

BY_STAFF = ("staff", "import")
"""The sources of certificates that nobody need be told of: who entered them knows."""


class QueueFilter(NamedTuple):
    """Which certificates of the queue to list; what is None does not matter.

    Attributes:
        company_ids: Just those of customers of these companies.
        words: Part of a customer's name or number.
        limit: How many to give at most, after leaving out ``offset``.
    """

    company_ids: Collection[int] | None = None
    company_id: int | None = None
    jurisdiction: str | None = None
    customer_id: int | None = None
    words: str | None = None
    limit: int = 100
    offset: int = 0


class WaitingRow(NamedTuple):
    """A certificate that waits for review.

    Attributes:
        submission_id: What a customer sent in, that it was made of; None = it
            came in another way, see ``source``.
        since: The moment since which it waits.
        jurisdictions: Those it is for.
        sha256s: The files on it.
    """

    certificate_id: int
    submission_id: int | None
    source: str
    since: dt.datetime
    customer_id: int
    customer_name: str
    customer_number: str | None
    company_id: int
    company: str
    jurisdictions: tuple[str, ...] = ()
    sha256s: tuple[str, ...] = ()


class QueuePage(NamedTuple):
    """A part of the queue, oldest first.

    Attributes:
        total: How many fit the filters.
        states: How many wait for each state, the filter of states left out.
        companies: How many wait of each company, by id and name, its filter left out.
    """

    rows: list[WaitingRow]
    total: int
    states: Mapping[str, int]
    companies: Mapping[tuple[int, str], int]


class OpenOrder(NamedTuple):
    """An open order to a state that a certificate is for, and what is decided of it."""

    id: int
    number: str
    order_date: dt.date
    jurisdiction: str
    currency: str
    total: Decimal
    tax_applicable: bool | None


class OpenOrders(NamedTuple):
    """The open orders that a certificate might cover: the first ones, and how many there are."""

    orders: list[OpenOrder]
    total: int


class Reviews(Protocol):
    """Certificates that wait for review."""

    def page(self, filters: QueueFilter) -> QueuePage:
        """A part of the queue, oldest first."""
        ...

    def count(self, company_ids: Collection[int] | None = None) -> int:
        """How many wait."""
        ...

    def rows(self, certificate_ids: Collection[int]) -> list[WaitingRow]:
        """Those of these certificates that wait, oldest first."""
        ...

    def row(self, certificate_id: int) -> WaitingRow | None:
        """A certificate as the queue shows it, whether it waits or not."""
        ...

    def next_after(self, certificate_id: int | None, filters: QueueFilter) -> int | None:
        """The certificate that waits behind this one; the first where none does, or None."""
        ...

    def readings(self, sha256s: Collection[str]) -> dict[str, Reading]:
        """What was read in these documents, by their hash."""
        ...

    def open_orders(
        self, customer_ids: Collection[int], jurisdictions: Collection[str], limit: int
    ) -> OpenOrders:
        """Open orders of these customers and their ship-to customers to these states."""
        ...

    def without_notice(self, company_id: int, limit: int) -> list[WaitingRow]:
        """What waits in a company and no staff was owed a notice of, oldest first.

        What staff entered themselves, by hand or from a file, is left out.
        """
        ...
