"""What people do with jobs: look at them, and ask for one now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import NamedTuple

from exempt.errors import NotFoundError, RefusedError
from exempt.services.daemon_look import Daemon, look, matters
from exempt.services.job_ports import JobRow
from exempt.services.ports import Store


class Jobs(NamedTuple):
    """The daemon at a moment, and those of its jobs that somebody sees, by name."""

    daemon: Daemon
    shown: list[JobRow]


def jobs(store: Store, at: dt.datetime, company_ids: Collection[int] | None) -> Jobs:
    """The jobs of connections of these companies, and those of all of Exempt."""
    with store.reading() as tx:
        daemon = look(tx, at)
    shown = [
        job
        for job in daemon.jobs
        if matters(job) and (job.connection_id is None or _is_of(daemon, job, company_ids))
    ]
    return Jobs(daemon, shown)


def run_now(
    store: Store, name: str, at: dt.datetime, company_ids: Collection[int] | None
) -> JobRow:
    """Ask for a job now, also if it failed lately.

    Raises:
        NotFoundError: There is none with that name that is theirs to see.
        RefusedError: Its connection is paused.
    """
    seen = jobs(store, at, company_ids)
    job = next((each for each in seen.shown if each.name == name), None)
    if job is None:
        msg = f"job {name}: there is none"
        raise NotFoundError(msg)
    if seen.daemon.paused(job):
        msg = f"{job.connection} is paused: let it go on first"
        raise RefusedError(msg)
    with store.writing() as tx:
        tx.jobs.ask(job.kind, job.connection_id, at_once=True)
    return job


def _is_of(daemon: Daemon, job: JobRow, company_ids: Collection[int] | None) -> bool:
    row = daemon.connections.get(job.connection_id or 0)
    return company_ids is None or (row is not None and row.company_id in company_ids)
