"""Calls of the API with an idempotency key, as the store keeps them."""

from __future__ import annotations

import pytest

from exempt.adapters.store.store import SqlStore
from exempt.model.access import Right
from exempt.services import api_keys
from exempt.services.call_ports import CallRow
from support.records import DAY, NOW
from support.stores import MINUTE, side_by_side

LATER = NOW + MINUTE


@pytest.fixture
def key_id(store: SqlStore) -> int:
    made = api_keys.make(store, "erp", rights=[Right.EDIT], by="anna", at=NOW)
    return made.key.id


def test_a_call_begins_once(store: SqlStore, key_id: int) -> None:
    with store.writing() as tx:
        assert tx.calls.begin(key_id, "a", "print", NOW, NOW - DAY)
        assert not tx.calls.begin(key_id, "a", "other", LATER, LATER - DAY)
        assert tx.calls.begin(key_id, "b", "print", NOW, NOW - DAY)
        assert tx.calls.get(key_id, "a") == CallRow("print", None, {}, "", NOW)
        assert tx.calls.get(key_id, "c") is None


def test_of_two_at_once_one_begins(store: SqlStore, key_id: int) -> None:
    began: list[bool] = []
    side_by_side(
        store,
        lambda tx: began.append(tx.calls.begin(key_id, "a", "print", NOW, NOW - DAY)),
        lambda tx: began.append(tx.calls.begin(key_id, "a", "print", NOW, NOW - DAY)),
    )
    assert began == [True, False]


def test_an_old_call_makes_room_and_leaves_nothing(store: SqlStore, key_id: int) -> None:
    with store.writing() as tx:
        tx.calls.begin(key_id, "a", "print", NOW, NOW - DAY)
        tx.calls.answered(key_id, "a", 201, {"etag": '"1"'}, "sealed")
        assert tx.calls.get(key_id, "a") == CallRow("print", 201, {"etag": '"1"'}, "sealed", NOW)
        assert tx.calls.begin(key_id, "a", "other", LATER, LATER)
        assert tx.calls.get(key_id, "a") == CallRow("other", None, {}, "", LATER)


def test_what_is_done_is_noted_for_whoever_began_it_last(store: SqlStore, key_id: int) -> None:
    with store.writing() as tx:
        tx.calls.begin(key_id, "a", "print", NOW, NOW - DAY)
        assert tx.calls.take_over(key_id, "a", NOW, LATER)
        assert not tx.calls.take_over(key_id, "a", NOW, LATER + MINUTE)
        assert not tx.calls.carried_out(key_id, "a", NOW)
        assert tx.calls.carried_out(key_id, "a", LATER)
        assert not tx.calls.take_over(key_id, "a", LATER, LATER + MINUTE)
        tx.calls.drop(key_id, "a")  # it changed something
        found = tx.calls.get(key_id, "a")
    assert found is not None
    assert found.status == 0


def test_what_changed_nothing_is_dropped_and_what_is_old_forgotten(
    store: SqlStore, key_id: int
) -> None:
    with store.writing() as tx:
        for key, at in (("a", NOW), ("b", NOW), ("c", LATER)):
            tx.calls.begin(key_id, key, "print", at, at - DAY)
        tx.calls.drop(key_id, "a")
        assert tx.calls.get(key_id, "a") is None
        assert tx.calls.forget(LATER) == 1
        assert tx.calls.get(key_id, "c") is not None
