"""Names that one process holds at a time, whatever machine it is on.

A name is held by the life of its holder: when a process dies, however, it is
free. On SQLite it is a lock on a file; on PostgreSQL an advisory lock, for all
of which a process has one connection of its own.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

_SPACE = 19532


class Locks:
    """The names that this process holds."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._held: set[str] = set()
        self._mutex = threading.Lock()
        self._connection: sa.Connection | None = None

    @contextlib.contextmanager
    def alone(self, name: str) -> Iterator[bool]:
        """Hold *name* while the block runs; False when somebody else holds it."""
        hold = self._file if self._engine.dialect.name == "sqlite" else self._advisory
        with hold(name) as held:
            yield held

    def lost(self) -> bool:
        """Whether what was held may be held by others by now: the server was gone."""
        with self._mutex:
            if self._connection is None:
                return False
            try:
                self._connection.execute(sa.text("SELECT 1"))
            except sa.exc.DBAPIError:
                return True
            return False

    def close(self) -> None:
        """Let go of everything."""
        with self._mutex:
            if self._connection is not None:
                with contextlib.suppress(sa.exc.DBAPIError):
                    self._connection.close()
                self._connection = None
            self._held.clear()

    @contextlib.contextmanager
    def _file(self, name: str) -> Iterator[bool]:
        database = self._engine.url.database
        if sys.platform == "win32" or not database or database == ":memory:":
            yield True  # Windows has no such locks, and nobody else sees a database in memory
            return
        import fcntl  # noqa: PLC0415 - not on Windows

        with Path(f"{database}.{name}.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
                return
            yield True

    @contextlib.contextmanager
    def _advisory(self, name: str) -> Iterator[bool]:
        if not self._take(name):
            yield False
            return
        try:
            yield True
        finally:
            self._give_back(name)

    def _take(self, name: str) -> bool:
        with self._mutex:
            if name in self._held:  # the server lets one connection hold a lock twice
                return False
            if self._connection is None:
                autocommit = {"isolation_level": "AUTOCOMMIT"}
                self._connection = self._engine.connect().execution_options(**autocommit)
                self._connection.detach()  # our own, never back to the pool
            sql = "SELECT pg_try_advisory_lock(:space, :key)"
            if not self._connection.scalar(sa.text(sql), _key(name)):
                return False
            self._held.add(name)
            return True

    def _give_back(self, name: str) -> None:
        with self._mutex:
            if name in self._held and self._connection is not None:
                sql = sa.text("SELECT pg_advisory_unlock(:space, :key)")
                self._connection.execute(sql, _key(name))
            self._held.discard(name)


def _key(name: str) -> dict[str, int]:
    return {"space": _SPACE, "key": zlib.crc32(name.encode()) - 2**31}
