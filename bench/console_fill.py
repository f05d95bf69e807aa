"""A tax department's years of work, written in bulk: what the console's pages are measured over."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path

from api import _fill as fill_certificates
from imports import write as write_customers
from nexus_fill import fill as fill_sales

from exempt.adapters.store.columns import micros
from exempt.adapters.store.database import Database, run
from exempt.adapters.store.store import SqlStore
from exempt.data import jurisdictions
from exempt.services import crossings
from exempt.services.certificates import Act
from exempt.services.importing.applying import apply
from exempt.services.importing.checking import check
from exempt.services.policy import Policy
from exempt.wiring.imports import read_customers

TODAY = dt.date(2026, 10, 19)
"""The last day of its sales."""

_STATES = sorted(code for code in jurisdictions() if code.startswith("US-"))
_AT = dt.datetime(2026, 10, 1, tzinfo=dt.UTC)
_MOMENT = micros(_AT)
_CHANGES, _REQUESTS, _IMPORTED = 300_000, 20_000, 20_000
_KINDS = ("Supply", "Hospital", "School District", "Machining", "Growers", "Hardware", "Foods")
_NUMBERS = (
    "(WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT i FROM n)"
)
_CERTIFICATES = (
    "UPDATE certificate SET review_status = CASE WHEN id % 100 = 7 THEN 'pending'"
    " WHEN id % 100 = 8 THEN 'rejected' ELSE 'accepted' END,"
    " archived_date = CASE WHEN id % 25 = 3 THEN '2026-03-01' END"
)
_ORDERS = (
    "INSERT INTO sales_order (id, connection_id, external_id, changed_at, customer_external_id,"
    " kind, number, order_date, ship_to_country, ship_to_state, currency, total, tax, closed,"
    " voided) SELECT i, 1, 'R-' || i, ?, 'C-' || (i * 31 % ? + 1), 'invoice',"
    " 'INV-' || i, date('2023-01-01', '+' || (i * 1388 / ?) || ' days'), 'US',"
    " substr({places}, 4), 'USD', 1000 + i * 31 % 900000, 0, i % 50 > 0, i % 97 = 0"
    " FROM {numbers}"
)
_DECISIONS = (
    "INSERT INTO decision (id, order_id, ground, tax_applicable, certificate_id, jurisdiction,"
    " order_date, rule, steps, decided_at) SELECT id, id,"
    " CASE WHEN id % 10 < 3 THEN 'certificate' WHEN id % 10 = 3 AND id % 3 = 0"
    " THEN 'no_certificate' ELSE 'not_claimed' END, id % 10 >= 3,"
    " CASE WHEN id % 10 < 3 THEN id * 62 % ? + 1 END, 'US-' || ship_to_state, order_date,"
    " 'default-1', '[]', ? FROM sales_order"
)
_DELIVERIES = (
    "INSERT INTO delivery (connection_id, target, external_id, version, wanted, state, attempts,"
    " due_at, outcome, message, created_at, done_at) SELECT 1, 'order', 'R-' || i, 1, '{{}}',"
    " CASE WHEN i % 100 = 0 THEN 'dead' ELSE 'sent' END, 1, ?,"
    " CASE WHEN i % 100 = 0 THEN 'rejected' ELSE 'applied' END,"
    " CASE WHEN i % 100 = 0 THEN 'the order is locked' END, ?, ? FROM {numbers}"
)
_HISTORY = (
    "INSERT INTO history (subject, subject_id, field, old, new, changed_at, changed_by)"
    " SELECT CASE WHEN i % 3 THEN 'certificate' ELSE 'customer' END, i * 31 % {{most}} + 1,"
    " CASE i % 4 WHEN 0 THEN 'review_status' WHEN 1 THEN 'number' ELSE 'notes' END,"
    " CASE WHEN i % 4 THEN 'was ' || i ELSE 'pending' END,"
    " CASE WHEN i % 4 THEN 'is ' || i WHEN i % 400 THEN 'accepted' ELSE 'rejected' END,"
    " ? + i * 300000000, CASE i % 5 WHEN 0 THEN 'billing' WHEN 1 THEN 'anna' ELSE 'import' END"
    " FROM {numbers}"
)
_ASKED = (
    "INSERT INTO request (customer_id, recipient, jurisdictions, state, created_at)"
    " SELECT i * 31 % ? + 1, 'ap@c' || i || '.example', '[\"US-TX\"]',"
    " CASE i % 4 WHEN 0 THEN 'opened' WHEN 1 THEN 'accepted' ELSE 'not_opened' END, ?"
    " FROM {numbers}"
)


def fill(path: Path, certificates: int, orders: int) -> None:
    """A database with so many certificates and orders, and half as many customers as certificates.

    One seller; orders of four years to every state, a third of them covered, one
    in thirty claimed exempt with nothing on file.
    """
    fill_certificates(path, certificates)
    database = Database(f"sqlite:///{path}")
    store = fill_sales(database, orders)
    with database.writing() as connection:
        run(connection, "UPDATE connection SET company_id = 1, name = 'billing'")
    with store.writing() as tx:
        tx.connections.company("n", "Northwind Supply", None)
    _vary(database)
    _add(database, certificates // 2, orders)
    _import(store, path.parent)
    now = dt.datetime.combine(TODAY, dt.time(12), dt.UTC)
    crossings.refresh(store, Policy(), lambda: now, lambda: False)  # as the daemon does by itself
    database.close()


def _import(store: SqlStore, folder: Path) -> None:
    """A file of customers that was applied, and a larger one that was checked and waits."""
    act = Act("bench", _AT, Policy())
    with tempfile.TemporaryDirectory(dir=folder) as name:
        file = Path(name) / "customers.csv"
        for rows in (_IMPORTED, 2 * _IMPORTED):
            write_customers(file, rows)
            brought = read_customers(store, file, 1, act).run
            check(store, brought.id)
            if rows == _IMPORTED:
                apply(store, brought.id, act)


def _vary(database: Database) -> None:
    """Let customers and certificates differ, as they do."""
    kinds = " ".join(f"WHEN {at} THEN '{kind}'" for at, kind in enumerate(_KINDS))
    with database.writing() as connection:
        run(
            connection,
            f"UPDATE customer SET name = 'Customer ' || id || ' ' || CASE id % {len(_KINDS)}"  # noqa: S608 - our own words
            f" {kinds} END, flagged_exempt = id % 3 = 0, address_country = 'US',"
            f" address_state = substr({_place('id')}, 4),"
            " email = CASE WHEN id % 9 > 0 THEN 'ap@c' || id || '.example' END",
        )
        run(
            connection,
            "UPDATE customer SET email = (SELECT o.email FROM customer o"
            " WHERE o.id = customer.id - 1)"
            " WHERE id % 50 = 1 AND id > 1",
        )
        run(connection, "UPDATE customer SET name_key = lower(name), email_key = lower(email)")
        run(connection, _CERTIFICATES)
        run(
            connection,
            f"UPDATE coverage SET jurisdiction = {_place('certificate_id')}, exemption_number ="  # noqa: S608
            " 'X' || certificate_id, effective_date = '2024-01-01', expiration_date ="
            " date('2025-06-01', '+' || (certificate_id * 37 % 2500) || ' days'),"
            " exemption_reason = CASE certificate_id % 3 WHEN 0 THEN 'federal_government'"
            " ELSE 'resale' END",
        )
        run(
            connection,
            "INSERT INTO source_customer (connection_id, external_id, changed_at, customer_id,"
            " name, bill_to) SELECT 1, 'C-' || id, 0, id, name, TRUE FROM customer",
        )


def _add(database: Database, customers: int, orders: int) -> None:
    """Orders with what was decided, and what was told of them."""
    sql = _ORDERS.format(places=_place("(i / 7)"), numbers=_NUMBERS)
    with database.writing() as connection:
        run(connection, sql, _MOMENT, customers, orders + 1, orders)
        run(connection, _DECISIONS, 2 * customers, _MOMENT)
        told = _DELIVERIES.format(numbers=_NUMBERS)
        run(connection, told, _MOMENT, _MOMENT, _MOMENT, orders // 50)
        changes = _HISTORY.format(numbers=_NUMBERS).format(most=customers)
        run(connection, changes, _MOMENT - _CHANGES * 300_000_000, _CHANGES)
        run(connection, _ASKED.format(numbers=_NUMBERS), customers, _MOMENT, _REQUESTS)


def _place(number: str) -> str:
    """A state for each *number*, in no order."""
    cases = " ".join(f"WHEN {at} THEN '{code}'" for at, code in enumerate(_STATES))
    return f"CASE {number} * 7919 % {len(_STATES)} {cases} END"
