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
from dataclasses import dataclass, field
from typing import TypeVar

from exempt.errors import ConfigError, ExemptError, SettingsError, TransientError
from exempt.services.job_ports import JobKind, JobRow
from exempt.services.ports import Clock, Store, Transaction
from exempt.services.push import LONGEST_WAIT, WAITS
from exempt.services.source_ports import JobRun

_log = logging.getLogger("exempt.jobs")

HOPELESS_AFTER = 5
"""So many workers in a row died while they did a job: it waits, as if it had failed."""

OCCUPIED = dt.timedelta(seconds=10)
"""How long to leave a thing to whoever else is at it, such as a person's sync."""

SCHEDULED = (JobKind.PULL, JobKind.IMPORT, JobKind.NEXUS, JobKind.DAILY, JobKind.UPKEEP)
"""What comes by a schedule; the others come when something is due."""

_STORE_WAITS = (0.1, 0.5, 1, 2, 5)
"""Seconds between tries to write down what became of a run when the store is away."""


@dataclass(frozen=True)
class Ended:
    """What became of a run that did not fail.

    Attributes:
        again: There is more to do: it was stopped, or found somebody else at it.
        next_at: When there will be something to do; None leaves it as it was.
        idle: Nothing was done: its connection is paused, or somebody else is at it.
        counts: What was read, written, refused, for people to look at later.
    """

    again: bool = False
    next_at: dt.datetime | None = None
    idle: bool = False
    counts: Mapping[str, int] = field(default_factory=dict, compare=False)


