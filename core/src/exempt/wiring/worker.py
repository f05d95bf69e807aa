"""A worker: a process that does jobs until it is told to stop."""

from __future__ import annotations

import datetime as dt
import logging
import os
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from enum import Enum
from functools import partial
from importlib.metadata import version

from exempt.adapters.connections.connection import OpenConnection
from exempt.adapters.connections.patience import hanging
from exempt.adapters.engine.engine import Engine
from exempt.adapters.observing import watched
from exempt.adapters.store.database import words_of
from exempt.errors import ExemptError, RefusedError
from exempt.rules.schedules import next_after, seconds
from exempt.services import duties
from exempt.services.job_ports import JobKind, JobRow, WorkerRow
from exempt.services.rows import ConnectionRow
from exempt.services.running import Do, Duty, Ended, mend_schedules, run_job, tick
from exempt.services.standing import make_jobs
from exempt.services.sync import Job
from exempt.services.telling import about
from exempt.wiring import Exempt
from exempt.wiring.collector import quiet_collector
from exempt.wiring.events import send_events
from exempt.wiring.forms import read_documents
from exempt.wiring.upkeep import Upkeep

_log = logging.getLogger("exempt.worker")

TICK = 1.0
"""Seconds between two looks at what is due."""

BEAT = 5.0
"""Seconds between two signs of life, and two looks at who died."""

BUSY = 10.0
"""Seconds after a run for which more of them are likely."""

PATIENCE = 60.0
"""Seconds without a store after which a worker starts itself anew."""

HANGING = 4
"""So many connectors that do not answer make a worker start itself anew."""

EVERY_LOOK = 60.0
"""Seconds between two tries to open a connection that never could be."""

EVERY_UPKEEP = dt.timedelta(minutes=10)

_NAME = re.compile(r"^[\w.-]{1,100}\Z")


class Why(Enum):
    """Why a worker ended."""

    STOPPED = "it was told to stop"
    ANEW = "it is to be started anew"


