"""Rows as the remote gave them, beside what was made of them, for whoever asks to see them.

Nothing is kept unless somebody watches, and then only in memory: rows are
customer data.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from exempt.model.record import SourceRecord

MOST = 1000
"""How many rows one watcher keeps."""


@dataclass(frozen=True)
class Watched:
    """One row, and the record made of it; None = it was rejected, or left out."""

    row: object
    record: SourceRecord | None
    rejected: bool = False

    def __repr__(self) -> str:
        return "<Watched>"


_ROWS: ContextVar[list[Watched] | None] = ContextVar("_ROWS", default=None)


@contextmanager
def watching() -> Iterator[list[Watched]]:
    """A list that fills with the rows `Page.read` translates in the block, at most `MOST`.

    It sees this thread and those that take over its context.
    """
    rows: list[Watched] = []
    token = _ROWS.set(rows)
    try:
        yield rows
    finally:
        _ROWS.reset(token)


def watch(row: object, record: SourceRecord | None, *, rejected: bool = False) -> None:
    """Show a row to whoever watches."""
    rows = _ROWS.get()
    if rows is not None and len(rows) < MOST:
        rows.append(Watched(row, record, rejected))
