"""Rows of a CSV file of any dialect, read on from any position between two of them."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, ClassVar

from exempt import ConfigError
from exempt_hris_csv.rows import Position, Row

DELIMITERS = (",", ";", "\t", "|")
_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_BROKEN_QUOTES = "the quotes do not match up: close every quote, and write one inside a cell twice"
_OPEN_QUOTE = "the quotes do not match up: one is never closed, so that it took all rows after it"


class Lines(Iterator[str]):
    """The lines of a file from *start* on, each with its end, whatever that is.

    A line that is not UTF-8 in a file that should be is taken for
    Windows-1252, which spreadsheets write; bytes are counted as they are.
    """

    def __init__(self, file: BinaryIO, encoding: str, start: Position) -> None:
        file.seek(start.offset)
        self._text = io.TextIOWrapper(file, encoding, errors=_errors(encoding), newline="")
        self._encoding = encoding
        self._ascii_as_it_is = not encoding.startswith("utf-16")
        self.offset, self.line = start.offset, start.line

    def __next__(self) -> str:
        line = next(self._text)
        self.line += 1
        if self._ascii_as_it_is and line.isascii():
            self.offset += len(line)
            return line
        raw = line.encode(self._encoding, _errors(self._encoding))
        self.offset += len(raw)
        if self._encoding == "utf-8" and not _is_utf8(line):
            return raw.decode("cp1252", errors="replace")
        return line

    @property
    def position(self) -> Position:
        """Where the next line begins."""
        return Position(self.offset, self.line)


def _errors(encoding: str) -> str:
    # Bytes that are no characters must be counted, and may stand in a column that is dropped.
    return "strict" if encoding.startswith("utf-16") else "surrogateescape"


def _is_utf8(line: str) -> bool:
    try:
        line.encode()
    except UnicodeEncodeError:
        return False
    return True


@dataclass(frozen=True)
class Table:
    """A CSV file whose dialect is known; an `Opened` export.

    Attributes:
        path: The file.
        encoding: Its encoding, without the byte order mark.
        delimiter: What separates cells.
        header: The cells of its first row.
        start: After the header.
        size: In bytes, when it was opened.
    """

    unit: ClassVar[str] = "line"

    path: Path
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    start: Position
    size: int

    def rows(self, start: Position, rows_max: int) -> tuple[list[Row], Position | None]:
        """At most *rows_max* rows from *start* on, and the position after them; None = the end."""
        with self._lines(start) as lines:
            rows = list(itertools.islice(_rows(lines, self.delimiter, len(self.header)), rows_max))
            return rows, lines.position if lines.offset < self.size else None

    def each(self) -> Iterator[Row]:
        """Every row, one by one."""
        with self._lines(self.start) as lines:
            yield from _rows(lines, self.delimiter, len(self.header))

    def cut_off(self, last: Row | None) -> bool:
        """Whether *last*, the last row, looks like the beginning of one: a file half written."""
        if last is None or last.problem:
            return last is not None and last.problem == _OPEN_QUOTE
        return len(last.cells) < len(self.header) and not self._ends_a_line()

    def _ends_a_line(self) -> bool:
        with self.path.open("rb") as file:
            file.seek(max(0, self.size - 2))
            end = file.read()
        return end.strip(b"\0")[-1:] in {b"\n", b"\r"}

    @contextmanager
    def _lines(self, start: Position) -> Iterator[Lines]:
        with self.path.open("rb") as file:
            yield Lines(file, self.encoding, start)


def open_table(
    path: Path, *, encoding: str, delimiter: str, known: Callable[[Sequence[str]], int]
) -> Table:
    """Find out *path*'s encoding and dialect, and read its header.

    Args:
        path: The file.
        encoding: A Python codec, or ``auto``.
        delimiter: One character, or ``auto``.
        known: How many of a header's cells are understood; the delimiter
            that makes the most of them known is taken.

    Raises:
        ConfigError: The file is empty.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(4)
    mark = next((mark for mark in _MARKS if head.startswith(mark)), b"")
    encoding = (_MARKS.get(mark) or _unmarked(head)) if encoding == "auto" else encoding
    tables = [
        Table(path, encoding, candidate, header, start, size)
        for candidate in (DELIMITERS if delimiter == "auto" else (delimiter,))
        for header, start in [_header(path, encoding, candidate, Position(len(mark), 0))]
    ]
    return max(tables, key=lambda table: (known(table.header), len(table.header)))


def _unmarked(head: bytes) -> str:
    """UTF-16 without a mark shows by its zero bytes, as headers begin with ASCII letters."""
    if head[1::2] == b"\0\0":
        return "utf-16-le"
    return "utf-16-be" if head[::2] == b"\0\0" else "utf-8"


def _header(
    path: Path, encoding: str, delimiter: str, origin: Position
) -> tuple[tuple[str, ...], Position]:
    with path.open("rb") as file:
        lines = Lines(file, encoding, origin)
        for row in _rows(lines, delimiter, None):
            return tuple(map(str.strip, row.cells)), lines.position
    msg = "the file is empty: export it again, with a header row"
    raise ConfigError(msg)


def _rows(lines: Lines, delimiter: str, width: int | None) -> Iterator[Row]:
    """The rows of *lines*, without blank ones, each held against the header's *width*."""
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
    while True:
        line = lines.line + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            at_the_end = "unexpected end" in str(error)
            yield Row(line, (), _OPEN_QUOTE if at_the_end else _BROKEN_QUOTES)
            continue
        if cells:
            yield Row(line, tuple(cells), _too_wide(cells, width))


def _too_wide(cells: Sequence[str], width: int | None) -> str | None:
    """Why the cells do not stand below their headers; missing last cells are empty ones."""
    if width is None or not any(cell.strip() for cell in cells[width:]):
        return None
    return (
        f"it has {len(cells)} cells, the header {width}: put the cell that contains"
        " the delimiter in quotes"
    )
