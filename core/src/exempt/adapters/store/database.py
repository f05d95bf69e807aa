"""The connection to SQLite or PostgreSQL, and the few things the two do differently."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import ConnectionPoolEntry

from exempt.adapters.store.locks import Locks
from exempt.errors import SettingsError

Row = tuple[Any, ...]

_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",  # an acknowledged write survives a power cut
    "busy_timeout=30000",
    "foreign_keys=ON",
    "wal_autocheckpoint=25000",  # random ids touch many pages: 2.4 against 4.1 times the limit
    "cache_size=-65536",
    "temp_store=MEMORY",  # choosing for a million orders sorts them: a sixth faster
)


NOTICES_SILENCE = {
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""So a server that is cut off without a word counts as gone after a minute, not after hours."""


class Database:
    """One database, by its SQLAlchemy address.

    Args:
        url: ``sqlite:///path`` or ``postgresql://…`` (taken as ``postgresql+psycopg``).
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _engine(url)
        self.locks = Locks(self.engine)
        self._rehearsal: sa.Connection | None = None

    @property
    def is_sqlite(self) -> bool:
        """Whether it is SQLite, and not PostgreSQL."""
        return self.engine.dialect.name == "sqlite"

    @contextlib.contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that may write; SQLite's write lock is taken at once."""
        if self._rehearsal is not None:
            with self._rehearsal.begin_nested():
                yield self._rehearsal
            return
        with self.engine.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that only reads, and waits for no writer."""
        if self._rehearsal is not None:
            yield self._rehearsal
            return
        with (
            self.engine.connect().execution_options(reading=True) as connection,
            connection.begin(),
        ):
            yield connection

    @contextlib.contextmanager
    def rehearsing(self) -> Iterator[None]:
        """Everything inside is done as usual, by one thread, and undone at the end."""
        with self.engine.connect() as connection, connection.begin() as transaction:
            self._rehearsal = connection
            try:
                yield
            finally:
                self._rehearsal = None
                transaction.rollback()

    def close(self) -> None:
        """Close all connections."""
        self.locks.close()
        self.engine.dispose()


def _engine(url: str) -> sa.Engine:
    try:
        address = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        msg = "exempt.database: not a database address: write sqlite:///exempt.db or postgresql://…"
        raise SettingsError(msg) from None
    if "@" in (address.host or ""):
        msg = "exempt.database: write an @ in the password as %40"
        raise SettingsError(msg)
    if address.get_backend_name() == "sqlite":
        engine = _sqlite(address)
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine
    if address.get_backend_name() == "postgresql":
        try:
            engine = sa.create_engine(
                address.set(drivername="postgresql+psycopg"),
                pool_size=20,
                max_overflow=10,
                pool_pre_ping=True,
                hide_parameters=True,
                connect_args=NOTICES_SILENCE,
            )
        except ModuleNotFoundError:
            msg = "exempt.database: PostgreSQL needs its driver: install exempt[postgres]"
            raise SettingsError(msg) from None
        sa.event.listen(engine, "connect", _prepare_postgresql)
        return engine
    msg = (
        f"exempt.database: {address.get_backend_name()} is not supported: use sqlite or postgresql"
    )
    raise SettingsError(msg)


def _sqlite(address: sa.URL) -> sa.Engine:
    if not address.database or address.database == ":memory:":
        msg = "exempt.database: a database in memory is lost at once: write sqlite:///exempt.db"
        raise SettingsError(msg)
    return sa.create_engine(
        address, pool_size=20, max_overflow=10, pool_timeout=60, hide_parameters=True
    )


def know_fractions_of_seconds(connection: Any) -> None:
    """Give an SQLite before 3.42 what the engine's tables take for their moments.

    From Python 3.12 on it writes ``unixepoch('subsec')`` there, which older ones
    answer with nothing: Debian 12 has 3.40.
    """
    if sqlite3.sqlite_version_info < (3, 42):
        connection.create_function(
            "unixepoch", 1, lambda word: time.time() if word == "subsec" else None
        )


def _prepare_sqlite(connection: Any, _entry: ConnectionPoolEntry) -> None:
    know_fractions_of_seconds(connection)
    connection.isolation_level = None  # transactions begin where we say so, see below
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    reading = connection.get_execution_options().get("reading")
    # The write lock up front: a read that turns into a write would fail as busy.
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _prepare_postgresql(connection: Any, _entry: ConnectionPoolEntry) -> None:
    from psycopg.types.string import TextLoader  # noqa: PLC0415 - only with the postgres extra

    connection.adapters.register_loader("date", TextLoader)  # as SQLite gives them
    connection.execute("SET TIME ZONE 'UTC'; SET datestyle TO ISO")
    connection.commit()


def words_of(error: BaseException) -> str:
    """What may be told of an error: only SQLite's own words hold no address and no password."""
    cause = getattr(error, "orig", None)
    return str(cause) if type(cause).__module__ == "sqlite3" else type(error).__name__


