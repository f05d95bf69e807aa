"""Reads one resource page by page: its history, its changes, or just some objects."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from exempt import Context, CursorExpired, FetchRequest, Page, SourceRecord, TransientError
from exempt_billing_stripe import cursors
from exempt_billing_stripe.api import Gone, Json, Listing, Stripe
from exempt_billing_stripe.cursors import Changes, History
from exempt_billing_stripe.streams import Resource

S = TypeVar("S", bound=SourceRecord)

DRAFTS_LAST = dt.timedelta(days=31)
"""An invoice counts from when it is finalized, and may have been created so long before."""


class Window(NamedTuple):
    """The part of a history that is of interest, and from when its changes are read."""

    began: int
    start: int | None


def window(resource: Resource, since: dt.date | None, now: dt.datetime) -> Window:
    """The history of *resource* that *since* asks for.

    Only invoices have a day. A customer or a product of any age may be in
    use, and Stripe does not tell when it was last changed.
    """
    began = cursors.behind(now)
    if since is None or not resource.dated:
        return Window(began, None)
    midnight = dt.datetime.combine(since, dt.time(), tzinfo=dt.UTC)
    return Window(began, int((midnight - DRAFTS_LAST).timestamp()))


@dataclass(frozen=True)
class Reader(Generic[S]):
    """Reads *resource*; ``translate`` makes a record of an object, or None to leave it out."""

    stripe: Stripe
    resource: Resource
    context: Context
    translate: Callable[[Json], S | None]

    def page(self, request: FetchRequest) -> Page[S]:
        """The page that *request* asks for.

        Raises:
            CursorExpired: Stripe no longer has all events since the cursor.
        """
        if request.ids is not None:
            return self._these(request.ids)
        if request.cursor is None:
            start = History(*window(self.resource, request.since, self.context.now()))
            return self._history(start, request.page_size)
        cursor = cursors.decode(request.cursor)
        if isinstance(cursor, History):
            return self._history(cursor, request.page_size)
        return self._changes(cursor, request.page_size)

    def _history(self, cursor: History, size: int) -> Page[S]:
        rows, has_more = self._list_history(cursor, size)
        if has_more:
            here = cursor._replace(after=rows[-1]["id"], after_created=rows[-1]["created"])
            return self._read(rows, next_cursor=cursors.encode(here))
        return self._read(rows, checkpoint=cursors.encode(Changes(cursor.began)))

    def _list_history(self, cursor: History, size: int) -> Listing:
        path, start = self.resource.path, cursor.start
        try:
            return self.stripe.list(
                path, limit=size, start=start, end=cursor.end, after=cursor.after
            )
        except Gone as gone:
            if gone.param != "starting_after" or cursor.after_created is None:
                raise
        # The object we stopped at was deleted. Others of its second may come again.
        return self.stripe.list(path, limit=size, start=start, end=cursor.after_created + 1)

    def _changes(self, cursor: Changes, size: int) -> Page[S]:
        """The objects that a page of events speaks of, as they are now.

        The list has no upper end. What happens while it is read stands before
        the pages that were read; the next run sees it, since that starts
        behind the beginning of this one.
        """
        now = self.context.now()
        cursors.refuse_expired(cursor, now)
        began = cursors.behind(now) if cursor.began is None else cursor.began
        events, has_more = self._list_events(cursor, size)
        changed = self._these(event["data"]["object"]["id"] for event in events)
        if has_more:
            rest = Changes(cursor.since, began, events[-1]["id"])
            return changed.model_copy(update={"next_cursor": cursors.encode(rest)})
        return changed.model_copy(update={"checkpoint": cursors.encode(Changes(began))})

    def _list_events(self, cursor: Changes, size: int) -> Listing:
        types = self.resource.events
        try:
            return self.stripe.list(
                "events", limit=size, start=cursor.since, after=cursor.after, types=types
            )
        except Gone as gone:
            if gone.param != "starting_after":
                raise
        msg = "events: Stripe has lost the one that reading stopped at; the stream is read anew"
        raise CursorExpired(msg)

    def _these(self, ids: Iterable[str]) -> Page[S]:
        """The objects with *ids*, each once."""
        rows: list[Json] = []
        deleted: list[str] = []
        for external_id in dict.fromkeys(ids):
            if self.context.cancelled():
                msg = f"{self.resource.path}: the run is being stopped"
                raise TransientError(msg)
            row = self.stripe.retrieve(self.resource.path, external_id)
            if row is None:
                deleted.append(external_id)
            else:
                rows.append(row)
        return self._read(rows, deleted=deleted)

    def _read(
        self,
        rows: list[Json],
        *,
        deleted: Iterable[str] = (),
        next_cursor: str | None = None,
        checkpoint: str | None = None,
    ) -> Page[S]:
        noun = self.resource.noun
        return Page.read(
            rows,
            self.translate,
            row_name=lambda number, row: f"{noun} {row.get('id') or f'in row {number}'}",
            row_id=lambda row: row.get("id"),
            deleted=deleted,
            next_cursor=next_cursor,
            checkpoint=checkpoint,
        )
