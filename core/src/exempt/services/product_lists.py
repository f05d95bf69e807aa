"""Lists of products, as pages and the API give them out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from exempt.services import products
from exempt.services.ports import Transaction
from exempt.services.product_ports import ProductCode, ProductFilter, ProductSort, Sold
from exempt.services.products import Proposed

AT_ONCE = 500


class Part(NamedTuple):
    """Some products of a list.

    Attributes:
        total: How many fit, assigned or not; ``unmapped`` of them are not.
        proposed: What those that are shown and not assigned may be, by our id.
        sold: What was sold of those that are shown, where that was asked for.
    """

    codes: list[ProductCode]
    total: int
    unmapped: int
    proposed: Mapping[int, Proposed]
    sold: Mapping[int, Sold]


class Wanted(NamedTuple):
    """Which part of a list is asked for; with ``sold``, whose sales are added up line by line."""

    sort: ProductSort
    descending: bool
    offset: int
    limit: int
    sold: bool


def part(tx: Transaction, filters: ProductFilter, wanted: Wanted) -> Part:
    """Look up a part of a list."""
    every = filters._replace(mapped=None)
    codes = tx.products.page(
        filters,
        wanted.sort,
        descending=wanted.descending,
        offset=wanted.offset,
        limit=wanted.limit,
    )
    waiting = [code for code in codes if code.tax_category is None]
    return Part(
        codes,
        tx.products.count(every),
        unmapped(tx, filters),
        {each.code.id: each for each in products.proposals_for(tx, waiting)},
        tx.products.sold([code.id for code in codes]) if wanted.sold else {},
    )


def unmapped(tx: Transaction, filters: ProductFilter) -> int:
    """How many of those that fit nobody has assigned."""
    return tx.products.count(filters._replace(mapped=False))


def following(tx: Transaction, filters: ProductFilter, after: int, limit: int) -> list[ProductCode]:
    """The next of those that fit, by our id."""
    return tx.products.find(filters, after=after, limit=limit)


def with_sold(tx: Transaction, filters: ProductFilter) -> Iterator[tuple[ProductCode, Sold]]:
    """All that fit, by our id, each with what was sold of it; read in portions."""
    after = 0
    while codes := following(tx, filters, after, AT_ONCE):
        sold = tx.products.sold([code.id for code in codes])
        for code in codes:
            yield code, sold.get(code.id, Sold())
        after = codes[-1].id


def known(tx: Transaction, product_ids: Collection[int]) -> dict[int, ProductCode]:
    """Those with these ids of ours; others are absent."""
    return tx.products.of(product_ids)


def recounted(tx: Transaction, connection_ids: Collection[int]) -> list[str]:
    """The names of connections whose orders are counted anew."""
    return sorted(row.name for row in tx.connections.all() if row.id in connection_ids)
