"""What the services need to list orders with the decisions in force."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple, Protocol

from exempt.model.decision import Decision, Ground
from exempt.model.sources import OrderKind

MOST = 10_000
"""So many orders can be leafed through; of more it is said that there are more."""

COUNTED = 1_000
"""So many of them are counted at first, and more the further somebody leafs."""


class OrderState(StrEnum):
    """``open`` takes changes in its source; ``closed`` takes none; ``cancelled`` is not decided."""

    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class OrderSort(StrEnum):
    """By what a list of orders is sorted."""

    DATE = "date"
    NUMBER = "number"
    TOTAL = "total"


class Decided(StrEnum):
    """Which decisions are wanted.

    =======  ==================================================================
    exempt   no tax applies
    taxable  tax applies, to all of it or to a part
    without  sold as exempt with no certificate on file: exemption is claimed and
             nothing covers it, or a free-form number or somebody exempts it
    =======  ==================================================================
    """

    EXEMPT = "exempt"
    TAXABLE = "taxable"
    WITHOUT = "without"


class OrderFilter(NamedTuple):
    """Which orders to list; what is None does not matter. Those that a source deleted never are.

    Attributes:
        words: The beginning of an order's number or external id, or a part of
            the name or number of its customer.
        company_ids: Just those of connections of these companies.
        decided: Cancelled orders are left out then, as with ``ground``,
            ``jurisdiction`` and ``certificate_id``.
        customer_id: The billing customer.
        certificate_id: Those that go by this one.
        jurisdiction: The state that the goods go to.
        connection: The name of one.
        first: The earliest order date; ``last``: the latest.
        limit: How many to give at most, after leaving out ``offset``.
    """

    words: str = ""
    company_ids: Collection[int] | None = None
    decided: Decided | None = None
    ground: Ground | None = None
    customer_id: int | None = None
    certificate_id: int | None = None
    jurisdiction: str | None = None
    state: OrderState | None = None
    connection: str | None = None
    first: dt.date | None = None
    last: dt.date | None = None
    sort: OrderSort = OrderSort.DATE
    descending: bool = True
    limit: int = 50
    offset: int = 0


class OrderRow(NamedTuple):
    """An order in a list, with the decision in force.

    Attributes:
        number: Its number, else its external id.
        customer_id: The card of its billing customer; None = not known yet.
        ground: None = not decided, as with the ones that follow.
        certificate_number: What it shows; None = blank.
    """

    id: int
    connection: str
    kind: OrderKind
    number: str
    order_date: dt.date
    customer_id: int | None
    customer: str
    jurisdiction: str | None
    currency: str
    total: Decimal
    state: OrderState
    ground: Ground | None
    tax_applicable: bool | None
    exempt_percentage: Decimal
    certificate_id: int | None
    certificate_number: str | None
    decided_at: dt.datetime | None


class OrderPage(NamedTuple):
    """A part of a list of orders.

    Attributes:
        total: How many there are in the whole list; at most `MOST`, by date at first `COUNTED`.
        capped: There are more than that.
    """

    orders: list[OrderRow]
    total: int
    capped: bool = False


class Former(NamedTuple):
    """A decision for an order; ``superseded_at`` is None for the one in force."""

    decision: Decision
    decided_at: dt.datetime
    superseded_at: dt.datetime | None


class Orders(Protocol):
    """Orders listed, with the decisions in force; quick however many there are."""

    def page(self, filters: OrderFilter) -> OrderPage:
        """A part of a list."""
        ...

    def portion(self, filters: OrderFilter, beyond: OrderRow | None, limit: int) -> list[OrderRow]:
        """The next after *beyond* of all that fit, by date; the first without it.

        Sort, limit and offset of *filters* do not count.
        """
        ...

    def one(self, order_id: int) -> OrderRow | None:
        """The order with this id of ours, also one that its source deleted."""
        ...

    def decisions(self, order_id: int) -> list[Former]:
        """All that was ever decided for an order, the newest first."""
        ...
