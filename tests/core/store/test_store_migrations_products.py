"""Products that were known before version 0007 appear there, with when they were first seen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from exempt.adapters.store import migrate
from exempt.adapters.store.columns import moment
from exempt.adapters.store.store import SqlStore
from support.databases import open_database
from support.stores import rows

BEFORE = (
    "INSERT INTO company (id, key, name) VALUES (1, 'northwind', 'Northwind')",
    (
        "INSERT INTO connection (id, name, connector, company_id, capabilities, orders_owed)"
        " VALUES (1, 'erp', 'fake', 1, '[]', TRUE), (2, 'pos', 'fake', 1, '[]', TRUE)"
    ),
    (
        "INSERT INTO product (connection_id, external_id, changed_at, name, active, first_seen_at)"
        " VALUES (1, 'LISTED', 900, 'Listed', TRUE, 500), (1, 'BOTH', 900, 'Both', TRUE, 700)"
    ),
    (
        "INSERT INTO sales_order (id, connection_id, external_id, changed_at, customer_external_id,"
        " kind, order_date, currency, total, closed, voided)"
        " VALUES (1, 1, 'O-1', 600, 'C-1', 'order', '2026-01-01', 'USD', 100, FALSE, FALSE),"
        " (2, 1, 'O-2', 800, 'C-1', 'order', '2026-01-01', 'USD', 100, FALSE, FALSE),"
        " (3, 2, 'O-1', 950, 'C-1', 'order', '2026-01-01', 'USD', 100, FALSE, FALSE)"
    ),
    (
        "INSERT INTO order_line (order_id, position, line_id, product_external_id, amount)"
        " VALUES (1, 0, '1', 'BOTH', 50), (1, 1, '2', NULL, 50), (2, 0, '1', 'BOTH', 50),"
        " (2, 1, '2', 'SOLD', 50), (3, 0, '1', 'BOTH', 100)"
    ),
)


@pytest.fixture
def empty(empty_url: str) -> Iterator[SqlStore]:
    """A store without tables."""
    with open_database(empty_url) as database:
        yield SqlStore(database, lambda _sha256: pytest.fail("no file is opened"))


def test_what_lists_and_orders_named_before_is_known_afterwards(empty: SqlStore) -> None:
    migrate.upgrade(empty.database, "0006")
    with empty.database.writing() as connection:
        for statement in BEFORE:
            connection.exec_driver_sql(statement)
    for _ in range(2):
        migrate.upgrade(empty.database)
        found = rows(
            empty,
            "SELECT connection_id, external_id, first_seen_at, tax_category FROM product_code"
            " ORDER BY connection_id, external_id",
        )
        assert found == [
            (1, "BOTH", 600, None),
            (1, "LISTED", 500, None),
            (1, "SOLD", 800, None),
            (2, "BOTH", 950, None),
        ]
        with empty.writing() as tx:
            assert tx.products.seen(1, ["SOLD", "NEW"], moment(999)) == ["NEW"]
        migrate.downgrade(empty.database, "0006")
