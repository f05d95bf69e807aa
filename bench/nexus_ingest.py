"""Pages of orders stored with counting and without, by turns, in two databases alike."""

from __future__ import annotations

import datetime as dt
import gc
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any, NamedTuple
from unittest import mock

from connector import customer_of, order_of
from databases import Databases
from measure import Clock, Series
from nexus_fill import no_file
from source import COVERED, PAGE_SIZE, customer_count, customers, orders

from exempt import Capability, Page, Stream
from exempt.adapters.store import migrate
from exempt.adapters.store.database import Database
from exempt.adapters.store.store import SqlStore
from exempt.model.certificate import (
    CertificateDetails,
    ExemptionReason,
    JurisdictionDetails,
    ReviewStatus,
)
from exempt.services import decide, recounting
from exempt.services.ports import Connection
from exempt.services.pull import Reading, store_page
from exempt.services.rows import CustomerFilter

NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
_HOOKED: tuple[ModuleType, ...] = (decide, recounting)
_FIRST_DAY = dt.date(2025, 1, 1)


class Spread(NamedTuple):
    """How the days of orders lie in the pages; None = each page has orders of 600 days."""

    title: str
    orders_a_day: int | None


def ingest(databases: Databases, rows: int, spread: Spread) -> Mapping[str, Series]:
    """Read the same pages into two databases, one of which counts; the time of each page.

    A page is what `pull` makes of it: validated, stored, decided, in one transaction.
    """
    readings = {arm: _reading(databases, arm, rows) for arm in ("without", "with")}
    found = {arm: Series(PAGE_SIZE, PAGE_SIZE) for arm in readings}
    gc.collect()
    gc.freeze()
    gc.disable()  # as in a sync: see `wiring.collector`
    try:
        for number, page in enumerate(_pages(rows, spread)):
            arms = list(readings) if number % 2 else list(reversed(readings))
            for arm in arms:
                found[arm].times.append(_stored(readings[arm], page, counting=arm == "with"))
    finally:
        gc.enable()
        gc.unfreeze()
    for reading in readings.values():
        reading.store.database.close()  # type: ignore[attr-defined]
    return found


def _stored(reading: Reading, rows: list[dict[str, Any]], *, counting: bool) -> Any:
    nothing = mock.Mock(return_value=0)
    patches = [mock.patch.object(each, "count_orders", nothing) for each in _HOOKED]
    for patch in [] if counting else patches:
        patch.start()
    try:
        clock = Clock()
        page = Page.read(rows, order_of)
        store_page(reading, Stream.ORDERS, page, None)
        return clock.took()
    finally:
        mock.patch.stopall()


def _pages(rows: int, spread: Spread) -> Iterator[list[dict[str, Any]]]:
    page: list[dict[str, Any]] = []
    for number, row in enumerate(orders(rows)):
        if spread.orders_a_day:
            row["date"] = str(_FIRST_DAY + dt.timedelta(days=number // spread.orders_a_day))
        page.append(row)
        if len(page) == PAGE_SIZE:
            yield page
            page = []


def _reading(databases: Databases, arm: str, rows: int) -> Reading:
    """A database with the customers, of whom one in ten has a certificate."""
    database = Database(databases.empty(f"ingest_{arm}"))
    migrate.upgrade(database)
    store = SqlStore(database, no_file)
    with store.writing() as tx:
        tx.connections.company("seller", "The seller", None)
        able = [Capability.CUSTOMERS, Capability.ORDERS]
        row = tx.connections.register("source", "pages", "seller", able)
    nobody: Connection = mock.Mock()
    reading = Reading(store=store, row=row, connection=nobody, clock=lambda: NOW)
    records = Page.read(list(customers(customer_count(rows))), customer_of).records
    for start in range(0, len(records), PAGE_SIZE):
        part = records[start : start + PAGE_SIZE]
        store_page(reading, Stream.CUSTOMERS, Page(records=part), None)
    _certify(store)
    return reading


def _certify(store: SqlStore) -> None:
    with store.writing() as tx:
        flagged = tx.cards.page(CustomerFilter(flagged=True), NOW.date()).customers
        for customer in flagged:
            details = _certificate(customer.id)
            accepted = ReviewStatus.ACCEPTED
            tx.certificates.add(details, accepted, NOW, by="bench", source="import")


def _certificate(customer_id: int) -> CertificateDetails:
    return CertificateDetails(
        customer_ids=(customer_id,),
        number=f"R-{customer_id:08}",
        signed_date=dt.date(2024, 12, 1),
        jurisdictions=tuple(
            JurisdictionDetails(
                jurisdiction=f"US-{state}",
                exemption_reason=ExemptionReason.RESALE,
                expiration_date=dt.date(2028, 12, 31),
            )
            for state in COVERED
        ),
    )
