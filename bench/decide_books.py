"""The register and the orders of bench/decide.py, and how they get into the tables of Exempt."""

from __future__ import annotations

import datetime as dt
import functools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import IO, NamedTuple

from sqlalchemy import Connection

from exempt.adapters.store import migrate
from exempt.adapters.store.database import Database, insert, is_sqlite, run
from exempt.adapters.store.store import SqlStore
from exempt.model.checking import Capability
from exempt.model.decision import Profile
from exempt.rules.decision import rule_name

STATES = ("AZ", "CA", "FL", "GA", "MI", "NY", "OH", "PA", "TX", "WA")
CERTIFICATES_EACH = 2
"""Of one customer."""
STATES_EACH = 2
"""Of one certificate."""
SHIP_TO_EVERY = 10
"""One customer of so many belongs to another, and may use its certificates too."""
OPEN_EVERY = 5
"""One order of so many takes changes still."""

_DAYS = 900
_FOREVER = dt.date.max.toordinal()
_FIRST_DAY = dt.date(2024, 6, 1).toordinal()
_AT = 1_750_000_000_000_000


class Covered(NamedTuple):
    """A certificate's effect in one state; days are ordinals, None is no such day."""

    certificate_id: int
    customer: int
    jurisdiction: str
    effective: int
    expires: int | None
    held_through: int | None
    archived: int | None
    review_status: str


class Sold(NamedTuple):
    """An order; the day is an ordinal."""

    order_id: int
    customer: int
    jurisdiction: str
    day: int


class Fit(NamedTuple):
    """What a customer may use in one state: accepted, of its own or its billing customer's."""

    customer: int
    jurisdiction: str
    expires: int
    effective: int
    certificate_id: int
    until: int


@dataclass(frozen=True)
class Books:
    """Everything, in memory; the same at every run."""

    customers: int
    covered: Sequence[Covered]
    sold: Sequence[Sold]

    def fits(self) -> list[Fit]:
        """The register as a contender without tables gets it, flat and ready."""
        own = [(each.customer, each) for each in self.covered if each.review_status == "accepted"]
        inherited = [
            (child, each) for holder, each in own if (child := holder + 1) % SHIP_TO_EVERY == 0
        ]
        return [
            Fit(
                customer,
                each.jurisdiction,
                each.expires or _FOREVER,
                each.effective,
                each.certificate_id,
                min(
                    each.expires or _FOREVER,
                    each.held_through or _FOREVER,
                    each.archived - 1 if each.archived else _FOREVER,
                ),
            )
            for customer, each in (*own, *inherited)
        ]


