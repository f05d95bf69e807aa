"""Rows of a CSV file of any dialect, read on from any position between two of them.

A `Position` is a byte offset and a digest of all before it. The digest is a
chain: each line's includes that of the line before. So it grows with the
reading, and a page costs what the page holds; only a file that was touched in
between is read again from its beginning, to see whether the chain still holds.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from exempt import ConfigError

DELIMITERS = (",", ";", "\t", "|")
_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_BROKEN_QUOTES = "the quotes do not match up: close every quote, and write one inside a cell twice"


@dataclass(frozen=True)
class Position:
    """A place between two rows.

    Attributes:
        offset: Bytes before it, the byte order mark too.
        line: Lines before it.
        digest: Of what is before it, and of what the reading depends on; hexadecimal.
    """

    offset: int
    line: int
    digest: str


@dataclass(frozen=True)
class Row:
    """One row: its first line (counted from 1), its cells, and why it cannot be read."""

    line: int
    cells: tuple[str, ...]
    problem: str | None = None


class Lines(Iterator[str]):
    """The lines of a file from *start* on, each with its end, whatever that is.

    A line that is not UTF-8 in a file that should be is taken for
    Windows-1252, which spreadsheets write; bytes are counted as they are.
    """

    def __init__(self, file: BinaryIO, encoding: str, start: Position) -> None:
        file.seek(start.offset)
        self._text = io.TextIOWrapper(file, encoding, errors=_errors(encoding), newline="")
        self._encoding = encoding
        self.offset, self.line = start.offset, start.line
        self._digest = bytes.fromhex(start.digest)

    def __next__(self) -> str:
        line = next(self._text)
        raw = line.encode(self._encoding, _errors(self._encoding))
        self.offset += len(raw)
        self.line += 1
        self._digest = hashlib.sha256(self._digest + raw).digest()
        if self._encoding == "utf-8" and not _is_utf8(line):
            return raw.decode("cp1252", errors="replace")
        return line

    @property
    def position(self) -> Position:
        """Where the next line begins."""
        return Position(self.offset, self.line, self._digest.hex())


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
    """A CSV file whose dialect is known.

    Attributes:
        path: The file.
        encoding: Its encoding, without the byte order mark.
        delimiter: What separates cells.
        header: The cells of its first row.
        origin: After the byte order mark; its digest is that of the settings.
        start: After the header.
        size: In bytes, when it was opened.
        stamp: The same as long as the file looks untouched.
    """

    path: Path
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    origin: Position
    start: Position
    size: int
    stamp: str

    def rows(self, start: Position, rows_max: int) -> tuple[list[Row], Position]:
        """At most *rows_max* rows from *start* on, and the position after them."""
        with self._lines(start) as lines:
            rows = list(itertools.islice(_rows(lines, self.delimiter, len(self.header)), rows_max))
            return rows, lines.position

    def each(self) -> Iterator[Row]:
        """Every row, one by one."""
        with self._lines(self.start) as lines:
            yield from _rows(lines, self.delimiter, len(self.header))

    def reaches(self, position: Position) -> bool:
        """Whether what is before *position* is still what it was."""
        return self._at(position.offset) == position

    def end(self) -> Position:
        """The position after the last line."""
        return self._at(None)

    def _at(self, offset: int | None) -> Position:
        with self._lines(self.origin) as lines:
            while offset is None or lines.offset < offset:
                if next(lines, None) is None:
                    break
            return lines.position

    @contextmanager
    def _lines(self, start: Position) -> Iterator[Lines]:
        with self.path.open("rb") as file:
            yield Lines(file, self.encoding, start)


def open_table(
    path: Path,
    *,
    encoding: str,
    delimiter: str,
    seed: bytes,
    known: Callable[[Sequence[str]], int],
) -> Table:
    """Find out *path*'s encoding and dialect, and read its header.

    Args:
        path: The file.
        encoding: A Python codec, or ``auto``.
        delimiter: One character, or ``auto``.
        seed: What beside the file the records depend on; goes into every digest.
        known: How many of a header's cells are understood; the delimiter
            that makes the most of them known is taken.

    Raises:
        ConfigError: The file is empty.
    """
    # Taken before reading: an edit in the meantime then shows as one.
    stat = path.stat()
    stamp = f"{seed.hex()}:{stat.st_size}:{stat.st_mtime_ns}:{stat.st_ino}"
    with path.open("rb") as file:
        head = file.read(4)
    mark = next((mark for mark in _MARKS if head.startswith(mark)), b"")
    encoding = (_MARKS.get(mark) or _unmarked(head)) if encoding == "auto" else encoding
    origin = Position(len(mark), 0, hashlib.sha256(seed).hexdigest())
    tables = [
        Table(
            path=path,
            encoding=encoding,
            delimiter=candidate,
            header=header,
            origin=origin,
            start=start,
            size=stat.st_size,
            stamp=hashlib.sha256(stamp.encode()).hexdigest()[:16],
        )
        for candidate in (DELIMITERS if delimiter == "auto" else (delimiter,))
        for header, start in [_header(path, encoding, candidate, origin)]
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
        except csv.Error:
            yield Row(line, (), _BROKEN_QUOTES)
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
