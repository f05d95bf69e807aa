"""Deliveries as people find them, and change what becomes of them."""

from __future__ import annotations

import pytest

from exempt.adapters.store.store import SqlStore
from exempt.services.delivery_ports import DeliveryFilter, DeliveryView
from exempt.services.rows import ConnectionRow, Delivery, DeliveryState, DeliveryTarget
from support.records import DAY, NOW, customer, order
from support.stores import MINUTE, connected, rows, save_customers, save_orders

ORDER, CUSTOMER, MAIL = DeliveryTarget.ORDER, DeliveryTarget.CUSTOMER, DeliveryTarget.MAIL
DEAD, PENDING, SENT = DeliveryState.DEAD, DeliveryState.PENDING, DeliveryState.SENT


def owe(
    store: SqlStore, row: ConnectionRow, *ids: str, version: int = 1,
    target: DeliveryTarget = ORDER, state: DeliveryState = PENDING,
) -> None:  # fmt: skip
    """Owe these, and let this become of them."""
    with store.writing() as tx:
        tx.deliveries.owe(row.id, target, [(each, version, "{}") for each in ids], NOW)
        for delivery in tx.deliveries.last(row.id, target, ids).values():
            if state is not PENDING:
                tx.deliveries.mark(delivery, state, outcome="rejected", message="no", at=NOW)


def found(store: SqlStore, *states: DeliveryState, limit: int = 99) -> list[str]:
    with store.reading() as tx:
        page = tx.handling.page(DeliveryFilter(states, None, limit))
    return [view.delivery.external_id for view in page.deliveries]


def get(store: SqlStore, delivery_id: int) -> DeliveryView:
    with store.reading() as tx:
        view = tx.handling.get(delivery_id)
    assert view is not None
    return view


def the_last(store: SqlStore, row: ConnectionRow, external_id: str) -> Delivery:
    with store.reading() as tx:
        return tx.deliveries.last(row.id, ORDER, [external_id])[external_id]


def test_what_waits_for_a_person_comes_first_and_what_is_done_last(
    store: SqlStore, erp: ConnectionRow
) -> None:
    owe(store, erp, "done", "done later", state=SENT)
    owe(store, erp, "owed", "owed later")
    owe(store, erp, "dead", "dead later", state=DEAD)
    everything = ["dead", "dead later", "owed", "owed later", "done later", "done"]
    assert found(store) == everything
    assert found(store, SENT) == ["done later", "done"]
    assert found(store, DEAD, PENDING) == everything[:4]
    assert found(store, limit=3) == everything[:3]


def test_a_page_tells_how_many_there_are(store: SqlStore, erp: ConnectionRow) -> None:
    shop = connected(store, "shop")
    owe(store, erp, "a", "b", "c")
    owe(store, shop, "d", state=SENT)
    with store.reading() as tx:
        assert tx.handling.page(DeliveryFilter(limit=2)).total == 4
        assert tx.handling.page(DeliveryFilter([PENDING], limit=2)).total == 3
        of_shop = tx.handling.page(DeliveryFilter(connection="shop"))
    assert [(v.connection, v.company_id) for v in of_shop.deliveries] == [("shop", shop.company_id)]
    assert of_shop.total == 1


def saying(store: SqlStore, words: str) -> list[str]:
    with store.reading() as tx:
        page = tx.handling.page(DeliveryFilter([SENT], saying=words))
    assert page.total == len(page.deliveries)
    return [f"{view.delivery.external_id} {view.delivery.version}" for view in page.deliveries]


def test_deliveries_are_found_by_what_is_said_of_the_newest(
    store: SqlStore, erp: ConnectionRow
) -> None:
    def sent(external_id: str, version: int, message: str) -> None:
        with store.writing() as tx:
            tx.deliveries.owe(erp.id, CUSTOMER, [(external_id, version, "{}")], NOW)
            owed = tx.deliveries.last(erp.id, CUSTOMER, [external_id])[external_id]
            tx.deliveries.mark(owed, SENT, outcome="applied", message=message, at=NOW)

    sent("a", 1, "changed; Taxed, though exempt in TX (60 % exempt)")
    sent("b", 1, "taxed, though exempt in CA")
    sent("b", 2, "all is well")
    sent("c", 1, "all is well")
    sent("c", 2, "taxed, though exempt in IL")
    assert saying(store, "TAXED, though") == ["c 2", "a 1"]
    assert saying(store, "60 %") == ["a 1"]
    assert saying(store, "60 %%") == []
    assert saying(store, "w_ll") == []


