"""Tables written as files, for the faces."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path

from exempt.adapters.spreadsheets import open_table, write_table, write_template
from exempt.services.file_templates import Blank
from exempt.services.tables_out import Row, WorkbookWriter

__all__ = ["open_table", "workbook_writer", "write_blank", "write_table"]


def workbook_writer() -> WorkbookWriter | None:
    """Writes Excel workbooks; None without the extra ``spreadsheets``."""
    return _write_workbook if find_spec("openpyxl") else None


def write_blank(path: Path, blank: Blank, *, replace: bool = False) -> None:
    """Write a template, .csv or .xlsx by the name of the file.

    Raises:
        RefusedError: The file is there already, or cannot be written.
    """
    write_template(
        path,
        blank.heads,
        required=blank.required,
        notes=blank.notes,
        examples=blank.examples,
        replace=replace,
    )


def _write_workbook(path: Path, sheet: str, heads: Sequence[str], rows: Iterable[Row]) -> int:
    return write_table(path, sheet, heads, rows, replace=True)
