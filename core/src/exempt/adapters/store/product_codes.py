"""Every product id that sources have named, and the tax category of each."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from exempt.adapters.store.columns import micros, moment
from exempt.adapters.store.database import Row, many, one_of, run, run_many
from exempt.adapters.store.history import note
from exempt.services import product_ports as ports
from exempt.services.product_ports import (
    Assignment,
    ProductCode,
    ProductFilter,
    ProductSort,
    Sold,
)
from exempt.services.rows import Subject

_CODE = (
    "SELECT k.id, k.connection_id, n.name, n.company_id, k.external_id, k.first_seen_at, p.name,"
    " p.tax_code, CASE WHEN p.id IS NULL THEN NULL WHEN p.deleted_at IS NULL THEN p.active"
    " ELSE FALSE END, k.tax_category, k.assigned_at, k.assigned_by, k.assigned_why"
)
_FROM = (
    " FROM product_code k JOIN connection n ON n.id = k.connection_id"
    " LEFT JOIN product p ON p.connection_id = k.connection_id AND p.external_id = k.external_id"
)
_SOLD = (
    " FROM sales_order o JOIN order_line l ON l.order_id = o.id"
    " WHERE o.connection_id = ? AND o.deleted_at IS NULL AND NOT o.voided AND"
)


_SORTS = {
    ProductSort.WAITING: ("k.tax_category IS NOT NULL", "-k.first_seen_at"),
    ProductSort.PRODUCT: ("k.external_id",),
    ProductSort.NAME: ("lower(coalesce(p.name, k.external_id))",),
    ProductSort.SEEN: ("k.first_seen_at",),
    ProductSort.CATEGORY: ("coalesce(k.tax_category, '')",),
    ProductSort.SOURCE: ("n.name", "k.external_id"),
}


def name_products(
    connection: sa.Connection, connection_id: int, external_ids: Collection[str], at: int
) -> list[str]:
    """Remember that a connection named these, at *at* in microseconds; returns the new ones."""
    new = _unnamed(connection, connection_id, external_ids)
    sql = (
        "INSERT INTO product_code (connection_id, external_id, first_seen_at) VALUES (?, ?, ?)"
        " ON CONFLICT (connection_id, external_id) DO NOTHING"
    )
    # In one order, so that two that name the same do not wait for each other.
    run_many(connection, sql, [(connection_id, each, at) for each in new])
    return new


def _unnamed(
    connection: sa.Connection, connection_id: int, external_ids: Collection[str]
) -> list[str]:
    if not external_ids:
        return []
    sql = (
        "SELECT external_id FROM product_code WHERE connection_id = ?"  # noqa: S608
        f" AND {one_of(connection, 'external_id')}"
    )
    rows = run(connection, sql, connection_id, many(connection, list(external_ids)))
    return sorted({*external_ids} - {row[0] for row in rows})


class Products(ports.Products):
    """Product ids and their tax categories."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def seen(self, connection_id: int, external_ids: Collection[str], at: dt.datetime) -> list[str]:
        return name_products(self._c, connection_id, external_ids, micros(at))

    def new_in(self, connection_id: int, external_ids: Collection[str]) -> list[str]:
        return _unnamed(self._c, connection_id, external_ids)

    def categories(self, connection_id: int, external_ids: Collection[str]) -> dict[str, str]:
        if not external_ids:
            return {}
        sql = (
            "SELECT external_id, tax_category FROM product_code WHERE connection_id = ?"  # noqa: S608
            f" AND tax_category IS NOT NULL AND {one_of(self._c, 'external_id')}"
        )
        rows = run(self._c, sql, connection_id, many(self._c, list(external_ids)))
        return {row[0]: row[1] for row in rows}

    def named(self, connection_id: int, external_ids: Collection[str]) -> dict[str, ProductCode]:
        tests: list[Row] = [
            ("k.connection_id = ?", connection_id),
            (one_of(self._c, "k.external_id"), many(self._c, list(external_ids))),
        ]
        return {each.external_id: each for each in self._codes(tests)}

    def of(self, product_ids: Collection[int]) -> dict[int, ProductCode]:
        tests: list[Row] = [(one_of(self._c, "k.id"), many(self._c, list(product_ids)))]
        return {each.id: each for each in self._codes(tests)}

    def find(
        self, wanted: ProductFilter, *, after: int = 0, limit: int | None = None
    ) -> list[ProductCode]:
        return self._codes([("k.id > ?", after), *self._tests(wanted)], limit)

    def page(
        self,
        wanted: ProductFilter,
        sort: ProductSort,
        *,
        descending: bool = False,
        offset: int = 0,
        limit: int = 50,
    ) -> list[ProductCode]:
        way = " DESC" if descending else ""
        order = ", ".join(f"{column}{way}" for column in _SORTS[sort])
        tests = self._tests(wanted)
        sql = (
            f"{_CODE}{_FROM} WHERE {_all(tests)} ORDER BY {order}, k.id"
            f" LIMIT {limit:d} OFFSET {offset:d}"
        )
        return [_code(row) for row in run(self._c, sql, *_values(tests))]

    def count(self, wanted: ProductFilter) -> int:
        tests = self._tests(wanted)
        sql = f"SELECT count(*){_FROM} WHERE {_all(tests)}"
        return int(run(self._c, sql, *_values(tests))[0][0])

    def elsewhere(self, product_ids: Collection[int]) -> dict[int, dict[str, str]]:
        sql = (
            "SELECT k.id, m.name, e.tax_category FROM product_code k"  # noqa: S608
            " JOIN connection n ON n.id = k.connection_id"
            " JOIN connection m ON m.company_id = n.company_id AND m.id <> n.id"
            " JOIN product_code e ON e.connection_id = m.id AND e.external_id = k.external_id"
            f" WHERE e.tax_category IS NOT NULL AND {one_of(self._c, 'k.id')} ORDER BY 1, 2"
        )
        found: dict[int, dict[str, str]] = defaultdict(dict)
        for product_id, name, category in run(self._c, sql, many(self._c, list(product_ids))):
            found[product_id][name] = category
        return dict(found)

    # --- what was sold of them ---------------------------------------------------------

    def sold(self, product_ids: Collection[int]) -> dict[int, Sold]:
        columns = "l.product_external_id, o.currency, count(DISTINCT o.id), sum(l.amount)"
        found: dict[int, list[Row]] = defaultdict(list)
        for connection_id, ids in self._by_connection(list(self.of(product_ids).values())):
            for external_id, *figures in self._lines(connection_id, columns, ids, "GROUP BY 1, 2"):
                found[ids[external_id]].append(tuple(figures))
        return {product_id: _sold(figures) for product_id, figures in found.items()}

    def sold_in_all(self, wanted: ProductFilter) -> Sold:
        columns = "o.currency, count(DISTINCT o.id), sum(l.amount)"
        return _sold(
            [
                tuple(row)
                for connection_id, ids in self._by_connection(self.find(wanted))
                for row in self._lines(connection_id, columns, ids, "GROUP BY 1")
            ]
        )

    def first_order(self, product_id: int) -> int | None:
        for connection_id, ids in self._by_connection(list(self.of([product_id]).values())):
            for row in self._lines(connection_id, "o.id", ids, "ORDER BY o.id LIMIT 1"):
                return int(row[0])
        return None

    def _by_connection(self, codes: Sequence[ProductCode]) -> Iterator[tuple[int, dict[str, int]]]:
        """Our ids by those of the source, connection by connection."""
        found: dict[int, dict[str, int]] = defaultdict(dict)
        for code in codes:
            found[code.connection_id][code.external_id] = code.id
        yield from found.items()

    def _lines(
        self, connection_id: int, columns: str, ids: Collection[str], end: str
    ) -> Sequence[Any]:
        """Of the lines of a connection's orders that stand, those that name one of *ids*."""
        which = one_of(self._c, "l.product_external_id")
        sql = f"SELECT {columns}{_SOLD} {which} {end}"
        return run(self._c, sql, connection_id, many(self._c, list(ids)))

    # --- what they are -----------------------------------------------------------------

    def assign(self, assignments: Sequence[Assignment], at: dt.datetime, by: str) -> list[int]:
        wanted = {each.product_id: each for each in assignments}
        sql = f"SELECT id, tax_category FROM product_code WHERE {one_of(self._c, 'id')} ORDER BY id"  # noqa: S608
        before = dict(run(self._c, sql, many(self._c, list(wanted))))
        differ = [wanted[each] for each, kept in before.items() if kept != wanted[each].category]
        when = micros(at)
        run_many(
            self._c,
            "UPDATE product_code SET tax_category = ?, assigned_at = ?, assigned_by = ?,"
            " assigned_why = ? WHERE id = ?",
            [(each.category, when, by, each.why, each.product_id) for each in differ],
        )
        product = Subject.PRODUCT.value
        note(
            self._c,
            [
                (product, a.product_id, "tax_category", before[a.product_id], a.category, when, by)
                for a in differ
            ],
        )
        return [each.product_id for each in differ]

    # --- asking ------------------------------------------------------------------------

    def _tests(self, wanted: ProductFilter) -> list[Row]:
        """Conditions, each with its values."""
        tests: list[Row] = [("1 = 1",)]
        if wanted.company_ids is not None:
            of_these = one_of(self._c, "n.company_id")
            tests.append((of_these, many(self._c, sorted(wanted.company_ids))))
        if wanted.connection is not None:
            tests.append(("n.name = ?", wanted.connection))
        if wanted.mapped is not None:
            tests.append((f"k.tax_category IS {'NOT ' * wanted.mapped}NULL",))
        if wanted.category is not None:
            tests.append(("k.tax_category = ?", wanted.category))
        texts = (
            "lower(k.external_id || ' ' || coalesce(p.name, '') || ' ' || coalesce(p.tax_code, ''))"
        )
        words = (wanted.words or "").lower().split()
        return [*tests, *((f"{texts} LIKE ? ESCAPE '!'", f"%{_plain(each)}%") for each in words)]

    def _codes(self, tests: Sequence[Row], limit: int | None = None) -> list[ProductCode]:
        most = "" if limit is None else f" LIMIT {limit:d}"
        sql = f"{_CODE}{_FROM} WHERE {_all(tests)} ORDER BY k.id{most}"
        return [_code(row) for row in run(self._c, sql, *_values(tests))]


def _plain(word: str) -> str:
    """*word* for LIKE, in which its signs mean themselves."""
    for sign in "!%_":
        word = word.replace(sign, f"!{sign}")
    return word


def _code(row: Sequence[Any]) -> ProductCode:
    code = ProductCode(*row)
    return code._replace(
        first_seen_at=moment(row[5]),
        active=None if code.active is None else bool(code.active),
        assigned_at=None if row[10] is None else moment(row[10]),
    )


def _sold(rows: Collection[Row]) -> Sold:
    """Of rows of currency, orders and amount; an order has one currency."""
    amounts: dict[str, int] = defaultdict(int)
    for currency, _, amount in sorted(rows, key=lambda row: str(row[0])):
        amounts[currency] += int(amount)
    return Sold(sum(int(row[1]) for row in rows), dict(amounts))


def _all(tests: Sequence[Row]) -> str:
    return " AND ".join(test[0] for test in tests)


def _values(tests: Sequence[Row]) -> list[Any]:
    return [value for test in tests for value in test[1:]]
