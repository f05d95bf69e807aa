"""Spreadsheets in and out: CSV, and Excel workbooks where the extra is installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path

from exempt.adapters.spreadsheets.csv_in import CsvTable
from exempt.adapters.spreadsheets.out import write_table, write_template
from exempt.errors import RefusedError
from exempt.model.tabular import TableFile

__all__ = ["open_table", "write_table", "write_template"]

_BEFORE_LETTERS = b"\xef\xbb\xbf\xff\xfe \t\r\n"
_SAVE = "open it in the spreadsheet program and save it as Excel workbook (.xlsx) or CSV"


@contextmanager
def open_table(path: Path, name: str | None = None) -> Iterator[TableFile]:
    """Open a table; what it is, is found in its content and not in its name.

    Args:
        path: Where it lies.
        name: What messages call it, if not as its file is called.

    Raises:
        RefusedError: It is no CSV file or workbook, or not one with titles
            over the columns of one table.
    """
    with ExitStack() as stack:
        try:
            table = _opened(path, name or path.name, stack)
        except OSError as error:
            msg = f"{path}: cannot be read: {error.strerror or error}"
            raise RefusedError(msg) from None
        yield table


def _opened(path: Path, name: str, stack: ExitStack) -> TableFile:
    with path.open("rb") as file:
        head = file.read(512)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _workbook(path, name, stack)
    if what := _no_table(head):
        msg = f"{name}: {what}: {_SAVE}"
        raise RefusedError(msg)
    return CsvTable(path, name)


def _workbook(path: Path, name: str, stack: ExitStack) -> TableFile:
    if find_spec("openpyxl") is None:
        msg = (
            f"{name}: is a workbook, which needs exempt[spreadsheets]:"
            " pip install 'exempt[spreadsheets]', or save the table as CSV"
        )
        raise RefusedError(msg)
    from exempt.adapters.spreadsheets.xlsx_in import XlsxTable  # noqa: PLC0415 - an extra, and slow

    return XlsxTable(path, name, stack)


def _no_table(head: bytes) -> str:
    """What a file is that begins so; empty where it may be CSV."""
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "is an old workbook (.xls), or one with a password"
    if head.replace(b"\0", b"").lstrip(_BEFORE_LETTERS).startswith(b"<"):
        return "is a web page or other XML, whatever its name says"
    if head.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"{\\rtf", b"\x1f\x8b")):
        return "is no table"
    return ""
