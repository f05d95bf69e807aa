"""What the services need of standing jobs, workers and webhooks in the store.

A job is one kind of work on one connection, or on all of Exempt, that is done
again and again: by a schedule, and whenever somebody asks for it. Asking says
only that there is something to do; what there is stands in the tables of the
domain. So a run that comes twice, or too late, does no harm, and a thousand
asks while one run waits are one run.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol

from exempt.model.messages import WebhookEvent


class JobKind(StrEnum):
    """What is done.

    ========  ==========================================================================
    pull      read a connection's streams
    push      write what is owed to a connection
    mail      send the mails that go through a connection
    webhook   read again what a connection's webhooks speak of
    probe     see whether a paused connection works again
    events    tell others by webhooks of what happened
    reading   read the documents that wait for review
    import    go on with imports that were confirmed
    nexus     count sales anew where that is asked for, look who is near a threshold, warn
    daily     what a new day brings: statuses, notices, reminders
    upkeep    forget old runs and webhooks, find work that no run is on its way for
    ========  ==========================================================================
    """

    PULL = "pull"
    PUSH = "push"
    MAIL = "mail"
    WEBHOOK = "webhook"
    PROBE = "probe"
    EVENTS = "events"
    READING = "reading"
    IMPORT = "import"
    NEXUS = "nexus"
    DAILY = "daily"
    UPKEEP = "upkeep"


OF_CONNECTION = (JobKind.PULL, JobKind.PUSH, JobKind.MAIL, JobKind.WEBHOOK, JobKind.PROBE)
OF_ALL = (
    JobKind.EVENTS,
    JobKind.READING,
    JobKind.IMPORT,
    JobKind.NEXUS,
    JobKind.DAILY,
    JobKind.UPKEEP,
)


class JobRow(NamedTuple):
    """A standing job.

    Attributes:
        name: ``pull:erp``, or ``daily``.
        asked: Grows by one with each ask, from where nobody was before;
            ``queued`` and ``begun``: up to which of these asks a run is on its
            way, and has begun.
        next_at: When it is asked for by itself.
        failures: How many runs in a row failed, the last one with ``problem``;
            before ``held_until`` it does not run, whoever asks.
        deaths: How many workers in a row died while they were at it.
        worker: Who began the last run, at ``started_at``; it is over when
            ``ended_at`` is set.
    """

    name: str
    kind: JobKind
    connection_id: int | None
    connection: str | None
    asked: int
    queued: int
    begun: int
    next_at: dt.datetime | None
    failures: int
    problem: str | None
    deaths: int
    worker: str | None
    started_at: dt.datetime | None
    ended_at: dt.datetime | None
    succeeded_at: dt.datetime | None
    held_until: dt.datetime | None = None

    @property
    def running(self) -> bool:
        """Whether a run began that has not ended."""
        return self.started_at is not None and self.ended_at is None

    @property
    def waiting(self) -> bool:
        """Whether it was asked for, and no run has begun since."""
        return self.asked > self.begun

    @property
    def run_id(self) -> str:
        """The run that is on its way, or the last one."""
        return f"{self.name}:{self.queued}"


class Jobs(Protocol):
    """Standing jobs."""

    def ask(
        self, kind: JobKind, connection_id: int | None = None, *, at_once: bool = False
    ) -> None:
        """Let a job run soon, made if need be; its run goes with this transaction.

        With *at_once* also if it failed lately: a person wants it.
        """
        ...

    def all(self) -> list[JobRow]:
        """Every job, by name."""
        ...

    def get(self, name: str) -> JobRow | None:
        """One job."""
        ...

    def overdue(self, at: dt.datetime) -> list[JobRow]:
        """Those to be asked for by now, and those asked for whose run is not on its way."""
        ...

    def plan(self, kind: JobKind, connection_id: int | None, next_at: dt.datetime | None) -> None:
        """Let a job be asked for by itself at that moment, or not at all; made if need be."""
        ...

    def alone(self) -> None:
        """Let one transaction at a time ask for what is overdue."""
        ...

    def begin(self, name: str, worker: str, at: dt.datetime) -> JobRow | None:
        """Note that a run begins, which serves all asks so far; how it was left before."""
        ...

    def end(
        self,
        name: str,
        at: dt.datetime,
        *,
        problem: str | None = None,
        next_at: dt.datetime | None = None,
        idle: bool = False,
    ) -> None:
        """Note that a run ended, and why if it failed; with *next_at*, when it is to come again.

        One that failed is held until then.

        With *idle* nothing was done, so it neither failed nor succeeded.
        """
        ...

    def lost(self, name: str) -> None:
        """Note that nobody carries its run any more; it has to be asked for again."""
        ...

    def remove(self, names: Collection[str]) -> None:
        """Forget jobs, of connections that are gone."""
        ...


class WorkerRow(NamedTuple):
    """A process that does jobs; ``memory`` in bytes."""

    name: str
    host: str
    process: int
    version: str
    memory: int
    started_at: dt.datetime
    ticked_at: dt.datetime
    stopped_at: dt.datetime | None = None


class Workers(Protocol):
    """The processes that do jobs."""

    def tick(self, worker: WorkerRow) -> None:
        """Note that it lives, or that it stopped."""
        ...

    def all(self) -> list[WorkerRow]:
        """Every one that was seen, by name."""
        ...

    def forget(self, before: dt.datetime) -> None:
        """Forget those that were not seen since."""
        ...


class KeptEvent(NamedTuple):
    """Records that a webhook says changed; ``state`` is pending, done or dead."""

    id: int
    connection_id: int
    event: WebhookEvent
    state: str
    received_at: dt.datetime
    message: str | None = None


class Webhooks(Protocol):
    """Webhooks that came in."""

    def add(
        self, connection_id: int, body: bytes, events: Sequence[WebhookEvent], at: dt.datetime
    ) -> int:
        """Keep a genuine webhook, if it brings anything; returns how many events it brings.

        Those are new, or were given up before.
        """
        ...

    def pending(self, connection_id: int, limit: int) -> list[KeptEvent]:
        """Events whose records are to be read, oldest first."""
        ...

    def done(self, ids: Collection[int], at: dt.datetime, *, dead: str | None = None) -> None:
        """Mark events: their records were read, or could not be, and why."""
        ...

    def open(self) -> dict[int, dict[str, int]]:
        """How many events are pending, and how many are dead, by connection."""
        ...

    def forget(self, before: dt.datetime) -> int:
        """Delete bodies, and events that are done, of before then; how many webhooks."""
        ...
