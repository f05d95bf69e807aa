"""Sources as staff see them: how each connection does, and what there is to do about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from exempt.rules.readiness import silent
from exempt.services.backfills.sources import is_file
from exempt.services.delivery_ports import Owed
from exempt.services.duties import kinds_of
from exempt.services.employee_files import is_people_file
from exempt.services.job_ports import JobKind, JobRow
from exempt.services.ports import Transaction
from exempt.services.rows import ConnectionRow
from exempt.services.source_ports import StreamRead
from exempt.services.stewarding import ConfiguredView


class SourceState(StrEnum):
    """How a connection does.

    ========  ================================================================
    running   something of it is going on
    ok        all of it was done when it was last tried
    failed    the last try of something failed; it is tried again
    broken    an error paused it
    paused    a person did
    new       nothing was done with it yet
    file      it has no system: files bring what it has
    gone      it is configured no more; what was read of it stays
    ========  ================================================================
    """

    RUNNING = "running"
    OK = "ok"
    FAILED = "failed"
    BROKEN = "broken"
    PAUSED = "paused"
    NEW = "new"
    FILE = "file"
    GONE = "gone"


class SourceView(NamedTuple):
    """A connection, and how it does.

    Attributes:
        row: None where it was never used.
        configured: None where it is configured no more, or never was.
        company: The name of its company.
        jobs: Those that there are for it.
        read_at: When a page of it was stored last.
        next_at: When it is read next; None = not by itself.
        owed: What waits to be written to it.
        events: How many events of webhooks wait, and how many could not be followed.
    """

    name: str
    row: ConnectionRow | None
    configured: ConfiguredView | None
    company: str
    company_id: int | None
    streams: Sequence[StreamRead]
    jobs: Sequence[JobRow]
    rejected: int
    owed: Owed
    events: Mapping[str, int]

    @property
    def title(self) -> str:
        """What its system is called."""
        if self.configured is not None:
            return self.configured.title
        return self.row.connector if self.row is not None else ""

    @property
    def reads(self) -> bool:
        """Whether anything is read from it."""
        return self.row is None or JobKind.PULL in kinds_of(self.row.capabilities)

    @property
    def going(self) -> list[JobRow]:
        """The jobs that are going on."""
        return [job for job in self.jobs if job.running]

    @property
    def failing(self) -> JobRow | None:
        """The job that failed most often, of those whose last run did."""
        failed = [job for job in self.jobs if job.failures and job.kind is not JobKind.PROBE]
        return max(failed, key=lambda job: job.failures, default=None)

    @property
    def state(self) -> SourceState:
        """How it does."""
        row = self.row
        if self.configured is None:
            files = row is not None and (is_file(row) or is_people_file(row))
            return SourceState.FILE if files else SourceState.GONE
        if row is not None and row.paused_reason is not None:
            return SourceState.PAUSED if row.paused_by else SourceState.BROKEN
        if self.going:
            return SourceState.RUNNING
        if self.failing is not None:
            return SourceState.FAILED
        used = self.streams or any(job.succeeded_at for job in self.jobs)
        return SourceState.OK if used else SourceState.NEW

    @property
    def problem(self) -> str:
        """What is wrong with it; "" = nothing."""
        if self.state in {SourceState.BROKEN, SourceState.PAUSED} and self.row is not None:
            return self.row.paused_reason or ""
        if self.state is SourceState.FAILED and self.failing is not None:
            return self.failing.problem or ""
        return ""

    @property
    def pull(self) -> JobRow | None:
        """The job that reads it."""
        return next((job for job in self.jobs if job.kind is JobKind.PULL), None)

    @property
    def read_at(self) -> dt.datetime | None:
        """When it was read last: to its end by the daemon, or a page of it."""
        moments = [stream.moved_at for stream in self.streams]
        if self.pull is not None and self.pull.succeeded_at is not None:
            moments.append(self.pull.succeeded_at)
        return max(moments, default=None)

    @property
    def next_at(self) -> dt.datetime | None:
        """When it is read next."""
        paused = self.row is not None and self.row.paused_reason is not None
        return None if paused or self.pull is None else self.pull.next_at

    @property
    def to_mend(self) -> int:
        """How many rows, deliveries and events somebody has to look at."""
        return self.rejected + self.owed.dead + self.events.get("dead", 0)

    @property
    def records(self) -> int:
        """How many records came of all its streams."""
        return sum(stream.records for stream in self.streams)


class Sources(NamedTuple):
    """All sources that somebody sees; ``alive`` = somebody does their jobs."""

    views: list[SourceView]
    alive: bool


def look(
    tx: Transaction,
    configured: Mapping[str, ConfiguredView],
    company_ids: Collection[int] | None,
    at: dt.datetime,
    name: str | None = None,
) -> Sources:
    """The sources of these companies (None = of all), by name; or just the one of that *name*."""
    rows = {row.name: row for row in tx.connections.all()}
    names = sorted(rows.keys() | configured.keys()) if name is None else [name]
    companies = {row.id: row for row in tx.cards.companies()}
    keys = {row.key: row.id for row in companies.values()}
    kept = _Kept(tx, None if name is None or name not in rows else rows[name].id)
    views = []
    for each in names:
        row, said = rows.get(each), configured.get(each)
        if row is None and said is None:
            continue
        company_id = row.company_id if row else keys.get(said.company if said else "")
        if company_ids is not None and company_id not in company_ids:
            continue
        company = companies.get(company_id or 0)
        view = SourceView(
            name=each,
            row=row,
            configured=said,
            company=company.name if company else said.company if said else "",
            company_id=company_id,
            streams=kept.streams.get(row.id, []) if row else [],
            jobs=[job for job in kept.jobs if row and job.connection_id == row.id],
            rejected=kept.rejected.get(row.id, 0) if row else 0,
            owed=kept.owed.get(row.id, Owed()) if row else Owed(),
            events=kept.events.get(row.id, {}) if row else {},
        )
        views.append(view)
    alive = any(
        worker.stopped_at is None and not silent(worker.ticked_at, at)
        for worker in tx.workers.all()
    )
    return Sources(views, alive)


class _Kept:
    """What the store keeps of connections, a question for each kind of thing."""

    def __init__(self, tx: Transaction, connection_id: int | None) -> None:
        self.jobs = tx.jobs.all()
        self.streams: dict[int, list[StreamRead]] = {}
        only = None if connection_id is None else [connection_id]
        for stream in tx.source_reading.streams(only):
            self.streams.setdefault(stream.connection_id, []).append(stream)
        self.rejected = tx.source_reading.rejected_counts()
        self.owed = tx.reports.owed()
        self.events = tx.webhooks.open()
