"""The rows of an SQLite file in a PostgreSQL database, with the same ids."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

from exempt.adapters.store.database import Database, insert, run
from exempt.adapters.store.migrate import upgrade
from exempt.adapters.store.schema import metadata

PORTION = 50_000


def copied(path: Path, address: str) -> None:
    """Copy all rows of the file at *path* into an empty database at *address*.

    The server then looks at them (``ANALYZE``), as by itself it does within minutes.
    """
    database = Database(address)
    upgrade(database)
    tables = metadata.sorted_tables
    with contextlib.closing(sqlite3.connect(path)) as source, database.writing() as connection:
        run(connection, "DELETE FROM meta")  # what migrations put there
        for table in tables:
            _copy(source, connection, table.name, [column.name for column in table.columns])
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    database.close()


def _copy(source: sqlite3.Connection, connection: Any, table: str, columns: list[str]) -> None:
    rows = source.execute(f"SELECT {', '.join(columns)} FROM {table}")  # noqa: S608
    while portion := rows.fetchmany(PORTION):
        insert(connection, table, columns, portion)
    if "id" in columns:
        sql = "SELECT setval(pg_get_serial_sequence(?, 'id'), max(id)) FROM " + table  # noqa: S608
        if run(connection, "SELECT pg_get_serial_sequence(?, 'id')", table)[0][0]:
            run(connection, sql, table)
