"""Rows of files that hold Finch's answers, one individual a row.

A ``.json`` file holds what ``/employer/directory``, ``/employer/individual`` and
``/employer/employment`` answered, under ``directory``, ``individual`` and
``employment``, each one answer or a list of them; or just a list of individuals.
A ``.jsonl`` file holds one individual a line. The fields are those of
https://developer.tryfinch.com/api-reference/organization: the residence is the
individual's, location, dates, type and status are the employment's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from exempt import ConfigError
from exempt_hris_csv.rows import Position, Row

DOCUMENT_MAX = 32 * 1024 * 1024
"""Bytes of a JSON document, which is read as a whole; JSON lines have no limit."""

HEADER = (
    "id", "source_id", "first_name", "last_name",
    "start_date", "end_date", "latest_rehire_date",
    "is_active", "employment_status", "employment.type", "employment.subtype",
    "location.city", "location.state", "location.postal_code", "location.country",
    "residence.city", "residence.state", "residence.postal_code", "residence.country",
)  # fmt: skip
"""What is read of an individual; everything else is dropped here."""

_PARTS = ("directory", "individual", "employment")
_HELP = (
    "put Finch's answers under 'directory', 'individual' and 'employment', or write a list of"
    " individuals"
)


@dataclass(frozen=True)
class JsonDocument:
    """A ``.json`` file; an `Opened` export. It is read as a whole for each page."""

    unit: ClassVar[str] = "individual"
    header: ClassVar[tuple[str, ...]] = HEADER
    start: ClassVar[Position] = Position(0, 0)

    path: Path

    def rows(self, start: Position, rows_max: int) -> tuple[list[Row], Position | None]:
        """At most *rows_max* rows from *start* on, and the position after them; None = the end."""
        rows = list(self.each())
        end = start.offset + rows_max
        return rows[start.offset : end], Position(end, end) if end < len(rows) else None

    def each(self) -> Iterator[Row]:
        """Every individual, one by one.

        Raises:
            ConfigError: It is too large, no JSON, or of another shape.
        """
        if self.path.stat().st_size > DOCUMENT_MAX:
            msg = (
                f"larger than {DOCUMENT_MAX // 1024**2} MiB: write one individual a line, as .jsonl"
            )
            raise ConfigError(msg)
        text = self.path.read_text("utf-8-sig")
        try:
            content = json.loads(text)
        except json.JSONDecodeError as error:
            msg = f"no JSON: {error.msg} in line {error.lineno}: export it again"
            raise ConfigError(msg) from None
        except (RecursionError, ValueError):  # as a number of 5,000 digits
            msg = f"nested too deep, or a number is too long: {_HELP}"
            raise ConfigError(msg) from None
        for number, individual in enumerate(_individuals(content), start=1):
            yield _row(number, individual)

    def cut_off(self, last: Row | None) -> bool:  # noqa: ARG002 - half a document is no JSON
        """Never: the end of a document shows."""
        return False


@dataclass(frozen=True)
class JsonLines:
    """A ``.jsonl`` file; an `Opened` export of any size."""

    unit: ClassVar[str] = "line"
    header: ClassVar[tuple[str, ...]] = HEADER
    start: ClassVar[Position] = Position(0, 0)

    path: Path

    def rows(self, start: Position, rows_max: int) -> tuple[list[Row], Position | None]:
        """At most *rows_max* rows from *start* on, and the position after them; None = the end."""
        rows: list[Row] = []
        position = start
        for row, after in self._lines(start):
            position = after
            if row is not None:
                rows.append(row)
            if len(rows) == rows_max:
                break
        return rows, position if position.offset < self.path.stat().st_size else None

    def each(self) -> Iterator[Row]:
        """Every individual, one by one."""
        return (row for row, _ in self._lines(self.start) if row is not None)

    def cut_off(self, last: Row | None) -> bool:
        """Whether the last line is the beginning of one."""
        return last is not None and last.problem == _NO_LINE

    def _lines(self, start: Position) -> Iterator[tuple[Row | None, Position]]:
        """Each line's row, None of a blank one, and the position after it."""
        with self.path.open("rb") as file:
            file.seek(start.offset)
            offset, line = start.offset, start.line
            for raw in file:
                offset, line = offset + len(raw), line + 1
                yield _row_of_line(line, raw), Position(offset, line)


