"""What the sources keep, and the cards it belongs to."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa

from exempt.adapters.store import pages
from exempt.adapters.store.claims import recount
from exempt.adapters.store.columns import micros
from exempt.adapters.store.database import (
    Row,
    insert,
    lock,
    lock_company,
    many,
    one_of,
    run,
    run_many,
)
from exempt.adapters.store.following import follow
from exempt.adapters.store.history import note
from exempt.adapters.store.linking import link
from exempt.adapters.store.lookups import LookingUp
from exempt.adapters.store.pages import latest, line_rows, order_row, ship_to_rows
from exempt.adapters.store.presence import employees_gone, save_employees
from exempt.adapters.store.product_codes import name_products
from exempt.adapters.store.ship_tos import follow_parents
from exempt.adapters.store.statistics import look_at_tables
from exempt.adapters.store.stored import corrections, stored_lines
from exempt.model.fetching import Page, Rejected, Stream
from exempt.model.record import SourceRecord
from exempt.model.sources import Customer, Employee, Order, Product
from exempt.services import ports
from exempt.services.rows import (
    ConnectionRow,
    SavedOrders,
    SavedRecords,
    StoredOrder,
)

_MANY = 100
"""New rows of a page that change what a table is like."""

_PRODUCT = pages.LINES.index("product_external_id")
_TABLES = {
    Stream.CUSTOMERS: "source_customer",
    Stream.ORDERS: "sales_order",
    Stream.PRODUCTS: "product",
    Stream.EMPLOYEES: "employee",
}
_SHIP_TO = (
    "source_customer_id",
    "position",
    "jurisdiction",
    *(f"address_{part}" for part in pages.ADDRESS),
)


class Sources(LookingUp, ports.Sources):
    """Customers, orders, products and employees of all connections."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def save_customers(
        self, connection: ConnectionRow, records: Iterable[Customer], at: dt.datetime
    ) -> SavedRecords:
        # Two connections of one company must not make two cards of one customer.
        lock_company(self._c, connection.company_id)
        customers = latest(records)
        before = self.cards(connection.id, customers.keys())
        links = link(self._c, connection, customers, at)
        rows = [pages.customer_row(c, links[c.external_id]) for c in customers.values()]
        saved = pages.save(self._c, pages.CUSTOMERS, connection.id, rows, at)
        moved = follow(self._c, connection, saved, customers, links, at)
        elsewhere = self._save_ship_tos(saved, customers)
        new = {links[external_id] for external_id in saved.new}
        left = {
            card.customer_id
            for external_id, card in before.items()
            if card.customer_id != links[external_id]
        }
        moved |= recount(self._c, list(left), micros(at), connection.name)
        self._note_moved(
            connection, customers, {e: c.customer_id for e, c in before.items()}, links, at
        )
        new |= {links[each] for each, card in before.items() if card.customer_id in left} | left
        new |= self._rehomed(connection, saved, customers, links)
        follow_parents(self._c, connection, saved.touched, micros(at), new=saved.new)
        return SavedRecords(
            new=len(saved.new),
            changed=len(saved.changed) + elsewhere,
            unchanged=len(saved.same) + len(saved.stale) - elsewhere,
            customer_ids=frozenset(moved | new),
        )

    def _rehomed(
        self,
        connection: ConnectionRow,
        saved: pages.Saved,
        customers: dict[str, Customer],
        links: dict[str, int],
    ) -> set[int]:
        """Cards of customers that are back, or another's ship-to now; and whose they were."""
        again, parents = set(), set()
        for external_id, row in saved.before.items():
            was = dict(zip(pages.CUSTOMERS.all_columns, row, strict=True))
            moved = was["parent_external_id"] != customers[external_id].parent_external_id
            if moved or was["deleted_at"] is not None:
                again.add(links[external_id])
            if moved and was["parent_external_id"]:
                parents.add(was["parent_external_id"])
        homes = self.cards(connection.id, parents) if parents else {}
        return again | {card.customer_id for card in homes.values()}

    def _save_ship_tos(self, saved: pages.Saved, customers: dict[str, Customer]) -> int:
        """Save where goods go; returns how many customers changed in that alone."""
        ids = {**saved.touched, **saved.same}
        places = {row_id: ship_to_rows(row_id, customers[each]) for each, row_id in ids.items()}
        stored: dict[int, list[Row]] = {row_id: [] for row_id in places}
        mine = one_of(self._c, "source_customer_id")
        sql = f"SELECT {', '.join(_SHIP_TO)} FROM ship_to WHERE {mine} ORDER BY 1, position"  # noqa: S608
        for row in run(self._c, sql, many(self._c, list(places))):
            stored[row[0]].append(tuple(row))
        differ = [row_id for row_id, rows in places.items() if rows != stored[row_id]]
        run(self._c, f"DELETE FROM ship_to WHERE {mine}", many(self._c, differ))  # noqa: S608
        rows = [row for row_id in differ for row in places[row_id]]
        insert(self._c, "ship_to", _SHIP_TO, rows)
        return len(set(differ) & set(saved.same.values()))

    def save_orders(
        self, connection: ConnectionRow, records: Iterable[Order], at: dt.datetime
    ) -> SavedOrders:
        lock_company(self._c, connection.company_id)
        orders = latest(records)
        rows = [order_row(order) for order in orders.values()]
        saved = pages.save(self._c, pages.ORDERS, connection.id, rows, at)
        changed = {**saved.changed, **self._with_other_lines(saved.same, orders)}
        self._drop_lines(changed.values())
        touched = [
            StoredOrder(order_id, connection.id, orders[external_id], at)
            for external_id, order_id in {**saved.new, **changed}.items()
        ]
        lines = [row for order in touched for row in line_rows(order.id, order.record)]
        insert(self._c, "order_line", pages.LINES, lines)
        named = {row[_PRODUCT] for row in lines if row[_PRODUCT]}
        name_products(self._c, connection.id, named, micros(at))
        if len(saved.new) >= _MANY:
            look_at_tables(self._c)
        after = {row[0]: row for row in rows}
        sales = {(_sale(before), _sale(after[each])) for each, before in saved.before.items()}
        corrected = {
            saved.changed[each]: corrections(before, after[each])
            for each, before in saved.before.items()
        }
        return SavedOrders(
            touched,
            len(saved.new),
            len(orders) - len(touched),
            {order_id: changes for order_id, changes in corrected.items() if changes},
            frozenset(before for before, now in sales if before and before != now),
        )

    def _with_other_lines(self, same: dict[str, int], orders: dict[str, Order]) -> dict[str, int]:
        """Those of *same* whose lines differ from what is stored."""
        stored = stored_lines(self._c, same.values())
        return {
            external_id: order_id
            for external_id, order_id in same.items()
            if stored.get(order_id, []) != line_rows(order_id, orders[external_id])
        }

    def _drop_lines(self, order_ids: Iterable[int]) -> None:
        if ids := list(order_ids):
            sql = f"DELETE FROM order_line WHERE {one_of(self._c, 'order_id')}"  # noqa: S608
            run(self._c, sql, many(self._c, ids))

    def save_products(
        self, connection: ConnectionRow, records: Iterable[Product], at: dt.datetime
    ) -> SavedRecords:
        lock(self._c, f"products of connection {connection.id}")
        rows = [pages.product_row(product) for product in latest(records).values()]
        name_products(self._c, connection.id, [row[0] for row in rows], micros(at))
        return _counts(pages.save(self._c, pages.PRODUCTS, connection.id, rows, at))

    def save_employees(
        self, connection: ConnectionRow, records: Iterable[Employee], at: dt.datetime
    ) -> SavedRecords:
        return save_employees(self._c, connection, records, at)

    def mark_deleted(
        self,
        connection: ConnectionRow,
        stream: Stream,
        external_ids: Sequence[str],
        at: dt.datetime,
    ) -> frozenset[int]:
        if stream is Stream.CUSTOMERS:
            lock_company(self._c, connection.company_id)
            self._note_deleted(connection, external_ids, at)
        if stream is Stream.EMPLOYEES:
            employees_gone(self._c, connection.id, external_ids, at)
        table = _TABLES[stream]
        pages.mark_deleted(self._c, table, connection.id, external_ids, micros(at))
        if stream is not Stream.CUSTOMERS or not external_ids:
            return frozenset()
        gone = one_of(self._c, "g.external_id")
        related = (
            "SELECT g.customer_id, r.customer_id FROM source_customer g"  # noqa: S608
            " JOIN source_customer r ON r.connection_id = g.connection_id"
            f" AND {{how}} WHERE g.connection_id = ? AND {gone}"
        )
        links = (
            "r.external_id = g.external_id",  # itself
            "r.external_id = g.parent_external_id",  # whose ship-to it was
            "r.parent_external_id = g.external_id",  # and its own ship-tos
        )
        sql = " UNION ".join(related.format(how=how) for how in links)
        parameters = (connection.id, many(self._c, list(external_ids))) * len(links)
        rows = run(self._c, sql, *parameters)
        follow_parents(self._c, connection, external_ids, micros(at))
        recount(self._c, sorted({row[0] for row in rows}), micros(at), connection.name)
        return frozenset(row[1] for row in rows)

    def _note_moved(
        self,
        connection: ConnectionRow,
        customers: Mapping[str, Customer],
        before: Mapping[str, int],
        links: Mapping[str, int],
        at: dt.datetime,
    ) -> None:
        """Write into histories which records matching took from one card to another."""
        notes: list[Row] = []
        for external_id, card in before.items():
            if links[external_id] != card:
                said = f"{connection.name} {external_id} {customers[external_id].name}"
                tail = (micros(at), connection.name)
                notes.append(("customer", card, "sources", said, None, *tail))
                notes.append(("customer", links[external_id], "sources", None, said, *tail))
        note(self._c, notes)

    def _note_deleted(
        self, connection: ConnectionRow, external_ids: Sequence[str], at: dt.datetime
    ) -> None:
        """Write into histories which records a source is about to have no more."""
        sql = (
            "SELECT customer_id, external_id, name FROM source_customer WHERE connection_id = ?"  # noqa: S608
            f" AND deleted_at IS NULL AND {one_of(self._c, 'external_id')} ORDER BY id"
        )
        rows = run(self._c, sql, connection.id, many(self._c, list(external_ids)))
        note(
            self._c,
            [
                (
                    *("customer", card, "sources", f"{connection.name} {external_id} {name}", None),
                    *(micros(at), connection.name),
                )
                for card, external_id, name in rows
            ],
        )

    def save_rejected(
        self,
        connection_id: int,
        stream: Stream,
        page: Page[SourceRecord],
        cursor: str | None,
        at: dt.datetime,
    ) -> None:
        """A row that is rejected again stands once; one that came in well is dropped.

        A row without an identifier is known by its page and its name there.
        """
        place = hashlib.sha256((cursor or "").encode()).hexdigest()[:16]
        come = [r.external_id for r in page.records]
        come += [r.external_id for r in page.rejected if r.external_id]
        known = one_of(self._c, "external_id")
        sql = f"DELETE FROM rejected_row WHERE connection_id = ? AND stream = ? AND {known}"  # noqa: S608
        run(self._c, sql, connection_id, stream.value, many(self._c, come))
        sql = (
            "DELETE FROM rejected_row WHERE connection_id = ? AND stream = ?"
            " AND external_id IS NULL AND page = ?"
        )
        run(self._c, sql, connection_id, stream.value, place)
        run_many(
            self._c,
            "INSERT INTO rejected_row"
            " (connection_id, stream, external_id, page, row_name, reason, seen_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (connection_id, stream.value, r.external_id, place, r.row, r.reason, micros(at))
                for r in page.rejected
            ],
        )

    def rejected(self, connection_id: int) -> list[tuple[str, Rejected]]:
        sql = (
            "SELECT stream, row_name, reason, external_id FROM rejected_row"
            " WHERE connection_id = ? ORDER BY id"
        )
        return [
            (stream, Rejected(row=row, reason=reason, external_id=external_id))
            for stream, row, reason, external_id in run(self._c, sql, connection_id)
        ]


def _sale(row: Row) -> tuple[str, str] | None:
    """The customer and the state that an order went to, if it went to one."""
    was = dict(zip(pages.ORDERS.all_columns, row, strict=True))
    place = was["ship_to_state"]
    if place is None:
        return None
    return was["customer_external_id"], f"{was['ship_to_country']}-{place.upper()}"


def _counts(saved: pages.Saved) -> SavedRecords:
    return SavedRecords(len(saved.new), len(saved.changed), len(saved.same) + len(saved.stale))
