"""Services are tested on SQLite; what hangs on the database is tested on both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from exempt.adapters.documents import LocalDocuments
from exempt.adapters.store.store import SqlStore
from support.databases import database_kind, database_url, documents, made, open_database, store
from support.shift import Shift
from support.world import Source, World

__all__ = ["database_kind", "database_url", "documents", "store"]


@pytest.fixture
def world(tmp_path: Path, documents: LocalDocuments) -> Iterator[World]:
    """An installation on SQLite."""
    with made("sqlite", tmp_path, migrated=True) as url, open_database(url) as database:
        yield World(SqlStore(database, documents.open))


@pytest.fixture
def any_world(store: SqlStore) -> World:
    """An installation on each database."""
    return World(store)


@pytest.fixture
def erp(world: World) -> Source:
    """A connection that reads customers and orders, and writes to orders."""
    return world.connect("erp")


@pytest.fixture
def shift(world: World) -> Shift:
    """A worker on SQLite."""
    return Shift(world)


@pytest.fixture
def any_shift(any_world: World) -> Shift:
    """A worker on each database."""
    return Shift(any_world)
