"""Whether a stream comes page by page, whole, and to its end."""

from __future__ import annotations

import datetime as dt

import pytest

from exempt.model.fetching import FetchRequest, Stream
from exempt.testing.contract.base import Group, each_kept_stream, each_stream
from exempt.testing.levels import bronze, gold
from exempt.testing.telling import must
from exempt.testing.trial import Trial
from exempt.testing.variants import unused

LONG_AGO = dt.date(1950, 1, 1)
FAR_OFF = dt.date(2099, 12, 31)
FEWEST = 2
"""Records of a stream that a sandbox must have, so that there is a second page."""


class Pages(Group):
    """A page is typed, small enough, repeatable; a run has an end."""

    @bronze
    @each_stream
    def test_a_stream_gives_records_of_its_kind(self, trial: Trial, stream: Stream) -> None:
        """Records, no rows as the remote gave them; enough of them for two pages."""
        trial.reads(stream)
        found = trial.read(stream, page_size=100)
        must(
            len(found.ids) >= FEWEST,
            did=f"read {stream} of the sandbox",
            came=f"{len(found.ids)} records",
            asks=f"at least {FEWEST}, so that reading can be shown",
            read=f"Connector.fetch_{stream}",
        )

    @bronze
    @each_stream
    @pytest.mark.parametrize("page_size", [1, 2])
    def test_a_page_is_no_larger_than_asked_for(
        self, trial: Trial, stream: Stream, page_size: int
    ) -> None:
        """The core stores a page in one transaction, and chose its size."""
        trial.reads(stream)
        largest = max(len(p.records) for p in trial.read(stream, page_size=page_size).pages)
        must(
            largest <= page_size,
            did=f"asked for pages of {page_size} of {stream}",
            came=f"a page of {largest} records",
            asks="at most request.page_size records",
            read="FetchRequest.page_size",
        )

    @bronze
    @each_stream
    def test_no_record_stands_twice_on_a_page(self, trial: Trial, stream: Stream) -> None:
        """A page is merged by identifier; which of two would win?"""
        trial.reads(stream)
        for page in trial.read(stream, page_size=100).pages:
            ids = [record.external_id for record in page.records]
            twice = sorted({each for each in ids if ids.count(each) > 1})
            must(
                not twice,
                did=f"read {stream}",
                came=f"a page with two records of external_id {', '.join(twice[:3])}",
                asks="an external_id that is stable, and each record once a page",
                read="SourceRecord.external_id",
            )

    @bronze
    @each_stream
    def test_the_last_page_has_a_checkpoint(self, trial: Trial, stream: Stream) -> None:
        """There the next run starts; pages before it have none."""
        trial.reads(stream)
        trial.to_the_end()
        *before, last = trial.read(stream).pages
        must(
            last.checkpoint is not None and not any(page.checkpoint for page in before),
            did=f"read {stream} to its end",
            came="a last page without checkpoint, or a checkpoint on a page before it",
            asks="next_cursor on every page but the last, and checkpoint on the last",
            read="Page",
        )

    @bronze
    @each_stream
    def test_the_size_of_pages_changes_nothing(self, trial: Trial, stream: Stream) -> None:
        """Nothing is lost or made up at a page's edge."""
        trial.reads(stream)
        trial.to_the_end()
        whole = trial.read(stream, page_size=1000).ids
        for size in (1, 2, 3):
            found = trial.read(stream, page_size=size).ids
            must(
                found == whole,
                did=f"read {stream} in pages of {size}, and in pages of 1000",
                came=f"{_some(whole - found, 'missing')} {_some(found - whole, 'only there')}",
                asks="the same records",
                read=f"Connector.fetch_{stream}",
            )

    @bronze
    @each_stream
    def test_since_leaves_out_nothing_newer(self, trial: Trial, stream: Stream) -> None:
        """It may leave out what is older, and a run with it has an end like any other."""
        trial.reads(stream)
        trial.to_the_end()
        whole = trial.read(stream).ids
        long_ago = trial.read(stream, since=LONG_AGO).ids
        must(
            long_ago == whole,
            did=f"read {stream} since {LONG_AGO}, and without since",
            came=f"{_some(whole - long_ago, 'missing')} {_some(long_ago - whole, 'only there')}",
            asks="the same records: none is older",
            read="FetchRequest.since",
        )
        must(
            trial.read(stream, since=FAR_OFF).checkpoint is not None,
            did=f"read {stream} since {FAR_OFF}",
            came="a last page without checkpoint",
            asks="a checkpoint, where the next run starts, though nothing is that new",
            read="FetchRequest.since",
        )

    @bronze
    @each_stream
    def test_the_same_request_gives_the_same_page(self, trial: Trial, stream: Stream) -> None:
        """After a crash the core asks for the same page again."""
        trial.reads(stream)
        connection = trial.open()
        run = trial.read(stream, connection=connection)
        for cursor, page in list(zip(run.cursors, run.pages, strict=True))[:3]:
            again = connection.fetch(stream, FetchRequest(cursor=cursor, page_size=2))
            must(
                again.records == page.records and again.next_cursor == page.next_cursor,
                did=f"asked for the page of {stream} at {cursor!r} twice, nothing having changed",
                came="other records, or another next_cursor, the second time",
                asks="the same page: a connector keeps nothing between calls",
                read="Connector",
            )

    @bronze
    @each_kept_stream
    def test_ids_ask_for_just_these(self, trial: Trial, stream: Stream) -> None:
        """After a webhook, just the records that it named are read."""
        trial.reads(stream)
        ids = sorted(trial.read(stream, page_size=100).ids)
        wanted = tuple(dict.fromkeys((ids[0], ids[-1])))
        page = trial.open().fetch(stream, FetchRequest(ids=wanted))
        must(
            sorted(record.external_id for record in page.records) == sorted(wanted),
            did=f"asked for the {stream} {', '.join(wanted)} by ids",
            came=", ".join(record.external_id for record in page.records) or "no records",
            asks="just these records",
            read="FetchRequest.ids",
        )
        must(
            page.next_cursor is None and page.checkpoint is None,
            did=f"asked for {stream} by ids",
            came="a cursor",
            asks="no cursor at all: it would be taken for the stream's",
            read="FetchRequest.ids",
        )

    @bronze
    @each_kept_stream
    def test_an_id_that_is_not_there_is_named_deleted(self, trial: Trial, stream: Stream) -> None:
        """It was deleted between the webhook and the question."""
        trial.reads(stream)
        ids = sorted(trial.read(stream, page_size=100).ids)
        (missing,) = unused(ids)
        page = trial.open().fetch(stream, FetchRequest(ids=(ids[0], missing)))
        must(
            page.deleted == (missing,) and [r.external_id for r in page.records] == [ids[0]],
            did=f"asked for the {stream} {ids[0]}, which is there, and {missing}, which is not",
            came=f"records {[r.external_id for r in page.records]}, deleted {list(page.deleted)}",
            asks="the one as a record, the other named in deleted",
            read="FetchRequest.ids",
        )

    @gold
    @each_stream
    def test_an_empty_source_has_an_end(self, alone: Trial, stream: Stream) -> None:
        """A new account has nothing; its next run finds what comes."""
        alone.reads(stream)
        alone.control("clear")()
        run = alone.read(stream)
        must(
            not run.records and run.checkpoint is not None,
            did=f"read {stream} after everything was deleted at the remote",
            came=f"{len(run.records)} records, checkpoint {run.checkpoint!r}",
            asks="no records, and a checkpoint where the next run starts",
            read=f"Connector.fetch_{stream}",
        )


def _some(ids: set[str], what: str) -> str:
    return f"{what}: {', '.join(sorted(ids)[:5])};" if ids else ""
