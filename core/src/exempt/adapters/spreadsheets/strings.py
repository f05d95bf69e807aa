"""The texts that cells of a workbook share, kept on disk."""

from __future__ import annotations

import functools
import itertools
import tempfile
from array import array
from types import TracebackType
from typing import IO, Self

from exempt.adapters.spreadsheets.parsing import MAIN, DamagedError, Part, unescaped

_BLOCK = 64  # texts that are fetched at once: programs number them as they come up
_BLOCKS = 256
_OFFSET = 8


class SharedStrings:
    """Texts by their number, in a temporary file; some thousand are at hand."""

    def __init__(self) -> None:
        # They are closed on leaving, and gone then.
        self._texts = tempfile.TemporaryFile("w+b")  # noqa: SIM115
        self._ends = tempfile.TemporaryFile("w+b")  # noqa: SIM115
        self._count = 0
        self._block = functools.lru_cache(_BLOCKS)(self._fetch)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._texts.close()
        self._ends.close()
        self._block.cache_clear()

    def __getitem__(self, number: int) -> str:
        if not 0 <= number < self._count:
            raise DamagedError
        block, at = divmod(number, _BLOCK)
        return self._block(block)[at]

    def read(self, source: IO[bytes]) -> None:
        """Take down the texts of the part *source*, once."""
        table = _Table()
        ends, end = array("Q"), 0
        for _ in table.read(source):
            for text in table.texts:
                end += self._texts.write(text.encode())
                ends.append(end)
            table.texts.clear()
            self._count += len(ends)
            ends.tofile(self._ends)
            del ends[:]

    def _fetch(self, block: int) -> list[str]:
        first = block * _BLOCK
        self._ends.seek(max(first - 1, 0) * _OFFSET)
        ends = array("Q", self._ends.read((_BLOCK + bool(first)) * _OFFSET))
        if not first:
            ends.insert(0, 0)
        start = ends[0]
        self._texts.seek(start)
        held = self._texts.read(ends[-1] - start)
        return [held[a - start : b - start].decode() for a, b in itertools.pairwise(ends)]


class _Table(Part):
    """Reads the table of texts: each is one ``t``, or several with a style each."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._phonetic = False

    def start(self, name: str, _: dict[str, str]) -> None:
        if name == MAIN + "t":
            if not self._phonetic:
                self.listen()
        elif name == MAIN + "rPh":
            self._phonetic = True

    def end(self, name: str) -> None:
        if name == MAIN + "t":
            self.pause()
        elif name == MAIN + "si":
            self.texts.append(unescaped(self.take()))
        elif name == MAIN + "rPh":
            self._phonetic = False
