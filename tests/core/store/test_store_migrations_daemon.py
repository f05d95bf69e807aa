"""What the daemon keeps goes forwards to version 0004, and back."""

from __future__ import annotations

import pytest

from exempt import Stream
from exempt.adapters.store import migrate
from exempt.adapters.store.store import SqlStore
from exempt.model.messages import WebhookEvent
from exempt.services.job_ports import JobKind, WorkerRow
from exempt.services.rows import ConnectionRow, DeliveryTarget
from support.engines import ByHand
from support.records import NOW, customer
from support.stores import connected, customers_in, everything, rows, save_customers

NEW = {"job", "worker", "webhook", "webhook_event"}


@pytest.fixture
def kept(store: SqlStore, erp: ConnectionRow) -> SqlStore:
    """A store with something in all that version 0004 added."""
    save_customers(store, erp, customer())
    with store.writing() as tx:
        (card,) = customers_in(tx)
        tx.jobs.ask(JobKind.PULL, erp.id)
        tx.workers.tick(WorkerRow("w1", "host-1", 4711, "0.1", 1, NOW, NOW))
        told = WebhookEvent(event_id="evt_1", stream=Stream.CUSTOMERS, external_ids=("C-1",))
        tx.webhooks.add(erp.id, b"{}", [told], NOW)
        tx.connections.pause(erp.id, "the books are closed", NOW, "anna")
        asked = tx.requests.add(card.id, "ap@example.com", ["US-TX"], NOW)
        ends = tx.requests.add(card.id, "ap@example.com", ["US-OK"], NOW)
        mails = [(str(asked), 1, "{}"), (str(ends), 1, "{}")]
        tx.deliveries.owe(erp.id, DeliveryTarget.MAIL, mails, NOW)
        tx.deliveries.owe(erp.id, DeliveryTarget.ORDER, [("O-1", 1, "{}"), ("O-2", 1, "{}")], NOW)
    with store.database.writing() as connection:
        for statement in (
            "UPDATE request SET purpose = 'expiry', expiration_date = '2026-12-20' WHERE id = 2",
            "UPDATE delivery SET state = 'dropped' WHERE external_id = 'O-1'",
        ):
            connection.exec_driver_sql(statement)
    return store


def test_back_at_version_0003_only_what_that_knows_is_left(kept: SqlStore) -> None:
    migrate.downgrade(kept.database, "0003")
    left = everything(kept)
    assert not NEW & left.keys()
    assert rows(kept, "SELECT jurisdictions, state FROM request") == [('["US-TX"]', "not_opened")]
    assert rows(kept, "SELECT target, external_id, state FROM delivery ORDER BY id") == [
        ("mail", "1", "pending"),
        ("order", "O-1", "dead"),
        ("order", "O-2", "pending"),
    ]
    reasons = rows(kept, "SELECT paused_reason FROM connection")
    assert reasons == [("the books are closed",)], "a pause stays one"


def test_forwards_again_everything_is_there_and_nothing_in_it(kept: SqlStore) -> None:
    before = everything(kept)
    migrate.downgrade(kept.database, "0003")
    migrate.upgrade(kept.database)
    after = everything(kept)
    assert after.keys() == before.keys()
    assert [after[table] for table in NEW] == [[]] * len(NEW)
    assert rows(kept, "SELECT purpose, expiration_date FROM request") == [("request", None)]
    with kept.reading() as tx:
        (row,) = tx.connections.all()
    assert (row.paused_reason, row.paused_by) == ("the books are closed", None)


def test_what_was_empty_goes_back_and_forwards(store: SqlStore) -> None:
    before = everything(store)
    migrate.downgrade(store.database, "0003")
    migrate.upgrade(store.database)
    assert everything(store) == before


def test_a_job_that_was_taken_away_and_made_again_has_new_runs(kept: SqlStore) -> None:
    """The tables of the engine are not ours: it remembers the runs of before."""
    engine = ByHand(kept)
    erp = connected(kept)
    with kept.writing() as tx:
        tx.jobs.ask(JobKind.PULL, erp.id)
    before = engine.run_ids()
    engine.lose()
    migrate.downgrade(kept.database, "0003")
    migrate.upgrade(kept.database)
    with kept.writing() as tx:
        tx.jobs.ask(JobKind.PULL, erp.id)
    assert len({*before, *engine.run_ids()}) == 2
