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
from exempt.model.fetching import FetchRequest, Page, Rejected, Stream
from exempt.model.messages import Bounce
from exempt.model.record import SourceRecord
from exempt.model.sources import Customer, Employee, Order, Product
from exempt.services.arrivals import customers_changed, decide_page, orders_gone
from exempt.services.policy import Policy
from exempt.services.ports import Clock, Connection, Store, Transaction
from exempt.services.post import Post
from exempt.services.rows import ConnectionRow, DeliveryTarget, StreamPart

_TARGETS = {Stream.ORDERS: DeliveryTarget.ORDER, Stream.CUSTOMERS: DeliveryTarget.CUSTOMER}


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


@dataclass(frozen=True)
class Reading:
    """What one run of reading needs.

    Attributes:
        post: How mails are made.
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
    with reading.store.reading() as tx:
        parts = tx.cursors.parts(reading.row.id, stream)
    if parts and all(part.guard == reading.guard for part in parts):
        unfinished = [part for part in parts if not part.done]
        return unfinished or [parts[-1]._replace(done=False)]
    ranges = reading.connection.ranges(stream, reading.since)
    starts: list[str | None] = list(ranges.cursors) if ranges and ranges.cursors else [None]
    fresh = [
        StreamPart(n, start, done=False, guard=reading.guard) for n, start in enumerate(starts)
    ]
    with reading.store.writing() as tx:
        tx.cursors.begin(reading.row.id, stream, fresh, reading.clock())
    return fresh


def read_part(reading: Reading, stream: Stream, part: StreamPart) -> None:
    """Read one part of a stream to its end, storing each page with its cursor.

    Raises:
        CursorExpired: The stream was forgotten, so that the next run reads it anew.
        PermanentError: A cursor came twice, so that reading would never end.
    """
    if reading.stop():
        return
    seen = {part.cursor}

    def fetch(cursor: str | None) -> Page[SourceRecord]:
        request = FetchRequest(cursor=cursor, since=reading.since, page_size=reading.page_size)
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
            store_page(reading, stream, page, there, part.cursor)
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
) -> None:
    """Store the page at *cursor*, and where to go on; no *part* for records asked for by id.

    Raises:
        CursorExpired: Another range of the stream had to forget it; nothing was stored.
    """
    at = reading.clock()
    come = {record.external_id for record in page.records}
    gone = [external_id for external_id in page.deleted if external_id not in come]
    with reading.store.writing() as tx:
        new, changed = _save(reading, tx, stream, page, at)
        if page.snapshot and part is not None and stream is not Stream.BOUNCES:
            left_out, page = _left_out(tx, reading.row, stream, page)
            gone += left_out
        elif part is None and tx.cursors.is_naming(reading.row.id, stream):
            # It may be newer than the page on which it would stand.
            tx.cursors.named(reading.row.id, stream, come)
        _forget_deleted(reading, tx, stream, gone, at)
        tx.sources.save_rejected(reading.row.id, stream, page, cursor, at)
        if part is not None and not tx.cursors.move(reading.row.id, stream, part, at):
            msg = f"{reading.row.name}: {stream}: its cursors were forgotten while it was read"
            raise CursorExpired(msg)
    reading.told(
        PageStored(
            connection=reading.row.name,
            stream=stream,
            records=len(page.records),
            new=new,
            changed=changed,
            rejected=len(page.rejected),
            deleted=len(gone),
        )
    )


def _left_out(
    tx: Transaction, row: ConnectionRow, stream: Stream, page: Page[SourceRecord]
) -> tuple[list[str], Page[SourceRecord]]:
    """At the end of a run that read the whole stream: what no page of it named.

    Nothing is, where the stream is read in several parts, or where the run had
    rows that could not be read and do not say whose they are. An empty list is
    not believed, and the page says so: a filter or a right is more likely wrong.
    """
    named = {record.external_id for record in page.records}
    named |= {rejected.external_id or _ANYBODY for rejected in page.rejected}
    tx.cursors.named(row.id, stream, named)
    if page.next_cursor is not None:
        return [], page
    anybody = tx.cursors.was_named(row.id, stream, _ANYBODY)
    count, missing = tx.cursors.never_named(row.id, stream)
    if anybody or len(tx.cursors.parts(row.id, stream)) > 1:
        return [], page
    if missing and not count:
        empty = Rejected(row="the whole list", reason=_EMPTY.format(len(missing)))
        return [], page.model_copy(update={"rejected": (*page.rejected, empty)})
    return missing, page


_EMPTY = (
    "it is empty, though {} were known before: they were kept. If that is right, nothing need be"
    " done; else look at the filters of the list and at the rights of its user"
)


_ANYBODY = ""
"""What stands for a record whose identifier could not be read."""


def _forget_deleted(
    reading: Reading, tx: Transaction, stream: Stream, gone: Sequence[str], at: dt.datetime
) -> None:
    """Remember what the source no longer has; nothing is owed to it, nor claimed by it."""
    if stream is Stream.BOUNCES or not gone:
        return
    cards = tx.sources.mark_deleted(reading.row, stream, gone, at)
    if target := _TARGETS.get(stream):
        tx.deliveries.withdraw(reading.row.id, target, gone, at)
    customers_changed(tx, cards, reading.policy, at)
    if stream is Stream.ORDERS:
        orders_gone(tx, reading.row, gone, reading.policy, at)


def _save(
    reading: Reading, tx: Transaction, stream: Stream, page: Page[SourceRecord], at: dt.datetime
) -> tuple[int, int]:
    """Save a page's records, and decide what follows; how many are new, how many changed."""
    row, records = reading.row, page.records
    match stream:
        case Stream.ORDERS:
            orders = tx.sources.save_orders(row, cast("tuple[Order, ...]", records), at)
            decide_page(tx, row, orders, reading.policy, at)
            return orders.new, len(orders.touched) - orders.new
        case Stream.CUSTOMERS:
            saved = tx.sources.save_customers(row, cast("tuple[Customer, ...]", records), at)
            customers_changed(tx, saved.customer_ids, reading.policy, at)
        case Stream.PRODUCTS:
            saved = tx.sources.save_products(row, cast("tuple[Product, ...]", records), at)
        case Stream.EMPLOYEES:
            saved = tx.sources.save_employees(row, cast("tuple[Employee, ...]", records), at)
        case Stream.BOUNCES:
            return tx.requests.came_back(row, cast("tuple[Bounce, ...]", records), at), 0
        case _:
            assert_never(stream)
    return saved.new, saved.changed
