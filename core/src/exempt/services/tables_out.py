"""Tables that are given out as files: CSV, and Excel workbooks where somebody can write them.

    sheet = Sheet("Certificates", ("Number", "Customer", "Expires"), rows)
    with spooled(sheet, Form.CSV) as file: ...

However many rows there are, they lie on the disk and not in memory. What a
spreadsheet program would compute is disarmed; numbers and days are told as such.
"""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, NamedTuple, TypeVar

from exempt.errors import RefusedError
from exempt.rules.spreadsheet import safe_cell
from exempt.services.ports import Store, Transaction

T = TypeVar("T")

Value = str | int | Decimal | dt.date | None
"""What stands in a cell; a moment is a `datetime`, which is a `date` too."""

Row = Sequence[Value]

WorkbookWriter = Callable[[Path, str, Sequence[str], Iterable[Row]], int]
"""Writes an Excel workbook: where to, the name of its sheet, titles, rows; returns how many rows.

Raises a `RefusedError` where a workbook cannot hold them.
"""

AT_ONCE = 1_000

_NO_TITLE = re.compile(r"[\[\]:*?/\\]")
_LONGEST_TITLE = 31  # Excel's


class Form(StrEnum):
    """What a table is given out as."""

    CSV = "csv"
    XLSX = "xlsx"


class Sheet(NamedTuple):
    """A table to give out.

    Attributes:
        title: Of the sheet in a workbook.
        heads: Over the columns.
        rows: As many cells each as there are heads; read once, from beginning to end.
    """

    title: str
    heads: Sequence[str]
    rows: Iterable[Row]


def spooled(sheet: Sheet, form: Form, writer: WorkbookWriter | None = None) -> IO[bytes]:
    """The file of *sheet*, open at its beginning; gone from the disk when it is closed.

    Raises:
        RefusedError: It is to be a workbook and nobody writes them, or it does not fit in one.
    """
    with TemporaryDirectory(prefix="exempt-table-") as folder:
        path = Path(folder, f"table.{form}")
        if form is Form.CSV:
            _write_csv(path, sheet)
        elif writer is None:
            msg = "Excel workbooks need the extra exempt[spreadsheets]: ask for CSV"
            raise RefusedError(msg)
        else:
            writer(path, _title(sheet.title), sheet.heads, map(_typed, sheet.rows))
        return path.open("rb")


def all_rows(
    store: Store,
    page: Callable[[Transaction, T | None], Sequence[T]],
    told: Callable[[T], Row],
) -> Iterator[Row]:
    """The rows of all that *page* finds, at one moment; it gets the last of the page before."""
    with store.reading() as tx:
        yield from all_rows_in(tx, page, told)


def all_rows_in(
    tx: Transaction,
    page: Callable[[Transaction, T | None], Sequence[T]],
    told: Callable[[T], Row],
) -> Iterator[Row]:
    """The same in a transaction that is there."""
    last: T | None = None
    while found := page(tx, last):
        yield from map(told, found)
        last = found[-1]


def _write_csv(path: Path, sheet: Sheet) -> None:
    """UTF-8 that says so, without which Excel takes it for the letters of Windows."""
    with path.open("w", encoding="utf-8-sig", errors="replace", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(map(safe_cell, sheet.heads))
        writer.writerows([_csv_cell(value) for value in row] for row in sheet.rows)


def _csv_cell(value: Value) -> str:
    if isinstance(value, str):
        return safe_cell(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return _yes(value)
    return f"{value:f}" if isinstance(value, Decimal) else _shown(value)


def _shown(value: int | dt.date) -> str:
    return str(value) if isinstance(value, int) else value.isoformat()


def _typed(row: Row) -> Row:
    return [_yes(value) if isinstance(value, bool) else value for value in row]


def _yes(value: bool) -> str:  # noqa: FBT001 - a cell
    return "yes" if value else "no"


def _title(title: str) -> str:
    """*title* as the name of a sheet may be."""
    return _NO_TITLE.sub("-", title)[:_LONGEST_TITLE].strip("' ") or "Table"
