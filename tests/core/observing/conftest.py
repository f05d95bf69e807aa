"""Logging and watchers are of the whole process: each test leaves them as they were."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from exempt.adapters.observing import WATCHERS
from support.databases import database_kind, database_url, documents, store
from support.logs import log

__all__ = ["database_kind", "database_url", "documents", "log", "store"]


@pytest.fixture(autouse=True)
def _watchers() -> Iterator[None]:
    before = WATCHERS[:]
    WATCHERS.clear()  # what other tests in this process left
    yield
    WATCHERS[:] = before
