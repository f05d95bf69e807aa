"""Tables that are written, as CSV or Excel workbook by the name of the file."""

from __future__ import annotations

import csv
import datetime as dt
import os
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path

from exempt.adapters.spreadsheets.cells import Value
from exempt.errors import RefusedError
from exempt.rules.spreadsheet import safe_cell


def write_table(
    path: Path,
    sheet: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[Value]],
    *,
    replace: bool = False,
) -> int:
    """Write a table, row by row; returns how many rows stand below the titles.

    Texts stay texts, leading zeros and what looks like a formula included.
    The file is there when it is complete, never before.

    Raises:
        RefusedError: The file is there already and *replace* is not set, its
            name ends neither in .csv nor in .xlsx, or it cannot be written.
    """
    with _part(path, replace=replace) as part:
        if _kind(path) == ".csv":
            return _write_csv(part, heads, rows)
        from exempt.adapters.spreadsheets import xlsx_out  # noqa: PLC0415 - an extra, and slow

        return xlsx_out.write_rows(part, path.name, sheet, heads, rows)


def write_template(
    path: Path,
    heads: Sequence[str],
    *,
    required: Collection[str],
    notes: Mapping[str, str],
    examples: Sequence[Sequence[Value]] = (),
    replace: bool = False,
) -> None:
    """Write a table to fill in.

    In a workbook the titles in *required* are coloured, *notes* are comments
    on their titles, and all columns hold text, so that leading zeros stay.
    A CSV file has the titles and examples only.

    Raises:
        RefusedError: As `write_table`.
    """
    with _part(path, replace=replace) as part:
        if _kind(path) == ".csv":
            _write_csv(part, heads, examples)
            return
        from exempt.adapters.spreadsheets import xlsx_out  # noqa: PLC0415 - an extra, and slow

        xlsx_out.write_titles(part, heads, required, notes, examples)


def _kind(path: Path) -> str:
    kind = path.suffix.lower()
    if kind not in {".csv", ".xlsx"}:
        msg = f"{path.name}: what is it to be? Let its name end in .csv or .xlsx"
        raise RefusedError(msg)
    if kind == ".xlsx" and find_spec("openpyxl") is None:
        msg = (
            f"{path.name}: workbooks need exempt[spreadsheets]:"
            " pip install 'exempt[spreadsheets]', or write a .csv"
        )
        raise RefusedError(msg)
    return kind


@contextmanager
def _part(path: Path, *, replace: bool) -> Iterator[Path]:
    """A file beside *path* that takes its place once it is complete."""
    _kind(path)
    if path.exists() and not replace:
        msg = f"{path}: is there already: name another file, or ask to replace it"
        raise RefusedError(msg)
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-", suffix=path.suffix)
        os.close(handle)
    except OSError as error:
        msg = f"{path}: cannot be written: {error.strerror or error}"
        raise RefusedError(msg) from None
    part = Path(name)
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _write_csv(part: Path, heads: Sequence[str], rows: Iterable[Sequence[Value]]) -> int:
    """UTF-8 that says so, without which Excel takes it for the letters of Windows."""
    with part.open("w", encoding="utf-8-sig", errors="replace", newline="") as file:
        # Quoted, titles tell the delimiter whatever signs they have.
        csv.writer(file, quoting=csv.QUOTE_ALL).writerow(map(safe_cell, heads))
        writer = csv.writer(file)
        count = 0
        for count, row in enumerate(rows, 1):  # noqa: B007
            writer.writerow(map(_csv_cell, row))
    return count


def _csv_cell(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return safe_cell(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    return f"{Decimal(value):f}"
