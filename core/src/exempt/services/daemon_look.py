"""The daemon as people look at it: its workers, its jobs, and what becomes of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple

from exempt.rules.readiness import silent
from exempt.services.history_ports import ReadSoFar
from exempt.services.job_ports import JobKind, JobRow, WorkerRow
from exempt.services.ports import Transaction
from exempt.services.rows import ConnectionRow


class Daemon(NamedTuple):
    """What is known of the daemon at a moment; workers that were stopped are left out.

    Attributes:
        backfills: By connection, how far the orders are that were never read to
            their end from where they begin.
    """

    at: dt.datetime
    workers: list[WorkerRow]
    jobs: list[JobRow]
    connections: Mapping[int, ConnectionRow]
    backfills: Mapping[int, ReadSoFar]

    @property
    def alive(self) -> list[WorkerRow]:
        """The workers that gave a sign of life lately."""
        return [worker for worker in self.workers if not silent(worker.ticked_at, self.at)]

    @property
    def failing(self) -> list[JobRow]:
        """Jobs whose last run failed, but for those of paused connections, and looks at these."""
        return [
            job
            for job in self.jobs
            if job.failures and job.kind is not JobKind.PROBE and not self.paused(job)
        ]

    def paused(self, job: JobRow) -> bool:
        """Whether nothing is done of a job, since its connection is paused."""
        row = self.connections.get(job.connection_id or 0)
        return row is not None and row.paused_reason is not None and job.kind is not JobKind.PROBE

    def state(self, job: JobRow) -> str:
        """What becomes of a job, in words."""
        failed = f"failed {_count(job.failures, 'time')}" if job.failures else ""
        if job.running:
            since = f"running on {job.worker} since {_moment(job.started_at)}"
            lives = any(worker.name == job.worker for worker in self.alive)
            silence = "" if lives else ", which is silent"
            so_far = self.backfills.get(job.connection_id or 0)
            reading = read_so_far(so_far) if job.kind is JobKind.PULL and so_far else ""
            return ", ".join(filter(None, (f"{since}{silence}", reading, failed)))
        if self.paused(job):
            return "paused"
        return failed or ("waits for a worker" if job.waiting else "idle")

    def next_run(self, job: JobRow) -> str:
        """When a job runs next, in words."""
        if self.paused(job):
            return ""
        if job.waiting:
            return "now"
        return _moment(job.next_at) if job.next_at else "when there is something to do"


def read_so_far(so_far: ReadSoFar) -> str:
    """How far a first reading of orders is, in words."""
    parts = f"{so_far.done} of {_count(so_far.parts, 'part')} done: " if so_far.parts > 1 else ""
    return f"{parts}{_count(so_far.records, 'order')} so far"


def look(tx: Transaction, at: dt.datetime) -> Daemon:
    """The daemon at this moment."""
    so_far = tx.histories.so_far()
    unread = {row.connection_id for row in tx.histories.all() if row.read_at is None}
    return Daemon(
        at,
        [worker for worker in tx.workers.all() if worker.stopped_at is None],
        tx.jobs.all(),
        {row.id: row for row in tx.connections.all()},
        {each: so_far[each] for each in unread & so_far.keys()},
    )


def matters(job: JobRow) -> bool:
    """Whether a job is one to be shown: a look at a paused connection, if somebody will look."""
    probes = job.kind is JobKind.PROBE
    return not probes or job.running or job.waiting or job.next_at is not None


def _moment(moment: dt.datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S}"


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
