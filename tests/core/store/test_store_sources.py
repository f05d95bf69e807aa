"""Connections made in the console, runs of jobs, and how sources do: kept on both databases."""

from __future__ import annotations

import pytest

from exempt.adapters.store.store import SqlStore
from exempt.model.fetching import Page, Rejected, Stream
from exempt.model.messages import WebhookEvent
from exempt.model.record import SourceRecord
from exempt.services.history_ports import PageRead
from exempt.services.rows import ConnectionRow, StreamPart
from exempt.services.source_ports import KEPT, JobRun, MadeConnection
from support.records import NOW, TODAY
from support.stores import MINUTE, connected

MADE = MadeConnection("shop", "fake", "northwind", "1h", {"secret": "sealed:x"}, {"owns": ["name"]})


def kept(store: SqlStore) -> list[MadeConnection]:
    with store.reading() as tx:
        return tx.made_connections.all()


def save(store: SqlStore, made: MadeConnection) -> bool:
    with store.writing() as tx:
        return tx.made_connections.save(made, NOW, "dana")


def version(store: SqlStore) -> int:
    with store.reading() as tx:
        return tx.made_connections.version()


def test_a_connection_is_kept_as_it_was_made(store: SqlStore) -> None:
    assert version(store) == 0
    assert save(store, MADE)
    assert kept(store) == [MADE._replace(version=1, changed_at=NOW, changed_by="dana")]
    assert version(store) == 1


def test_who_saw_another_version_changes_nothing(store: SqlStore) -> None:
    save(store, MADE)
    assert not save(store, MADE), "there is one of that name"
    assert save(store, MADE._replace(version=1, schedule="2h"))
    assert not save(store, MADE._replace(version=1, schedule="3h"))
    assert [(made.schedule, made.version) for made in kept(store)] == [("2h", 2)]
    assert not save(store, MADE._replace(name="other", version=1)), "there is none to change"


def test_a_removed_connection_leaves_no_secret_and_can_be_made_anew(store: SqlStore) -> None:
    save(store, MADE)
    with store.writing() as tx:
        assert not tx.made_connections.remove("shop", 2, NOW, "dana")
        assert tx.made_connections.remove("shop", 1, NOW, "dana")
        assert not tx.made_connections.remove("shop", 2, NOW, "dana"), "it is gone"
    assert kept(store) == []
    before = version(store)
    with store.database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT settings FROM configured_connection").all()
    assert rows == [("{}",)]
    assert save(store, MADE)
    assert version(store) > before, "whoever looks sees that there is something new"
    assert [made.version for made in kept(store)] == [3]


def run(erp: ConnectionRow, number: int, job: str = "pull:erp") -> JobRun:
    at = NOW + number * MINUTE
    return JobRun(job, erp.id, at, at + MINUTE, "done", None, {"orders": number}, "w1")


def test_the_newest_runs_of_each_job_are_kept(store: SqlStore, erp: ConnectionRow) -> None:
    with store.writing() as tx:
        tx.job_runs.add(run(erp, 0, "push:erp"))
        for number in range(KEPT + 5):
            tx.job_runs.add(run(erp, number))
    with store.reading() as tx:
        found = tx.job_runs.newest(erp.id, 1000)
    assert [each.job for each in found].count("pull:erp") == KEPT
    assert found[0]._replace(id=0) == run(erp, KEPT + 4)
    assert found[-1].job == "push:erp", "another job's are its own"
    assert (found[0].kind, found[0].seconds) == ("pull", 60)


def test_streams_are_told_with_all_their_parts(store: SqlStore, erp: ConnectionRow) -> None:
    other = connected(store, "other")
    parts = [StreamPart(n, None, done=n == 0, guard="g") for n in range(3)]
    with store.writing() as tx:
        tx.cursors.begin(erp.id, Stream.ORDERS, parts, NOW)
        tx.cursors.begin(other.id, Stream.CUSTOMERS, parts[:1], NOW)
        page = PageRead(100, TODAY, TODAY + 2 * MINUTE * 1440)
        tx.cursors.move(erp.id, Stream.ORDERS, parts[1], NOW + MINUTE, page)
        tx.cursors.move(erp.id, Stream.ORDERS, parts[2], NOW, PageRead(20))
    with store.reading() as tx:
        (orders,) = tx.source_reading.streams([erp.id])
        assert len(tx.source_reading.streams()) == 2
        assert tx.source_reading.streams([]) == []
    assert (orders.parts, orders.done, orders.pages, orders.records) == (3, 1, 2, 120)
    assert (orders.first_day, orders.whole, orders.rate) == (TODAY, False, 2.0)
    assert (orders.begun_at, orders.moved_at) == (NOW, NOW + MINUTE)


def test_rejected_rows_are_counted_and_listed_the_newest_first(
    store: SqlStore, erp: ConnectionRow
) -> None:
    def page(*rows: Rejected) -> Page[SourceRecord]:
        return Page(records=(), rejected=rows, next_cursor=None, checkpoint=None)

    with store.writing() as tx:
        for stream, names in ((Stream.ORDERS, "abc"), (Stream.CUSTOMERS, "d")):
            rows = [Rejected(row=n, reason=f"{n} is odd", external_id=n) for n in names]
            tx.sources.save_rejected(erp.id, stream, page(*rows), None, NOW)
    with store.reading() as tx:
        reading = tx.source_reading
        assert reading.rejected_counts() == {erp.id: 4}
        assert reading.rejected_by_stream(erp.id) == {Stream.CUSTOMERS: 1, Stream.ORDERS: 3}
        assert [row.row for row in reading.rejected(erp.id, None, limit=2)] == ["d", "c"]
        found = reading.rejected(erp.id, Stream.ORDERS, limit=2, offset=1)
    assert [(row.row, row.reason, row.seen_at) for row in found] == [
        ("b", "b is odd", NOW),
        ("a", "a is odd", NOW),
    ]


@pytest.mark.parametrize("dead", [None, "gone"])
def test_webhooks_are_told_with_what_became_of_them(
    store: SqlStore, erp: ConnectionRow, dead: str | None
) -> None:
    event = WebhookEvent(event_id="e1", stream=Stream.ORDERS, external_ids=("O-1", "O-2"))
    with store.writing() as tx:
        tx.webhooks.add(erp.id, b"{}", [event], NOW)
        (kept_event,) = tx.webhooks.pending(erp.id, 5)
        tx.webhooks.done([kept_event.id], NOW + MINUTE, dead=dead)
    with store.reading() as tx:
        (came,) = tx.source_reading.came_in(erp.id, 10)
    assert (came.event_id, came.external_ids) == ("e1", ("O-1", "O-2"))
    assert (came.state, came.message) == (("dead", "gone") if dead else ("done", None))
    assert (came.received_at, came.done_at) == (NOW, NOW + MINUTE)