def test_what_a_delivery_is_for_has_its_name(store: SqlStore, erp: ConnectionRow) -> None:
    shop = connected(store, "shop")
    save_orders(store, erp, order("O-1", number="S-1001"), order("O-2", number=None))
    save_orders(store, shop, order("O-1", number="S-9"))
    save_customers(store, erp, customer("C-1", name="Acme"))
    with store.writing() as tx:
        card = tx.sources.cards(erp.id, ["C-1"])["C-1"].customer_id
        request = tx.requests.add(card, "ap@acme.example", ["US-TX"], NOW)
    owe(store, erp, "O-1", "O-2", "gone")
    owe(store, erp, "C-1", target=CUSTOMER)
    owe(store, erp, str(request), target=MAIL)
    with store.reading() as tx:
        page = tx.handling.page(DeliveryFilter())
    named = {(v.delivery.target, v.delivery.external_id): v.name for v in page.deliveries}
    assert named == {
        (ORDER, "O-1"): "S-1001",
        (ORDER, "O-2"): "O-2",
        (ORDER, "gone"): None,
        (CUSTOMER, "C-1"): "Acme",
        (MAIL, str(request)): "Acme",
    }
    assert {v.owed_at for v in page.deliveries} == {NOW}


def test_one_that_is_not_there(store: SqlStore, erp: ConnectionRow) -> None:
    with store.reading() as tx:
        assert tx.handling.get(1) is None


def test_all_that_was_owed_to_a_thing(store: SqlStore, erp: ConnectionRow) -> None:
    owe(store, erp, "O-1", "O-2")
    owe(store, erp, "O-1", version=2)
    owe(store, erp, "O-1", target=CUSTOMER)
    with store.reading() as tx:
        versions = tx.handling.versions(the_last(store, erp, "O-1"))
    assert [(v.delivery.version, v.delivery.state) for v in versions] == [
        (1, "superseded"), (2, "pending"),
    ]  # fmt: skip


def test_dead_ones_piece_by_piece(store: SqlStore, erp: ConnectionRow) -> None:
    shop = connected(store, "shop")
    owe(store, erp, "a", "b", state=DEAD)
    owe(store, erp, "owed")
    owe(store, shop, "c", state=DEAD)

    def after(last: int, limit: int, connection: str | None = None) -> list[str]:
        with store.reading() as tx:
            views = tx.handling.dead_after(last, limit, connection)
        return [view.delivery.external_id for view in views]

    first = the_last(store, erp, "a").id
    assert after(0, 2) == ["a", "b"]
    assert after(first, 2) == ["b", "c"]
    assert after(0, 9, "shop") == ["c"]


@pytest.mark.parametrize("anew", [False, True], ids=["with its key", "with a new key"])
def test_what_is_tried_again_is_as_if_it_was_never_tried(
    store: SqlStore, erp: ConnectionRow, anew: bool
) -> None:
    owe(store, erp, "O-1", state=DEAD)
    dead = the_last(store, erp, "O-1")
    with store.writing() as tx:
        assert tx.handling.again(dead, "said", NOW + MINUTE, anew=anew)
    again = get(store, dead.id).delivery
    assert again == dead._replace(
        state=PENDING, attempts=0, due_at=NOW + MINUTE, outcome=None, message="said",
        done_at=None, version=1 + anew,
    )  # fmt: skip
    with store.reading() as tx:
        assert tx.deliveries.due(erp.id, [ORDER], NOW + MINUTE, 9) == [again]


def test_what_is_given_up_keeps_when_it_failed(store: SqlStore, erp: ConnectionRow) -> None:
    """Whether the record changed since then is what it depends on if it is owed again."""
    owe(store, erp, "dead", state=DEAD)
    owe(store, erp, "owed")
    for external_id, done_at in (("dead", NOW), ("owed", NOW + DAY)):
        before = the_last(store, erp, external_id)
        with store.writing() as tx:
            assert tx.handling.give_up(before, "said", NOW + DAY)
        assert get(store, before.id).delivery == before._replace(
            state=DeliveryState.DROPPED, message="said", done_at=done_at
        )


def test_what_became_another_meanwhile_is_left_alone(store: SqlStore, erp: ConnectionRow) -> None:
    owe(store, erp, "O-1")
    seen = the_last(store, erp, "O-1")
    with store.writing() as tx:
        tx.deliveries.mark(seen, SENT, outcome="applied", message="", at=NOW)
    before = rows(store, "SELECT * FROM delivery")
    with store.writing() as tx:
        assert not tx.handling.again(seen, "said", NOW, anew=True)
        assert not tx.handling.give_up(seen, "said", NOW)
    assert rows(store, "SELECT * FROM delivery") == before


def test_a_mail_that_was_dropped_is_not_marked_as_sent(store: SqlStore, erp: ConnectionRow) -> None:
    owe(store, erp, "O-1")
    seen = the_last(store, erp, "O-1")
    with store.writing() as tx:
        assert tx.deliveries.maybe_sent(seen)
        assert tx.handling.give_up(seen, "said", NOW)
        assert not tx.deliveries.maybe_sent(seen)
