"""What a test of the store, or of what stands on it, begins with."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Collection
from typing import Any

import sqlalchemy as sa

from exempt.adapters.store.store import SqlStore
from exempt.model.certificate import ReviewStatus
from exempt.model.checking import Capability
from exempt.model.fetching import Page, Rejected, Stream
from exempt.model.sources import Customer, Order
from exempt.services.ports import Transaction
from exempt.services.rows import (
    ConnectionRow,
    CustomerFilter,
    CustomerRow,
    SavedOrders,
    SavedRecords,
)
from support.records import NOW, TODAY, details

MINUTE = dt.timedelta(minutes=1)


def connected(
    store: SqlStore,
    name: str = "erp",
    *,
    company: str = "northwind",
    capabilities: Collection[Capability] = tuple(Capability),
) -> ConnectionRow:
    """A connection, and the company it belongs to."""
    with store.writing() as tx:
        tx.connections.company(company, company.title(), None)
        return tx.connections.register(name, "fake", company, capabilities)


def save_orders(store: SqlStore, row: ConnectionRow, *orders: Order) -> SavedOrders:
    """Save a page of orders, undecided."""
    with store.writing() as tx:
        return tx.sources.save_orders(row, orders, NOW)


def save_customers(
    store: SqlStore, row: ConnectionRow, *customers: Customer, at: dt.datetime = NOW
) -> SavedRecords:
    """Save a page of customers; orders are not decided anew."""
    with store.writing() as tx:
        return tx.sources.save_customers(row, customers, at)


def customers_in(tx: Transaction, words: str | None = None) -> list[CustomerRow]:
    """The customers that *words* fit, or all, by name."""
    return tx.cards.page(CustomerFilter(words), TODAY).customers


def enter(tx: Transaction, customer_id: int, *states: str, **changes: Any) -> int:
    """Enter an accepted certificate of a customer, with nothing decided; its id."""
    new = details(*states, **{"customer_ids": (customer_id,), **changes})
    return tx.certificates.add(new, ReviewStatus.ACCEPTED, NOW, by="anna", source="staff")


def save_rejected(
    store: SqlStore,
    row: ConnectionRow,
    *rejected: Rejected,
    records: Collection[Any] = (),
    cursor: str | None = None,
) -> None:
    """What becomes of the rejected rows of a page of orders."""
    page: Page[Any] = Page(records=tuple(records), rejected=rejected)
    with store.writing() as tx:
        tx.sources.save_rejected(row.id, Stream.ORDERS, page, cursor, NOW)


def rows(store: SqlStore, sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    with store.database.reading() as connection:
        return [tuple(row) for row in connection.execute(sa.text(sql), parameters)]


def everything(store: SqlStore) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, so that two moments can be compared."""
    with store.database.reading() as connection:
        names = sorted(sa.inspect(connection).get_table_names())
        return {
            name: sorted(
                (tuple(row) for row in connection.execute(sa.text(f"SELECT * FROM {name}"))),  # noqa: S608
                key=repr,
            )
            for name in names
        }


def side_by_side(
    store: SqlStore, first: Callable[[Transaction], object], second: Callable[[Transaction], object]
) -> None:
    """Let *second* run while the transaction of *first* is at its end, but not over.

    Whatever *second* raises is raised here.
    """
    errors: list[BaseException] = []

    def run() -> None:
        try:
            with store.writing() as tx:
                second(tx)
        except BaseException as error:  # noqa: BLE001 - raised in the test's own thread
            errors.append(error)

    thread = threading.Thread(target=run)
    with store.writing() as tx:
        first(tx)
        thread.start()
        while thread.is_alive() and not _waits(store):
            thread.join(0.001)
    thread.join()
    if errors:
        raise errors[0]


def _waits(store: SqlStore) -> bool:
    """Whether a transaction waits for another; on SQLite whoever comes second does."""
    if store.database.is_sqlite:
        return True
    sql = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    return bool(rows(store, sql)[0][0])
