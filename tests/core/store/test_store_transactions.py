"""All of a transaction happens, or nothing; and two at once do not spoil each other."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import sqlalchemy as sa

from exempt import Page, Rejected, Stream
from exempt.adapters.store.store import SqlStore
from exempt.services.ports import Transaction
from exempt.services.rows import ConnectionRow, DeliveryTarget, StreamPart
from support.records import NOW, card, customer, decision_of, employee, line, order, product
from support.stores import (
    connected,
    customers_in,
    enter,
    everything,
    rows,
    save_customers,
    side_by_side,
)


def write_everywhere(tx: Transaction, row: ConnectionRow) -> None:
    """What a page, a certificate and a request write, all together."""
    saved = tx.sources.save_customers(row, [customer("C-9", exempt=True)], NOW)
    (customer_id,) = saved.customer_ids
    (sold,) = tx.sources.save_orders(
        row, [order("O-9", customer_external_id="C-9", lines=(line(),))], NOW
    ).touched
    tx.decisions.save([(sold.id, decision_of(sold.record, card(flagged_exempt=True), []))], NOW)
    tx.deliveries.owe(row.id, DeliveryTarget.ORDER, [("O-9", 1, "{}")], NOW)
    page: Page[Any] = Page(rejected=(Rejected(row="row 3", reason="no date"),))
    tx.sources.save_rejected(row.id, Stream.ORDERS, page, None, NOW)
    tx.cursors.begin(row.id, Stream.ORDERS, [StreamPart(0, "c", done=False, guard="")], NOW)
    enter(tx, customer_id)
    tx.requests.add(customer_id, "ap@example.com", ["US-TX"], NOW)
    tx.connections.pause(row.id, "a reason", NOW)
    tx.sources.mark_deleted(row, Stream.ORDERS, ["O-9"], NOW)


def test_what_fails_in_the_middle_leaves_nothing(store: SqlStore, erp: ConnectionRow) -> None:
    before = everything(store)
    with pytest.raises(RuntimeError, match="in the middle"), store.writing() as tx:
        write_everywhere(tx, erp)
        msg = "in the middle"
        raise RuntimeError(msg)
    assert everything(store) == before


def test_a_rehearsal_writes_nothing(store: SqlStore, erp: ConnectionRow) -> None:
    before = everything(store)
    with store.rehearsing():
        with store.writing() as tx:
            write_everywhere(tx, erp)
        with store.reading() as tx:
            assert len(tx.requests.all()) == 1, "within it all is as if it were written"
        with store.database.engine.connect().execution_options(reading=True) as other:
            seen = other.execute(sa.text("SELECT count(*) FROM request")).scalar()
        assert seen == 0, "and nobody else sees it"
    assert everything(store) == before


def test_a_rehearsal_goes_on_after_a_failed_step(store: SqlStore, erp: ConnectionRow) -> None:
    before = everything(store)
    with store.rehearsing():
        with pytest.raises(RuntimeError), store.writing() as tx:
            write_everywhere(tx, erp)
            raise RuntimeError
        with store.writing() as tx:
            write_everywhere(tx, erp)
    assert everything(store) == before


def test_after_a_rehearsal_writing_is_writing(store: SqlStore, erp: ConnectionRow) -> None:
    with pytest.raises(RuntimeError), store.rehearsing():
        raise RuntimeError
    with store.writing() as tx:
        write_everywhere(tx, erp)
    assert rows(store, "SELECT external_id FROM sales_order") == [("O-9",)]


def test_a_reader_waits_for_no_writer(store: SqlStore, erp: ConnectionRow) -> None:
    with store.writing() as tx:
        write_everywhere(tx, erp)
        with store.reading() as other:
            assert customers_in(other) == []


def test_an_installation_has_one_name(store: SqlStore) -> None:
    with store.reading() as tx, store.reading() as other:
        assert tx.installation == other.installation
        assert len(tx.installation) == 32


# --- two at once -----------------------------------------------------------------------


def test_two_connections_make_one_card_of_one_customer(store: SqlStore, erp: ConnectionRow) -> None:
    shop = connected(store, "shop")
    side_by_side(
        store,
        lambda tx: tx.sources.save_customers(erp, [customer("A", number="C-1")], NOW),
        lambda tx: tx.sources.save_customers(shop, [customer("B", number="C-1")], NOW),
    )
    assert rows(store, "SELECT count(*) FROM customer") == [(1,)]
    assert rows(store, "SELECT count(DISTINCT customer_id) FROM source_customer") == [(1,)]


def test_many_pages_of_two_connections_at_once(store: SqlStore, erp: ConnectionRow) -> None:
    sources = [erp, connected(store, "shop")]
    together = threading.Barrier(len(sources))
    errors: list[BaseException] = []

    def read(row: ConnectionRow) -> None:
        try:
            together.wait(30)
            for page in range(5):
                people = [
                    customer(f"{row.name}-{page}-{n}", number=f"C-{page}-{n}") for n in range(10)
                ]
                save_customers(store, row, *people)
        except BaseException as error:  # noqa: BLE001 - shown by the test
            errors.append(error)

    threads = [threading.Thread(target=read, args=(row,)) for row in sources]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert rows(store, "SELECT count(*) FROM customer") == [(50,)]
    assert rows(store, "SELECT count(*) FROM source_customer") == [(100,)]


@pytest.mark.parametrize("stream", [s for s in Stream if s is not Stream.BOUNCES])
def test_one_page_stored_twice_at_once_is_stored_once(
    store: SqlStore, erp: ConnectionRow, stream: Stream
) -> None:
    def save(tx: Transaction) -> object:
        match stream:
            case Stream.CUSTOMERS:
                return tx.sources.save_customers(erp, [customer("X")], NOW)
            case Stream.ORDERS:
                return tx.sources.save_orders(erp, [order("X")], NOW)
            case Stream.PRODUCTS:
                return tx.sources.save_products(erp, [product("X")], NOW)
            case _:
                return tx.sources.save_employees(erp, [employee("X")], NOW)

    side_by_side(store, save, save)
    table = {"customers": "source_customer", "orders": "sales_order"}.get(stream, stream.value[:-1])
    assert rows(store, f"SELECT count(*) FROM {table}") == [(1,)]  # noqa: S608
