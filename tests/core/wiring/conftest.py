"""What hangs on the database is tested on both."""

from __future__ import annotations

from support.databases import database_kind, database_url, documents, store

__all__ = ["database_kind", "database_url", "documents", "store"]
