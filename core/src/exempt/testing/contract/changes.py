"""Whether what happens at the remote is seen: changes, deletions, rows that cannot be read."""

from __future__ import annotations

import datetime as dt

from exempt.model.checking import Capability
from exempt.model.fetching import FetchRequest, Stream
from exempt.testing.contract.base import Group, each_kept_stream
from exempt.testing.levels import gold
from exempt.testing.telling import must
from exempt.testing.trial import Trial, message
from exempt.testing.variants import another, changed, is_over, state, unused

_MINUTE = dt.timedelta(minutes=1)
_HOUR = dt.timedelta(hours=1)
"""Time goes on between any two things, so that no overlap of a run's edges hides a loss."""
_AT_ONCE = 5
BEYOND_ASCII = "Zoë Ångström & Søn, 株式会社 🧾"


class Changes(Group):
    """Nothing that happens at the remote is lost."""

    @gold
    @each_kept_stream
    def test_the_next_run_reads_what_changed_and_what_is_new(
        self, alone: Trial, stream: Stream
    ) -> None:
        """The checkpoint leads to both."""
        alone.reads(stream)
        put = alone.control("put")
        alone.bench.advance(_HOUR)
        run = alone.read(stream)
        old = run.records[0]
        (new_id,) = unused(run.ids)
        for record in (changed(old), another(old, new_id)):
            alone.bench.advance(_HOUR)
            put(record)
        alone.bench.advance(_HOUR)
        later = alone.read(stream, run.checkpoint)
        must(
            {old.external_id, new_id} <= later.ids,
            did=f"changed {old.external_id} and made {new_id}, then read {stream} on",
            came=f"{sorted(later.ids)}",
            asks="both: the checkpoint is where the next run starts, inclusive",
            read="Page.checkpoint",
        )
        must(
            state(later.latest[old.external_id])
            == alone.state_of(stream, old.external_id)
            != state(old),
            did=f"changed {old.external_id}, then read {stream} on",
            came="its old state last, or a state that ids do not give",
            asks="the state that the remote has now",
            read=f"Connector.fetch_{stream}",
        )

    @gold
    @each_kept_stream
    def test_equal_moments_at_a_page_edge_lose_nothing(self, alone: Trial, stream: Stream) -> None:
        """Many change in one second, some of them after the page that ends in it."""
        alone.reads(stream)
        put = alone.control("put")
        run = alone.read(stream)
        *new, late = unused(run.ids, _AT_ONCE + 1)
        alone.bench.advance(_HOUR)
        for external_id in new:
            put(another(run.records[0], external_id))
        second = alone.read(stream, run.checkpoint)
        put(another(run.records[0], late))
        alone.bench.advance(_HOUR)
        third = alone.read(stream, second.checkpoint)
        must(
            set(new) <= second.ids,
            did=f"made {_AT_ONCE} {stream} in one moment, then read on in pages of 2",
            came=f"missing: {sorted(set(new) - second.ids)}",
            asks="all: a page that ends amid equal moments must not skip the others",
            read=f"Connector.fetch_{stream}",
        )
        must(
            late in third.ids,
            did=f"made one more of {stream} in the very moment in which the last run ended",
            came="the next run did not read it",
            asks="a checkpoint that is inclusive: what was read comes again, nothing is lost",
            read="Page.checkpoint",
        )

    @gold
    @each_kept_stream
    def test_a_deletion_is_told(self, alone: Trial, stream: Stream) -> None:
        """By the next run, and to whoever asks for the record by its id."""
        alone.reads(stream)
        delete = alone.control("delete")
        alone.bench.advance(_HOUR)
        run = alone.read(stream)
        gone = run.records[0].external_id
        alone.bench.advance(_HOUR)
        delete(stream, gone)
        alone.bench.advance(_HOUR)
        later = alone.read(stream, run.checkpoint)
        must(
            later.tells_gone(gone),
            did=f"deleted {gone}, then read {stream} on from the checkpoint",
            came=f"records {sorted(later.ids)}, deleted {sorted(later.deleted)}",
            asks="it in deleted, or a snapshot that no longer names it, or the record's own word",
            read="Page.deleted",
        )
        page = alone.open().fetch(stream, FetchRequest(ids=(gone,)))
        must(
            page.deleted == (gone,) or any(map(is_over, page.records)),
            did=f"deleted {gone}, then asked for it by ids",
            came=f"records {[r.external_id for r in page.records]}, deleted {list(page.deleted)}",
            asks="it in deleted",
            read="FetchRequest.ids",
        )

    @gold
    @each_kept_stream
    def test_a_row_that_cannot_be_read_is_set_aside(self, alone: Trial, stream: Stream) -> None:
        """One bad row costs no other, and a person is told which and why."""
        alone.reads(stream)
        spoil = alone.control("spoil")
        whole = alone.read(stream).ids
        bad = min(whole)
        spoil(stream, bad)
        run = alone.read(stream)
        rejected = [row for page in run.pages for row in page.rejected]
        must(
            run.ids == whole - {bad},
            did=f"spoilt {bad}, then read {stream}",
            came=f"missing {sorted(whole - run.ids - {bad})}, {bad} read: {bad in run.ids}",
            asks="all others as records",
            read="Page.read",
        )
        must(
            rejected and all(row.row.strip() and row.reason.strip() for row in rejected),
            did=f"spoilt {bad}, then read {stream}",
            came=f"rejected: {[(row.row, row.reason) for row in rejected]}",
            asks="the row in rejected: which one, what is wrong, how to mend it",
            read="Rejected",
        )
        page = alone.open().fetch(stream, FetchRequest(ids=(bad,)))
        must(
            page.rejected and not page.deleted,
            did=f"spoilt {bad}, then asked for it by ids",
            came=f"rejected {len(page.rejected)}, deleted {list(page.deleted)}",
            asks="it in rejected: it is there, it cannot be read",
            read="Rejected",
        )

    @gold
    def test_a_name_beyond_ascii_comes_as_it_is(self, alone: Trial) -> None:
        """Customers are called what they are called."""
        alone.reads(Stream.CUSTOMERS)
        put = alone.control("put")
        first = alone.read(Stream.CUSTOMERS).records[0]
        put(first.model_copy(update={"name": BEYOND_ASCII}))
        name = alone.state_of(Stream.CUSTOMERS, first.external_id).get("name")
        must(
            name == BEYOND_ASCII,
            did=f"named a customer {BEYOND_ASCII!r}, then asked for it by ids",
            came=repr(name),
            asks="text as the remote has it, in UTF-8",
            read="Connector.fetch_customers",
        )

    @gold
    def test_a_bounce_is_read_by_the_next_run(self, alone: Trial) -> None:
        """It names the key of the message that came back."""
        alone.reads(Stream.BOUNCES)
        alone.needs(Capability.REQUESTS)
        run = alone.read(Stream.BOUNCES)
        alone.bench.advance(_MINUTE)
        key = "contract-bounce-late"
        alone.open().send(message(key))
        alone.control("bounce")(key)
        later = alone.read(Stream.BOUNCES, run.checkpoint)
        keys = [getattr(record, "key", None) for record in later.records]
        must(
            key in keys,
            did="sent a message, returned it as undeliverable, and read bounces on",
            came=f"bounces of {keys}",
            asks=f"one whose key is that of the message, {key}",
            read="Bounce",
        )
