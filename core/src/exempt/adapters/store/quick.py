"""A connection to SQLite that stays open and only reads: what is asked on it is answered at once.

It is for one thread, as the one of a web server's loop: a look takes some
twenty microseconds, less than it takes to hand it to another thread.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from exempt.adapters.store.asking import Asking
from exempt.model.asking import Buyer, Holder
from exempt.services import deciding

REMEMBERED = 20_000
"""Customers, who are looked up anew after anything at all was written to the database."""

_PRAGMAS = ("query_only=ON", "busy_timeout=1000", "cache_size=-65536", "mmap_size=2147483648")


class QuickAsking(deciding.Asking):
    """Asks the SQLite database at *path*.

    What was found is remembered until SQLite says that somebody has written
    something (``data_version``), so that no answer is older than that.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened: sqlite3.Connection | None = None
        self._asking: Asking | None = None
        self._version = -1
        self._remembered: dict[tuple[object, ...], Holder | None] = {}

    def holder(
        self, buyer: Buyer, company: str | None, company_ids: frozenset[int] | None = None
    ) -> Holder | None:
        asking = self._looking()
        version = _rows(self._opened, "PRAGMA data_version", ())[0][0]
        if version != self._version or len(self._remembered) >= REMEMBERED:
            self._remembered.clear()
            self._version = version
        name = (company, company_ids, buyer.number, buyer.id, buyer.external_id, buyer.connection)
        if name in self._remembered:
            return self._remembered[name]
        found = self._remembered[name] = asking.holder(buyer, company, company_ids)
        return found

    def close(self) -> None:
        """Close the connection."""
        if self._opened is not None:
            self._opened.close()
        self._opened = self._asking = None

    def _looking(self) -> Asking:
        if self._asking is None:
            address = f"file:{quote(str(self._path))}?mode=ro"
            opened = self._opened = sqlite3.connect(address, uri=True, isolation_level=None)
            for pragma in _PRAGMAS:
                opened.execute(f"PRAGMA {pragma}")
            self._asking = Asking(lambda sql, values: _rows(opened, sql, values))
        return self._asking


def _rows(
    connection: sqlite3.Connection | None, sql: str, values: tuple[Any, ...]
) -> Sequence[Any]:
    assert connection is not None  # noqa: S101 - it was opened before
    return connection.execute(sql, values).fetchall()
