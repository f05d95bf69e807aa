"""Rows of what sources keep back into records, of whichever stream."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from exempt.adapters.store import pages
from exempt.adapters.store.columns import moment
from exempt.adapters.store.database import Row, many, one_of, run
from exempt.adapters.store.pages import ADDRESS, SourceTable
from exempt.adapters.store.stored import address_of, order_of, stored_lines
from exempt.model.address import Address
from exempt.model.fetching import Stream
from exempt.model.record import SourceRecord
from exempt.model.sources import Customer, Employee, Product

TABLES: Mapping[Stream, SourceTable] = {
    Stream.CUSTOMERS: pages.CUSTOMERS,
    Stream.ORDERS: pages.ORDERS,
    Stream.PRODUCTS: pages.PRODUCTS,
    Stream.EMPLOYEES: pages.EMPLOYEES,
}


class Stored(NamedTuple):
    """A record, and the id of its row."""

    id: int
    record: SourceRecord


def stored_records(
    connection: sa.Connection, stream: Stream, connection_id: int, external_ids: Collection[str]
) -> dict[str, Stored]:
    """The records of a connection with these ids, but for deleted ones."""
    table = TABLES[stream]
    sql = (
        f"SELECT id, {', '.join(table.all_columns)} FROM {table.name}"  # noqa: S608
        f" WHERE connection_id = ? AND {one_of(connection, 'external_id')} AND deleted_at IS NULL"
    )
    rows = run(connection, sql, connection_id, many(connection, list(external_ids)))
    make = _READERS[stream](connection, [row[0] for row in rows])
    return {row[1]: Stored(row[0], make(row[0], tuple(row[1:]))) for row in rows}


Make = Callable[[int, Row], SourceRecord]


def _orders(connection: sa.Connection, ids: Sequence[int]) -> Make:
    lines = stored_lines(connection, ids)
    return lambda row_id, row: order_of(row, lines.get(row_id, ()))


def _customers(connection: sa.Connection, ids: Sequence[int]) -> Make:
    places: dict[int, list[Address]] = defaultdict(list)
    columns = ", ".join(f"address_{part}" for part in ADDRESS)
    sql = (
        f"SELECT source_customer_id, {columns} FROM ship_to"  # noqa: S608
        f" WHERE {one_of(connection, 'source_customer_id')} ORDER BY 1, position"
    )
    for row in run(connection, sql, many(connection, list(ids))):
        if place := address_of(tuple(row), 1):
            places[row[0]].append(place)

    def make(row_id: int, row: Row) -> Customer:
        said = _said(pages.CUSTOMERS, row)
        del said["customer_id"]
        said["bill_to"] = bool(said["bill_to"])
        said["exempt"] = None if said["exempt"] is None else bool(said["exempt"])
        billing = address_of(row, pages.CUSTOMERS.all_columns.index("billing_country"))
        return Customer(**said, billing_address=billing, ship_to=tuple(places[row_id]))

    return make


def _products(_connection: sa.Connection, _ids: Sequence[int]) -> Make:
    def make(_row_id: int, row: Row) -> Product:
        said = _said(pages.PRODUCTS, row)
        return Product(**{**said, "active": bool(said["active"])})

    return make


def _employees(_connection: sa.Connection, _ids: Sequence[int]) -> Make:
    columns = pages.EMPLOYEES.all_columns

    def make(_row_id: int, row: Row) -> Employee:
        said = _said(pages.EMPLOYEES, row)
        return Employee(
            **{**said, "contractor": bool(said["contractor"])},
            work_location=address_of(row, columns.index("work_country")),
            home_location=address_of(row, columns.index("home_country")),
        )

    return make


_READERS: Mapping[Stream, Callable[[sa.Connection, Sequence[int]], Make]] = {
    Stream.CUSTOMERS: _customers,
    Stream.ORDERS: _orders,
    Stream.PRODUCTS: _products,
    Stream.EMPLOYEES: _employees,
}


def _said(table: SourceTable, row: Row) -> dict[str, Any]:
    """What a row says, but for addresses and whether it was deleted."""
    said = dict(zip(table.all_columns, row, strict=True))
    del said["deleted_at"]
    if said["updated_at"] is not None:
        said["updated_at"] = moment(said["updated_at"])
    parts = tuple(f"_{part}" for part in ADDRESS)
    addresses = [name for name in said if name.endswith(parts) and name.partition("_")[0] in _SIDES]
    return {name: value for name, value in said.items() if name not in addresses}


_SIDES = ("billing", "work", "home", "ship")
