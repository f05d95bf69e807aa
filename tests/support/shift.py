"""A worker's jobs, done by hand: a test moves the clock and says what becomes of each run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

from exempt.rules.schedules import next_after
from exempt.services.job_ports import JobKind, JobRow
from exempt.services.rows import ConnectionRow
from exempt.services.running import Duty, Ended, run_job, tick
from support.engines import ByHand
from support.records import NOW
from support.stores import MINUTE, connected
from support.world import World

HOUR = 60 * MINUTE
SECOND = MINUTE / 60
PULL, PUSH, PROBE = "pull:erp", "push:erp", "probe:erp"


@dataclass
class Shift:
    """A worker's duty in a `World`; a test says what becomes of each run.

    Attributes:
        outcomes: By job, what its next runs do; else they end well.
        did: The jobs that were done, in order.
        schedule: When connections are read.
        before: Called before a run does anything.
    """

    world: World
    outcomes: dict[str, list[Ended | BaseException]] = field(default_factory=dict)
    did: list[str] = field(default_factory=list)
    schedule: str = "15m"
    before: Callable[[], None] = field(default=lambda: None)

    def __post_init__(self) -> None:
        self.engine = ByHand(self.world.store)
        self.row = connected(self.world.store)
        self.duty = Duty(
            self.world.store,
            lambda: self.world.now,
            "w1",
            self._due,
            dict.fromkeys(JobKind, self._do),
        )

    def _due(self, job: JobRow, after: dt.datetime) -> dt.datetime | None:
        if job.kind is JobKind.DAILY:
            return next_after("10 0 * * *", after)
        return next_after(self.schedule, after) if job.kind is JobKind.PULL else None

    def _do(self, job: JobRow) -> Ended:
        self.before()
        self.did.append(job.name)
        planned = self.outcomes.get(job.name)
        outcome = planned.pop(0) if planned else Ended()
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def ask(self, kind: JobKind = JobKind.PULL, *, at_once: bool = False) -> None:
        """Ask for a job."""
        with self.world.store.writing() as tx:
            of = None if kind is JobKind.DAILY else self.row.id
            tx.jobs.ask(kind, of, at_once=at_once)

    def plan(self, next_at: dt.datetime | None, kind: JobKind = JobKind.PULL) -> None:
        """Let a job be asked for by itself."""
        with self.world.store.writing() as tx:
            tx.jobs.plan(kind, None if kind is JobKind.DAILY else self.row.id, next_at)

    def run(self, kind: JobKind = JobKind.PULL, *outcomes: Ended | BaseException) -> JobRow:
        """Ask for a job as a person does, and do it; how it is left."""
        name = f"{kind.value}:erp"
        self.outcomes[name] = list(outcomes)
        self.ask(kind, at_once=True)
        self.work()
        return self.job(name)

    def work(self) -> list[str]:
        """Do all runs that wait; of which jobs they were."""
        return self.engine.work(lambda name: run_job(self.duty, name))

    def move(self, by: dt.timedelta) -> list[str]:
        """Move the clock, tick, and do what is due; which jobs that was."""
        self.world.now += by
        tick(self.duty)
        return self.work()

    def job(self, name: str = PULL) -> JobRow:
        """How a job stands."""
        with self.world.store.reading() as tx:
            found = tx.jobs.get(name)
        assert found is not None
        return found

    def connection(self) -> ConnectionRow:
        """How the connection stands."""
        with self.world.store.reading() as tx:
            (row,) = tx.connections.all()
        return row

    def in_minutes(self, name: str = PULL) -> float | None:
        """In how many minutes a job comes by itself."""
        next_at = self.job(name).next_at
        return None if next_at is None else (next_at - self.world.now) / MINUTE

    def die(self, times: int) -> None:
        """Begin a run of the pull, and be gone."""
        for _ in range(times):
            with self.world.store.writing() as tx:
                tx.jobs.begin(PULL, "w1", NOW)
