"""What the services need of the store to know products, and what each is for tax."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol


class ProductCode(NamedTuple):
    """A product id that a connection named, in its list of products or on an order's line.

    Attributes:
        id: Ours.
        external_id: As the source writes it.
        name: As the source's list of products has it; None = it is on orders only.
        tax_code: Its code in the source, from the same list.
        active: Whether the list has it as active; None = it was never in the list.
        tax_category: What it is for tax; None = nobody said yet.
        assigned_why: The proposal that was accepted, if one was.
    """

    id: int
    connection_id: int
    connection: str
    company_id: int
    external_id: str
    first_seen_at: dt.datetime
    name: str | None
    tax_code: str | None
    active: bool | None
    tax_category: str | None
    assigned_at: dt.datetime | None
    assigned_by: str | None
    assigned_why: str | None


class ProductFilter(NamedTuple):
    """Which product ids are wanted; what is None does not matter.

    Attributes:
        company_ids: Those of connections of these companies.
        connection: Those of the connection with this name.
        mapped: Just those with a tax category, or just those without.
        category: Those with this tax category.
        words: All of them stand in the id, the name or the source's tax code.
    """

    company_ids: Collection[int] | None = None
    connection: str | None = None
    mapped: bool | None = None
    category: str | None = None
    words: str | None = None


class ProductSort(StrEnum):
    """By what products are listed; of equals the lowest id of ours comes first.

    ========  ==========================================================
    waiting   those without a tax category, then by the day first seen, the latest first
    product   the id in its source
    name      the name
    seen      when it was first seen
    category  what it is for tax
    source    the connection
    ========  ==========================================================
    """

    WAITING = "waiting"
    PRODUCT = "product"
    NAME = "name"
    SEEN = "seen"
    CATEGORY = "category"
    SOURCE = "source"


class Sold(NamedTuple):
    """What was sold of products: orders that stand, and the amounts of their lines.

    Attributes:
        orders: How many name them.
        amounts: In minor units, by currency, credits taken off.
    """

    orders: int = 0
    amounts: Mapping[str, int] = {}


class Assignment(NamedTuple):
    """A tax category for a product id; None takes it away."""

    product_id: int
    category: str | None
    why: str | None = None


class Products(Protocol):
    """Every product id that sources have named, and its tax category."""

    def seen(self, connection_id: int, external_ids: Collection[str], at: dt.datetime) -> list[str]:
        """Remember that a connection named these; returns those that it never had before.

        Saving orders and products does it by itself.
        """
        ...

    def categories(self, connection_id: int, external_ids: Collection[str]) -> dict[str, str]:
        """The tax categories of these, by external id; those without one are absent."""
        ...

    def new_in(self, connection_id: int, external_ids: Collection[str]) -> list[str]:
        """Those of these that the connection never named before, in order."""
        ...

    def named(self, connection_id: int, external_ids: Collection[str]) -> dict[str, ProductCode]:
        """What is known of these, by external id; those never named are absent."""
        ...

    def of(self, product_ids: Collection[int]) -> dict[int, ProductCode]:
        """Those with these ids of ours; others are absent."""
        ...

    def find(
        self, wanted: ProductFilter, *, after: int = 0, limit: int | None = None
    ) -> list[ProductCode]:
        """Those that are *wanted*, by our id, at most *limit* of them from *after* on."""
        ...

    def page(
        self,
        wanted: ProductFilter,
        sort: ProductSort,
        *,
        descending: bool = False,
        offset: int = 0,
        limit: int = 50,
    ) -> list[ProductCode]:
        """Some of those that are *wanted*, sorted."""
        ...

    def count(self, wanted: ProductFilter) -> int:
        """How many are *wanted*."""
        ...

    def elsewhere(self, product_ids: Collection[int]) -> dict[int, dict[str, str]]:
        """The categories of the same external ids in other connections of the company.

        By product, then by the name of the connection.
        """
        ...

    def sold(self, product_ids: Collection[int]) -> dict[int, Sold]:
        """What was sold of each; what never was is absent."""
        ...

    def sold_in_all(self, wanted: ProductFilter) -> Sold:
        """What was sold of all that are *wanted*; an order that names several counts once."""
        ...

    def first_order(self, product_id: int) -> int | None:
        """The order with the lowest id of ours that names it."""
        ...

    def assign(self, assignments: Sequence[Assignment], at: dt.datetime, by: str) -> list[int]:
        """Give products their categories, with a line in their histories.

        Returns:
            The ids of those that had another category before.
        """
        ...
