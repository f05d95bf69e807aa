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
        self._held: dict[str, object] = {}
        self._lost = False
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
            if self._connection is not None:
                try:
                    self._connection.execute(sa.text("SELECT 1"))
                except sa.exc.DBAPIError:
                    self._drop()
            return self._lost

    def close(self) -> None:
        """Let go of everything."""
        with self._mutex:
            self._drop()
            self._lost = False

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
        holder = object()
        if not self._take(name, holder):
            yield False
            return
        try:
            yield True
        finally:
            self._give_back(name, holder)

    def _take(self, name: str, holder: object) -> bool:
        with self._mutex:
            if name in self._held:  # the server lets one connection hold a lock twice
                return False
            if self._connection is None:
                autocommit = {"isolation_level": "AUTOCOMMIT"}
                self._connection = self._engine.connect().execution_options(**autocommit)
                self._connection.detach()  # our own, never back to the pool
            if not self._ask("pg_try_advisory_lock", name):
                return False
            self._held[name] = holder
            return True

    def _give_back(self, name: str, holder: object) -> None:
        with self._mutex:
            if self._held.get(name) is not holder:
                return  # it was lost meanwhile
            del self._held[name]
            with contextlib.suppress(sa.exc.DBAPIError):  # then it is free already
                self._ask("pg_advisory_unlock", name)

    def _ask(self, function: str, name: str) -> bool:
        assert self._connection is not None  # noqa: S101 - the caller saw to it
        sql = sa.text(f"SELECT {function}(:space, :key)")
        try:
            return bool(self._connection.scalar(sql, _key(name)))
        except sa.exc.DBAPIError:
            self._drop()
            raise

    def _drop(self) -> None:
        """Close the connection; whatever was held through it is held no more."""
        self._lost = self._lost or bool(self._held)
        self._held.clear()
        if self._connection is not None:
            with contextlib.suppress(sa.exc.SQLAlchemyError):
                self._connection.close()
            self._connection = None


def _key(name: str) -> dict[str, int]:
    return {"space": _SPACE, "key": zlib.crc32(name.encode()) - 2**31}
