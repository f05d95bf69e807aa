"""Rows put in order on disk: a small database of its own, gone when it is closed."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from exempt.model.backfill import Mistake, MistakeKind
from exempt.rules.backfill_rows import SaleRow
from exempt.rules.staff_rows import StaffMistake, StaffRow
from exempt.services import backfill_ports as ports

_COLUMNS = ", ".join(SaleRow._fields)
_MARKS = ", ".join("?" * len(SaleRow._fields))
_OF_PRODUCTS = ("row", "day", "product_id", "product_name")
_OF_CUSTOMERS = (
    *("row", "day", "customer_id", "customer_name", "customer_email"),
    *("line1", "city", "state", "postal_code", "country"),
)
_AT_ONCE = 2_000
_CACHE = 32 * 1024  # kibibytes; what does not fit is sorted on disk


class Spool(ports.Spool):
    """The rows of one file."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._c = connection
        self._c.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = FILE;"
            f"PRAGMA cache_size = -{_CACHE};"
            f"CREATE TABLE sale ({_COLUMNS});"
            f"CREATE TABLE staff ({', '.join(StaffRow._fields)});"
            "CREATE TABLE staff_mistake (line, place, said);"
            "CREATE TABLE mistake (line, place, title, value, kind, what, mend); BEGIN;"
        )

    def add(self, rows: Sequence[SaleRow]) -> None:
        self._c.executemany(f"INSERT INTO sale VALUES ({_MARKS})", rows)  # noqa: S608

    def mistaken(self, mistakes: Sequence[Mistake]) -> None:
        self._c.executemany("INSERT INTO mistake VALUES (?, ?, ?, ?, ?, ?, ?)", mistakes)

    def sales(self, after: str = "") -> Iterator[SaleRow]:
        return self._sorted(SaleRow._fields, "transaction_id", after, "row")

    def customers(self, after: str = "") -> Iterator[SaleRow]:
        return self._sorted(_OF_CUSTOMERS, "customer_id", after, "day DESC, row DESC")

    def products(self, after: str = "") -> Iterator[SaleRow]:
        return self._sorted(_OF_PRODUCTS, "product_id", after, "day DESC, row DESC")

    def add_staff(self, rows: Sequence[StaffRow]) -> None:
        marks = ", ".join("?" * len(StaffRow._fields))
        self._c.executemany(
            f"INSERT INTO staff VALUES ({marks})",  # noqa: S608
            [row._replace(first=_text(row.first), last=_text(row.last)) for row in rows],  # type: ignore[arg-type]
        )

    def staff(self, after: str = "") -> Iterator[StaffRow]:
        sql = 'SELECT * FROM staff WHERE employee_id > ? ORDER BY employee_id, "row"'
        for found in map(StaffRow._make, _fetched(self._c.execute(sql, (after,)))):
            days = {"first": _day(found.first), "last": _day(found.last)}
            yield found._replace(**days, contractor=bool(found.contractor))  # type: ignore[arg-type]

    def staff_mistaken(self, mistakes: Sequence[StaffMistake]) -> None:
        self._c.executemany("INSERT INTO staff_mistake VALUES (?, ?, ?)", mistakes)

    def staff_mistakes(self) -> Iterator[StaffMistake]:
        rows = self._c.execute("SELECT * FROM staff_mistake ORDER BY line, rowid")
        yield from map(StaffMistake._make, _fetched(rows))

    def mistakes(self) -> Iterator[Mistake]:
        rows = self._c.execute("SELECT * FROM mistake ORDER BY line, rowid")
        for row in _fetched(rows):
            mistake = Mistake._make(row)
            yield mistake._replace(kind=MistakeKind(mistake.kind))

    def counted(self) -> tuple[int, int]:
        sql = (
            "SELECT count(DISTINCT nullif(customer_id, '')),"
            " count(DISTINCT nullif(product_id, '')) FROM sale"
        )
        (customers, products), *_ = self._c.execute(sql)
        return customers, products

    def _sorted(self, columns: Sequence[str], by: str, after: str, then: str) -> Iterator[SaleRow]:
        """Rows in order; what is not among *columns* is empty, as that much less is sorted."""
        shown = (name if name in columns else f"'' AS {name}" for name in SaleRow._fields)
        sql = f"SELECT {', '.join(shown)} FROM sale WHERE {by} > ? ORDER BY {by}, {then}"  # noqa: S608
        return map(SaleRow._make, _fetched(self._c.execute(sql, (after,))))


def _text(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None


def _day(text: object) -> dt.date | None:
    return dt.date.fromisoformat(str(text)) if text else None


def _fetched(cursor: sqlite3.Cursor) -> Iterator[tuple[object, ...]]:
    cursor.arraysize = _AT_ONCE
    while rows := cursor.fetchmany():
        yield from rows


@contextmanager
def open_spool(folder: Path) -> Iterator[Spool]:
    """An empty spool in a file of its own in *folder*, which is gone at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder, prefix=".part-")
    os.close(handle)
    path = Path(name)
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            spool = Spool(connection)
            if os.name == "posix":
                path.unlink()  # so nothing of it stays, however this process ends
            yield spool
    finally:
        path.unlink(missing_ok=True)
