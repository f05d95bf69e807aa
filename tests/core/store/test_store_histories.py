"""From which day on orders are read is kept, and survives a new version, on each database."""

from __future__ import annotations

import datetime as dt

import pytest

from exempt import Capability, Stream
from exempt.adapters.store import migrate
from exempt.adapters.store.store import SqlStore
from exempt.model.backfill import BackfillCounts, BackfillOptions, BackfillState
from exempt.services.history_ports import HistoryRow, OrdersOnFile, PageRead, ReadSoFar
from exempt.services.rows import ConnectionRow, StreamPart
from support.records import NOW, TODAY, order
from support.stores import MINUTE, connected, rows, save_orders

THREE, FIVE = dt.date(2023, 1, 1), dt.date(2021, 1, 1)
LATER = NOW + MINUTE


def begin(store: SqlStore, erp: ConnectionRow, start: dt.date | None, parts: int = 1) -> None:
    """Begin to read orders."""
    fresh = [StreamPart(n, None, done=False, guard="g") for n in range(parts)]
    with store.writing() as tx:
        tx.histories.begin(erp.id, start, NOW)
        tx.cursors.begin(erp.id, Stream.ORDERS, fresh, NOW)


def move(
    store: SqlStore, erp: ConnectionRow, part: int, *, done: bool, read: PageRead | None = None
) -> bool:
    """Read a page; whether the orders are now read to the end."""
    with store.writing() as tx:
        there = StreamPart(part, "after", done=done, guard="g")
        assert tx.cursors.move(erp.id, Stream.ORDERS, there, LATER, read)
        return tx.histories.end(erp.id, LATER)


def kept(store: SqlStore, erp: ConnectionRow) -> HistoryRow:
    with store.reading() as tx:
        return tx.histories.get(erp.id)


def test_a_connection_that_is_new_has_not_begun(store: SqlStore, erp: ConnectionRow) -> None:
    assert kept(store, erp) == HistoryRow(erp.id, "erp", erp.company_id, True, None, None, None)
    people = connected(store, "hris", company="acme", capabilities=[Capability.EMPLOYEES])
    with store.writing() as tx:
        assert not tx.histories.end(erp.id, NOW), "what never began does not end"
        assert [row.connection for row in tx.histories.all()] == ["erp", "hris"]
        (row,) = tx.histories.all([people.company_id])
        assert tx.histories.all([]) == []
    assert (row.connection, row.reads_orders) == ("hris", False)


def test_it_ends_once_when_every_part_is_done(store: SqlStore, erp: ConnectionRow) -> None:
    begin(store, erp, THREE, parts=2)
    with store.writing() as tx:
        other = [StreamPart(0, None, done=False, guard="g")]
        tx.cursors.begin(erp.id, Stream.CUSTOMERS, other, NOW)
    assert not move(store, erp, 1, done=True)
    assert not move(store, erp, 0, done=False)
    assert kept(store, erp).read_at is None
    assert move(store, erp, 0, done=True), "customers do not matter"
    assert kept(store, erp).read_at == LATER
    assert not move(store, erp, 1, done=True), "that is not new"


@pytest.mark.parametrize(
    ("start", "again"),
    [
        pytest.param(THREE, False, id="from the same day: as it was"),
        pytest.param(TODAY, False, id="from a later day: it has been read"),
        pytest.param(FIVE, True, id="from an earlier day: it is to be read"),
        pytest.param(None, True, id="all: it is to be read"),
    ],
)
def test_beginning_again(
    store: SqlStore,
    erp: ConnectionRow,
    start: dt.date | None,
    again: bool,
) -> None:
    begin(store, erp, THREE)
    move(store, erp, 0, done=True)
    with store.writing() as tx:
        tx.histories.begin(erp.id, start, LATER + MINUTE)
    found = kept(store, erp)
    assert found.reads_from == start
    assert (found.begun_at, found.read_at) == ((LATER + MINUTE, None) if again else (NOW, LATER))


def test_how_far_it_is(store: SqlStore, erp: ConnectionRow) -> None:
    begin(store, erp, THREE, parts=2)
    with store.reading() as tx:
        assert tx.histories.so_far() == {erp.id: ReadSoFar(2, 0, 0, 0, None, None, NOW, NOW)}
    move(store, erp, 0, done=False, read=PageRead(3, dt.date(2025, 5, 1), dt.date(2025, 6, 1)))
    move(store, erp, 0, done=True, read=PageRead(2, dt.date(2025, 5, 2), dt.date(2025, 6, 3)))
    move(store, erp, 1, done=False, read=PageRead(4, dt.date(2024, 2, 1), dt.date(2024, 2, 2)))
    move(store, erp, 1, done=False, read=PageRead(0))
    expected = ReadSoFar(2, 1, 4, 9, dt.date(2024, 2, 1), dt.date(2025, 6, 3), NOW, LATER)
    with store.reading() as tx:
        assert tx.histories.so_far() == {erp.id: expected}
    begin(store, erp, FIVE)
    with store.reading() as tx:
        assert tx.histories.so_far()[erp.id].records == 0, "counted from its beginning"


