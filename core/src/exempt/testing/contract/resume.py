"""Whether reading can go on from every cursor, after a crash or beside others."""

from __future__ import annotations

import datetime as dt

from exempt.model.fetching import Stream
from exempt.testing.contract.base import Group, each_kept_stream, each_stream
from exempt.testing.levels import bronze, gold
from exempt.testing.telling import does_not_apply, must
from exempt.testing.trial import Trial
from exempt.testing.variants import changed, state


class Resume(Group):
    """All that a connector must remember is in the cursor."""

    @bronze
    @each_stream
    def test_every_cursor_goes_on_in_a_fresh_connector(self, trial: Trial, stream: Stream) -> None:
        """After a crash another object goes on at the cursor that was stored."""
        trial.reads(stream)
        trial.to_the_end()
        run = trial.read(stream, page_size=1)
        ids = [{record.external_id for record in page.records} for page in run.pages]
        for number in reversed(range(1, len(run.pages))):
            rest = trial.read(stream, run.cursors[number], page_size=1)
            due = set().union(*ids[number:])
            must(
                rest.ids == due,
                did=f"went on at the cursor of page {number + 1} of {stream}, in a new connector",
                came=f"{sorted(rest.ids)} in place of {sorted(due)}",
                asks="the same rest: all that is to be remembered is in the cursor",
                read="FetchRequest.cursor",
            )

    @bronze
    @each_stream
    def test_a_cursor_is_no_secret(self, trial: Trial, stream: Stream) -> None:
        """It is stored, and shown to people."""
        trial.reads(stream)
        run = trial.read(stream, page_size=1)
        cursors = [cursor for cursor in (*run.cursors, run.checkpoint) if cursor]
        must(
            not any(map(trial.bench.secrets.shown_in, cursors)),
            did=f"read {stream}",
            came="a secret of the settings in a cursor, in clear or as base64",
            asks="a cursor that may be shown to anybody",
            read="FetchRequest.cursor",
        )

    @bronze
    @each_stream
    def test_the_checkpoint_starts_the_next_run(self, trial: Trial, stream: Stream) -> None:
        """The next run, with nothing new, comes to its end."""
        trial.reads(stream)
        trial.to_the_end()
        first = trial.read(stream)
        second = trial.read(stream, first.checkpoint)
        must(
            second.checkpoint is not None and second.ids <= first.ids,
            did=f"read {stream} to its end, and again from the checkpoint",
            came="no checkpoint, or records that are not there",
            asks="what changed since, a little overlap, and a checkpoint again",
            read="Page.checkpoint",
        )
        must(
            not second.deleted & first.ids,
            did=f"read {stream} again, nothing having changed",
            came=f"deleted: {sorted(second.deleted & first.ids)}",
            asks="in deleted only what the remote no longer has",
            read="Page.deleted",
        )

    @bronze
    @each_stream
    def test_ranges_together_give_everything(self, trial: Trial, stream: Stream) -> None:
        """A history that is read in parts is whole."""
        trial.reads(stream)
        trial.to_the_end()
        ranges = trial.open().ranges(stream, None)
        if ranges is None:
            does_not_apply(trial.item, "it implements no ranges")
        whole = trial.read(stream).ids
        runs = [trial.read(stream, cursor) for cursor in ranges.cursors] or [trial.read(stream)]
        found = set().union(*(run.ids for run in runs))
        must(
            found == whole and runs[-1].checkpoint is not None,
            did=f"read {stream} by its {len(ranges.cursors)} ranges, each in a new connector",
            came=f"{len(found)} of {len(whole)} records, checkpoint {runs[-1].checkpoint!r}",
            asks="every record, and a checkpoint at the end of the last range",
            read="Connector.ranges",
        )

    @gold
    @each_kept_stream
    def test_the_last_range_sees_what_changes_meanwhile(self, alone: Trial, stream: Stream) -> None:
        """Its checkpoint starts the next run, so it promises all changes since the division."""
        alone.reads(stream)
        ranges = alone.open().ranges(stream, None)
        if ranges is None:
            does_not_apply(alone.item, "it implements no ranges")
        first = min(alone.read(stream).records, key=lambda record: record.external_id)
        put = alone.control("put")
        alone.bench.advance(dt.timedelta(minutes=1))
        put(changed(first))
        starts = ranges.cursors or (None,)
        runs = [alone.read(stream, cursor) for cursor in starts]
        later = alone.read(stream, runs[-1].checkpoint)
        seen = [r for run in (*runs, later) for r in run.records]
        last = [state(record) for record in seen if record.external_id == first.external_id][-1:]
        must(
            last == [alone.state_of(stream, first.external_id)],
            did=f"changed one of the {stream} after the division into ranges, then read them all",
            came="the change was not seen, by the ranges or by the next run",
            asks="a last range whose checkpoint sees every change since ranges was called",
            read="Connector.ranges",
        )
