"""Pages of source records into their tables: what is new, what changed, what did not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import sqlalchemy as sa

from exempt.adapters.store.columns import micros, units
from exempt.adapters.store.database import (
    Row,
    insert,
    many,
    new_ids,
    one_of,
    run,
    run_many,
)
from exempt.model.address import Address
from exempt.model.record import SourceRecord
from exempt.model.sources import Customer, Employee, Order, Product

R = TypeVar("R", bound=SourceRecord)

ADDRESS = ("country", "state", "line1", "line2", "city", "postal_code")
_NO_ADDRESS: Row = (None,) * len(ADDRESS)


def _columns(prefix: str) -> tuple[str, ...]:
    return tuple(f"{prefix}_{part}" for part in ADDRESS)


@dataclass(frozen=True)
class SourceTable:
    """A table of one kind of source record; its rows are told apart by external id."""

    name: str
    columns: tuple[str, ...]
    stamps: tuple[str, ...] = ()

    @property
    def all_columns(self) -> tuple[str, ...]:
        """In the order of the rows: what every source record has comes first."""
        return ("external_id", "updated_at", "deleted_at", *self.columns)


@dataclass(frozen=True)
class Saved:
    """What became of a page's rows.

    Attributes:
        new: Ids of rows that were not there, by external id.
        changed: Ids of rows that were there and differ.
        same: Ids of rows that were there as they are.
        stale: Ids of rows that were there in a later state.
        before: Of the changed rows, how they stood before: `all_columns`, by external id.
    """

    new: dict[str, int]
    changed: dict[str, int]
    same: dict[str, int]
    stale: dict[str, int]
    before: dict[str, Row]

    @property
    def touched(self) -> dict[str, int]:
        """New and changed."""
        return {**self.new, **self.changed}


def save(
    connection: sa.Connection,
    table: SourceTable,
    connection_id: int,
    rows: Sequence[Row],
    at: dt.datetime,
) -> Saved:
    """Write *rows*, one an external id; leave alone what is as it should be.

    A row is ``(external_id, updated_at, None, *columns)``. Of two states of a
    record the later ``updated_at`` wins, whatever order they come in. *at* is
    kept as the moment of the change, and for new rows in ``stamps`` too.
    """
    now = micros(at)
    existing = _existing(connection, table, connection_id, [row[0] for row in rows])
    fresh = [row for row in rows if row[0] not in existing]
    changed: dict[str, int] = {}
    same: dict[str, int] = {}
    stale: dict[str, int] = {}
    updates: list[Row] = []
    for row in rows:
        if (found := existing.get(row[0])) is None:
            continue
        if found[1:] == row:
            same[row[0]] = found[0]
        elif _older(row[1], found[2]):
            stale[row[0]] = found[0]
        else:
            changed[row[0]] = found[0]
            updates.append((*row[1:], now, found[0]))
    ids = new_ids(connection, table.name, len(fresh))
    stamps = (now,) * (1 + len(table.stamps))
    insert(
        connection,
        table.name,
        ("id", "connection_id", *table.all_columns, "changed_at", *table.stamps),
        [(new_id, connection_id, *row, *stamps) for new_id, row in zip(ids, fresh, strict=True)],
    )
    assignments = ", ".join(f"{column} = ?" for column in (*table.all_columns[1:], "changed_at"))
    run_many(connection, f"UPDATE {table.name} SET {assignments} WHERE id = ?", updates)  # noqa: S608
    new = {row[0]: new_id for new_id, row in zip(ids, fresh, strict=True)}
    before = {external_id: existing[external_id][1:] for external_id in changed}
    return Saved(new=new, changed=changed, same=same, stale=stale, before=before)


def _existing(
    connection: sa.Connection, table: SourceTable, connection_id: int, external_ids: Sequence[str]
) -> dict[str, Row]:
    """``(id, *all_columns)`` by external id."""
    sql = (
        f"SELECT id, {', '.join(table.all_columns)} FROM {table.name}"  # noqa: S608
        f" WHERE connection_id = ? AND {one_of(connection, 'external_id')}"
    )
    rows = run(connection, sql, connection_id, many(connection, external_ids))
    return {row[1]: tuple(row) for row in rows}


def _older(updated_at: int | None, than: int | None) -> bool:
    return updated_at is not None and than is not None and updated_at < than


def latest(records: Iterable[R]) -> dict[str, R]:
    """One record an id: of two on a page the one changed later, else the one that came later."""
    found: dict[str, R] = {}
    for record in records:
        before = found.get(record.external_id)
        if before is None or not (
            record.updated_at and before.updated_at and record.updated_at < before.updated_at
        ):
            found[record.external_id] = record
    return found


def mark_deleted(
    connection: sa.Connection, table: str, connection_id: int, external_ids: Sequence[str], at: int
) -> None:
    """Remember that the source no longer has these."""
    if external_ids:
        sql = (
            f"UPDATE {table} SET deleted_at = ? WHERE connection_id = ? AND deleted_at IS NULL"  # noqa: S608
            f" AND {one_of(connection, 'external_id')}"
        )
        run(connection, sql, at, connection_id, many(connection, external_ids))


# --- the tables, and the row of a record -----------------------------------------------

CUSTOMERS = SourceTable(
    "source_customer",
    (
        "customer_id",
        "name",
        "number",
        "email",
        "tax_id",
        "parent_external_id",
        "bill_to",
        *_columns("billing"),
        "exempt",
        "exemption_number",
        "exemption_code",
        "resale_certificate_number",
        "code",
    ),
)
ORDERS = SourceTable(
    "sales_order",
    (
        "customer_external_id",
        "kind",
        "number",
        "order_date",
        *_columns("ship_to"),
        "currency",
        "total",
        "tax",
        "purchase_order_number",
        "tax_applicable",
        "certificate_number",
        "closed",
        "voided",
        "event_start_date",
        "event_end_date",
        "marketplace",
    ),
)
LINES = (
    "order_id",
    "position",
    "line_id",
    "product_external_id",
    "amount",
    "tax",
    "not_taxed_reason",
)
PRODUCTS = SourceTable("product", ("name", "tax_code", "active"), stamps=("first_seen_at",))
EMPLOYEES = SourceTable(
    "employee",
    ("label", *_columns("work"), *_columns("home"), "start_date", "end_date", "contractor"),
)


def _head(record: SourceRecord) -> Row:
    return (
        record.external_id,
        micros(record.updated_at) if record.updated_at is not None else None,
        None,
    )


def _day(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None


def address_row(address: Address | None) -> Row:
    """The six columns of an address."""
    if address is None:
        return _NO_ADDRESS
    return (
        address.country,
        address.state,
        address.line1,
        address.line2,
        address.city,
        address.postal_code,
    )


def customer_row(record: Customer, customer_id: int) -> Row:
    """A row of ``source_customer``."""
    return (
        *_head(record),
        customer_id,
        record.name,
        record.number,
        record.email,
        record.tax_id,
        record.parent_external_id,
        record.bill_to,
        *address_row(record.billing_address),
        record.exempt,
        record.exemption_number or None,
        record.exemption_code or None,
        record.resale_certificate_number or None,
        record.code or None,
    )


def ship_to_rows(row_id: int, record: Customer) -> list[Row]:
    """The rows of ``ship_to``: the ship-to addresses, else the billing address."""
    places = record.ship_to or ((record.billing_address,) if record.billing_address else ())
    return [
        (row_id, position, place.jurisdiction, *address_row(place))
        for position, place in enumerate(places)
    ]


def order_row(record: Order) -> Row:
    """A row of ``sales_order``."""
    currency = record.currency
    unit = units(currency)
    return (
        *_head(record),
        record.customer_external_id,
        str(record.kind),
        record.number,
        record.order_date.isoformat(),
        *address_row(record.ship_to),
        currency,
        round(record.total * unit),
        None if record.tax is None else round(record.tax * unit),
        record.purchase_order_number,
        record.tax_applicable,
        record.certificate_number,
        record.closed,
        record.voided,
        _day(record.event_start_date),
        _day(record.event_end_date),
        record.marketplace or None,
    )


def line_rows(order_id: int, record: Order) -> list[Row]:
    """The rows of ``order_line`` of one order."""
    unit = units(record.currency)
    return [
        (
            order_id,
            position,
            line.line_id,
            line.product_external_id,
            round(line.amount * unit),
            None if line.tax is None else round(line.tax * unit),
            line.not_taxed_reason and str(line.not_taxed_reason),
        )
        for position, line in enumerate(record.lines)
    ]


def product_row(record: Product) -> Row:
    """A row of ``product``."""
    return (*_head(record), record.name, record.tax_code, record.active)


def employee_row(record: Employee) -> Row:
    """A row of ``employee``."""
    return (
        *_head(record),
        record.label,
        *address_row(record.work_location),
        *address_row(record.home_location),
        _day(record.start_date),
        _day(record.end_date),
        record.contractor,
    )
