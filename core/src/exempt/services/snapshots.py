"""At the end of a run that read a whole stream: which records are gone, as no page named them."""

from __future__ import annotations

import datetime as dt

from exempt.model.fetching import Page, Rejected, Stream
from exempt.model.record import SourceRecord
from exempt.model.sources import Order
from exempt.services.history_ports import PageRead
from exempt.services.ports import Transaction
from exempt.services.rows import ConnectionRow

_ZONES = dt.timedelta(days=2)
"""How far the day of an order may be from the one by which a remote takes it for too old."""


def left_out(
    tx: Transaction,
    row: ConnectionRow,
    stream: Stream,
    page: Page[SourceRecord],
    since: dt.date | None,
) -> tuple[list[str], Page[SourceRecord]]:
    """At the end of a run that read the whole stream: what no page of it named.

    Nothing is, where the stream is read in several parts, or where the run had
    rows that could not be read and do not say whose they are; nor an order of
    before the day *since* which it reads, unless it named others of before. An
    empty list is not believed, and the page says so: a filter or a right is
    more likely wrong.
    """
    named = {record.external_id for record in page.records}
    named |= {rejected.external_id or _ANYBODY for rejected in page.rejected}
    tx.cursors.named(row.id, stream, named)
    if page.next_cursor is not None:
        return [], page
    anybody = tx.cursors.was_named(row.id, stream, _ANYBODY)
    floor = _floor(tx, row, page, since) if stream is Stream.ORDERS and since else None
    count, missing = tx.cursors.never_named(row.id, stream, floor)
    if anybody or len(tx.cursors.parts(row.id, stream)) > 1:
        return [], page
    if missing and not count:
        empty = Rejected(row="the whole list", reason=_EMPTY.format(len(missing)))
        return [], page.model_copy(update={"rejected": (*page.rejected, empty)})
    return missing, page


def _floor(
    tx: Transaction, row: ConnectionRow, page: Page[SourceRecord], since: dt.date
) -> dt.date | None:
    """The day from which on the run named all orders; None = those of before *since*, too."""
    before = tx.histories.so_far().get(row.id)
    days = (before.first_day if before else None, days_of(page).first_day)
    named = [day for day in days if day is not None]
    return None if min(named, default=since) < since else since + _ZONES


_EMPTY = (
    "it is empty, though {} were known before: they were kept. If that is right, nothing need be"
    " done; else look at the filters of the list and at the rights of its user"
)


_ANYBODY = ""
"""What stands for a record whose identifier could not be read."""


def days_of(page: Page[SourceRecord]) -> PageRead:
    """How many records a page has, and from which day to which its orders are."""
    days = [record.order_date for record in page.records if isinstance(record, Order)]
    return PageRead(len(page.records), min(days, default=None), max(days, default=None))
