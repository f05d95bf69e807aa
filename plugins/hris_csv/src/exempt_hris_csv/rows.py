"""What every kind of export gives: rows of cells below a header."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Position:
    """A place between two rows.

    Attributes:
        offset: Bytes before it; in a JSON document individuals.
        line: Lines before it; in a JSON document individuals.
    """

    offset: int
    line: int


@dataclass(frozen=True)
class Row:
    """One row.

    Attributes:
        line: Its first line, counted from 1; in a JSON document the individual's number.
        cells: Below the header's.
        problem: Why it cannot be read, if so.
        external_id: Whose row it is, where that is known although it cannot be read.
    """

    line: int
    cells: tuple[str, ...]
    problem: str | None = None
    external_id: str | None = None


class Opened(Protocol):
    """An export of which the header was read."""

    @property
    def unit(self) -> str:
        """What is counted: ``line`` or ``individual``."""
        ...

    @property
    def header(self) -> tuple[str, ...]:
        """The names of the cells."""
        ...

    @property
    def start(self) -> Position:
        """Before the first row."""
        ...

    def rows(self, start: Position, rows_max: int) -> tuple[list[Row], Position | None]:
        """At most *rows_max* rows from *start* on, and the position after them; None = the end."""
        ...

    def each(self) -> Iterator[Row]:
        """Every row, one by one."""
        ...

    def cut_off(self, last: Row | None) -> bool:
        """Whether *last*, the last row, looks like the beginning of one: a file half written."""
        ...
