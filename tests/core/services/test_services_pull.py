"""Reading a stream to its end: resuming, ranges, cursors, and rows that are wrong."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from exempt import Capability, FetchRequest, Page, Rejected, Settings, Stream, hookimpl
from exempt.adapters.connections.connection import OpenConnection
from exempt.errors import CursorExpired, PermanentError, TransientError
from exempt.services.pull import PageStored, plan, read_ids
from support.fake_connector import READS, FakeConnector, Remote, info
from support.records import NOW, TODAY, customer, employee, line, order, product
from support.stores import everything, rows
from support.world import Source, World

IDS = [f"O-{n}" for n in range(1, 11)]


@pytest.fixture
def ten(erp: Source) -> Source:
    """A connection whose remote has ten orders of one customer."""
    erp.remote.put(customer(), *(order(each) for each in IDS))
    return erp


def test_a_stream_is_read_to_its_end(ten: Source) -> None:
    ten.pull(page_size=4)
    assert ten.stored(*IDS) == IDS
    assert [page.records for page in ten.pages] == [4, 4, 2]
    assert ten.pages[0] == PageStored("erp", Stream.ORDERS, 4, 4, 0, 0, 0, TODAY, TODAY)
    (part,) = ten.parts()
    assert part == (0, "10:", True, "guard")


def test_the_next_run_reads_what_is_new(ten: Source) -> None:
    ten.pull(page_size=4)
    ten.remote.put(order("O-3", closed=True), order("O-11"))
    ten.remote.remove(Stream.ORDERS, "O-1")
    ten.pages.clear()
    ten.pull()
    assert ten.pages == [PageStored("erp", Stream.ORDERS, 2, 1, 1, 0, 1, TODAY, TODAY)]
    assert rows(ten.world.store, "SELECT external_id FROM sales_order WHERE deleted_at > 0") == [
        ("O-1",)
    ]


def test_what_failed_is_resumed_where_it_was(ten: Source) -> None:
    ten.remote.faults["fetch_orders"] = [None, TransientError("busy")]
    with pytest.raises(TransientError):
        ten.pull(page_size=4)
    assert ten.stored(*IDS) == IDS[:4]
    assert ten.parts() == [(0, "4:", False, "guard")]
    ten.pull(page_size=4)
    assert ten.stored(*IDS) == IDS
    assert [request.cursor for _, request in ten.remote.fetched] == [None, "4:", "8:"]


def test_a_page_is_one_transaction(ten: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever fails while a page is stored, nothing of it stays, nor its cursor."""
    ten.pull(Stream.CUSTOMERS)
    ten.pull(page_size=4, stop=iter([False, True]).__next__)
    before = everything(ten.world.store)
    from exempt.adapters.store.progress import Cursors

    def fail(*_arguments: object) -> None:
        msg = "the disk is full"
        raise OSError(msg)

    with monkeypatch.context() as patched:
        patched.setattr(Cursors, "move", fail)
        with pytest.raises(OSError, match="the disk is full"):
            ten.pull(page_size=4)
    assert everything(ten.world.store) == before
    ten.pull(page_size=4)
    assert ten.stored(*IDS) == IDS


def test_reading_stops_between_pages(ten: Source) -> None:
    ten.pull(page_size=4, stop=iter([False, False, True]).__next__)
    assert ten.stored(*IDS) == IDS[:8]
    assert ten.parts() == [(0, "8:", False, "guard")]


@pytest.mark.parametrize("ranges", [1, 2, 3, 10])
def test_a_history_in_ranges_is_read_whole(ten: Source, ranges: int) -> None:
    ten.remote.ranges = ranges
    ten.pull(page_size=2)
    assert sorted(ten.stored(*IDS)) == sorted(IDS)
    assert [part.done for part in ten.parts()] == [True] * ranges
    assert len([r for _, r in ten.remote.fetched if r.cursor is None]) == 0


def test_of_ranges_the_last_goes_on_in_later_runs(ten: Source) -> None:
    ten.remote.ranges = 3
    ten.pull()
    ten.remote.put(order("O-11"))
    ten.pages.clear()
    ten.pull()
    assert [(page.records, page.new) for page in ten.pages] == [(1, 1)]
    assert [part.cursor for part in ten.parts()] == ["4:", "8:", "11:"]


def test_of_ranges_only_the_unfinished_are_resumed(ten: Source) -> None:
    ten.remote.ranges = 3
    reading = ten.reading()
    first, *_ = plan(reading, Stream.ORDERS)
    ten.pull(stop=iter([False, True, True]).__next__)
    assert [part.done for part in ten.parts()] == [True, False, False]
    assert [part.part for part in plan(reading, Stream.ORDERS)] == [1, 2]
    assert first.part == 0


@pytest.mark.parametrize(
    ("guard", "read"),
    [
        pytest.param("guard", 0, id="while nothing changed the cursor is used"),
        pytest.param("other", 10, id="when its settings changed the stream is read anew"),
    ],
)
def test_the_guard_of_a_cursor(ten: Source, guard: str, read: int) -> None:
    ten.pull()
    ten.pages.clear()
    ten.pull(guard=guard)
    assert sum(page.records for page in ten.pages) == read
    assert sum(page.new + page.changed for page in ten.pages) == 0, "what is there stays as it is"
    assert [part.guard for part in ten.parts()] == [guard]


