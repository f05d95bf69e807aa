"""The engine is tested on both databases."""

from __future__ import annotations

from support.databases import database_kind, database_url, documents, empty_url, store

__all__ = ["database_kind", "database_url", "documents", "empty_url", "store"]
