"""Runs of jobs, carried to one worker each, and to another when that one dies.

DBOS does it, and nothing else here knows of it. What a run has to do stands in
our own tables, so that its history may be deleted and the library exchanged.
Why things are as they are:

- its own engine for SQLite has no WAL, and that of the store begins its
  transactions itself, which it does not expect: so it gets an engine of its own
- its default serializer is pickle: whoever can write the database could run code
- it never takes runs of another application version: so that is a constant
- two processes with one executor id would do the same runs: the caller holds the
  name of its worker for itself
- a worker that dies leaves its runs pending for ever: see `Engine.adopt`
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from typing import Any

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSConfig, DBOSPortableJSONSerializer
from sqlalchemy.pool import ConnectionPoolEntry

from exempt.adapters.store.database import NOTICES_SILENCE, know_fractions_of_seconds

QUEUE = "jobs"
_WORKFLOW = "run"
_APPLICATION = "exempt"
_VERSION = "1"
_SERIALIZER = DBOSPortableJSONSerializer()
_OVER = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
_LIVE = ("ENQUEUED", "DELAYED", "PENDING")
_AT_ONCE = 1000

IDLE, BUSY = 2.0, 0.1
"""Seconds between two looks at the queue; a look costs 3 ms of the processor."""

RECOVERS = 5.0
"""Seconds between two looks at what is to be done again."""

LISTENS = 2.0
"""Seconds between two looks for messages, of which we have none; its end waits for one."""

LISTENS = 2.0
"""Seconds between two looks for messages, of which there are none; it ends no sooner."""


class Engine:
    """The queue, as one process sees it; DBOS allows one that works in each process.

    Args:
        url: The database of the store.
    """

    def __init__(self, url: str) -> None:
        self._engine = _own_engine(url)
        self._client = DBOSClient(
            system_database_engine=self._engine,
            serializer=_SERIALIZER,
            application_name=_APPLICATION,
            retry_connection_errors=False,
            lazy=True,
        )
        self._started = self._busy = False
        self._name = ""

    @staticmethod
    def prepare(url: str) -> None:
        """Make or update the engine's own tables; one process at a time may."""
        quiet()
        DBOS.migrate(_address(url).render_as_string(hide_password=False))

    def enqueue(self, connection: sa.Connection, run_id: str, job: str) -> None:
        """Let a run of *job* begin once the transaction of *connection* is committed."""
        self._client.enqueue_in_transaction(
            connection,
            {
                "queue_name": QUEUE,
                "workflow_name": _WORKFLOW,
                "workflow_id": run_id,
                "queue_partition_key": job,
                "app_version": _VERSION,
            },
            job,
        )

    def start(self, name: str, run: Callable[[str], None], *, at_once: int) -> None:
        """Take runs from now on, as the worker *name*, *at_once* of them and one of each job.

        What a worker of that name had begun when it died comes first.
        """
        quiet()

        @DBOS.workflow(name=_WORKFLOW)
        def _run(job: str) -> None:
            run(job)

        config: DBOSConfig = {
            "name": _APPLICATION,
            "system_database_url": "sqlite:///x" if self._is_sqlite else "postgresql://x/x",
            "system_database_engine": self._engine,
            "executor_id": name,
            "application_version": _VERSION,
            "serializer": _SERIALIZER,
            "max_executor_threads": at_once + 8,  # more than runs: recovery needs some too
            "run_migrations": False,
            "log_level": "WARNING",
            "scheduler_polling_interval_sec": 3600.0,  # we have no schedules there
            "notification_listener_polling_interval_sec": LISTENS,  # nor messages
        }
        self._client.register_queue(
            QUEUE,
            partition_concurrency=1,
            worker_concurrency=at_once,
            polling_interval_sec=BUSY,  # whoever starts has work; see `pace`
            on_conflict="always_update",
        )
        library = DBOS(config=config)
        # It is for what is recovered only, and would be looked at twice as often as ours.
        library._registry.get_internal_queue()._polling_interval_sec = RECOVERS  # noqa: SLF001
        DBOS.launch()
        self._started, self._name, self._busy = True, name, True

    def pace(self, *, busy: bool) -> None:
        """Look at the queue often while there is work, and seldom when there is none."""
        if busy is not self._busy and (queue := DBOS.retrieve_queue(QUEUE)) is not None:
            queue.set_polling_interval_sec(BUSY if busy else IDLE)
            self._busy = busy

    def adopt(self, hold: Callable[[str], AbstractContextManager[bool]]) -> int:
        """Take over what dead workers had begun; how many workers they were.

        Args:
            hold: Holds the name of a worker; False when it lives and holds it itself.
        """
        names = {
            row.executor_id
            for row in self._rows(("PENDING",))
            if row.executor_id and row.executor_id != self._name
        }
        dead = 0
        for name in sorted(names):
            with hold(name) as held:  # it must not come back in between
                if held:
                    DBOS._recover_pending_workflows([name])  # noqa: SLF001 - see docs/why.md
                    dead += 1
        return dead

    def live(self) -> set[str]:
        """The runs that wait or have begun."""
        return {row.workflow_id for row in self._rows(_LIVE)}

    def forget(self, before: float) -> int:
        """Delete what is known of runs that ended before then (seconds since 1970)."""
        forgotten = 0
        while True:
            old = [row.workflow_id for row in self._rows(_OVER, limit=_AT_ONCE, before=before)]
            if old:
                self._client.delete_workflows(old)
            forgotten += len(old)
            if len(old) < _AT_ONCE:
                return forgotten

    def _rows(
        self, states: Collection[str], limit: int | None = None, before: float | None = None
    ) -> list[Any]:
        return self._client.list_workflows(
            status=list(states),
            name=_WORKFLOW,
            limit=limit,
            completed_before=None if before is None else _iso(before),
            load_input=False,
            load_output=False,
        )

    def stop(self, seconds: int) -> None:
        """Take no more runs, and wait *seconds* for those that go on."""
        if self._started:
            DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=seconds)
            self._started = False

    def close(self) -> None:
        """Close all connections."""
        self.stop(0)
        self._client.destroy()
        self._engine.dispose()

    @property
    def _is_sqlite(self) -> bool:
        return self._engine.dialect.name == "sqlite"


def _iso(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat()


def quiet() -> None:
    """Let it log warnings only: it tells of each start and of every migration."""
    logging.getLogger("dbos").setLevel(logging.WARNING)


def _address(url: str) -> sa.URL:
    address = sa.make_url(url)
    if address.get_backend_name() == "sqlite":
        return address
    return address.set(drivername="postgresql+psycopg")


def _own_engine(url: str) -> sa.Engine:
    address = _address(url)
    if address.get_backend_name() == "sqlite":
        engine = sa.create_engine(address, pool_size=5, max_overflow=45, hide_parameters=True)
        sa.event.listen(engine, "connect", _prepare_sqlite)
        return engine
    return sa.create_engine(
        address,
        pool_size=5,
        max_overflow=15,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args=NOTICES_SILENCE,
    )


def _prepare_sqlite(connection: Any, _entry: ConnectionPoolEntry) -> None:
    know_fractions_of_seconds(connection)
    connection.isolation_level = "IMMEDIATE"  # it begins when something is written
    for pragma in (
        "busy_timeout=30000",
        "journal_mode=WAL",
        "synchronous=NORMAL",  # what is lost here is found again: see `upkeep`
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")
