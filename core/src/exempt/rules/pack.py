"""A pack of rules, read from the text of its tables; what is wrong is refused by name.

Each table is a CSV file with a row of column titles; an empty cell says
nothing. ``states.csv`` has the fields of `StateRule`, ``reasons.csv`` those
of `ReasonCodes`. A row without source, date or date of review is refused.
"""

from __future__ import annotations

import csv
import datetime as dt
import difflib
import functools
import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pydantic import ValidationError

from exempt.data.pack import shipped_texts
from exempt.errors import SettingsError
from exempt.model.certificate import ExemptionReason
from exempt.model.rulesdata import ReasonCodes, RulesPack, Sourced, StateRule, repeated

R = TypeVar("R", bound=Sourced)

_MENDS = {
    "source": "name the publication",
    "as_of": "write the day of the source as YYYY-MM-DD",
    "review_by": "write the day by which to look again as YYYY-MM-DD",
    "confidence": "write high, medium or low",
}


@functools.cache
def shipped_pack() -> RulesPack:
    """The pack that comes with Exempt."""
    return read_pack(shipped_texts(), "exempt.data")


def read_pack(texts: Mapping[str, str], where: str) -> RulesPack:
    """The pack in *texts*, text by file name.

    Args:
        texts: ``states.csv`` and ``reasons.csv``.
        where: The folder or package they are from, for errors.

    Raises:
        SettingsError: Something is wrong with them; every mistake is named by
            file, line and column.
    """
    states = _Table(StateRule, f"{where}/states.csv").read(texts["states.csv"])
    reasons = _Table(ReasonCodes, f"{where}/reasons.csv").read(texts["reasons.csv"])
    if not reasons.mistakes:
        missing = {*ExemptionReason} - {row.exemption_reason for row in reasons.rows}
        reasons.mistakes += [
            f"{reasons.name}: no row for {reason}: add one" for reason in sorted(missing)
        ]
    if mistakes := states.mistakes + reasons.mistakes:
        raise SettingsError("\n".join(mistakes))
    rows: list[Sourced] = [*states.rows, *reasons.rows]
    newest = max(row.as_of for row in rows)
    return RulesPack(
        version=f"{newest}+{_digest(texts)}",
        states=tuple(states.rows),
        reasons=tuple(reasons.rows),
    )


def stale(pack: RulesPack, on: dt.date) -> tuple[Sourced, ...]:
    """The rows whose date of review is past on the day *on*, the longest overdue first."""
    rows: list[Sourced] = [*pack.states, *pack.reasons]
    overdue = (row for row in rows if row.review_by < on)
    return tuple(sorted(overdue, key=lambda row: (row.review_by, row.key)))


def _digest(texts: Mapping[str, str]) -> str:
    content = "\0".join(f"{name}\0{text}" for name, text in sorted(texts.items()))
    return hashlib.sha256(content.encode()).hexdigest()[:8]


@dataclass
class _Table(Generic[R]):
    """One file: its rows, and what is wrong with it."""

    record: type[R]
    name: str
    rows: list[R] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)
    mistakes: list[str] = field(default_factory=list)

    def read(self, text: str) -> _Table[R]:
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
