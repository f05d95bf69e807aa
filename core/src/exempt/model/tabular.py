"""Tables as people send them: the rows of a spreadsheet, read one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple, Protocol

CellKind = Literal["text", "number", "date", "bool"]


class Cell(NamedTuple):
    """What stands in one cell, and what is to be said of it.

    Attributes:
        text: What stands there; None is a blank cell. Numbers are plain digits
            (``42``, ``-12.5``), dates ISO (``2026-11-20``), truths TRUE and FALSE.
        problem: Why it cannot be taken, and how to mend it.
        note: How it was read, where that may surprise.
        kind: What the spreadsheet took it for, which may not be what was meant:
            a customer number of ``1-2`` becomes a date. Always text in CSV.
    """

    text: str | None
    problem: str | None = None
    note: str | None = None
    kind: CellKind = "text"


class Line(NamedTuple):
    """A row that is not blank: its number as the spreadsheet shows it, a cell for each title."""

    row: int
    cells: tuple[Cell, ...]


class TableFile(Protocol):
    """An open table.

    Attributes:
        name: The name of its file.
        titles: A title for each column, without outer blanks; an empty one
            stands over a column that is blank throughout.
        title_row: The number of the row with the titles.
        size: Bytes of the file.
        encoding: What its letters were taken for: ``utf-8``, ``utf-16``, or
            ``cp1252``, a guess that a person should look at.
    """

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def titles(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def title_row(self) -> int: ...  # noqa: D102

    @property
    def size(self) -> int: ...  # noqa: D102

    @property
    def encoding(self) -> str: ...  # noqa: D102

    def lines(self) -> Iterator[Line]:
        """The rows below the titles, each time from the first one; blank ones are left out.

        Raises:
            RefusedError: The file cannot be read on; the message names the row.
        """
        ...

    def progress(self) -> float:
        """How much of the file is read, from 0 to 1."""
        ...