class Worker:
    """A worker of that *name*, which no other process may have meanwhile.

    Raises:
        RefusedError: It cannot be the name of one.
    """

    def __init__(self, exempt: Exempt, name: str) -> None:
        if not _NAME.match(name):
            msg = f"worker {name!r}: a name has letters, digits, dots and hyphens: choose another"
            raise RefusedError(msg)
        self._exempt = exempt
        self._settings = exempt.settings.file.daemon
        self.name = name
        self._stopped = threading.Event()
        self._why = Why.STOPPED
        self._worked = self._looked = time.monotonic()
        self._missing: set[str] = set()
        self._connections = 0
        self._stack = ExitStack()
        self._began = exempt.clock()
        exempt.patience = seconds(self._settings.hook_timeout)
        self.engine = prepared(exempt)
        self._upkeep = Upkeep(exempt, self.engine)
        self._duty = Duty(exempt.store, exempt.clock, name, self._due, self._doers())

    def stop(self, why: Why = Why.STOPPED) -> None:
        """Take no more jobs, let those end that go on, and come back from `run`."""
        if why is Why.STOPPED or not self._stopped.is_set():  # who is told to stop stays so
            self._why = why
        self._exempt.stop()
        self._stopped.set()

    def run(self) -> Why:
        """Do jobs until it is stopped.

        Raises:
            RefusedError: A worker of that name runs already.
        """
        with quiet_collector(), self._stack:
            held = self._stack.enter_context(self._exempt.store.alone(_lock_name(self.name)))
            if not held:
                msg = f"worker {self.name!r} runs already: give this one a name with --id"
                raise RefusedError(msg)
            self._make_jobs()
            self._upkeep.find_lost()  # that of the upkeep itself, too
            self.engine.start(self.name, self._run, at_once=self._settings.at_once)
            _log.info("worker %s takes jobs", self.name)
            try:
                self._loop()
            finally:
                _log.info("worker %s ends: %s", self.name, self._why.value)
                self.engine.stop(seconds(self._settings.drain))
                self._say_good_bye()
                self.engine.close()
            self._await_store()
        return self._why

    # --- what it does ----------------------------------------------------------------------

    def _run(self, name: str) -> None:
        kind, _, connection = name.partition(":")
        fields = {"worker": self.name, "job": name}
        if connection:
            fields["connection"] = connection
        with about(**fields), watched("job", kind=kind, connection=connection) as going:
            going.failed = run_job(self._duty, name)
        self._worked = time.monotonic()

    def _doers(self) -> dict[JobKind, Do]:
        notices = self._exempt.settings.file.requests.staff_notices
        return {
            JobKind.PULL: self._on_connection(duties.pull),
            JobKind.PUSH: self._on_connection(duties.push),
            JobKind.MAIL: self._on_connection(partial(duties.mail, staff_notices=notices)),
            JobKind.WEBHOOK: self._on_connection(duties.webhook),
            JobKind.PROBE: self._probe,
            JobKind.EVENTS: lambda _job: send_events(self._exempt),
            JobKind.READING: lambda _job: read_documents(self._exempt),
            JobKind.IMPORT: self._upkeep.imports,
            JobKind.NEXUS: self._upkeep.nexus,
            JobKind.DAILY: self._upkeep.daily,
            JobKind.UPKEEP: self._upkeep.upkeep,
        }

    def _on_connection(self, do: Callable[[Job], Ended]) -> Do:
        def on_connection(job: JobRow) -> Ended:
            row = self._row(job)
            if row is None or row.paused_reason is not None:
                return Ended(idle=True)  # what waits is asked for again when it goes on
            with self._opened(row) as connection:
                return do(self._exempt.job(row, connection))

        return on_connection

    def _probe(self, job: JobRow) -> Ended:
        row = self._row(job)
        if row is None or row.paused_reason is None or row.paused_by is not None:
            return Ended()
        with self._opened(row) as connection:
            return duties.probe(self._exempt.store, row, connection, self._exempt.clock())

    def _row(self, job: JobRow) -> ConnectionRow | None:
        with self._exempt.store.reading() as tx:
            rows = [row for row in tx.connections.all() if row.id == job.connection_id]
        return rows[0] if rows and rows[0].name in self._exempt.connections else None

    @contextmanager
    def _opened(self, row: ConnectionRow) -> Iterator[OpenConnection]:
        connection = self._exempt.open(row.name)
        try:
            yield connection
        finally:
            connection.close()

    # --- when ------------------------------------------------------------------------------

    def _due(self, job: JobRow, after: dt.datetime) -> dt.datetime | None:
        """When a job comes by its schedule; what has none comes when something is due."""
        if job.kind in (JobKind.UPKEEP, JobKind.IMPORT, JobKind.NEXUS):
            return after + EVERY_UPKEEP
        if job.kind is JobKind.DAILY:
            return next_after(self._settings.daily, after, self._settings.time_zone)
        if job.kind is JobKind.PULL and job.connection is not None:
            configured = self._exempt.connections.get(job.connection)
            if configured is not None:
                schedule = configured.schedule or self._settings.pull
                return next_after(schedule, after, self._settings.time_zone)
        return None

    def _make_jobs(self) -> None:
        """Make known what connections there are, and the jobs that there are for them."""
        opened: dict[str, OpenConnection] = {}
        broken: dict[str, ExemptError] = {}
        self._connections = self._exempt.connections.look()
        try:
            for name in self._exempt.names():
                try:
                    opened[name] = self._exempt.open(name)
                except ExemptError as error:
                    broken[name] = error
                    _log.warning("%s", error)
            self._exempt.register(opened)
        finally:
            for connection in opened.values():
                connection.close()
        make_jobs(self._exempt.store, self._exempt.connections, broken, self._exempt.clock())
        mend_schedules(self._duty)
        with self._exempt.store.reading() as tx:
            self._missing = broken.keys() - {row.name for row in tx.connections.all()}

    def _follow_connections(self) -> None:
        """See whether connections were made, changed or removed in the console."""
        if self._exempt.connections.look() != self._connections:
            self._make_jobs()
            _log.info("connections were changed in the console")

    def _look_for_missing(self) -> None:
        """See whether a connection that never could be opened can be by now."""
        if not self._missing or time.monotonic() - self._looked < EVERY_LOOK:
            return
        self._looked = time.monotonic()
        for name in sorted(self._missing):
            with suppress(ExemptError):
                self._exempt.open(name).close()
                self._make_jobs()
                return

    # --- the loop ----------------------------------------------------------------------------

    def _loop(self) -> None:
        since_beat, without_store = BEAT, 0.0
        while not self._stopped.is_set():
            try:
                tick(self._duty)
                self.engine.pace(busy=time.monotonic() - self._worked < BUSY)
                if since_beat >= BEAT:
                    self._beat()
                    since_beat = 0.0
                without_store = 0.0
            except Exception as error:  # noqa: BLE001 - the driver's own errors are not known here
                without_store += TICK
                _log.warning("the database cannot be used: %s", words_of(error))
                if without_store >= PATIENCE or self._exempt.database.locks.lost():
                    self.stop(Why.ANEW)
            self._stopped.wait(TICK)
            since_beat += TICK

    def _beat(self) -> None:
        """Give a sign of life, take over from the dead, and see that all is well with itself."""
        if self._exempt.database.locks.lost():
            msg = "the database was away, and what was held there with it"
            raise ConnectionError(msg)
        memory = own_memory()
        with self._exempt.store.writing() as tx:
            tx.workers.tick(self._worker_row(memory))
        if self.engine.adopt(lambda name: self._exempt.store.alone(_lock_name(name))):
            _log.warning("took over what a worker that died had begun")
        for name in mend_schedules(self._duty):
            _log.warning("%s was planned later than it can be by now: brought forward", name)
        self._follow_connections()
        self._look_for_missing()
        if memory > self._settings.memory * 1_000_000:
            _log.warning("takes %d MB: starts anew", memory // 1_000_000)
            self.stop(Why.ANEW)
        elif hanging() >= HANGING:
            _log.warning("%d connectors do not answer: starts anew", hanging())
            self.stop(Why.ANEW)

    def _worker_row(self, memory: int) -> WorkerRow:
        return WorkerRow(
            name=self.name,
            host=socket.gethostname(),
            process=os.getpid(),
            version=version("exempt"),
            memory=memory,
            started_at=self._began,
            ticked_at=self._exempt.clock(),
        )

    def _say_good_bye(self) -> None:
        try:
            with self._exempt.store.writing() as tx:
                at = self._exempt.clock()
                tx.workers.tick(self._worker_row(own_memory())._replace(stopped_at=at))
        except Exception as error:  # noqa: BLE001 - the store may be what it ends for
            _log.warning("could not note that it ends: %s", words_of(error))

    def _await_store(self) -> None:
        """Wait for a database that can be written to, to start anew with, unless told to stop."""
        told = False
        while self._why is Why.ANEW:
            try:
                with self._exempt.store.writing() as tx:
                    tx.workers.tick(self._worker_row(own_memory()))
            except Exception as error:  # noqa: BLE001 - the driver's own errors are not known here
                if not told:
                    _log.warning("waits for the database: %s", words_of(error))
                told = True
                threading.Event().wait(TICK)
            else:
                return


def prepared(exempt: Exempt) -> Engine:
    """The engine, its tables made or updated, carrying whatever the store asks for."""
    store = exempt.store
    url = exempt.database.url
    while True:
        with store.alone("engine-tables") as held:
            if held:
                Engine.prepare(url)
                break
        threading.Event().wait(0.05)
    engine = Engine(url)
    store.enqueue = engine.enqueue
    return engine


def own_memory() -> int:
    """How many bytes of memory this process takes."""
    if sys.platform == "linux":
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - no file
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    import resource  # noqa: PLC0415 - not on Windows

    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used if sys.platform == "darwin" else used * 1024


def _lock_name(worker: str) -> str:
    return f"worker-{worker}"