_NO_LINE = "no JSON: write one individual a line"


def _row_of_line(line: int, raw: bytes) -> Row | None:
    text = raw.decode("utf-8-sig", "replace").strip()
    if not text:
        return None
    try:
        individual = json.loads(text)
    except (ValueError, RecursionError):
        return Row(line, (), _NO_LINE)
    if isinstance(individual, dict):
        return _row(line, _of_parts(individual))
    return Row(line, (), _NO_LINE)


@dataclass
class _Parts:
    """What the answers say of one individual."""

    fields: dict[str, Any] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)
    problem: str | None = None


def _of_parts(parts: dict[str, Any]) -> _Parts:
    """One individual, whose answers are side by side or already merged."""
    if "id" in parts or parts.keys().isdisjoint(_PARTS):
        return _Parts(parts)
    found = _Parts()
    for part in _PARTS:
        if isinstance(parts.get(part), dict):
            found.fields |= parts[part]
    return found


def _individuals(content: Any) -> Iterable[_Parts]:
    """The individuals of a document, in the order in which they are first named."""
    if isinstance(content, list) and all(isinstance(one, dict) for one in content):
        return [_of_parts(one) for one in content]
    if not isinstance(content, dict) or not {"individual", "employment"} & content.keys():
        raise ConfigError(f"another shape: {_HELP}")
    people: dict[str, _Parts] = {}
    for part in _PARTS:
        for number, answer in enumerate(_answers(content, part)):
            _add(people, part, number, answer)
    for part in ("individual", "employment"):
        if part in content:
            for person in people.values():
                if part not in person.answered:
                    person.problem = person.problem or _unanswered(part)
    return people.values()


def _answers(content: Mapping[str, Any], part: str) -> Iterator[Any]:
    """What one endpoint said of each individual; of several pages or batches, all."""
    answers = content.get(part) or []
    inside = "individuals" if part == "directory" else "responses"
    for answer in answers if isinstance(answers, list) else [answers]:
        if not isinstance(answer, dict) or not isinstance(answer.get(inside), list):
            raise ConfigError(f"no list '{inside}' in '{part}': {_HELP}")
        yield from answer[inside]


def _add(people: dict[str, _Parts], part: str, number: int, answer: Any) -> None:
    """Add what *part* says to the individual it is of."""
    answer = answer if isinstance(answer, dict) else {}
    external_id = answer.get("id" if part == "directory" else "individual_id")
    person = people.setdefault(str(external_id or f"\0{part} {number}"), _Parts())
    if external_id:
        person.fields.setdefault("id", str(external_id))
    if part == "directory":
        person.fields |= answer
        return
    person.answered.add(part)
    body = answer.get("body")
    if answer.get("code") not in {None, 200} or not isinstance(body, dict):
        person.problem = _unanswered(part)
        return
    person.fields |= body


def _unanswered(part: str) -> str:
    return f"Finch gave no answer for it in '{part}': ask again"


def _row(line: int, person: _Parts) -> Row:
    """The row of one individual; everything that is not in `HEADER` stays behind."""
    cells = [_text(person.fields, name) for name in HEADER]
    if person.problem is None and None in cells:
        person.problem = f"{HEADER[cells.index(None)]}: not a text"
    external_id = cells[0] or None
    return Row(line, tuple(cell or "" for cell in cells), person.problem, external_id)


def _text(fields: Mapping[str, Any], name: str) -> str | None:
    """The text under a dotted *name*, empty for null; None where it is no text."""
    found: Any = fields
    for step in name.split("."):
        if found is None:
            return ""
        if not isinstance(found, dict):
            return None
        found = found.get(step)
    if found is None:
        return ""
    if isinstance(found, bool):
        return "true" if found else "false"
    return str(found) if isinstance(found, str | int) else None
