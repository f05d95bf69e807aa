"""The limit: the driver alone writes ready tuples into the same tables.

``raw.py take FOLDER`` keeps what Exempt wrote; ``raw.py ingest FOLDER`` writes
it into an empty database, ``raw.py again FOLDER`` once more over itself. The
connection is Exempt's own, so that every pragma is the same.
"""

from __future__ import annotations

import gc
import json
import os
import pickle
import sys
from pathlib import Path
from typing import Any, NamedTuple

from measure import Clock, told
from source import LINES, PAGE_SIZE

from exempt.adapters.store.database import Database

Rows = list[tuple[Any, ...]]


class Table(NamedTuple):
    """A table that orders are kept in."""

    name: str
    sorted_by: str
    conflict: str
    rows_per_order: int


TABLES = (
    Table("sales_order", "id", "(connection_id, external_id)", 1),
    Table("order_line", "order_id, position", "(order_id, position)", LINES),
    Table("decision", "order_id", "(order_id) WHERE superseded_at IS NULL", 1),
)
CURSOR = (
    "INSERT INTO stream_cursor (connection_id, stream, part, cursor, done, guard, moved_at)"
    " VALUES (1, 'orders', 0, ?, false, '', ?) ON CONFLICT (connection_id, stream, part)"
    " DO UPDATE SET cursor = excluded.cursor, moved_at = excluded.moved_at"
)


class Taken(NamedTuple):
    """A table's rows, as they come out of the database."""

    table: Table
    columns: list[str]
    rows: Rows


def main() -> None:
    """Do what the command line says, and print how long it took as JSON."""
    step, kept = (
        sys.argv[1],
        Path(sys.argv[2]) / f"ready-{os.environ['BENCH_DATABASE'].partition(':')[0]}.pickle",
    )
    database = Database(os.environ["BENCH_DATABASE"])
    driver = database.engine.raw_connection().driver_connection
    if step == "take":
        taken = [take(driver, table) for table in TABLES]
        kept.write_bytes(pickle.dumps(taken))
        return
    taken = [Taken(*one) for one in pickle.loads(kept.read_bytes())]  # noqa: S301 - our own
    gc.freeze()  # the ready tuples are no part of what is measured
    write = _sqlite if database.is_sqlite else _postgresql
    clock = Clock()
    write(driver, taken, again=step == "again")
    print(json.dumps(told(clock.took())))


def take(driver: Any, table: Table) -> Taken:
    """Read a table."""
    cursor = driver.cursor()
    cursor.execute(f"SELECT * FROM {table.name} ORDER BY {table.sorted_by}")  # noqa: S608
    return Taken(table, [column[0] for column in cursor.description], list(map(tuple, cursor)))


def _pages(taken: list[Taken]) -> list[list[Rows]]:
    """By page, the rows of each table."""
    pages = []
    for start in range(0, len(taken[0].rows), PAGE_SIZE):
        end = start + PAGE_SIZE
        pages.append(
            [t.rows[start * t.table.rows_per_order : end * t.table.rows_per_order] for t in taken]
        )
    return pages


def _sqlite(driver: Any, taken: list[Taken], *, again: bool) -> None:
    statements = []
    for table, columns, _rows in taken:
        marks = ", ".join("?" * len(columns))
        sql = f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608
        statements.append(sql + (_overwrite(table, columns) if again else ""))
    for number, page in enumerate(_pages(taken)):
        driver.execute("BEGIN IMMEDIATE")
        for statement, rows in zip(statements, page, strict=True):
            driver.executemany(statement, rows)
        driver.execute(CURSOR, (str(number), number))
        driver.execute("COMMIT")


def _postgresql(driver: Any, taken: list[Taken], *, again: bool) -> None:
    cursor = driver.cursor()
    names = [table.name for table, _columns, _rows in taken]
    if again:
        for name in names:
            cursor.execute(f"CREATE TEMP TABLE new_{name} (LIKE {name}) ON COMMIT DELETE ROWS")
        names = [f"new_{name}" for name in names]
    driver.commit()
    for number, page in enumerate(_pages(taken)):
        for name, (table, columns, _rows), rows in zip(names, taken, page, strict=True):
            listed = ", ".join(columns)
            with cursor.copy(f"COPY {name} ({listed}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            if again:
                cursor.execute(
                    f"INSERT INTO {table.name} ({listed}) SELECT {listed} FROM {name}"  # noqa: S608
                    + _overwrite(table, columns)
                )
        cursor.execute(CURSOR.replace("?", "%s"), (str(number), number))
        driver.commit()


def _overwrite(table: Table, columns: list[str]) -> str:
    values = ", ".join(f"{column} = excluded.{column}" for column in columns if column != "id")
    return f" ON CONFLICT {table.conflict} DO UPDATE SET {values}"


if __name__ == "__main__":
    main()
