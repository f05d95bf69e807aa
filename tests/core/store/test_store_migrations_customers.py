"""Cards of customers go forwards to version 0003, and back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from exempt.adapters.store import migrate
from exempt.adapters.store.store import SqlStore
from exempt.services import joining
from support.cards import make_cards, on_card
from support.databases import open_database
from support.records import NOW, act, customer
from support.stores import connected, customers_in, rows, save_customers

COMPANY = "INSERT INTO company (id, key, name) VALUES (1, 'northwind', 'Northwind')"
ERP = (
    "INSERT INTO connection (id, name, connector, company_id, capabilities, orders_owed)"
    " VALUES (1, 'erp', 'fake', 1, '[]', TRUE)"
)
CARD = (
    "INSERT INTO customer (id, company_id, owner_connection_id, name, name_key, number, number_key,"
    " flagged_exempt, created_at) VALUES"
)
RECORD = (
    "INSERT INTO source_customer"
    " (id, connection_id, external_id, changed_at, customer_id, name, bill_to, tax_id, deleted_at)"
    " VALUES"
)


@pytest.fixture
def empty(empty_url: str) -> Iterator[SqlStore]:
    """A store without tables."""
    with open_database(empty_url) as database:
        yield SqlStore(database, lambda _sha256: pytest.fail("no file is opened"))


def old(store: SqlStore, *statements: str) -> None:
    """Let version 0002 have kept this, and go on from there."""
    migrate.upgrade(store.database, "0002")
    with store.database.writing() as connection:
        for statement in (COMPANY, ERP, *statements):
            connection.exec_driver_sql(statement)
    migrate.upgrade(store.database)


def again(store: SqlStore) -> None:
    """Go back and forwards."""
    migrate.downgrade(store.database, "0002")
    migrate.upgrade(store.database)


def of_card(store: SqlStore, customer_id: int, *columns: str) -> tuple[Any, ...]:
    sql = f"SELECT {', '.join(columns)} FROM customer WHERE id = {customer_id}"  # noqa: S608
    (row,) = rows(store, sql)
    return row


@pytest.mark.parametrize(
    ("records", "tax_id"),
    [
        pytest.param(["(1, 1, 'A', 5, 1, 'A', TRUE, 'gone', 9)",
                      "(2, 1, 'B', 5, 1, 'B', TRUE, 'here', NULL)"], "here",
                     id="the first that is not deleted"),
        pytest.param(["(1, 1, 'A', 5, 1, 'A', TRUE, 'first', 9)",
                      "(2, 1, 'B', 5, 1, 'B', TRUE, 'second', 9)"], "first",
                     id="else the first"),
        pytest.param([], None, id="none"),
    ],
)  # fmt: skip
def test_a_card_is_filled_from_a_record(
    empty: SqlStore, records: list[str], tax_id: str | None
) -> None:
    acme = f"{CARD} (1, 1, 1, 'Acme', 'acme', '1', '1', FALSE, 1)"
    old(empty, acme, *(f"{RECORD} {record}" for record in records))
    assert of_card(empty, 1, "tax_id", "tax_id_key", "origin") == (tax_id, tax_id, "source")


def test_a_card_that_no_source_made_was_made_by_hand(empty: SqlStore) -> None:
    old(empty, f"{CARD} (1, 1, NULL, 'Acme', 'acme', '1', '1', FALSE, 1)")
    assert of_card(empty, 1, "origin") == ("staff",)


def test_a_card_made_by_hand_comes_back_as_one(store: SqlStore) -> None:
    make_cards(store, on_card("By hand", number="1"))
    again(store)
    assert of_card(store, 1, "name", "number_key", "origin") == ("By hand", "1", "staff")


def test_a_card_that_is_gone_is_matched_by_nothing_when_it_comes_back(store: SqlStore) -> None:
    erp = connected(store)
    keep, merged, undone = make_cards(
        store,
        on_card("Acme", number="1"),
        on_card("ACME", number="2", email="ap@acme.example", exempt=True),
        on_card("Bolt", number="3", email="ap@bolt.example", exempt=True),
    )
    joining.merge(store, keep, merged, act())
    with store.writing() as tx:
        assert tx.cards.retire([undone], NOW) == []
    again(store)
    found = ("name", "number", "number_key", "email", "email_key", "flagged_exempt", "gone_at")
    for customer_id, name in ((merged, "ACME"), (undone, "Bolt")):
        assert of_card(store, customer_id, *found) == (name, None, None, None, None, False, None)
    assert of_card(store, keep, "number", "email") == ("1", "ap@acme.example")
    new = (customer(f"C-{number}", number=number) for number in ("1", "2", "3"))
    save_customers(store, erp, *new)
    with store.reading() as tx:
        records = {record.number: record.customer_id for record in tx.cards.records(range(1, 9))}
        assert len(customers_in(tx)) == 5, "the two that came back, and two that are new"
    assert records["1"] == keep
    assert {merged, undone}.isdisjoint(records.values())
