"""Companies, connections, and how far each stream was read."""

from __future__ import annotations

import pytest

from exempt import Capability, Stream
from exempt.adapters.store.store import SqlStore
from exempt.errors import RefusedError
from exempt.services.rows import ConnectionRow, StreamPart
from support.records import NOW, customer
from support.stores import MINUTE, connected, customers_in, enter, rows, save_customers


def test_a_connection_is_registered_once_and_brought_up_to_date(store: SqlStore) -> None:
    first = connected(store, "erp", capabilities=[Capability.ORDERS])
    orders_only = frozenset({Capability.ORDERS})
    assert first[1:] == ("erp", "fake", first.company_id, orders_only, None, False, None, None)
    again = connected(store, "erp", capabilities=[Capability.ORDERS, Capability.CUSTOMERS])
    assert again.id == first.id
    assert again.capabilities == {Capability.ORDERS, Capability.CUSTOMERS}


def test_a_connection_keeps_its_kind(store: SqlStore) -> None:
    connected(store, "erp")
    with (
        pytest.raises(RefusedError, match=r"connections\.erp: was a connection of fake so far"),
        store.writing() as tx,
    ):
        tx.connections.register("erp", "other", "northwind", [])


def test_connections_are_listed_by_name(store: SqlStore) -> None:
    for name in ("shop", "erp"):
        connected(store, name)
    with store.reading() as tx:
        assert [row.name for row in tx.connections.all()] == ["erp", "shop"]


def test_companies_stand_in_a_tree(store: SqlStore) -> None:
    with store.writing() as tx:
        top = tx.connections.company("top", "Top Inc.", None)
        below = tx.connections.company("below", "Below LLC", "top")
        assert tx.connections.company("top", "Top Corp.", None) == top
    assert rows(store, "SELECT key, name, parent_id FROM company ORDER BY id") == [
        ("top", "Top Corp.", None),
        ("below", "Below LLC", top),
    ]
    with store.writing() as tx:
        assert tx.connections.company("below", "Below LLC", None) == below
    assert rows(store, "SELECT parent_id FROM company WHERE key = 'below'") == [(None,)]


def test_a_pause_has_a_reason_and_ends(store: SqlStore, erp: ConnectionRow) -> None:
    def paused() -> list[tuple[str | None, int | None]]:
        return rows(store, "SELECT paused_reason, paused_at FROM connection")

    start = int(NOW.timestamp()) * 1_000_000
    for minutes in (0, 1):
        with store.writing() as tx:
            tx.connections.pause(erp.id, "erp: the key was refused", NOW + minutes * MINUTE)
    assert paused() == [("erp: the key was refused", start)], "it shows since when"
    with store.reading() as tx:
        assert tx.connections.all()[0].paused_reason == "erp: the key was refused"
        assert tx.reports.connections()[0].paused_reason == "erp: the key was refused"
    with store.writing() as tx:
        tx.connections.pause(erp.id, None, NOW)
    assert paused() == [(None, None)]


def test_what_a_person_paused_only_a_person_lets_go_on(store: SqlStore, erp: ConnectionRow) -> None:
    def said() -> tuple[str | None, str | None, object]:
        with store.reading() as tx:
            (row,) = tx.connections.all()
        return row.paused_reason, row.paused_by, row.paused_at

    with store.writing() as tx:
        tx.connections.pause(erp.id, "the key was refused", NOW)
        tx.connections.pause(erp.id, "we move house", NOW + MINUTE, "anna")
    assert said() == ("we move house", "anna", NOW + MINUTE), "over an error, too"
    for reason in (None, "the key was refused"):
        with store.writing() as tx:
            tx.connections.pause(erp.id, reason, NOW + 2 * MINUTE)
        assert said() == ("we move house", "anna", NOW + MINUTE)
    with store.writing() as tx:
        tx.connections.pause(erp.id, None, NOW + 3 * MINUTE, "bea")
    assert said() == (None, None, None)


