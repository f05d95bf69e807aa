"""The store is tested on both databases."""

from __future__ import annotations

import pytest

from exempt.adapters.store.store import SqlStore
from exempt.services.rows import ConnectionRow
from support.databases import database_kind, database_url, documents, empty_url, store
from support.stores import connected

__all__ = ["database_kind", "database_url", "documents", "empty_url", "store"]


@pytest.fixture
def erp(store: SqlStore) -> ConnectionRow:
    """A connection of the company Northwind that can do everything."""
    return connected(store, "erp")
