"""How Exempt is: whether it does its work, and what of it waits, fails or needs a person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from exempt.rules.readiness import lacking
from exempt.services.delivery_ports import Owed
from exempt.services.job_ports import JobKind, JobRow, WorkerRow
from exempt.services.ports import Clock, Store, Transaction


class ConnectionHealth(NamedTuple):
    """A connection: since when it is up to date, and what waits for it.

    Attributes:
        paused_reason: Why nothing is done with it, by ``paused_by`` or by an error.
        read_at: When it was last read to its end by the daemon.
        owed: Deliveries that wait to be written, or to be tried again.
        dead: Deliveries that wait for a person.
    """

    name: str
    paused_reason: str | None
    paused_by: str | None
    read_at: dt.datetime | None
    owed: int
    dead: int


class Health(NamedTuple):
    """How everything is at a moment.

    Attributes:
        version: What the database is at.
        problems: What keeps Exempt from its work; nothing when it is ready.
        workers: Those that were not stopped, whether they live or not.
        waiting: Jobs that were asked for, or are due, and that nobody is at.
        waits: How long the first of these waits, as far as that can be told.
        failing: Jobs whose last run failed.
    """

    at: dt.datetime
    version: str | None
    problems: tuple[str, ...]
    workers: tuple[WorkerRow, ...]
    waiting: tuple[str, ...]
    waits: dt.timedelta | None
    failing: tuple[JobRow, ...]
    connections: tuple[ConnectionHealth, ...]

    @property
    def ready(self) -> bool:
        """Whether it does its work."""
        return not self.problems


def look(store: Store, version: Callable[[], str | None], needs: str, clock: Clock) -> Health:
    """How everything is now.

    Args:
        version: What the database is at; see `lacking`.

    Raises:
        Exception: The database cannot be reached; of whatever kind its driver knows.
    """
    at, found = clock(), version()
    if found != needs:  # its tables may be others than we know
        return Health(at, found, lacking(found, needs, [at], at), (), (), None, (), ())
    with store.reading() as tx:
        workers = tuple(worker for worker in tx.workers.all() if worker.stopped_at is None)
        jobs, owed = tx.jobs.all(), tx.reports.owed()
        waiting = [job for job in jobs if waits(job, at)]
        since = [moment for job in waiting if (moment := waits_since(tx, job, owed))]
        return Health(
            at,
            found,
            lacking(found, needs, [worker.ticked_at for worker in workers], at),
            workers,
            tuple(job.name for job in waiting),
            max(at - min(since), dt.timedelta()) if since else None,
            tuple(job for job in jobs if job.failures),
            connections(tx, jobs, owed),
        )


def waits(job: JobRow, at: dt.datetime) -> bool:
    """Whether a job was asked for, or is due, and nobody is at it."""
    due = job.next_at is not None and job.next_at <= at
    return not job.running and (job.waiting or due)


def waits_since(tx: Transaction, job: JobRow, owed: Mapping[int, Owed]) -> dt.datetime | None:
    """Since when there is work for a job, by what stands in the tables; None = unknown."""
    found = [job.next_at]
    if job.kind is JobKind.WEBHOOK and job.connection_id is not None:
        found += [event.received_at for event in tx.webhooks.pending(job.connection_id, 1)]
    if job.kind in (JobKind.PUSH, JobKind.MAIL) and job.connection_id is not None:
        found.append(owed.get(job.connection_id, Owed()).due_at)
    return min((moment for moment in found if moment), default=None)


def now(tx: Transaction) -> tuple[ConnectionHealth, ...]:
    """Each connection at a glance, by name, as it is now."""
    return connections(tx, tx.jobs.all(), tx.reports.owed())


def connections(
    tx: Transaction, jobs: Sequence[JobRow], owed: Mapping[int, Owed]
) -> tuple[ConnectionHealth, ...]:
    """The same by what is known of *jobs* and of what is *owed*."""
    read = {job.connection_id: job.succeeded_at for job in jobs if job.kind is JobKind.PULL}
    return tuple(
        ConnectionHealth(
            name=row.name,
            paused_reason=row.paused_reason,
            paused_by=row.paused_by,
            read_at=read.get(row.id),
            owed=owed.get(row.id, Owed()).pending,
            dead=owed.get(row.id, Owed()).dead,
        )
        for row in tx.connections.all()
    )
