"""Excel workbooks that are written."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import Cell
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.styles.numbers import FORMAT_TEXT
from openpyxl.utils import get_column_letter

from exempt.adapters.spreadsheets.cells import LONGEST, Value
from exempt.errors import RefusedError

_ROWS = 1_048_576
_DIGITS = 15  # Excel keeps no more of a number
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LIKE_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_BOLD = Font(bold=True)
_REQUIRED = PatternFill("solid", start_color="FFE8A3")


def write_rows(
    part: Path, name: str, sheet: str, heads: Sequence[str], rows: Iterable[Sequence[Value]]
) -> int:
    """Write titles and rows; returns how many rows."""
    book = Workbook(write_only=True)
    page = _page(book, sheet, heads)
    # One cell a column, filled anew for each row: making them takes its time.
    cells = [_text_cell(page) for _ in heads]
    count = 0
    try:
        page.append([_title(page, head) for head in heads])
        for count, row in enumerate(rows, 1):
            place = f"{name}, row {count + 1}"
            if count == _ROWS:
                msg = f"{place}: is more than a workbook holds: write a .csv"
                raise RefusedError(msg)
            page.append([_cell(*each, place) for each in zip(cells, row, strict=True)])
    finally:
        book.save(part)  # of a table that broke off too: only so openpyxl tidies up
    return count


def write_titles(
    part: Path,
    heads: Sequence[str],
    required: Collection[str],
    notes: Mapping[str, str],
    examples: Sequence[Sequence[Value]],
) -> None:
    """Write a template: titles with comments over columns of text."""
    book = Workbook(write_only=True)
    page = _page(book, "Table", heads)
    for at in range(1, len(heads) + 1):
        # For all rows: what is typed there later is text.
        page.column_dimensions[get_column_letter(at)].number_format = FORMAT_TEXT
    titles = [_title(page, head) for head in heads]
    for cell, head in zip(titles, heads, strict=True):
        if head in required:
            cell.fill = _REQUIRED
        if head in notes:
            cell.comment = Comment(notes[head], "Exempt", width=320, height=120)
    page.append(titles)
    for row in examples:
        page.append([_filled_with(_text_cell(page), str(value)) for value in row])
    book.save(part)


def _page(book: Workbook, sheet: str, heads: Sequence[str]) -> Any:
    page = book.create_sheet(sheet)
    page.freeze_panes = "A2"
    for at, head in enumerate(heads, 1):
        page.column_dimensions[get_column_letter(at)].width = min(max(len(head) + 4, 12), 40)
    return page


def _title(page: Any, head: str) -> Cell:
    cell = _text_cell(page)
    cell.font = _BOLD
    return _filled_with(cell, head)


def _text_cell(page: Any) -> Cell:
    cell = WriteOnlyCell(page)
    cell.number_format = FORMAT_TEXT
    return cell


def _cell(cell: Cell, value: Value, place: str) -> Cell | Value:
    if isinstance(value, int | Decimal):
        digits = f"{Decimal(value):f}"
        exact = len(digits.lstrip("-0.").replace(".", "")) <= _DIGITS
        return value if exact else _filled_with(cell, digits)
    if isinstance(value, dt.datetime):
        return _filled_with(cell, value.isoformat())  # Excel knows no time zones
    if not isinstance(value, str):
        return value
    if not value:
        return None
    if len(value) > LONGEST:
        msg = f"{place}: a text of {len(value):,} characters fits in no cell: write a .csv"
        raise RefusedError(msg)
    return _filled_with(cell, value)


def _filled_with(cell: Cell, text: str) -> Cell:
    """*text* in *cell*, never a formula."""
    cell.value = _escaped(text)
    cell.data_type = "s"
    return cell


def _escaped(text: str) -> str:
    """What XML cannot hold is replaced; the rest is as OOXML writes it (ECMA-376, ST_Xstring)."""
    shown = _NO_XML.sub("\ufffd", text)
    if "_x" in shown or "\r" in shown:
        shown = _LIKE_ESCAPED.sub("_x005F_", shown).replace("\r", "_x000D_")
    return shown
