"""What a source sent and did lately: rows that could not be read, webhooks, runs of its jobs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from exempt.model.fetching import Stream
from exempt.services import histories
from exempt.services.history_ports import HistoryRow
from exempt.services.ports import Store, Transaction
from exempt.services.rows import ConnectionRow
from exempt.services.source_ports import CameIn, JobRun, RejectedRow, RunFilter, RunPage

AT_ONCE = 1_000


class Lately(NamedTuple):
    """The newest first, a few of each.

    Attributes:
        history: How far its orders were read into the past; None where it has none.
    """

    runs: list[JobRun]
    rejected: list[RejectedRow]
    webhooks: list[CameIn]
    history: HistoryRow | None


NOTHING = Lately([], [], [], None)
"""Of a source that was never set up."""


def lately(
    tx: Transaction, row: ConnectionRow, *, runs: int, rejected: int, webhooks: int
) -> Lately:
    """Look up what there is to show of a source, so many of each."""
    return Lately(
        tx.job_runs.newest(row.id, runs),
        tx.source_reading.rejected(row.id, None, limit=rejected),
        tx.source_reading.came_in(row.id, webhooks),
        tx.histories.get(row.id) if histories.reads_orders(row) else None,
    )


def rejected_counts(tx: Transaction, connection_id: int) -> dict[Stream, int]:
    """How many rows of each stream could not be read."""
    return tx.source_reading.rejected_by_stream(connection_id)


def rejected(
    tx: Transaction, connection_id: int, stream: Stream | None, *, limit: int, offset: int
) -> list[RejectedRow]:
    """Some rows that could not be read, the newest first; None = of all streams."""
    return tx.source_reading.rejected(connection_id, stream, limit=limit, offset=offset)


def all_rejected(
    store: Store, connection_id: int, stream: Stream | None, most: int
) -> Iterator[RejectedRow]:
    """The same, up to *most* of them, read in portions."""
    for start in range(0, most, AT_ONCE):
        limit = min(AT_ONCE, most - start)
        with store.reading() as tx:
            found = rejected(tx, connection_id, stream, limit=limit, offset=start)
        yield from found
        if len(found) < limit:
            return


def runs(tx: Transaction, filters: RunFilter) -> RunPage:
    """A part of the list of runs of jobs."""
    return tx.job_runs.page(filters)
