"""Whether what happens between two pages, or after a run, is lost or read over and over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from exempt.model.fetching import FetchRequest, Stream
from exempt.model.record import SourceRecord
from exempt.testing.contract.base import Group, each_kept_stream
from exempt.testing.levels import gold
from exempt.testing.telling import must
from exempt.testing.trial import Run, Trial
from exempt.testing.variants import changed, state

_HOUR = dt.timedelta(hours=1)
_DAYS = dt.timedelta(days=3)
"""More than any overlap; some remotes tell changes by the day."""


class Meanwhile(Group):
    """The remote's people do not wait until a run is over."""

    @gold
    @each_kept_stream
    def test_a_record_changed_between_two_pages_is_not_lost(
        self, alone: Trial, stream: Stream
    ) -> None:
        """Its new state comes in this run or in the next."""
        alone.reads(stream)
        put = alone.control("put")
        alone.bench.advance(_HOUR)
        whole = alone.read(stream)
        touched = [whole.records[0], whole.records[-1]]
        seen = Run()

        def work() -> None:
            for record in touched:
                alone.bench.advance(_HOUR)
                put(changed(record))

        for run in _interrupted(alone, stream, work):
            seen.pages += run.pages
        must(
            whole.ids <= seen.ids,
            did=f"changed two of the {stream} after the first page, then read to the end and on",
            came=f"never read: {sorted(whole.ids - seen.ids)}",
            asks="every record: an offset moves when a record before it does",
            read=f"Connector.fetch_{stream}",
        )
        for record in touched:
            must(
                state(seen.latest[record.external_id])
                == alone.state_of(stream, record.external_id),
                did=f"changed {record.external_id} after the first page of {stream}, then read on",
                came="its old state last",
                asks="the new state, at the end of this run or in the next: a checkpoint is the"
                " moment in which its run began",
                read="Page.checkpoint",
            )

    @gold
    @each_kept_stream
    def test_a_record_deleted_between_two_pages_is_told(self, alone: Trial, stream: Stream) -> None:
        """This run named it as living, so it is the next that must not forget it."""
        alone.reads(stream)
        delete = alone.control("delete")
        alone.bench.advance(_HOUR)
        gone = alone.read(stream).records[1].external_id
        first, later = _interrupted(alone, stream, lambda: delete(stream, gone))
        must(
            first.tells_gone(gone) or gone in first.deleted or later.tells_gone(gone),
            did=f"deleted {gone} after the first page of {stream}, then read to the end and on",
            came=f"deleted {sorted(first.deleted)}, then {sorted(later.deleted)}",
            asks="it in deleted, of this run or of the next: deletions too are asked for since the"
            " checkpoint, which is the moment in which the last run began",
            read="Page.deleted",
        )

    @gold
    @each_kept_stream
    def test_the_next_run_leaves_out_what_is_old(self, alone: Trial, stream: Stream) -> None:
        """Reading everything each time looks right, until there are a million."""
        alone.reads(stream)
        put = alone.control("put")
        fresh: SourceRecord = alone.read(stream).records[-1]
        alone.bench.advance(_DAYS)
        put(changed(fresh))
        alone.bench.advance(_DAYS)
        run = alone.read(stream)
        alone.bench.advance(_DAYS)
        later = alone.read(stream, run.checkpoint)
        must(
            all(page.snapshot for page in later.pages) or later.ids < run.ids,
            did=f"read {stream}, of which one had changed for days, and again from the checkpoint"
            " days later",
            came=f"all {len(later.ids)} again",
            asks="what changed since, and a little overlap (is the parameter spelt right?); or"
            " snapshot, where a remote can give no less than everything",
            read="Page.checkpoint",
        )


def _interrupted(alone: Trial, stream: Stream, work: Callable[[], None]) -> tuple[Run, Run]:
    """A run with *work* done after its first page, and the next run; hours go by."""
    connection = alone.open()
    page = connection.fetch(stream, FetchRequest(page_size=2))
    alone.bench.advance(_HOUR)
    work()
    alone.bench.advance(_HOUR)
    first = Run([page])
    if page.next_cursor is not None:
        rest = alone.read_anew(stream, page.next_cursor, connection)
        # A run whose cursor has expired starts anew: what it had read before is no part of it.
        first.pages = [*([] if rest.cursors[0] is None else [page]), *rest.pages]
    alone.bench.advance(_HOUR)
    return first, alone.read(stream, first.checkpoint, connection=connection)
