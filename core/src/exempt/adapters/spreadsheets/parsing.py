"""The parts of a workbook as events, of which nothing is kept.

openpyxl's own readers leave an element a row, a cell or a text in memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO
from xml.parsers import expat

from exempt.adapters.spreadsheets.cells import LONGEST

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main "
_CHUNK = 64 * 1024
_LONGEST_TAG = 1024 * 1024
_KEPT = 16 * 1024 * 1024
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


class DamagedError(Exception):
    """The part is not what it says it is."""


class Part:
    """What reads one part of a workbook.

    A subclass fills `start` and `end`, either or both. It listens to the text between two
    tags, and takes what was heard.
    """

    def __init__(self) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self._characters
        # Entities, which may name files or grow without end, are declared there.
        parser.StartDoctypeDeclHandler = _no_doctype
        self._parser = parser
        self._texts: list[str] = []
        self._room = LONGEST + 1
        self._listening = False
        self._kept = 0
        self.done = False

    def start(self, name: str, attributes: dict[str, str], /) -> None:
        """A tag opens; its name follows that of its namespace and a blank."""

    def end(self, name: str, /) -> None:
        """It closes."""

    def keep(self, text: str) -> str:
        """*text*, which is to stay in memory; there is an end to that."""
        self._kept += len(text) + 100
        if self._kept > _KEPT:
            raise DamagedError
        return text

    def listen(self) -> None:
        """Hear what comes."""
        self._listening = True

    def pause(self) -> None:
        """Hear no more."""
        self._listening = False

    def take(self) -> str:
        """All that was heard since this was last asked; cut where no cell can hold it."""
        text = "".join(self._texts)
        self._texts.clear()
        self._room = LONGEST + 1
        return text

    def read(self, source: IO[bytes]) -> Iterator[int]:
        """Read on until `done`; yields after each piece how many bytes it has."""
        fed = 0
        while not self.done and (chunk := source.read(_CHUNK)):
            self._parser.Parse(chunk, False)  # noqa: FBT003 - it takes no names
            fed += len(chunk)
            if fed - self._parser.CurrentByteIndex > _LONGEST_TAG:
                raise DamagedError
            yield len(chunk)
        if not self.done:
            self._parser.Parse(b"", True)  # noqa: FBT003
        while source.read(_CHUNK):
            pass  # at its end the archive compares the checksum

    def read_all(self, source: IO[bytes]) -> None:
        """Read until `done`, in one go."""
        for _ in self.read(source):
            pass

    def _characters(self, text: str) -> None:
        if self._listening and self._room > 0:
            self._texts.append(text[: self._room])
            self._room -= len(text)


def _no_doctype(*_: object) -> None:
    raise DamagedError


def unescaped(text: str) -> str:
    """*text* with the characters that OOXML writes as ``_x000D_`` (ECMA-376, ST_Xstring)."""
    return _ESCAPED.sub(_character, text) if "_x" in text else text


def _character(escaped: re.Match[str]) -> str:
    code = int(escaped[1], 16)
    return escaped[0] if 0xD800 <= code <= 0xDFFF else chr(code)
