"""Bars that show how far something long is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from exempt.cli.output import console


@contextmanager
def bar(label: str, *, quiet: bool) -> Iterator[Callable[[int, float], None]]:
    """Show on a terminal how many rows are done, and what part of the whole."""
    if quiet or not console.is_terminal:
        yield lambda _rows, _part: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, TextColumn("{task.fields[rows]}"), console=console) as progress:
        task = progress.add_task(label, total=1.0, rows="")

        def tell(rows: int, part: float) -> None:
            progress.update(task, completed=part, rows=f"{rows:,} rows")

        yield tell