def test_without_a_checkpoint_the_next_run_begins_anew(world: World) -> None:
    class Plain(FakeConnector):
        @hookimpl
        def fetch_orders(self, request: FetchRequest) -> Page[Any]:
            return Page(records=(order(),))

    source = world.connect("plain")
    reading = source.reading(connection=_opened(Plain(source.remote)))
    source.pull(connection=reading.connection)
    assert source.parts() == [(0, None, True, "guard")]
    source.pull(connection=reading.connection)
    assert [(page.records, page.new) for page in source.pages] == [(1, 1), (1, 0)]


def _opened(connector: FakeConnector) -> OpenConnection:
    declared = info(Remote(), READS)
    return OpenConnection("plain", declared, connector, Settings())


@pytest.mark.parametrize(
    "cursors",
    [
        pytest.param(["a", "a"], id="the same cursor again"),
        pytest.param(["a", "b", "a"], id="back to one seen before"),
        pytest.param(["a", "b", "c", "b"], id="round and round"),
    ],
)
def test_a_cursor_that_comes_twice_ends_the_reading(world: World, cursors: list[str]) -> None:
    left = list(cursors)

    class Looping(FakeConnector):
        @hookimpl
        def fetch_orders(self, request: FetchRequest) -> Page[Any]:
            number = len(cursors) - len(left)
            return Page(records=(order(f"O-{number}"),), next_cursor=left.pop(0))

    source = world.connect("loop")
    with pytest.raises(PermanentError, match=r"loop: orders: .* would never end"):
        source.pull(connection=_opened(Looping(source.remote)))
    assert len(source.pages) == len(cursors) - 1, "what came before the loop is kept"


def test_a_cursor_that_the_remote_forgot_reads_the_stream_anew(ten: Source) -> None:
    ten.pull(page_size=4)
    ten.remote.faults["fetch_orders"] = [CursorExpired("too old")]
    with pytest.raises(CursorExpired, match="erp: too old"):
        ten.pull()
    assert ten.parts() == []
    ten.pages.clear()
    ten.pull()
    assert [(page.records, page.new) for page in ten.pages] == [(10, 0)]


def test_three_bad_rows_of_a_hundred_cost_three(world: World) -> None:
    source = world.connect()
    bad = {7, 50, 93}
    for n in range(1, 101):
        if n in bad:
            source.remote.spoil(Stream.ORDERS, f"row {n}", f"O-{n}")
        else:
            source.remote.put(order(f"O-{n}"))
    source.pull()
    (page,) = source.pages
    assert (page.records, page.new, page.rejected) == (97, 97, 3)
    with world.store.reading() as tx:
        assert tx.sources.rejected(source.row.id) == [
            ("orders", Rejected(row=f"row {n}", reason="total: missing", external_id=f"O-{n}"))
            for n in sorted(bad)
        ]
    source.remote.put(*(order(f"O-{n}") for n in bad))
    source.pull()
    with world.store.reading() as tx:
        assert tx.sources.rejected(source.row.id) == [], "mended they are gone from the list"


def test_every_stream_is_stored(world: World) -> None:
    kept = [stream for stream in Stream if stream is not Stream.BOUNCES]
    source = world.connect("all", [Capability(stream.value) for stream in kept])
    source.remote.put(customer(), product(), order(lines=(line(),)), employee())
    for stream in kept:
        source.pull(stream)
    with world.store.reading() as tx:
        (status,) = tx.reports.connections()
    assert status.records == {stream.value: 1 for stream in kept}
    assert status.last_read_at == NOW


def test_what_is_of_interest_is_asked_for(ten: Source) -> None:
    since = TODAY - dt.timedelta(days=9)
    ten.pull(since=since, page_size=7)
    assert {(r.since, r.page_size) for _, r in ten.remote.fetched} == {(since, 7)}


def test_records_asked_for_by_id_move_no_cursor(ten: Source) -> None:
    ten.pull(page_size=4, stop=iter([False, True]).__next__)
    ids = ("O-9", "O-10", "no such")
    read_ids(ten.reading(), Stream.ORDERS, ids)
    assert ten.stored(*IDS) == [*IDS[:4], "O-9", "O-10"]
    assert ten.parts() == [(0, "4:", False, "guard")]
    assert ten.pages[-1].deleted == 1
    read_ids(ten.reading(), Stream.ORDERS, ())
    assert len(ten.pages) == 2, "nothing asked for is no call"


def test_many_records_are_asked_for_by_the_hundred(erp: Source) -> None:
    ids = tuple(f"O-{n}" for n in range(250))
    read_ids(erp.reading(), Stream.ORDERS, ids)
    asked = [len(request.ids or ()) for _, request in erp.remote.fetched]
    assert asked == [100, 100, 50]