# --- statements that the two spell differently -----------------------------------------


def is_sqlite(connection: sa.Connection) -> bool:
    """Whether *connection* leads to SQLite."""
    return connection.dialect.name == "sqlite"


def run(connection: sa.Connection, sql: str, *parameters: Any) -> Sequence[Any]:
    """Run *sql*, whose parameters are written ``?``, past SQLAlchemy's compiler; its rows."""
    result = connection.exec_driver_sql(_marks(connection, sql), parameters)
    return result.fetchall() if result.returns_rows else ()


def run_many(connection: sa.Connection, sql: str, rows: Sequence[Row]) -> None:
    """Run *sql* once a row."""
    if rows:
        connection.exec_driver_sql(_marks(connection, sql), list(rows))


def one_of(connection: sa.Connection, column: str) -> str:
    """``column`` is one of a list, given as one parameter made by `many`."""
    if is_sqlite(connection):
        return f"{column} IN (SELECT value FROM json_each(?))"  # noqa: S608
    return f"{column} = ANY(?)"


def many(connection: sa.Connection, values: Sequence[Any]) -> Any:
    """The parameter for `one_of`."""
    return json.dumps(list(values)) if is_sqlite(connection) else list(values)


def binary(connection: sa.Connection) -> str:
    """Put behind a text: it is compared byte by byte, as SQLite does anyway."""
    return "" if is_sqlite(connection) else ' COLLATE "C"'


def insert(
    connection: sa.Connection, table: str, columns: Sequence[str], rows: Sequence[Row]
) -> None:
    """Insert *rows* the fastest way there is: COPY, or one prepared statement."""
    if not rows:
        return
    names = ", ".join(columns)
    if is_sqlite(connection):
        marks = ", ".join("?" * len(columns))
        run_many(connection, f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608
        return
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def new_ids(connection: sa.Connection, table: str, count: int) -> range | list[int]:
    """*count* ids for rows of *table* to be inserted in this transaction."""
    if count == 0:
        return []
    if is_sqlite(connection):
        # Alone with the write lock, and rows of these tables are never deleted.
        first = run(connection, f"SELECT coalesce(max(id), 0) + 1 FROM {table}")[0][0]  # noqa: S608
        return range(first, first + count)
    sql = "SELECT nextval(pg_get_serial_sequence(?, 'id')) FROM generate_series(1, ?::int)"
    return [row[0] for row in run(connection, sql, table, count)]


def lock(connection: sa.Connection, name: str) -> None:
    """Let one transaction at a time hold *name*, until it ends (SQLite: all writers)."""
    if not is_sqlite(connection):
        run(connection, "SELECT pg_advisory_xact_lock(19531, hashtext(?))", name)


def lock_company(connection: sa.Connection, company_id: int) -> None:
    """Let one transaction at a time change what is decided and owed in a company."""
    lock(connection, f"company {company_id}")


def _marks(connection: sa.Connection, sql: str) -> str:
    return sql if is_sqlite(connection) else sql.replace("?", "%s")
