"""The numbers of a moment, for whoever draws curves of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple

from exempt.services.delivery_ports import Owed
from exempt.services.health import waits, waits_since
from exempt.services.job_ports import JobRow, WorkerRow
from exempt.services.ports import Clock, Store
from exempt.services.rows import ConnectionRow


class JobFigures(NamedTuple):
    """A job, and whether it waits."""

    job: JobRow
    waits: bool


class ConnectionFigures(NamedTuple):
    """A connection, what it is owed, and its webhooks' events by their state."""

    row: ConnectionRow
    owed: Owed
    events: Mapping[str, int]


class Figures(NamedTuple):
    """What goes on at a moment; nothing of a customer is in it.

    Attributes:
        workers: Those that were not stopped, whether they live or not.
        waited: How long the job that waits longest has waited, as far as that can be told.
    """

    connections: tuple[ConnectionFigures, ...]
    jobs: tuple[JobFigures, ...]
    workers: tuple[WorkerRow, ...]
    waited: dt.timedelta


def figures(store: Store, clock: Clock) -> Figures:
    """What goes on now, in one quick transaction however much was done before."""
    at = clock()
    with store.reading() as tx:
        jobs = [JobFigures(job, waits(job, at)) for job in tx.jobs.all()]
        owed, events = tx.reports.owed(), tx.webhooks.open()
        waited = [
            at - since
            for each in jobs
            if each.waits and (since := waits_since(tx, each.job, owed)) is not None
        ]
        return Figures(
            connections=tuple(
                ConnectionFigures(row, owed.get(row.id, Owed()), events.get(row.id, {}))
                for row in tx.connections.all()
            ),
            jobs=tuple(jobs),
            workers=tuple(each for each in tx.workers.all() if each.stopped_at is None),
            waited=max([dt.timedelta(), *waited]),
        )
