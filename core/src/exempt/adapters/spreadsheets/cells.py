"""What holds for the cells of every table, wherever they stand."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from exempt.errors import RefusedError
from exempt.model.tabular import Cell, Line

LONGEST = 32_767
"""Characters in a cell; a spreadsheet program takes no more."""

WIDEST = 1_000
"""Columns that are read."""

BLANK = Cell(None)

Value = str | int | Decimal | dt.date | None
"""What is written into a cell."""


def text_cell(text: str) -> Cell:
    """A cell with just this text."""
    if not text or text.isspace():
        return BLANK
    if len(text) > LONGEST:
        return Cell(text[:LONGEST], f"has more than {LONGEST:,} characters: shorten it")
    if "\0" in text:
        return Cell(text, "holds a character that is none (NUL): type it again")
    return Cell(text)


def letter(column: int) -> str:
    """How a spreadsheet program names a column, counted from 1."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


class Columns:
    """The titles of a table, and its rows brought into line with them."""

    def __init__(self, name: str, row: int, cells: Sequence[Cell]) -> None:
        self._name = name
        self.title_row = row
        self.titles = self._titles(cells)
        self._width = len(self.titles)
        self._untitled = [at for at, title in enumerate(self.titles) if not title]

    def line(self, row: int, cells: Sequence[Cell]) -> Line:
        """A row with as many cells as there are titles."""
        if len(cells) < self._width:
            cells = (*cells, *(BLANK,) * (self._width - len(cells)))
        elif len(cells) > self._width:
            cells = self._cut(cells)
        for at in self._untitled:
            if cells[at] is not BLANK:
                self._refuse(
                    at, f"has no title, but a value in row {row}: give it a title, or empty it"
                )
        return Line(row, tuple(cells))

    def _cut(self, cells: Sequence[Cell]) -> Sequence[Cell]:
        kept, beyond = cells[: self._width], cells[self._width :]
        extra = next((at for at, cell in enumerate(beyond, self._width) if cell is not BLANK), None)
        if extra is None:
            return kept
        problem = (
            f"the row goes on to column {letter(extra + 1)}, which has no title:"
            " give it one, or empty it"
        )
        last = kept[-1]
        if last.problem:
            problem = f"{last.problem}; {problem}"
        return (*kept[:-1], last._replace(problem=problem))

    def _titles(self, cells: Sequence[Cell]) -> tuple[str, ...]:
        for at, cell in enumerate(cells):
            if cell.problem:
                self._refuse(at, f"the title {cell.problem}")
        titles = [(cell.text or "").strip() for cell in cells]
        while not titles[-1]:
            titles.pop()
        if len(titles) > WIDEST:
            self._refuse(WIDEST, f"is one too many: a table has at most {WIDEST:,} columns")
        for title, times in Counter(titles).items():
            if title and times > 1:
                first = titles.index(title)
                second = titles.index(title, first + 1)
                self._refuse(
                    second,
                    f"has the title {title!r}, as column {letter(first + 1)} has:"
                    " rename one of them",
                )
        return tuple(titles)

    def _refuse(self, at: int, what: str) -> None:
        msg = f"{self._name}, row {self.title_row}, column {letter(at + 1)}: {what}"
        raise RefusedError(msg)


def no_titles(name: str) -> RefusedError:
    """The table is empty."""
    return RefusedError(f"{name}: is empty: its first row must have the titles of the columns")
