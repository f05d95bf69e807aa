"""What the services need of connections that are made in the console, and of how sources do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from exempt.errors import RefusedError
from exempt.model.fetching import Stream
from exempt.services.job_ports import JobKind


class MadeConnection(NamedTuple):
    """A connection as somebody made it in the console.

    Attributes:
        settings: Its connector's own; secrets are references, or sealed.
        options: All else that the settings file could say of a connection.
        version: Grows with each change.
    """

    name: str
    connector: str
    company: str
    schedule: str | None
    settings: Mapping[str, Any]
    options: Mapping[str, Any]
    version: int = 0
    changed_at: dt.datetime | None = None
    changed_by: str = ""


class MadeConnections(Protocol):
    """The connections that were made in the console."""

    def all(self) -> list[MadeConnection]:
        """Those that were not removed, by name."""
        ...

    def version(self) -> int:
        """What grows whenever one of them is made, changed or removed."""
        ...

    def save(self, made: MadeConnection, at: dt.datetime, by: str) -> bool:
        """Make it, or change the one that is at *made.version*.

        Returns:
            False where it is at another version: somebody else changed it.
        """
        ...

    def remove(self, name: str, version: int, at: dt.datetime, by: str) -> bool:
        """Remove the one that is at *version*; False where there is none such."""
        ...


KEPT = 200
"""Runs of a job: the newest."""


class JobRun(NamedTuple):
    """A run of a job that ended.

    Attributes:
        job: ``pull:erp``, or ``daily``.
        outcome: done or failed.
        problem: Why it failed.
        counts: What was read, written, refused.
    """

    job: str
    connection_id: int | None
    started_at: dt.datetime
    ended_at: dt.datetime
    outcome: str
    problem: str | None = None
    counts: Mapping[str, int] = {}
    worker: str | None = None
    id: int = 0

    @property
    def kind(self) -> JobKind:
        """What was done."""
        return JobKind(self.job.partition(":")[0])

    @property
    def seconds(self) -> float:
        """How long it took."""
        return max((self.ended_at - self.started_at).total_seconds(), 0.0)


class RunFilter(NamedTuple):
    """Which runs.

    Attributes:
        jobs: The names of their jobs.
        outcome: done or failed; "" = either.
        words: Of the problem, or the worker.
        limit: None = all.
    """

    jobs: Collection[str]
    outcome: str = ""
    words: str = ""
    limit: int | None = 50
    offset: int = 0


class RunPage(NamedTuple):
    """Some runs, and how many there are by outcome."""

    runs: list[JobRun]
    counts: Mapping[str, int]


class JobRuns(Protocol):
    """The runs of jobs that ended."""

    def add(self, run: JobRun) -> None:
        """Keep one, and of its job the newest only."""
        ...

    def page(self, wanted: RunFilter) -> RunPage:
        """Those that fit, the newest first; they are counted as if no outcome were asked for."""
        ...

    def newest(self, connection_id: int, limit: int) -> list[JobRun]:
        """Those of a connection, the newest first."""
        ...


class StreamRead(NamedTuple):
    """How far a stream of a connection was read.

    Attributes:
        parts: In how many parts it is read, so many of which are ``done``.
        records: How many came since that began, those that were on file too.
        first_day: The earliest day of its orders; ``last_day``: the latest.
        moved_at: When its last page was stored.
    """

    connection_id: int
    stream: Stream
    parts: int
    done: int
    pages: int
    records: int
    first_day: dt.date | None
    last_day: dt.date | None
    begun_at: dt.datetime
    moved_at: dt.datetime

    @property
    def whole(self) -> bool:
        """Whether it was read to its end once."""
        return self.done == self.parts

    @property
    def rate(self) -> float | None:
        """Records a second on an average; None where it began just now."""
        seconds = (self.moved_at - self.begun_at).total_seconds()
        return self.records / seconds if seconds >= 1 else None


class RejectedRow(NamedTuple):
    """A row that could not be read, and why."""

    stream: Stream
    external_id: str | None
    row: str
    reason: str
    seen_at: dt.datetime


class CameIn(NamedTuple):
    """What a webhook said changed; ``state`` is pending, done or dead."""

    event_id: str
    stream: Stream
    external_ids: Sequence[str]
    state: str
    received_at: dt.datetime
    done_at: dt.datetime | None
    message: str | None


class SourceReading(Protocol):
    """How sources do, as pages show it."""

    def streams(self, connection_ids: Collection[int] | None = None) -> list[StreamRead]:
        """How far each stream was read, by connection."""
        ...

    def rejected_counts(self) -> dict[int, int]:
        """How many rows could not be read, by connection."""
        ...

    def rejected(
        self, connection_id: int, stream: Stream | None, *, limit: int, offset: int = 0
    ) -> list[RejectedRow]:
        """Rows that could not be read, the newest first."""
        ...

    def rejected_by_stream(self, connection_id: int) -> dict[Stream, int]:
        """How many of each stream."""
        ...

    def came_in(self, connection_id: int, limit: int) -> list[CameIn]:
        """What webhooks said changed, the newest first."""
        ...


class FormError(RefusedError):
    """What is wrong with a form, field by field; "" is what no field can help.

    Args:
        errors: By the key of a field, a sentence.
    """

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("; ".join(errors.values()))
        self.errors = dict(errors)
