"""What the runs of a real engine do in a test."""

from __future__ import annotations

import contextlib
import gc
import re
import warnings
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Event
from typing import Any

import pytest
import sqlalchemy as sa

from exempt.adapters.engine.engine import Engine
from exempt.adapters.store.store import SqlStore

LONG = 60.0
"""Seconds after which something is taken for lost."""

AT_ONCE = 4


class Work:
    """What an engine's runs do: they say their jobs, and what a test tells them to."""

    def __init__(self, engine: Engine, store: SqlStore) -> None:
        self.engine = engine
        self._store = store
        self.did: SimpleQueue[str] = SimpleQueue()
        self.during: Callable[[str], object] = lambda _job: None

    def enqueue(self, *runs: str) -> None:
        """Let these runs begin, all in one transaction; their jobs are all but their last words."""
        with self._store.database.writing() as connection:
            self.ask(connection, *runs)

    def ask(self, connection: sa.Connection, *runs: str) -> None:
        """Let these runs begin when the transaction is committed."""
        for run in runs:
            self.engine.enqueue(connection, run, run.rpartition(":")[0])

    def start(self, name: str = "w1") -> None:
        """Take runs from now on."""
        self.engine.start(name, self._run, at_once=AT_ONCE)

    def _run(self, job: str) -> None:
        self.during(job)
        self.did.put(job)

    def next(self) -> str:
        """The job of the run that ended next."""
        return self.did.get(timeout=LONG)

    def nothing_more(self) -> bool:
        """Whether nothing waits, and nothing ended that nobody asked about."""
        self.until(lambda: not self.engine.live())
        with contextlib.suppress(Empty):
            pytest.fail(f"{self.did.get_nowait()} was done, too")
        return True

    def until(self, what: Callable[[], object]) -> None:
        """Wait until something is so."""
        for _ in range(int(LONG / 0.02)):
            if what():
                return
            Event().wait(0.02)
        pytest.fail("it did not happen")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the engine's own tables."""
        with self._store.database.reading() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(self._named(sql))]

    def change(self, sql: str) -> None:
        """Change the engine's own tables."""
        with self._store.database.writing() as connection:
            connection.exec_driver_sql(self._named(sql))

    def stop(self, seconds: int = 10) -> None:
        """Take no more runs; the library lets go of its connections without closing them."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            self.engine.stop(seconds)
            gc.collect()

    def _named(self, sql: str) -> str:
        if self._store.database.is_sqlite:
            return sql
        return re.sub(r"(FROM|UPDATE) ", r"\1 dbos.", sql)