def test_what_is_on_file(store: SqlStore, erp: ConnectionRow) -> None:
    shop = connected(store, "shop")
    save_orders(store, erp, order("O-1", order_date=THREE), order("O-2", order_date=FIVE), order())
    save_orders(store, shop, order("O-1", order_date=THREE))
    with store.writing() as tx:
        tx.sources.mark_deleted(erp, Stream.ORDERS, ["O-2"], NOW)
        expected = {erp.id: OrdersOnFile(2, THREE, TODAY), shop.id: OrdersOnFile(1, THREE, THREE)}
    with store.reading() as tx:
        assert tx.histories.on_file()[shop.id] == expected[shop.id]
        assert tx.histories.on_file([shop.id]) == {shop.id: expected[shop.id]}
        assert tx.histories.on_file([]) == {}


def test_files_count_when_they_are_imported(store: SqlStore, erp: ConnectionRow) -> None:
    def file(state: BackfillState, day: dt.date | None) -> None:
        with store.writing() as tx:
            run = tx.backfills.begin(erp.id, "a.csv", "0" * 64, BackfillOptions(), NOW, by="anna")
            counts = BackfillCounts(first_day=day)
            tx.backfills.save(run.model_copy(update={"state": state, "counts": counts}))

    file(BackfillState.CHECKED, FIVE)
    with store.reading() as tx:
        assert tx.histories.files_from() == {}
    file(BackfillState.IMPORTED, TODAY)
    file(BackfillState.COMPLETE, THREE)
    file(BackfillState.IMPORTED, None)
    with store.reading() as tx:
        assert tx.histories.files_from() == {erp.id: THREE}


# --- a list that is read whole, from a day on --------------------------------------------


@pytest.mark.parametrize(
    ("since", "missing"),
    [(None, ["O-2", "O-3"]), (THREE, ["O-3"]), (THREE + dt.timedelta(days=1), [])],
)
def test_orders_of_before_are_not_missed(
    store: SqlStore, erp: ConnectionRow, since: dt.date | None, missing: list[str]
) -> None:
    old, then = order("O-2", order_date=FIVE), order("O-3", order_date=THREE)
    save_orders(store, erp, order("O-1"), old, then)
    with store.writing() as tx:
        tx.cursors.named(erp.id, Stream.ORDERS, ["O-1"])
        assert tx.cursors.never_named(erp.id, Stream.ORDERS, since) == (1, missing)


# --- a new version -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "begun", "read_at"),
    [
        pytest.param("never read", None, None, id="what was never read may be read from a day on"),
        pytest.param("half", NOW, None, id="what was read in part goes on"),
        pytest.param("whole", NOW, LATER, id="what was read counts as read"),
        pytest.param(
            "forgotten", dt.datetime(1970, 1, 1, tzinfo=dt.UTC), None, id="what is to be read anew"
        ),
    ],
)
def test_what_an_older_version_read_is_not_read_anew(
    store: SqlStore,
    erp: ConnectionRow,
    state: str,
    begun: dt.datetime | None,
    read_at: dt.datetime | None,
) -> None:
    if state != "never read":
        begin(store, erp, THREE, parts=2)
        save_orders(store, erp, order())
        move(store, erp, 1, done=True)
    if state == "whole":
        move(store, erp, 0, done=True)
    if state == "forgotten":
        with store.writing() as tx:
            tx.cursors.forget(erp.id, Stream.ORDERS)
    with store.reading() as tx:
        parts = tx.cursors.parts(erp.id, Stream.ORDERS)
    migrate.downgrade(store.database, "0006")
    migrate.upgrade(store.database)
    found = kept(store, erp)
    assert (found.reads_from, found.read_at) == (None, read_at)
    assert (found.begun_at is None) == (begun is None)
    assert begun is None or found.begun_at in {begun, LATER}
    with store.reading() as tx:
        assert tx.cursors.parts(erp.id, Stream.ORDERS) == parts
    zero = rows(store, "SELECT count(*) FROM stream_cursor WHERE begun_at = 0")
    assert zero == [(0,)]
