"""Webhooks that came in: each event counts once, and is forgotten when it is done and old."""

from __future__ import annotations

import datetime as dt

import pytest

from exempt import Stream
from exempt.adapters.store.store import SqlStore
from exempt.model.messages import WebhookEvent
from exempt.services.rows import ConnectionRow
from support.records import DAY, NOW
from support.stores import MINUTE, connected, everything, rows, side_by_side


def event(event_id: str = "evt_1", *ids: str, stream: Stream = Stream.CUSTOMERS) -> WebhookEvent:
    return WebhookEvent(event_id=event_id, stream=stream, external_ids=ids or ("C-1",))


def add(store: SqlStore, row: ConnectionRow, *events: WebhookEvent, at: dt.datetime = NOW) -> int:
    with store.writing() as tx:
        return tx.webhooks.add(row.id, b'{"id": "evt_1"}', events, at)


def pending(store: SqlStore, row: ConnectionRow, limit: int = 100) -> list[WebhookEvent]:
    with store.reading() as tx:
        return [kept.event for kept in tx.webhooks.pending(row.id, limit)]


def done(store: SqlStore, row: ConnectionRow, *event_ids: str, dead: str | None = None) -> None:
    with store.writing() as tx:
        kept = tx.webhooks.pending(row.id, 100)
        ids = [each.id for each in kept if each.event.event_id in event_ids]
        assert len(ids) == len(event_ids)
        tx.webhooks.done(ids, NOW, dead=dead)


def bodies(store: SqlStore) -> list[bytes]:
    return [bytes(body) for (body,) in rows(store, "SELECT body FROM webhook ORDER BY id")]


def test_an_event_is_kept_as_it_was_told(store: SqlStore, erp: ConnectionRow) -> None:
    told = event("evt_1", "C-1", "Ü/2", stream=Stream.ORDERS)
    assert add(store, erp, told) == 1
    with store.reading() as tx:
        (kept,) = tx.webhooks.pending(erp.id, 100)
    assert kept.event == told
    assert (kept.connection_id, kept.state, kept.received_at) == (erp.id, "pending", NOW)
    assert bodies(store) == [b'{"id": "evt_1"}']


def test_an_event_that_comes_again_is_one(store: SqlStore, erp: ConnectionRow) -> None:
    assert add(store, erp, event(), event()) == 1
    before = everything(store)
    assert add(store, erp, event(), at=NOW + MINUTE) == 0
    assert everything(store) == before, "nor is its body kept again"
    done(store, erp, "evt_1")
    assert add(store, erp, event()) == 0, "it was followed already"
    assert pending(store, erp) == []


def test_two_at_once_that_bring_the_same_are_one(store: SqlStore, erp: ConnectionRow) -> None:
    new: list[int] = []
    told = [event()]
    side_by_side(
        store,
        lambda tx: new.append(tx.webhooks.add(erp.id, b"1", told, NOW)),
        lambda tx: new.append(tx.webhooks.add(erp.id, b"2", told, NOW)),
    )
    assert new == [1, 0]
    assert bodies(store) == [b"1"]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(event("evt_2"), id="another event"),
        pytest.param(event(stream=Stream.ORDERS), id="the same event of another stream"),
    ],
)
def test_what_counts_as_another(store: SqlStore, erp: ConnectionRow, other: WebhookEvent) -> None:
    assert add(store, erp, event()) == 1
    assert add(store, erp, event(), other) == 1
    assert pending(store, erp) == [event(), other]


def test_events_of_two_connections_are_apart(store: SqlStore, erp: ConnectionRow) -> None:
    shop = connected(store, "shop")
    assert (add(store, erp, event()), add(store, shop, event())) == (1, 1)
    done(store, erp, "evt_1", dead="erp: no such customer")
    assert pending(store, shop) == [event()]
    with store.reading() as tx:
        assert tx.webhooks.open() == {erp.id: {"dead": 1}, shop.id: {"pending": 1}}


def test_the_oldest_come_first(store: SqlStore, erp: ConnectionRow) -> None:
    add(store, erp, event("evt_9"), event("evt_1"))
    add(store, erp, event("evt_5"))
    assert [each.event_id for each in pending(store, erp, limit=2)] == ["evt_9", "evt_1"]
    done(store, erp, "evt_9", "evt_1")
    assert [each.event_id for each in pending(store, erp, limit=2)] == ["evt_5"]


def test_an_event_that_was_given_up_is_followed_when_it_comes_again(
    store: SqlStore, erp: ConnectionRow
) -> None:
    add(store, erp, event())
    done(store, erp, "evt_1", dead="erp: no such customer")
    assert pending(store, erp) == []
    said = rows(store, "SELECT state, message FROM webhook_event")
    assert said == [("dead", "erp: no such customer")]
    assert add(store, erp, event(), at=NOW + DAY) == 1
    assert pending(store, erp) == [event()]
    assert rows(store, "SELECT state, message, done_at FROM webhook_event") == [
        ("pending", None, None)
    ]


def test_what_is_marked_is_marked_alone(store: SqlStore, erp: ConnectionRow) -> None:
    add(store, erp, event("evt_1"), event("evt_2"), event("evt_3"))
    done(store, erp, "evt_2")
    with store.writing() as tx:
        before = everything(store)
        tx.webhooks.done([], NOW)
    assert everything(store) == before
    assert [each.event_id for each in pending(store, erp)] == ["evt_1", "evt_3"]
    with store.reading() as tx:
        assert tx.webhooks.open() == {erp.id: {"pending": 2}}, "what is done is not open"


def test_what_is_done_and_old_is_forgotten(store: SqlStore, erp: ConnectionRow) -> None:
    add(store, erp, event("done"), at=NOW - DAY)
    add(store, erp, event("half"), event("half-done"), at=NOW - DAY)
    add(store, erp, event("dead"), at=NOW - DAY)
    add(store, erp, event("young"), at=NOW)
    done(store, erp, "done", "half-done", "young")
    done(store, erp, "dead", dead="gone")
    with store.writing() as tx:
        assert tx.webhooks.forget(NOW - DAY) == 0, "it was received at that moment, not before"
    with store.writing() as tx:
        assert tx.webhooks.forget(NOW) == 1
    left = rows(store, "SELECT event_id FROM webhook_event ORDER BY event_id")
    assert left == [("dead",), ("half",), ("young",)]
    assert len(bodies(store)) == 3
    assert add(store, erp, event("done")) == 1, "as if it had never come"
    with store.writing() as tx:
        assert tx.webhooks.forget(NOW + DAY) == 1
    assert pending(store, erp) == [event("half"), event("done")], "what waits is never forgotten"
