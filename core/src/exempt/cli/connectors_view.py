"""A trial on the terminal: each record, and beside it the row it was made of."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from pydantic import BaseModel
from rich import box
from rich.table import Table
from rich.text import Text

from exempt.cli import output
from exempt.cli.connectors_trial import PRIVATE, Row, Trial, Tried
from exempt.cli.output import count, harmless, print_json, say, say_below
from exempt.model.fetching import storable

NARROW = 90
"""Columns below which the row stands under the record and not beside it."""

LONGEST_RAW = 60
"""Lines of a row that are shown."""

DEEPEST = 50
"""Tables within tables that are shown."""

Redact = Callable[[str], str]


def show_trial(trial: Trial, redact: Redact) -> None:
    """Print what came of a trial, for people."""
    if trial.error:
        say(f"✗ {trial.error}", "red")
        return
    say(f"{'✗' if trial.failed else '✓'} {trial.account}", "red" if trial.failed else "green")
    for problem in trial.problems:
        say_below(f"{problem.severity}: {problem.message}")
        say_below(f"→ {problem.help}", by=4)
    for tried in trial.streams:
        say()
        _show_stream(tried, redact)


def show_json(trial: Trial, redact: Redact) -> None:
    """Print what came of a trial, for scripts; numbers in rows are as the remote wrote them."""
    told = {
        "connector": trial.connector,
        "account": trial.account,
        "error": trial.error,
        "failed": trial.failed,
        "problems": [problem.model_dump(mode="json") for problem in trial.problems],
        "streams": {
            tried.stream.value: {
                "error": tried.error,
                "empty": tried.empty,
                "deleted": list(tried.deleted),
                "rows": [_told(row, redact) for row in tried.rows],
            }
            for tried in trial.streams
        },
    }
    print_json(told)


def _told(row: Row, redact: Redact) -> dict[str, Any]:
    return {
        "raw": plain(row.raw, redact),
        "record": row.record and row.record.model_dump(mode="json"),
        "rejected": row.rejected and row.rejected.model_dump(mode="json"),
    }


def _show_stream(tried: Tried, redact: Redact) -> None:
    if tried.error:
        say(f"{tried.stream}: {tried.error}", "red")
        return
    rejected = sum(row.record is None for row in tried.rows)
    said = f"{tried.stream}: {count(len(tried.rows) - rejected, 'record')}"
    if rejected:
        said += f", {count(rejected, 'row')} set aside"
    say(said, "bold")
    for row in tried.rows:
        _show_row(row, redact)
    if tried.stream in PRIVATE:
        say_below("Rows of staff are not shown as they came: they may hold what nobody should see.")
    elif not tried.has_raw:
        say_below("This connector does not show rows as they came.")
    if tried.empty:
        say_below(f"Empty in all of them: {', '.join(tried.empty)}")


def _show_row(row: Row, redact: Redact) -> None:
    left = _record(row)
    if row.raw is None:
        output.console.print(left)
        return
    raw = Text(harmless(_written(row.raw, redact)))
    table = Table(box=box.SIMPLE_HEAD, expand=True)
    if output.console.width < NARROW:
        table.add_column("Record, and below it the row", overflow="fold")
        table.add_row(left)
        table.add_row(raw)
    else:
        table.add_column("Record", ratio=1, overflow="fold")
        table.add_column("Row, as it came", ratio=1, overflow="fold")
        table.add_row(left, raw)
    output.console.print(table)


def _record(row: Row) -> Table:
    """The fields that have something in them, or why there is no record."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column()
    grid.add_column(overflow="fold")
    if row.record is None:
        where, why = (row.rejected.row, row.rejected.reason) if row.rejected else ("", "")
        grid.add_row(Text("set aside", style="red"), Text(harmless(where)))
        grid.add_row(Text(""), Text(harmless(why)))
        return grid
    for name, value in fields(row.record.model_dump(mode="json")):
        grid.add_row(Text(name), Text(harmless(value)))
    return grid


def fields(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Each value that is no table or list and not empty, with its dotted name."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from fields(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list):
        for number, inner in enumerate(value, start=1):
            yield from fields(inner, f"{name}.{number}")
    elif value is not None and value != "":
        yield name, json.dumps(value) if isinstance(value, bool) else str(value)


def plain(value: Any, redact: Redact, depth: int = 0) -> Any:
    """A row as JSON can carry it, without secrets; numbers stay so where that loses nothing."""
    if value is None or isinstance(value, bool):
        return value
    table = _as_table(value)
    if table is None and not isinstance(value, list | tuple | set | frozenset):
        return _scalar(value, redact)
    if depth == DEEPEST:
        return "…"
    if table is None:
        return [plain(inner, redact, depth + 1) for inner in value]
    return {
        storable(redact(str(key))): plain(inner, redact, depth + 1) for key, inner in table.items()
    }


def _scalar(value: Any, redact: Redact) -> int | float | str:
    try:
        text = value.isoformat() if isinstance(value, dt.date) else str(value)
    except ValueError:
        return "…"  # a number of so many digits that Python does not write it out
    if (told := storable(redact(text))) != text or not isinstance(value, int | float | Decimal):
        return told
    return _number(value) if isinstance(value, Decimal) else value


def _as_table(value: Any) -> Mapping[Any, Any] | None:
    """A row of whatever kind by the names of its fields; None for what has no fields."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, BaseModel):
        return dict(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return value._asdict() if isinstance(value, tuple) and hasattr(value, "_asdict") else None


def _number(value: Decimal) -> int | float | str:
    if value.is_finite() and Decimal(repr(float(value))) == value:
        return float(value)
    return str(value)


def _written(raw: Any, redact: Redact) -> str:
    lines = json.dumps(plain(raw, redact), indent=2, ensure_ascii=False).splitlines()
    if len(lines) > LONGEST_RAW:
        left = len(lines) - LONGEST_RAW
        lines = [*lines[:LONGEST_RAW], f"… and {left:,} lines more: --json shows all"]
    return "\n".join(lines)
