"""A table of sourced rows, read from CSV; what is wrong is refused by line and column."""

from __future__ import annotations

import csv
import datetime as dt
import difflib
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pydantic import ValidationError

from exempt.model.rulesdata import Sourced, repeated

R = TypeVar("R", bound=Sourced)

_MENDS = {
    "source": "name the publication",
    "as_of": "write the day of the source as YYYY-MM-DD",
    "review_by": "write the day by which to look again as YYYY-MM-DD",
    "confidence": "write high, medium or low",
}


def overdue(rows: Iterable[Sourced], on: dt.date) -> tuple[Sourced, ...]:
    """The *rows* whose date of review is past on the day *on*, the longest overdue first."""
    past = (row for row in rows if row.review_by < on)
    return tuple(sorted(past, key=lambda row: (row.review_by, row.key)))


@dataclass
class SourcedTable(Generic[R]):
    """One file: its rows, and what is wrong with it.

    Attributes:
        record: What a row is; its fields are the columns.
        name: The file as errors call it.
        rows: The good ones.
        lines: In which line a row stands, by its key.
        mistakes: A sentence each, with file, line and column.
    """

    record: type[R]
    name: str
    rows: list[R] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)
    mistakes: list[str] = field(default_factory=list)

    def read(self, text: str) -> SourcedTable[R]:
        """Read *text*, a row of column titles first; an empty cell says nothing."""
        lines = io.StringIO(text, newline="")
        reader = csv.DictReader(lines, restkey="", restval="", strict=True)
        try:
            self.mistakes += self._of_the_titles(list(reader.fieldnames or ()))
            if not self.mistakes:
                self._read_rows(reader)
        except csv.Error as error:
            place = f"{self.name}, line {reader.line_num + 1}"  # where the row begins
            self.mistakes.append(f"{place}: is no CSV: {error}: look for a quote too many")
        return self

    def _read_rows(self, reader: csv.DictReader[str]) -> None:
        for cells in reader:
            place = f"{self.name}, line {reader.line_num}"
            self.mistakes += [f"{place}{wrong}" for wrong in self._take(cells, reader.line_num)]

    def _take(self, cells: dict[str, str], line: int) -> Iterator[str]:
        """Keep the row, or say what is wrong with it."""
        if "" in cells:
            yield ": more cells than titles: quote a text with commas"
            return
        said = {title: cell.strip() for title, cell in cells.items() if cell.strip()}
        try:
            row = self.record.model_validate(said)
        except ValidationError as error:
            yield from _of_the_row(error)
            return
        before = self.lines.setdefault(row.key, line)
        if before != line:
            yield f", column {row.key_column}: {row.key} has line {before} already: keep one"
        self.rows.append(row)

    def _of_the_titles(self, titles: list[str]) -> Iterator[str]:
        fields = self.record.model_fields
        required = {name for name, info in fields.items() if info.is_required()}
        for title in sorted({*titles} - {*fields}):
            near = difflib.get_close_matches(title, fields, 1)
            mend = f"did you mean {near[0]}?" if near else "remove it"
            yield f"{self.name}, line 1, column {title!r}: there is no such column: {mend}"
        for title in sorted(required - {*titles}):
            yield f"{self.name}, line 1: the column {title} is missing: add it"
        for title in repeated(titles):
            yield f"{self.name}, line 1, column {title}: stands there twice: keep one"


def _of_the_row(error: ValidationError) -> Iterator[str]:
    for found in error.errors(include_url=False):
        column = str(found["loc"][0])
        wrong = found["msg"].removeprefix("Value error, ")
        if found["type"] == "missing":
            wrong = f"is empty: {_MENDS.get(column, 'fill it in')}"
        elif found["type"] in {"enum", "literal_error"}:
            wrong = f"{found['input']!r} is not known: write {found['ctx']['expected']}"
        yield f", column {column}: {wrong}"
