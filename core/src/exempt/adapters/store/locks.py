"""One run of a connection at a time, whatever process or machine it is in.

A lock is the life of its holder: when a process dies, however, it is free.
"""

from __future__ import annotations

import contextlib
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

_SPACE = 19532


@contextlib.contextmanager
def alone(engine: sa.Engine, name: str) -> Iterator[bool]:
    """Hold *name* while the block runs; False when somebody else holds it."""
    hold = _file if engine.dialect.name == "sqlite" else _advisory
    with hold(engine, name) as held:
        yield held


@contextlib.contextmanager
def _file(engine: sa.Engine, name: str) -> Iterator[bool]:
    database = engine.url.database
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
def _advisory(engine: sa.Engine, name: str) -> Iterator[bool]:
    key = {"space": _SPACE, "key": zlib.crc32(name.encode()) - 2**31}
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        held = connection.scalar(sa.text("SELECT pg_try_advisory_lock(:space, :key)"), key)
        try:
            yield bool(held)
        finally:
            if held:
                connection.execute(sa.text("SELECT pg_advisory_unlock(:space, :key)"), key)