def make(orders: int, certificates: int) -> Books:
    """So many orders and certificates; a fifth of the orders is covered."""
    chance = random.Random(7)  # noqa: S311
    customers = max(certificates // CERTIFICATES_EACH, 1)
    covered = []
    for number in range(1, certificates + 1):
        start = _FIRST_DAY + chance.randrange(-600, 500)
        reviewed = chance.choices(("accepted", "pending", "rejected"), (93, 4, 3))[0]
        archived = start + chance.randrange(900) if chance.random() < 0.03 else None
        for state in chance.sample(STATES, STATES_EACH):
            years = chance.choice((None, 1, 2, 3))
            held = start + chance.randrange(100, 900) if chance.random() < 0.05 else None
            covered.append(
                Covered(
                    number,
                    (number - 1) // CERTIFICATES_EACH + 1,
                    f"US-{state}",
                    start,
                    start + 365 * years if years else None,
                    held,
                    archived,
                    reviewed,
                )
            )
    sold = [
        Sold(
            number,
            number * 7919 % customers + 1,
            f"US-{chance.choice(STATES)}",
            _FIRST_DAY + number * 31 % _DAYS,
        )
        for number in range(1, orders + 1)
    ]
    return Books(customers, covered, sold)


# --- into tables -------------------------------------------------------------------------

Rows = Iterator[dict[str, object]]


def fill(address: str, books: Books, answer: Sequence[int | None]) -> None:
    """Make the tables at *address* and write all of *books*, decided as *answer* says."""
    database = Database(address)
    try:
        migrate.upgrade(database)
        with SqlStore(database, open_file=no_file).writing() as tx:
            tx.connections.company("seller", "The seller", None)
            tx.connections.register("erp", "bench", "seller", tuple(Capability))
        with database.writing() as connection:
            for table, rows in _tables(books, answer).items():
                _write(connection, table, rows)
        if not database.is_sqlite:
            with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as c:
                run(c, "VACUUM ANALYZE")  # as its daemon does by itself before long
    finally:
        database.close()


def no_file(_sha256: str) -> IO[bytes]:
    """No certificate here has a file."""
    raise NotImplementedError


def _write(connection: Connection, table: str, rows: Rows) -> None:
    columns: tuple[str, ...] = ()
    while portion := list(islice(rows, 50_000)):
        columns = tuple(portion[0])
        insert(connection, table, columns, [tuple(row.values()) for row in portion])
    if "id" in columns and not is_sqlite(connection):
        last = f"(SELECT max(id) FROM {table})"  # noqa: S608
        run(connection, f"SELECT setval(pg_get_serial_sequence(?, 'id'), {last})", table)


def _tables(books: Books, answer: Sequence[int | None]) -> dict[str, Rows]:
    certificates = {each.certificate_id: each for each in books.covered}.values()
    return {
        "customer": map(_customer, range(1, books.customers + 1)),
        "source_customer": map(_source_customer, range(1, books.customers + 1)),
        "certificate": map(_certificate, certificates),
        "certificate_customer": (
            {"certificate_id": each.certificate_id, "customer_id": each.customer}
            for each in certificates
        ),
        "coverage": (_coverage(n, each) for n, each in enumerate(books.covered, 1)),
        "coverage_hold": map(_hold, (each for each in books.covered if each.held_through)),
        "sales_order": map(_order, books.sold),
        "decision": map(_decision, books.sold, answer),
    }


def _customer(number: int) -> dict[str, object]:
    return {
        "id": number,
        "company_id": 1,
        "owner_connection_id": 1,
        "name": f"Customer {number} Inc.",
        "name_key": f"customer {number} inc.",
        "number": f"C-{number:08}",
        "number_key": f"c-{number:08}",
        "email": f"ap@c{number}.example",
        "email_key": f"ap@c{number}.example",
        "flagged_exempt": True,
        "created_at": _AT,
    }


def _source_customer(number: int) -> dict[str, object]:
    return {
        "id": number,
        "connection_id": 1,
        "external_id": f"cus_{number:08}",
        "changed_at": _AT,
        "customer_id": number,
        "name": f"Customer {number} Inc.",
        "parent_external_id": f"cus_{number - 1:08}" if number % SHIP_TO_EVERY == 0 else None,
        "bill_to": True,
        "exempt": True,
    }


def _certificate(each: Covered) -> dict[str, object]:
    return {
        "id": each.certificate_id,
        "number": f"N-{each.certificate_id:07}",
        "signed_date": _day(each.effective),
        "apply_tax": False,
        "review_status": each.review_status,
        "archived_date": _day(each.archived),
        "created_at": _AT,
    }


def _coverage(number: int, each: Covered) -> dict[str, object]:
    return {
        "id": number,
        "certificate_id": each.certificate_id,
        "jurisdiction": each.jurisdiction,
        "exemption_number": f"{number * 7919:011}",
        "exemption_reason": "resale",
        "effective_date": _day(each.effective),
        "expiration_date": _day(each.expires),
        "held_through": _day(each.held_through),
    }


def _hold(each: Covered) -> dict[str, object]:
    return {
        "certificate_id": each.certificate_id,
        "customer_id": each.customer,
        "jurisdiction": each.jurisdiction,
        "held_through": _day(each.held_through),
    }


def _order(sold: Sold) -> dict[str, object]:
    return {
        "id": sold.order_id,
        "connection_id": 1,
        "external_id": f"ord_{sold.order_id:010}",
        "changed_at": _AT,
        "customer_external_id": f"cus_{sold.customer:08}",
        "kind": "order",
        "number": f"INV-{sold.order_id:08}",
        "order_date": _day(sold.day),
        "ship_to_country": "US",
        "ship_to_state": sold.jurisdiction[3:],
        "ship_to_line1": "1 Main Street",
        "ship_to_city": "Springfield",
        "ship_to_postal_code": "12345",
        "currency": "USD",
        "total": 10_000,
        "tax": 825,
        "closed": sold.order_id % OPEN_EVERY > 0,
        "voided": False,
    }


def _decision(sold: Sold, used: int | None) -> dict[str, object]:
    return {
        "id": sold.order_id,
        "order_id": sold.order_id,
        "ground": "certificate" if used else "no_certificate",
        "tax_applicable": used is None,
        "exempt_percentage": 10_000 if used else 0,
        "certificate_id": used,
        "certificate_number": f"N-{used:07}" if used else None,
        "jurisdiction": sold.jurisdiction,
        "order_date": _day(sold.day),
        "rule": rule_name(Profile.DEFAULT),
        "steps": "[]",
        "decided_at": _AT,
    }


@functools.cache
def _day(ordinal: int | None) -> str | None:
    return dt.date.fromordinal(ordinal).isoformat() if ordinal else None
