"""The engine is tested on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from exempt.adapters.engine.engine import Engine
from exempt.adapters.store.store import SqlStore
from support.databases import database_kind, database_url, documents, empty_url, store
from support.work import Work

__all__ = ["database_kind", "database_url", "documents", "empty_url", "store"]


@pytest.fixture
def work(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[Work]:
    """An engine that has not started yet, and will look for runs often."""
    for name in ("IDLE", "BUSY", "RECOVERS", "LISTENS"):
        monkeypatch.setattr(f"exempt.adapters.engine.engine.{name}", 0.05)
    Engine.prepare(store.database.url)
    engine = Engine(store.database.url)
    work = Work(engine, store)
    try:
        yield work
    finally:
        work.stop(0)
        engine.close()
