"""CSV files, read row by row."""

from __future__ import annotations

import codecs
import csv
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, NoReturn, TextIO

from exempt.adapters.spreadsheets.cells import BLANK, Columns, no_titles, text_cell
from exempt.errors import RefusedError
from exempt.model.tabular import Cell, Line
from exempt.rules.spreadsheet import unguarded

_CHUNK = 1024 * 1024
_ROW = 4 * 1024 * 1024  # characters; one that is longer has lost a quote or its line ends
_SHORT = 8 * 1024
_DELIMITERS = "\t|;,"  # a comma may also stand in a title, so of equals it comes last
_SEP = re.compile(r'"?sep=([^"\0\r\n])"?[\r\n]*', re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"?')
_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_NAMES = {"utf-8-sig": "utf-8", "utf-16-le": "utf-16", "utf-16-be": "utf-16"}


class _Form(NamedTuple):
    """How the file is written."""

    encoding: str
    delimiter: str
    sep_line: bool  # Excel's first line, which it does not show


class CsvTable:
    """A table in a CSV file; it is read anew each time, and never held."""

    def __init__(self, path: Path, name: str) -> None:
        self.name = name
        self.size = path.stat().st_size
        self._path = path
        encoding = _encoding(path, name)
        self.encoding = _NAMES.get(encoding, encoding)
        with _opened(path, encoding) as file:
            self._form = _form(file, encoding)
        self._columns = self._read_titles()
        self.titles = self._columns.titles
        self.title_row = self._columns.title_row
        self._file: TextIO | None = None

    def lines(self) -> Iterator[Line]:
        with _opened(self._path, self._form.encoding) as self._file:
            for row, cells in _rows(self.name, self._file, self._form):
                if row > self.title_row:
                    yield self._columns.line(row, cells)

    def progress(self) -> float:
        if self._file is None:
            return 0.0
        return 1.0 if self._file.closed else self._file.buffer.tell() / self.size

    def _read_titles(self) -> Columns:
        with _opened(self._path, self._form.encoding) as file:
            for row, cells in _rows(self.name, file, self._form):
                return Columns(self.name, row, cells)
        raise no_titles(self.name)


def _opened(path: Path, encoding: str, errors: str = "strict") -> TextIO:
    return path.open(encoding=encoding, errors=errors, newline="")


# --- rows --------------------------------------------------------------------------------


class _Watched:
    """The lines for csv.reader; it takes those of one row, then that row is looked at."""

    def __init__(self, name: str, file: TextIO) -> None:
        self._name = name
        self._readline = file.readline
        self.row = 1
        self.length = 0
        self.plain = True  # no cell of the row needs a closer look

    def __iter__(self) -> Iterator[str]:
        while line := self._readline(_ROW):
            self.length += len(line)
            if self.length >= _ROW:
                self.refuse("a quote is never closed, or the line never ends")
            if "'" in line or "\0" in line or self.length > _SHORT:
                self.plain = False
            yield line

    def next_row(self) -> None:
        self.row += 1
        self.length = 0
        self.plain = True

    def refuse(self, what: str) -> NoReturn:
        msg = f"{self._name}, row {self.row}: {what}: mend it, or save the table as CSV again"
        raise RefusedError(msg)


def _rows(name: str, file: TextIO, form: _Form) -> Iterator[tuple[int, tuple[Cell, ...]]]:
    """The rows that are not blank."""
    if form.sep_line:
        file.readline()
    watched = _Watched(name, file)
    try:
        for texts in csv.reader(watched, delimiter=form.delimiter, strict=True):
            look = _plain if watched.plain else _closely
            cells = tuple(map(look, texts))
            if any(cell is not BLANK for cell in cells):
                yield watched.row, cells
            watched.next_row()
    except UnicodeDecodeError:
        watched.refuse("has bytes that are no letters")
    except csv.Error as error:
        if "expected after" in str(error):
            watched.refuse("a cell goes on after its closing quote; a quote in a cell is doubled")
        watched.refuse("begins a quoted cell that does not end, or one that is far too long")


# Half of all cells say what one above them says.
@functools.lru_cache(2048)
def _plain(text: str) -> Cell:
    return BLANK if not text or text.isspace() else Cell(text)


def _closely(text: str) -> Cell:
    return text_cell(unguarded(text))


# --- form --------------------------------------------------------------------------------


def _form(file: TextIO, encoding: str) -> _Form:
    """Look at the beginning of *file*, and go back there."""
    named = _SEP.fullmatch(file.readline(_ROW))
    file.seek(0)
    delimiter = named[1] if named else _delimiter(file)
    file.seek(0)
    return _Form(encoding, delimiter, sep_line=bool(named))


def _delimiter(file: TextIO) -> str:
    """The one that stands most often in the line of titles, outside of quotes."""
    lines: list[str] = []
    length = quotes = 0
    while length < _ROW and (line := file.readline(_ROW)):
        lines.append(line)
        length += len(line)
        quotes += line.count('"')
        if quotes % 2 == 0:
            if "".join(lines).strip(f' "\r\n{_DELIMITERS}'):
                break
            lines, quotes = [], 0
    outside = _QUOTED.sub("", "".join(lines))
    found = max(_DELIMITERS, key=outside.count)
    return found if found in outside else ","


def _encoding(path: Path, name: str) -> str:
    """What all bytes of the file are letters in."""
    with path.open("rb") as file:
        head = file.read(16)
    for bom, encoding in _BOMS.items():
        if head.startswith(bom):
            return _held(path, name, encoding)
    if len(head) > 1 and not any(head[1::2]) and all(head[::2]):
        return _held(path, name, "utf-16-le")
    if len(head) > 1 and not any(head[::2]) and all(head[1::2]):
        return _held(path, name, "utf-16-be")
    error = _undecodable(path, "utf-8")
    if error is None:
        return "utf-8"
    return _held(path, name, "utf-8" if error.valid_before else "cp1252")


class _Undecodable(NamedTuple):
    valid_before: bool  # letters beyond ASCII, all of them well-formed


def _held(path: Path, name: str, encoding: str) -> str:
    """*encoding*, if it holds for the whole file."""
    if not _undecodable(path, encoding):
        return encoding
    place = f"{name}, row {_row_of_damage(path, name, encoding)}"
    letters = _NAMES.get(encoding, encoding)
    msg = f"{place}: has bytes that are no letters in {letters}: save it again, as CSV UTF-8"
    raise RefusedError(msg)


def _undecodable(path: Path, encoding: str) -> _Undecodable | None:
    decoder = codecs.getincrementaldecoder(encoding)()
    ascii_only = True
    with path.open("rb") as file:
        try:
            while chunk := file.read(_CHUNK):
                ascii_only = decoder.decode(chunk).isascii() and ascii_only
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            return _Undecodable(not (ascii_only and error.object[: error.start].isascii()))
    return None


def _row_of_damage(path: Path, name: str, encoding: str) -> int:
    """The first row that shows U+FFFD where its bytes are no letters; the last one if none does."""
    with _opened(path, encoding, "replace") as file:
        row = 1
        for row, cells in _rows(name, file, _form(file, encoding)):  # noqa: B007
            if any("\ufffd" in (cell.text or "") for cell in cells):
                break
    return row
