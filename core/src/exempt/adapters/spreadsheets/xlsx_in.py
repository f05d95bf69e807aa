"""Excel workbooks, read row by row."""

from __future__ import annotations

import errno
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from xml.parsers.expat import ExpatError
from zipfile import BadZipFile, ZipFile

from exempt.adapters.spreadsheets.cells import Columns, no_titles
from exempt.adapters.spreadsheets.package import Styles, may_be_unpacked, parts_of
from exempt.adapters.spreadsheets.parsing import DamagedError
from exempt.adapters.spreadsheets.sheet import Sheet
from exempt.adapters.spreadsheets.strings import SharedStrings
from exempt.adapters.spreadsheets.values import Values
from exempt.errors import RefusedError
from exempt.model.tabular import Cell, Line

# What archives and XML raise at a file that no spreadsheet program saved so.
_DAMAGE = (
    *(BadZipFile, zlib.error, EOFError, ExpatError, DamagedError, RuntimeError),
    *(LookupError, ValueError, ArithmeticError, OSError),
)


class XlsxTable:
    """A table in a workbook; its rows are read anew each time, and never held.

    Args:
        path: The workbook.
        name: What messages call it.
        stack: Closes what the table needs open.
    """

    encoding = "utf-8"

    def __init__(self, path: Path, name: str, stack: ExitStack) -> None:
        self.name = name
        self.size = path.stat().st_size
        self._progress = 0.0
        try:
            may_be_unpacked(path)
            self._archive = stack.enter_context(ZipFile(path))
            self._sheet, strings, styles, epoch = parts_of(self._archive, self.name)
            self._styles = Styles()
            shared = stack.enter_context(SharedStrings())
            if styles:
                with self._archive.open(styles) as source:
                    self._styles.read_all(source)
            if strings:
                with self._archive.open(strings) as source:
                    shared.read(source)
            self._values = Values(shared.__getitem__, epoch)
            self._columns = self._read_titles()
        except _DAMAGE as error:
            raise _damaged(self.name, error) from None
        self.titles = self._columns.titles
        self.title_row = self._columns.title_row

    def lines(self) -> Iterator[Line]:
        last = self.title_row
        try:
            for row, cells in self._rows():
                last = row
                if row > self.title_row:
                    yield self._columns.line(row, cells)
        except _DAMAGE as error:
            raise _damaged(f"{self.name}, after row {last}", error) from None

    def progress(self) -> float:
        return self._progress

    def _read_titles(self) -> Columns:
        for row, cells in self._rows():
            return Columns(self.name, row, cells)
        raise no_titles(self.name)

    def _rows(self) -> Iterator[tuple[int, list[Cell]]]:
        """The rows that are not blank."""
        sheet = Sheet(self._values, self._styles.styles)
        size, fed = self._archive.getinfo(self._sheet).file_size, 0
        with self._archive.open(self._sheet) as source:
            for more in sheet.read(source):
                fed += more
                self._progress = fed / size
                yield from sheet.rows
                sheet.rows.clear()
        yield from sheet.rows
        self._progress = 1.0


def _damaged(place: str, error: Exception) -> RefusedError:
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return RefusedError(f"{place}: the disk is full, where temporary files are: free some room")
    return RefusedError(
        f"{place}: is damaged, or was not saved by a spreadsheet program:"
        " open it in one and save it as Excel workbook (.xlsx)"
    )
