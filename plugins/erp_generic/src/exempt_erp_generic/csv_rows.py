"""Rows of one CSV file, read on from any row.

The place of a row is its byte offset, so that a page costs what the page holds.
"""

from __future__ import annotations

import codecs
import csv
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from exempt import ConfigError, TransientError
from exempt_erp_generic.reading import Files

PROBLEM = "exempt:problem"
"""Key of a row that cannot be read: why not."""

CsvRow = dict[str, str]

_AT_ONCE = 5_000
_LINE_MAX = 10_000_000  # bytes; what is longer is no line but a file of another kind


@dataclass(frozen=True)
class Spot:
    """A place between two rows: bytes and lines before it."""

    offset: int = 0
    line: int = 0


class _Lines(Iterator[str]):
    """The lines of *file* from *spot* on, each with its end."""

    def __init__(self, file: BinaryIO, encoding: str, spot: Spot) -> None:
        file.seek(spot.offset)
        self._file, self._encoding = file, encoding
        self.spot = spot
        self.ended = True

    def __next__(self) -> str:
        raw = self._file.readline(_LINE_MAX)
        if not raw:
            raise StopIteration
        if len(raw) == _LINE_MAX:
            raise csv.Error
        self.ended = raw[-1:] in (b"\n", b"\r")
        spot = self.spot
        self.spot = Spot(spot.offset + len(raw), spot.line + 1)
        if spot.offset == 0:
            raw = raw.removeprefix(codecs.BOM_UTF8)
        return raw.decode(self._encoding)


def read_rows(
    path: Path, files: Files, spot: Spot, most: int | None = None
) -> tuple[list[CsvRow], Spot | None]:
    """At most *most* rows from *spot* on, and the place after them; None = the end.

    Raises:
        ConfigError: The file is no CSV as the settings describe it.
        TransientError: Its last line is cut off, as of a file that is being written.
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        lines = _Lines(file, files.encoding, Spot())
        try:
            reader = csv.reader(lines, delimiter=files.delimiter, strict=True)
            header = files.header or tuple(cell.strip() for cell in next(reader, ()))
            _check_header(path, header)
            if spot.offset:
                lines = _Lines(file, files.encoding, spot)
                reader = csv.reader(lines, delimiter=files.delimiter, strict=True)
            found = list(itertools.islice(_filled(reader), most))
            after = lines.spot
            last = next(_filled(reader), None) is None
            if last and found and len(found[-1]) < len(header) and not lines.ended:
                raise _cut_off(path)
            return [_row(header, cells) for cells in found], None if last else after
        except UnicodeDecodeError:
            what = f"is not {files.encoding}: save it so, or set encoding"
        except csv.Error as error:
            if "unexpected end" in str(error) and not lines.ended:
                raise _cut_off(path) from None
            what = "cannot be divided into cells: close every quote, and look at delimiter"
        msg = f"{path.name}: line {lines.spot.line} {what}"
        raise ConfigError(msg)


def _cut_off(path: Path) -> TransientError:
    msg = f"{path.name}: its last line is cut off: wait until it is written whole"
    return TransientError(msg)


def every_row(path: Path, files: Files) -> Iterator[CsvRow]:
    """All rows, few of them in memory at once; for errors see `read_rows`."""
    spot: Spot | None = Spot()
    while spot is not None:
        rows, spot = read_rows(path, files, spot, _AT_ONCE)
        yield from rows


def _filled(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    return (cells for cells in reader if any(map(str.strip, cells)))


def _check_header(path: Path, header: tuple[str, ...]) -> None:
    twice = sorted({name for name in header if header.count(name) > 1})
    if not header:
        msg = f"{path.name}: it is empty: its first line must name the columns"
        raise ConfigError(msg)
    if twice:
        msg = f"{path.name}: two columns are called {twice[0]!r}: give each a name of its own"
        raise ConfigError(msg)


def _row(header: tuple[str, ...], cells: list[str]) -> CsvRow:
    row = dict(zip(header, cells, strict=False))
    if len(cells) > len(header):
        row[PROBLEM] = f"has {len(cells)} cells, and there are {len(header)} columns: quote commas"
    return row
