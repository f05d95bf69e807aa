"""Journeys run on both databases."""

from __future__ import annotations

import pytest

from support.databases import database_kind, empty_url

__all__ = ["database_kind", "database_url", "empty_url"]


@pytest.fixture
def database_url(empty_url: str) -> str:
    """The address of a database without tables, once SQLite and once PostgreSQL."""
    return empty_url
