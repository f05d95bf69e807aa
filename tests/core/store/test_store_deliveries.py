"""What is owed to outside systems, and what became of it."""

from __future__ import annotations

import datetime as dt

import pytest

from exempt.adapters.store.store import SqlStore
from exempt.services.rows import ConnectionRow, Delivery, DeliveryState, DeliveryTarget
from support.records import NOW
from support.stores import MINUTE, connected, rows

ORDER, CUSTOMER, MAIL = DeliveryTarget.ORDER, DeliveryTarget.CUSTOMER, DeliveryTarget.MAIL
ALL = tuple(DeliveryTarget)


def owe(
    store: SqlStore, row: ConnectionRow, *wanted: tuple[str, int, str],
    target: DeliveryTarget = ORDER, minutes: int = 0,
) -> None:  # fmt: skip
    with store.writing() as tx:
        tx.deliveries.owe(row.id, target, wanted, NOW + minutes * MINUTE)


def due(
    store: SqlStore, row: ConnectionRow, *, minutes: int = 0, limit: int = 99,
    targets: tuple[DeliveryTarget, ...] = ALL,
) -> list[Delivery]:  # fmt: skip
    with store.reading() as tx:
        return tx.deliveries.due(row.id, targets, NOW + minutes * MINUTE, limit)


def last(store: SqlStore, row: ConnectionRow, external_id: str = "O-1") -> Delivery:
    with store.reading() as tx:
        return tx.deliveries.last(row.id, ORDER, [external_id, "none such"])[external_id]


def mark(
    store: SqlStore, delivery: Delivery, state: DeliveryState,
    due_at: dt.datetime | None = None, at: dt.datetime = NOW,
) -> None:  # fmt: skip
    with store.writing() as tx:
        tx.deliveries.mark(delivery, state, outcome="retry", message="busy", at=at, due_at=due_at)


def test_what_is_owed_is_due_at_once(store: SqlStore, erp: ConnectionRow) -> None:
    owe(store, erp, ("O-1", 1, "{}"))
    (delivery,) = due(store, erp)
    assert delivery[1:] == (
        erp.id, ORDER, "O-1", 1, "{}", DeliveryState.PENDING, 0, NOW, None, None, None,
    )  # fmt: skip
    assert due(store, erp, minutes=-1) == []


def test_of_one_thing_the_latest_is_owed(store: SqlStore, erp: ConnectionRow) -> None:
    owe(store, erp, ("O-1", 1, "old"), ("O-2", 1, "other"))
    owe(store, erp, ("O-1", 2, "new"), minutes=1)
    assert [d.wanted for d in due(store, erp, minutes=1)] == ["other", "new"]
    sql = "SELECT wanted, state FROM delivery ORDER BY id"
    assert rows(store, sql) == [
        ("old", "superseded"), ("other", "pending"), ("new", "pending"),
    ]  # fmt: skip
    assert last(store, erp).wanted == "new"


@pytest.mark.parametrize(
    ("state", "then"),
    [
        pytest.param(DeliveryState.SENT, "sent", id="what was done stays done"),
        pytest.param(DeliveryState.DEAD, "superseded", id="what waits for a person need not"),
        pytest.param(DeliveryState.PENDING, "superseded", id="what is to be tried again need not"),
    ],
)
def test_what_becomes_of_the_one_before(
    store: SqlStore, erp: ConnectionRow, state: DeliveryState, then: str
) -> None:
    owe(store, erp, ("O-1", 1, "old"))
    mark(store, last(store, erp), state)
    owe(store, erp, ("O-1", 2, "new"))
    assert rows(store, "SELECT state FROM delivery ORDER BY id") == [(then,), ("pending",)]


def test_an_order_and_a_customer_with_one_id_are_two_things(
    store: SqlStore, erp: ConnectionRow
) -> None:
    shop = connected(store, "shop")
    owe(store, erp, ("1", 1, "order"))
    owe(store, erp, ("1", 1, "customer"), target=CUSTOMER)
    owe(store, erp, ("1", 1, "mail"), target=MAIL)
    owe(store, shop, ("1", 1, "elsewhere"))
    assert [d.wanted for d in due(store, erp)] == ["order", "customer", "mail"]
    assert [d.wanted for d in due(store, erp, targets=(CUSTOMER, MAIL))] == ["customer", "mail"]
    assert [d.wanted for d in due(store, shop)] == ["elsewhere"]


def test_the_oldest_come_first_and_so_many_at_once(store: SqlStore, erp: ConnectionRow) -> None:
    owe(store, erp, ("late", 1, "{}"), minutes=2)
    owe(store, erp, ("early", 1, "{}"), ("early too", 1, "{}"))
    in_time = [d.external_id for d in due(store, erp, minutes=5)]
    assert in_time == ["early", "early too", "late"]
    assert [d.external_id for d in due(store, erp, minutes=5, limit=2)] == in_time[:2]


def test_what_failed_is_due_again_later(store: SqlStore, erp: ConnectionRow) -> None:
    owe(store, erp, ("O-1", 1, "{}"))
    mark(store, last(store, erp), DeliveryState.PENDING, due_at=NOW + 5 * MINUTE)
    assert due(store, erp, minutes=4) == []
    (again,) = due(store, erp, minutes=5)
    assert (again.attempts, again.outcome, again.message) == (1, "retry", "busy")
    assert again.done_at is None


def test_what_was_done_has_its_moment(store: SqlStore, erp: ConnectionRow) -> None:
    owe(store, erp, ("O-1", 1, "{}"))
    mark(store, last(store, erp), DeliveryState.SENT, at=NOW + MINUTE)
    assert due(store, erp, minutes=9) == []
    assert (last(store, erp).state, last(store, erp).done_at) == ("sent", NOW + MINUTE)


def test_what_was_superseded_in_flight_stays_so(store: SqlStore, erp: ConnectionRow) -> None:
    owe(store, erp, ("O-1", 1, "old"))
    in_flight = last(store, erp)
    owe(store, erp, ("O-1", 2, "new"))
    mark(store, in_flight, DeliveryState.SENT)
    assert [(d.wanted, d.attempts) for d in due(store, erp)] == [("new", 0)]
    assert rows(store, "SELECT state, attempts FROM delivery WHERE version = 1") == [
        ("superseded", 0)
    ]


def test_what_is_dead_is_listed_with_its_connection(store: SqlStore, erp: ConnectionRow) -> None:
    owe(store, erp, ("O-1", 1, "{}"), ("O-2", 1, "{}"))
    mark(store, last(store, erp), DeliveryState.DEAD)
    with store.reading() as tx:
        ((connection, dead),) = tx.deliveries.dead()
        (status,) = tx.reports.connections()
    assert (connection, dead.external_id, dead.message) == ("erp", "O-1", "busy")
    assert status.deliveries == {"dead": 1, "pending": 1}


def test_nothing_owed_changes_nothing(store: SqlStore, erp: ConnectionRow) -> None:
    owe(store, erp)
    with store.reading() as tx:
        assert tx.deliveries.last(erp.id, ORDER, []) == {}
    assert due(store, erp) == []
