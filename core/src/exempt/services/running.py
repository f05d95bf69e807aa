"""Let standing jobs run: ask for them when they are due, and follow each run to its end.

Time is here and in the store, never in the engine, which carries only what is
to be done now: so a clock can be turned in a test, and one that jumps back
does no harm.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from exempt.errors import ConfigError, ExemptError, SettingsError, TransientError
from exempt.services.job_ports import JobKind, JobRow
from exempt.services.ports import Clock, Store, Transaction
from exempt.services.push import WAITS

_log = logging.getLogger("exempt.jobs")

HOPELESS_AFTER = 5
"""So many workers in a row died while they did a job: it waits, as if it had failed."""

_STORE_WAITS = (0.1, 0.5, 1, 2, 5)
"""Seconds between tries to write down what became of a run when the store is away."""


class Ended(NamedTuple):
    """What became of a run that did not fail.

    Attributes:
        again: There is more to do: it was stopped, or found somebody else at it.
        next_at: When there will be something to do; None leaves it as it was.
    """

    again: bool = False
    next_at: dt.datetime | None = None


Do = Callable[[JobRow], Ended]


@dataclass(frozen=True)
class Duty:
    """What a worker needs to do jobs.

    Attributes:
        worker: Its name.
        due: When a job comes next by its schedule, after a moment.
        do: What each kind of job does.
    """

    store: Store
    clock: Clock
    worker: str
    due: Callable[[JobRow, dt.datetime], dt.datetime | None]
    do: Mapping[JobKind, Do]


def tick(duty: Duty) -> int:
    """Ask for the jobs that are due; how many they were.

    Any number of workers may do so: each job is asked for once.
    """
    at = duty.clock()
    with duty.store.reading() as tx:
        if not tx.jobs.overdue(at):
            return 0
    with duty.store.writing() as tx:
        tx.jobs.alone()
        jobs = tx.jobs.overdue(at)
        for job in jobs:
            if job.next_at is not None and job.next_at <= at:
                tx.jobs.plan(job.kind, job.connection_id, duty.due(job, at))
            tx.jobs.ask(job.kind, job.connection_id)
        return len(jobs)


def mend_schedules(duty: Duty) -> list[str]:
    """Bring jobs forward that are planned later than they can be by now; their names.

    So it is after the clock was put back, or the schedule in the settings changed.
    """
    at, latest = duty.clock(), duty.clock() + WAITS[-1]
    mended = []
    with duty.store.reading() as tx:
        late = [job for job in tx.jobs.all() if _too_late(job, duty.due(job, at), latest)]
    for job in late:
        with duty.store.writing() as tx:
            tx.jobs.plan(job.kind, job.connection_id, duty.due(job, at) or at)
        mended.append(job.name)
    return mended


def _too_late(job: JobRow, due: dt.datetime | None, latest: dt.datetime) -> bool:
    if job.next_at is None:
        return due is not None and not job.failures
    return job.next_at > (max(due, latest) if due else latest)


def run_job(duty: Duty, name: str) -> None:
    """Do a job once, and write down what became of it."""
    began = time.monotonic()
    job = _begin(duty, name)
    if job is None:
        return
    if job.running and job.deaths + 1 >= HOPELESS_AFTER:
        msg = f"{job.deaths + 1} workers in a row died while they were at it: see their logs"
        _fail(duty, job, ExemptError(msg))
        return
    try:
        ended = duty.do[job.kind](job)
    except ExemptError as error:
        _fail(duty, job, error)
    except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
        _log.error("stopped by something unforeseen", exc_info=True)
        _fail(duty, job, ExemptError(f"stopped by an unforeseen {type(error).__name__}"))
    else:
        _finish(duty, job, ended)
        _log.info("done", extra={"seconds": round(time.monotonic() - began, 3)})


def _begin(duty: Duty, name: str) -> JobRow | None:
    with duty.store.writing() as tx:
        return tx.jobs.begin(name, duty.worker, duty.clock())


def _finish(duty: Duty, job: JobRow, ended: Ended) -> None:
    def note(tx: Transaction) -> None:
        tx.jobs.end(job.name, duty.clock(), next_at=ended.next_at)
        if ended.again and ended.next_at is None:
            tx.jobs.ask(job.kind, job.connection_id)

    _write_down(duty, note)


def _fail(duty: Duty, job: JobRow, error: ExemptError) -> None:
    """Come again later, the longer it fails; after an error of configuration when it is mended."""
    at = duty.clock()
    pause = WAITS[min(job.failures, len(WAITS) - 1)]
    if isinstance(error, TransientError) and error.retry_after:
        pause = max(pause, error.retry_after)
    of_settings = isinstance(error, ConfigError | SettingsError) and job.connection_id is not None
    _log.warning("failed: %s", error, extra={"again_in_seconds": pause.total_seconds()})

    def note(tx: Transaction) -> None:
        tx.jobs.end(job.name, at, problem=str(error), next_at=at + pause)
        if of_settings and job.kind is not JobKind.PROBE:
            tx.connections.pause(job.connection_id or 0, str(error), at)
            tx.jobs.plan(JobKind.PROBE, job.connection_id, at + WAITS[0])

    _write_down(duty, note)


def _write_down(duty: Duty, note: Callable[[Transaction], None]) -> None:
    """Note what became of a run, and wait for the store if it is away for a moment.

    Raises:
        Exception: It stays away; the run counts as never ended, and comes again.
    """
    for seconds in _STORE_WAITS:
        try:
            with duty.store.writing() as tx:
                note(tx)
        except ExemptError:
            raise
        except Exception:  # noqa: BLE001 - the driver's own errors, which are not known here
            time.sleep(seconds)
        else:
            return
    with duty.store.writing() as tx:
        note(tx)