Do = Callable[[JobRow], Ended]
T = TypeVar("T")


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

    Any number of workers may do so: each job is asked for once. Each is asked
    for by itself: others, who ask for several, may do so in another order.
    """
    at = duty.clock()
    with duty.store.reading() as tx:
        names = [job.name for job in tx.jobs.overdue(at)]
    return sum(_ask_for(duty, name, at) for name in names)


def _ask_for(duty: Duty, name: str, at: dt.datetime) -> bool:
    """Ask for a job, unless another worker did meanwhile."""
    with duty.store.writing() as tx:
        tx.jobs.alone()
        job = next((job for job in tx.jobs.overdue(at) if job.name == name), None)
        if job is None:
            return False
        if job.next_at is not None and job.next_at <= at:
            tx.jobs.plan(job.kind, job.connection_id, duty.due(job, at))
        tx.jobs.ask(job.kind, job.connection_id)
        return True


def mend_schedules(duty: Duty) -> list[str]:
    """Plan jobs anew that are planned later than they can be by now; their names.

    So it is after the clock was put back, or the schedule in the settings changed.
    """
    at = duty.clock()
    mended = []
    with duty.store.reading() as tx:
        jobs = tx.jobs.all()
    for job in jobs:
        by_schedule = job.kind in SCHEDULED and not job.failures
        late, instead = (_by_schedule if by_schedule else _by_itself)(duty, job, at)
        if late:
            with duty.store.writing() as tx:
                tx.jobs.plan(job.kind, job.connection_id, instead)
            mended.append(job.name)
    return mended


def _by_schedule(duty: Duty, job: JobRow, at: dt.datetime) -> tuple[bool, dt.datetime | None]:
    """Whether a job is planned too late, or not at all, and for when it is to be instead."""
    due = duty.due(job, at)
    if job.next_at is None:
        return due is not None, due
    return job.next_at > (due or at + OCCUPIED), due


def _by_itself(duty: Duty, job: JobRow, at: dt.datetime) -> tuple[bool, dt.datetime]:
    """The same of a job that failed, or that has no schedule: it waits as long as it was told."""
    pause = WAITS[min(job.failures, len(WAITS)) - 1] if job.failures else dt.timedelta()
    longest = at + LONGEST_WAIT
    if job.ended_at is not None and job.ended_at > at:  # it was told so by another clock
        longest = at + pause
    elif job.kind in SCHEDULED:
        longest = max(longest, duty.due(job, at) or longest)
    return job.next_at is not None and job.next_at > longest, at + pause


def run_job(duty: Duty, name: str) -> type[BaseException] | None:
    """Do a job once, and write down what became of it.

    Returns:
        What stopped it, if anything did.
    """
    began, began_at = time.monotonic(), duty.clock()
    job = _begin(duty, name)
    if job is None:
        return None
    if job.running and job.deaths + 1 >= HOPELESS_AFTER:
        msg = f"{job.deaths + 1} workers in a row died while they were at it: see their logs"
        _fail(duty, job, ExemptError(msg), began_at)
        return ExemptError
    if _is_held(job, duty.clock()):  # somebody made more for it to do meanwhile
        _finish(duty, job, Ended(idle=True), began_at)
        return None
    try:
        ended = duty.do[job.kind](job)
    except ExemptError as error:
        _fail(duty, job, error, began_at)
        return type(error)
    except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
        _log.error("stopped by something unforeseen", exc_info=True)
        msg = f"stopped by an unforeseen {type(error).__name__}"
        _fail(duty, job, ExemptError(msg), began_at)
        return type(error)
    _finish(duty, job, ended, began_at)
    _log.info("done", extra={"seconds": round(time.monotonic() - began, 3)})
    return None


def _is_held(job: JobRow, at: dt.datetime) -> bool:
    """Whether a job failed lately; not if its end lies ahead, since the clock was put back."""
    if job.held_until is None or job.ended_at is None:
        return False
    return job.ended_at <= at < job.held_until


def _begin(duty: Duty, name: str) -> JobRow | None:
    return _write_down(duty, lambda tx: tx.jobs.begin(name, duty.worker, duty.clock()))


def _finish(duty: Duty, job: JobRow, ended: Ended, began_at: dt.datetime) -> None:
    at = duty.clock()
    next_at = None if ended.next_at is None else min(ended.next_at, at + LONGEST_WAIT)

    def note(tx: Transaction) -> None:
        tx.jobs.end(job.name, at, next_at=next_at, idle=ended.idle)
        if not ended.idle:
            tx.job_runs.add(_ran(duty, job, (began_at, at))._replace(counts=ended.counts))
        if ended.again and next_at is None:
            tx.jobs.ask(job.kind, job.connection_id)

    _write_down(duty, note)


def _fail(duty: Duty, job: JobRow, error: ExemptError, began_at: dt.datetime) -> None:
    """Come again later, the longer it fails; after an error of configuration when it is mended."""
    at = duty.clock()
    pause = WAITS[min(job.failures, len(WAITS) - 1)]
    if isinstance(error, TransientError) and error.retry_after:
        pause = min(max(pause, error.retry_after), LONGEST_WAIT)
    of_settings = isinstance(error, ConfigError | SettingsError) and job.connection_id is not None
    _log.warning("failed: %s", error, extra={"again_in_seconds": pause.total_seconds()})

    def note(tx: Transaction) -> None:
        if of_settings and job.kind is not JobKind.PROBE:  # first, as `duties.resume` does
            tx.connections.pause(job.connection_id or 0, str(error), at)
            tx.jobs.plan(JobKind.PROBE, job.connection_id, at + WAITS[0])
        tx.jobs.end(job.name, at, problem=str(error), next_at=at + pause)
        ran = _ran(duty, job, (began_at, at))
        tx.job_runs.add(ran._replace(outcome="failed", problem=str(error)))

    _write_down(duty, note)


def _ran(duty: Duty, job: JobRow, between: tuple[dt.datetime, dt.datetime]) -> JobRun:
    """The run that just ended, as it is kept."""
    return JobRun(job.name, job.connection_id, *between, "done", worker=duty.worker)


def _write_down(duty: Duty, note: Callable[[Transaction], T]) -> T:
    """Note that a run began or ended, and wait for the store if it is away for a moment.

    Raises:
        Exception: It stays away; the run is found as a lost one later, and comes again.
    """
    for seconds in _STORE_WAITS:
        try:
            with duty.store.writing() as tx:
                return note(tx)
        except ExemptError:
            raise
        except Exception:  # noqa: BLE001 - the driver's own errors, which are not known here
            time.sleep(seconds)
    with duty.store.writing() as tx:
        return note(tx)
