"""Deliveries listed for people: the newest first, by state, connection, kind and name."""

from __future__ import annotations

from typing import Any

import pytest

from exempt.adapters.store import owed_lists
from exempt.adapters.store.store import SqlStore
from exempt.services.owed_ports import OwedCounts, OwedFilter, OwedState
from exempt.services.rows import ConnectionRow, DeliveryState, DeliveryTarget
from support.records import NOW, order
from support.stores import connected, save_orders

ORDER, CUSTOMER, MAIL = DeliveryTarget.ORDER, DeliveryTarget.CUSTOMER, DeliveryTarget.MAIL


def owe(
    store: SqlStore, row: ConnectionRow, *ids: str, target: DeliveryTarget = ORDER,
    state: DeliveryState | None = None, outcome: str = "rejected",
) -> None:  # fmt: skip
    """Owe these, and let this become of them."""
    with store.writing() as tx:
        tx.deliveries.owe(row.id, target, [(each, 1, "{}") for each in ids], NOW)
        for delivery in tx.deliveries.last(row.id, target, ids).values():
            if state is not None:
                tx.deliveries.mark(delivery, state, outcome=outcome, message="no", at=NOW)


def found(store: SqlStore, **asked: Any) -> list[str]:
    with store.reading() as tx:
        page = tx.owed_lists.page(OwedFilter(**asked))
        every = tx.owed_lists.portion(OwedFilter(**asked), None, 99)
    ids = [view.delivery.external_id for view in page.deliveries]
    assert ids == [view.delivery.external_id for view in every]
    assert page.total == len(ids)
    return ids


def test_each_state_lists_its_own_the_newest_first(store: SqlStore, erp: ConnectionRow) -> None:
    owe(store, erp, "dead", "dead later", state=DeliveryState.DEAD)
    owe(store, erp, "owed")
    owe(store, erp, "done", state=DeliveryState.SENT)
    assert found(store) == ["done", "owed", "dead later", "dead"]
    assert found(store, state=OwedState.DEAD) == ["dead later", "dead"]
    assert found(store, state=OwedState.PENDING) == ["owed"]
    assert found(store, state=OwedState.SENT) == ["done"]
    assert found(store, state=OwedState.DROPPED) == []


def test_only_mails_of_unknown_outcome_may_have_been_sent(
    store: SqlStore, erp: ConnectionRow
) -> None:
    dead = DeliveryState.DEAD
    owe(store, erp, "1", target=MAIL, state=dead, outcome="unknown")
    owe(store, erp, "2", target=MAIL, state=dead)
    owe(store, erp, "3", state=dead, outcome="unknown")
    assert found(store, state=OwedState.MAYBE_SENT) == ["1"]
    with store.reading() as tx:
        assert tx.owed_lists.counts() == OwedCounts(dead=3, maybe_sent=1, pending=0)


def test_a_company_sees_what_its_own_connections_are_owed(
    store: SqlStore, erp: ConnectionRow
) -> None:
    shop = connected(store, "shop", company="acme")
    owe(store, erp, "mine", state=DeliveryState.DEAD)
    owe(store, shop, "theirs")
    assert found(store, company_ids=[erp.company_id]) == ["mine"]
    assert found(store, company_ids=[]) == []
    assert found(store, connection="shop") == ["theirs"]
    assert found(store, connection="no such") == []
    with store.reading() as tx:
        assert tx.owed_lists.counts([erp.company_id]) == OwedCounts(dead=1)
        assert tx.owed_lists.counts([shop.company_id]) == OwedCounts(pending=1)
        assert tx.owed_lists.counts([]) == OwedCounts()


def test_words_find_an_order_by_its_number_and_anything_by_its_id_there(
    store: SqlStore, erp: ConnectionRow
) -> None:
    save_orders(store, erp, order("gid-77", number="SO-5001"))
    owe(store, erp, "gid-77", "gid-78")
    owe(store, erp, "gid-78", target=CUSTOMER)
    assert found(store, words=" SO-5001 ") == ["gid-77"]
    assert found(store, words="gid-78") == ["gid-78", "gid-78"]
    assert found(store, words="gid-78", targets=[CUSTOMER]) == ["gid-78"]
    assert found(store, words="gid") == []


def test_portions_end_where_the_next_begins(store: SqlStore, erp: ConnectionRow) -> None:
    owe(store, erp, *"abcde")
    with store.reading() as tx:
        first = tx.owed_lists.portion(OwedFilter(), None, 2)
        second = tx.owed_lists.portion(OwedFilter(), first[-1].delivery.id, 9)
    assert [view.delivery.external_id for view in first + second] == list("edcba")


def test_more_than_can_be_leafed_through_is_said_to_be_more(
    store: SqlStore, erp: ConnectionRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owed_lists, "MOST", 2)
    owe(store, erp, *"abc")
    with store.reading() as tx:
        page = tx.owed_lists.page(OwedFilter())
    assert (len(page.deliveries), page.total, page.capped) == (2, 2, True)