def part(number: int, cursor: str | None, *, done: bool = False) -> StreamPart:
    return StreamPart(number, cursor, done, "guard")


def test_a_cursor_moves(store: SqlStore, erp: ConnectionRow) -> None:
    shop = connected(store, "shop")
    with store.writing() as tx:
        tx.cursors.begin(erp.id, Stream.ORDERS, [part(0, None), part(1, "b")], NOW)
        tx.cursors.begin(erp.id, Stream.CUSTOMERS, [part(0, "c")], NOW)
        tx.cursors.begin(shop.id, Stream.ORDERS, [part(0, "s")], NOW)
        assert tx.cursors.move(erp.id, Stream.ORDERS, part(0, "a", done=True), NOW + MINUTE)
    with store.reading() as tx:
        assert tx.cursors.parts(erp.id, Stream.ORDERS) == [part(0, "a", done=True), part(1, "b")]
        assert tx.cursors.parts(erp.id, Stream.PRODUCTS) == []
        read = {status.name: status.last_read_at for status in tx.reports.connections()}
        assert read == {"erp": NOW + MINUTE, "shop": NOW}
    with store.writing() as tx:
        tx.cursors.forget(erp.id, Stream.ORDERS)
        assert not tx.cursors.move(erp.id, Stream.ORDERS, part(1, "late"), NOW)
    with store.reading() as tx:
        assert tx.cursors.parts(erp.id, Stream.ORDERS) == []
        assert tx.cursors.parts(erp.id, Stream.CUSTOMERS) == [part(0, "c")]
        assert tx.cursors.parts(shop.id, Stream.ORDERS) == [part(0, "s")]


def test_a_stream_begun_anew_has_no_other_parts(store: SqlStore, erp: ConnectionRow) -> None:
    with store.writing() as tx:
        tx.cursors.begin(erp.id, Stream.ORDERS, [part(0, "a"), part(1, "b"), part(2, "c")], NOW)
        tx.cursors.begin(erp.id, Stream.ORDERS, [part(0, None)], NOW)
        assert tx.cursors.parts(erp.id, Stream.ORDERS) == [part(0, None)]


def test_a_connection_that_was_never_read(store: SqlStore, erp: ConnectionRow) -> None:
    with store.reading() as tx:
        (status,) = tx.reports.connections()
    assert status == ("erp", "fake", None, {}, 0, None, {})


@pytest.mark.parametrize(
    ("words", "names"),
    [
        pytest.param(None, ["Alpha", "Beta", "Öl & Söhne"], id="all, by name"),
        pytest.param("ALP", ["Alpha"], id="by part of a name, capitals or not"),
        pytest.param("c-2", ["Beta"], id="by number"),
        pytest.param("@beta.", ["Beta"], id="by e-mail"),
        pytest.param("%", [], id="a percent sign is nothing but that"),
        pytest.param("Söhne", ["Öl & Söhne"], id="by letters beyond ASCII"),
        pytest.param("nobody", [], id="none"),
    ],
)
def test_customers_are_found(
    store: SqlStore, erp: ConnectionRow, words: str | None, names: list[str]
) -> None:
    save_customers(
        store,
        erp,
        customer("1", name="Beta", number="C-2", email="ap@beta.example"),
        customer("2", name="Alpha", exempt=True),
        customer("3", name="Öl & Söhne"),
    )
    with store.reading() as tx:
        assert [row.name for row in customers_in(tx, words)] == names


def test_a_card_shows_what_it_is_made_of(store: SqlStore, erp: ConnectionRow) -> None:
    save_customers(store, erp, customer("1", number="C-1", exempt=True))
    save_customers(store, connected(store, "shop"), customer("2", number="C-1"))
    with store.writing() as tx:
        (card,) = customers_in(tx)
        enter(tx, card.id)
    with store.reading() as tx:
        (card,) = customers_in(tx)
    assert card[1:8] == ("C-1", "Customer 1", None, True, 2, 1, "northwind")
