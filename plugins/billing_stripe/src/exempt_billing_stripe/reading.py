"""Reads one stream page by page: its history, its changes, or just some objects."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from exempt import Context, CursorExpired, FetchRequest, Page, SourceRecord, TransientError
from exempt_billing_stripe import cursors, history
from exempt_billing_stripe.api import Gone, Json, Listing, Stripe
from exempt_billing_stripe.cursors import Changes, History
from exempt_billing_stripe.streams import Resource, changed_by, resource_of

S = TypeVar("S", bound=SourceRecord)

DRAFTS_LAST = dt.timedelta(days=31)
"""An invoice counts from when it is finalized, and may have been created so long before."""


class Window(NamedTuple):
    """The part of a history that is of interest, and from when its changes are read."""

    began: int
    start: int | None


def window(resource: Resource, since: dt.date | None, now: dt.datetime) -> Window:
    """The history of *resource* that *since* asks for.

    Only invoices and credit notes have a day. A customer or a product of any
    age may be in use, and Stripe does not tell when it was last changed.
    """
    began = cursors.behind(now)
    if since is None or not resource.dated:
        return Window(began, None)
    midnight = dt.datetime.combine(since, dt.time(), tzinfo=dt.UTC)
    return Window(began, int((midnight - DRAFTS_LAST).timestamp()))


@dataclass(frozen=True)
class Reader(Generic[S]):
    """Reads *resources*, which feed one stream.

    ``translate`` makes a record of an object, or None to leave it out.
    """

    stripe: Stripe
    resources: tuple[Resource, ...]
    context: Context
    translate: Callable[[Json], S | None]

    def ranges(self, since: dt.date | None, parts: int) -> list[History]:
        """The histories of all resources, each in at most *parts* of a like size, oldest first.

        The first has no start beside the window's, and the last no end, so that
        nothing lies outside. What fits on one page is not divided.
        """
        now = self.context.now()
        return [
            part
            for resource in self.resources
            for part in self._divided(resource, window(resource, since, now), now, parts)
        ]

    def page(self, request: FetchRequest) -> Page[S]:
        """The page that *request* asks for.

        Raises:
            CursorExpired: Stripe no longer has all events since the cursor.
        """
        if request.ids is not None:
            return self._these(request.ids)
        if request.cursor is None:
            first = window(self.resources[0], request.since, self.context.now())
            return self._history(History(*first), request.page_size)
        cursor = cursors.decode(request.cursor)
        if isinstance(cursor, History):
            return self._history(cursor, request.page_size)
        return self._changes(cursor, request.page_size)

    def _divided(
        self, resource: Resource, wanted: Window, now: dt.datetime, parts: int
    ) -> Iterable[History]:
        def before(moment: int) -> list[Json]:
            return self.stripe.list(resource.path, start=wanted.start, end=moment).rows

        cuts = history.edges(before, wanted.start, int(now.timestamp()), parts)
        path = None if resource is self.resources[0] else resource.path
        alone = True if len(self.resources) > 1 else None
        whole = History(wanted.began, path=path, alone=alone)
        for start, end in zip([wanted.start, *cuts], [*cuts, None], strict=True):
            yield whole._replace(start=start, end=end)

    def _history(self, cursor: History, size: int) -> Page[S]:
        resource = self._resource_at(cursor)
        rows, has_more = self._list_history(resource, cursor, size)
        if has_more:
            here = cursor._replace(after=rows[-1]["id"], after_created=rows[-1]["created"])
            return self._read(rows, next_cursor=cursors.encode(here))
        rest = self.resources[self.resources.index(resource) + 1 :]
        if rest and not cursor.alone:
            there = History(cursor.began, cursor.start, path=rest[0].path)
            return self._read(rows, next_cursor=cursors.encode(there))
        return self._read(rows, checkpoint=cursors.encode(Changes(cursor.began)))

    def _resource_at(self, cursor: History) -> Resource:
        if cursor.path is None:
            return self.resources[0]
        for resource in self.resources:
            if resource.path == cursor.path:
                return resource
        msg = f"stored cursor: {cursor.path} are read no longer; the stream is read anew"
        raise CursorExpired(msg)

    def _list_history(self, resource: Resource, cursor: History, size: int) -> Listing:
        path, start, expand = resource.path, cursor.start, resource.expand
        try:
            return self.stripe.list(
                path, limit=size, start=start, end=cursor.end, after=cursor.after, expand=expand
            )
        except Gone as gone:
            if gone.param != "starting_after" or cursor.after_created is None:
                raise
        # The object we stopped at was deleted. Others of its second may come again.
        end = cursor.after_created + 1
        return self.stripe.list(path, limit=size, start=start, end=end, expand=expand)

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
        changed = self._these(changed_by(event) for event in events)
        if has_more:
            rest = Changes(cursor.since, began, events[-1]["id"])
            return changed.model_copy(update={"next_cursor": cursors.encode(rest)})
        return changed.model_copy(update={"checkpoint": cursors.encode(Changes(began))})

    def _list_events(self, cursor: Changes, size: int) -> Listing:
        types = tuple(event for resource in self.resources for event in resource.events)
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
                msg = f"{self.resources[0].path}: the run is being stopped"
                raise TransientError(msg)
            resource = resource_of(external_id, self.resources)
            if resource is None:
                continue
            row = self.stripe.retrieve(resource.path, external_id, expand=resource.expand)
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
        return Page.read(
            rows,
            self.translate,
            row_name=self._row_name,
            row_id=lambda row: row.get("id"),
            deleted=deleted,
            next_cursor=next_cursor,
            checkpoint=checkpoint,
        )

    def _row_name(self, number: int, row: Json) -> str:
        external_id = str(row.get("id") or "")
        resource = resource_of(external_id, self.resources) or self.resources[0]
        return f"{resource.noun} {external_id or f'in row {number}'}"
