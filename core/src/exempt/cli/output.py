"""Tables for people and JSON for scripts."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from enum import Enum
from typing import Any

from pydantic import BaseModel
from rich import box
from rich.console import Console, JustifyMethod
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from exempt.rules.amounts import count, money

__all__ = [
    "console",
    "count",
    "harmless",
    "money",
    "one_line",
    "print_facts",
    "print_json",
    "print_table",
    "say",
    "say_below",
    "short",
]

console = Console(highlight=False, soft_wrap=False)

_COMMANDS_TO_A_TERMINAL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def print_json(value: Any) -> None:
    """Print *value* as JSON."""
    print(json.dumps(value, default=_plain, indent=2, ensure_ascii=False))  # noqa: T201


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    if isinstance(value, Decimal | Enum):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    msg = f"{type(value).__name__} is not JSON"
    raise TypeError(msg)


def print_table(
    title: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    right: Sequence[int] = (),
    whole: Collection[str] = (),
) -> None:
    """Print rows under their heads.

    Columns in *right* hold numbers; those under a head in *whole* keep their
    width where the terminal is narrow.
    """
    shown = Text(harmless(title)) if title else None
    table = Table(title=shown, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for position, head in enumerate(heads):
        justify: JustifyMethod = "right" if position in right else "left"
        table.add_column(head, justify=justify, overflow="fold", no_wrap=head in whole)
    for row in rows:
        table.add_row(*(Text("" if cell is None else harmless(str(cell))) for cell in row))
    console.print(table)


def print_facts(facts: Iterable[tuple[str, str]]) -> None:
    """Print names, and beside each its value."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(min_width=10)
    grid.add_column(overflow="fold")
    for name, value in facts:
        grid.add_row(Text(name), Text(harmless(value)))
    console.print(Padding(grid, (0, 0, 0, 2), expand=False))


def say_below(text: str, style: str = "", by: int = 2) -> None:
    """Print a sentence set in below a line or title; what does not fit goes on below itself."""
    console.print(Padding(Text(harmless(text), style=style), (0, 0, 0, by), expand=False))


def say(text: str = "", style: str = "", *, wrap: bool = True) -> None:
    """Print one line; nothing in it is taken for markup. A command to copy is not wrapped."""
    console.print(Text(harmless(text), style=style), soft_wrap=not wrap)


def harmless(text: str) -> str:
    """*text* without what would move a terminal's cursor, or turn its letters around."""
    return _COMMANDS_TO_A_TERMINAL.sub("\N{REPLACEMENT CHARACTER}", text)


def one_line(text: str | None) -> str:
    """A name from outside, in a sentence of ours."""
    return " ".join((text or "").split())


def short(jurisdiction: str | None) -> str:
    """``TX`` for ``US-TX``."""
    return (jurisdiction or "–").removeprefix("US-")
