"""Read a stream of a connection to its end, page by page.

A page is one transaction: its records, the decisions they lead to, what is
owed because of them, and the cursor. After a crash the same page comes again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import assert_never, cast

from exempt.errors import CursorExpired, PermanentError
from exempt.model.fetching import FetchRequest, Page, Stream
from exempt.model.messages import Bounce
from exempt.model.record import SourceRecord
from exempt.model.sources import Customer, Employee, Order, Product
from exempt.rules.lookback import EVERYTHING, is_earlier
from exempt.services import snapshots
from exempt.services.arrivals import customers_changed, decide_page, orders_gone
from exempt.services.histories import start_of
from exempt.services.job_ports import JobKind
from exempt.services.policy import Policy
from exempt.services.ports import Clock, Connection, Store, Transaction
from exempt.services.post import Post
from exempt.services.rows import ConnectionRow, DeliveryTarget, StreamPart

_TARGETS = {Stream.ORDERS: DeliveryTarget.ORDER, Stream.CUSTOMERS: DeliveryTarget.CUSTOMER}
_WATCHED = {Stream.ORDERS, Stream.PRODUCTS, Stream.EMPLOYEES}
"""What nexus hangs on: where something of it changed, there is to be looked who is near."""


@dataclass(frozen=True)
class PageStored:
    """Told after each page."""

    connection: str
    stream: Stream
    records: int
    new: int
    changed: int
    rejected: int
    deleted: int
    first_day: dt.date | None = None
    last_day: dt.date | None = None


@dataclass(frozen=True)
class Reading:
    """What one run of reading needs.

    Attributes:
        post: How mails are made.
        since: The first day of history that is of interest, as the settings say:
            `EVERYTHING`, or None = of orders as much as the watch over nexus wants.
        guard: Names what old cursors depend on; when it changes, they are not used.
        told: Called after each page was stored.
        stop: Asked between pages.
    """

    store: Store
    row: ConnectionRow
    connection: Connection
    clock: Clock
    policy: Policy = field(default_factory=Policy)
    post: Post = field(default_factory=Post)
    since: dt.date | None = None
    page_size: int = 1000
    guard: str = ""
    told: Callable[[PageStored], None] = field(default=lambda _page: None)
    stop: Callable[[], bool] = field(default=lambda: False)


def plan(reading: Reading, stream: Stream) -> list[StreamPart]:
    """The parts of *stream* that are still to be read, in order.

    A stream that was never read, or whose cursors no longer count, is divided
    into ranges where the connector knows how; else it is one part.
    """
    guard = _guard(reading, stream)
    with reading.store.reading() as tx:
        parts = tx.cursors.parts(reading.row.id, stream)
        same = bool(parts) and all(part.guard == guard for part in parts)
        since, before = _since(tx, reading, stream, anew=not same)
    if same and not is_earlier(since, before):
        if since != before:
            _begin(reading, stream, since)
        unfinished = [part for part in parts if not part.done]
        return unfinished or [parts[-1]._replace(done=False)]
    ranges = reading.connection.ranges(stream, since)
    starts: list[str | None] = list(ranges.cursors) if ranges and ranges.cursors else [None]
    fresh = [StreamPart(n, start, done=False, guard=guard) for n, start in enumerate(starts)]
    _begin(reading, stream, since, fresh)
    return fresh


def _guard(reading: Reading, stream: Stream) -> str:
    """What the cursors of *stream* depend on.

    There was a time when employees of before ``since`` were left out.
    """
    whole = stream is Stream.EMPLOYEES and reading.since not in {None, EVERYTHING}
    return f"{reading.guard}:whole" if whole else reading.guard


def _since(
    tx: Transaction, reading: Reading, stream: Stream, *, anew: bool
) -> tuple[dt.date | None, dt.date | None]:
    """From which day on *stream* is read now, and from which it was before; None = all of it.

    Nobody who works for the seller, or did, is left out; nor is a customer or a
    product by the years that are wanted of orders, as it may be of any age.
    """
    if stream is Stream.ORDERS:
        kept = tx.histories.get(reading.row.id)
        nexus, today = reading.policy.nexus, reading.clock().date()
        return start_of(kept, nexus, today, since=reading.since, anew=anew), kept.reads_from
    whole = stream is Stream.EMPLOYEES or reading.since == EVERYTHING
    since = None if whole else reading.since
    return since, since


def _begin(
    reading: Reading, stream: Stream, since: dt.date | None, parts: Sequence[StreamPart] = ()
) -> None:
    """Remember from which day on *stream* is read, and, if there are, in which parts."""
    at = reading.clock()
    with reading.store.writing() as tx:
        if parts:
            tx.cursors.begin(reading.row.id, stream, parts, at)
        if stream is Stream.ORDERS:
            tx.histories.begin(reading.row.id, since, at)


def read_part(reading: Reading, stream: Stream, part: StreamPart) -> None:
    """Read one part of a stream to its end, storing each page with its cursor.

    Raises:
        CursorExpired: The stream was forgotten, so that the next run reads it anew.
        PermanentError: A cursor came twice, so that reading would never end.
    """
    if reading.stop():
        return
    seen = {part.cursor}
    news = False
    with reading.store.reading() as tx:
        since, _ = _since(tx, reading, stream, anew=False)

    def fetch(cursor: str | None) -> Page[SourceRecord]:
        request = FetchRequest(cursor=cursor, since=since, page_size=reading.page_size)
        return reading.connection.fetch(stream, request)

    # The next page comes while this one is stored; they are stored strictly in order.
    with ThreadPoolExecutor(1, thread_name_prefix=f"{reading.row.name}-{stream}") as ahead:
        coming = ahead.submit(copy_context().run, fetch, part.cursor)
        while True:
            try:
                page = coming.result()
            except CursorExpired:
                with reading.store.writing() as tx:
                    tx.cursors.forget(reading.row.id, stream)
                raise
            last = page.next_cursor is None
            if not last and page.next_cursor in seen:
                msg = (
                    f"{reading.row.name}: {stream}: a page led back to a cursor seen before;"
                    " reading was stopped because it would never end"
                )
                raise PermanentError(msg)
            seen.add(page.next_cursor)
            if not last:
                coming = ahead.submit(copy_context().run, fetch, page.next_cursor)
            # Without a checkpoint the next run reads from the beginning.
            after = page.checkpoint if last else page.next_cursor
            there = part._replace(cursor=after, done=last)
            news |= store_page(reading, stream, page, there, part.cursor, since=since, news=news)
            part = there
            if last or reading.stop():
                return


def read_ids(reading: Reading, stream: Stream, ids: tuple[str, ...]) -> None:
    """Read just these records, where the connector can."""
    for start in range(0, len(ids), 100):
        page = reading.connection.fetch(stream, FetchRequest(ids=ids[start : start + 100]))
        store_page(reading, stream, page, None)


def store_page(
    reading: Reading,
    stream: Stream,
    page: Page[SourceRecord],
    part: StreamPart | None,
    cursor: str | None = None,
    *,
    since: dt.date | None = None,
    news: bool = False,
) -> bool:
    """Store the page at *cursor*, and where to go on; no *part* for records asked for by id.

    Args:
        reading: The run.
        stream: What the page is of.
        page: What came.
        part: How far the stream is read with it.
        cursor: Where the page stands.
        since: From which day on the run reads.
        news: Whether pages before it brought anything.

    Returns:
        Whether it brought anything.

    Raises:
        CursorExpired: Another range of the stream had to forget it; nothing was stored.
    """
    at = reading.clock()
    come = {record.external_id for record in page.records}
    gone = [external_id for external_id in page.deleted if external_id not in come]
    with reading.store.writing() as tx:
        new, changed = save_records(tx, reading.row, stream, page.records, reading.policy, at)
        if page.snapshot and part is not None and stream is not Stream.BOUNCES:
            left_out, page = snapshots.left_out(tx, reading.row, stream, page, since)
            gone += left_out
        elif part is None and tx.cursors.is_naming(reading.row.id, stream):
            # It may be newer than the page on which it would stand.
            tx.cursors.named(reading.row.id, stream, come)
        shown = [*come, *page.deleted]
        tx.brought.shown(reading.row.id, stream, shown)
        forget_records(tx, reading.row, stream, gone, reading.policy, at)
        tx.sources.save_rejected(reading.row.id, stream, page, cursor, at)
        read = snapshots.days_of(page)
        if part is not None and not tx.cursors.move(reading.row.id, stream, part, at, read):
            msg = f"{reading.row.name}: {stream}: its cursors were forgotten while it was read"
            raise CursorExpired(msg)
        news |= bool(new or changed or gone)
        if part is None or part.done:
            _look_at_nexus(tx, reading.row, stream, at, news=news)
    reading.told(
        PageStored(
            connection=reading.row.name,
            stream=stream,
            records=len(page.records),
            new=new,
            changed=changed,
            rejected=len(page.rejected),
            deleted=len(gone),
            first_day=read.first_day,
            last_day=read.last_day,
        )
    )
    return bool(new or changed or gone)


def _look_at_nexus(
    tx: Transaction, row: ConnectionRow, stream: Stream, at: dt.datetime, *, news: bool
) -> None:
    """At the end of a reading: have it looked who is near a threshold, if that may be another."""
    read_whole = stream is Stream.ORDERS and tx.histories.end(row.id, at)
    if read_whole or (news and stream in _WATCHED):
        tx.jobs.ask(JobKind.NEXUS)


def forget_records(  # noqa: PLR0917 - what it goes by
    tx: Transaction,
    row: ConnectionRow,
    stream: Stream,
    gone: Sequence[str],
    policy: Policy,
    at: dt.datetime,
) -> None:
    """Remember what the source no longer has; nothing is owed to it, nor claimed by it."""
    if stream is Stream.BOUNCES or not gone:
        return
    cards = tx.sources.mark_deleted(row, stream, gone, at)
    if stream is Stream.EMPLOYEES:
        tx.jobs.ask(JobKind.NEXUS)  # a warning tells that they are there no more
    if target := _TARGETS.get(stream):
        tx.deliveries.withdraw(row.id, target, gone, at)
    customers_changed(tx, cards, policy, at)
    if stream is Stream.ORDERS:
        orders_gone(tx, row, gone, policy, at)


def save_records(  # noqa: PLR0917 - what it goes by
    tx: Transaction,
    row: ConnectionRow,
    stream: Stream,
    records: Sequence[SourceRecord],
    policy: Policy,
    at: dt.datetime,
) -> tuple[int, int]:
    """Save records of a stream, and decide what follows; how many are new, how many changed.

    Whatever brings them does it so: a connector's page, or a file.
    """
    match stream:
        case Stream.ORDERS:
            orders = tx.sources.save_orders(row, cast("Sequence[Order]", records), at)
            decide_page(tx, row, orders, policy, at)
            return orders.new, len(orders.touched) - orders.new
        case Stream.CUSTOMERS:
            saved = tx.sources.save_customers(row, cast("Sequence[Customer]", records), at)
            customers_changed(tx, saved.customer_ids, policy, at)
        case Stream.PRODUCTS:
            saved = tx.sources.save_products(row, cast("Sequence[Product]", records), at)
        case Stream.EMPLOYEES:
            saved = tx.sources.save_employees(row, cast("Sequence[Employee]", records), at)
            if saved.new or saved.changed:
                tx.jobs.ask(JobKind.NEXUS)  # somebody may be the first in a state
        case Stream.BOUNCES:
            return tx.requests.came_back(row, cast("Sequence[Bounce]", records), at), 0
        case _:
            assert_never(stream)
    return saved.new, saved.changed
