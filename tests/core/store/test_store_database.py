"""Addresses of databases, and how SQLite is opened."""

from __future__ import annotations

import builtins
import sys
from typing import Any

import pytest
import sqlalchemy as sa

from exempt.adapters.store.database import Database
from exempt.adapters.store.store import SqlStore
from exempt.errors import SettingsError
from exempt.services.rows import ConnectionRow
from support.databases import open_database


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        pytest.param("exempt.db", "not a database address", id="no address at all"),
        pytest.param("", "not a database address", id="nothing"),
        pytest.param("mysql://db/exempt", "mysql is not supported", id="another database"),
        pytest.param("mysql://u:hunter2@db/exempt", "mysql is not supported", id="with a password"),
    ],
)
def test_a_wrong_address_says_what_to_write(url: str, complaint: str) -> None:
    with pytest.raises(SettingsError, match=f"exempt.database: {complaint}") as refused:
        Database(url)
    assert "sqlite" in str(refused.value), "and how to mend it"
    assert "hunter2" not in str(refused.value)


def test_postgresql_wants_its_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without_psycopg(name: str, *arguments: Any, **more: Any) -> Any:
        if name.partition(".")[0] == "psycopg":
            raise ModuleNotFoundError(name)
        return real(name, *arguments, **more)

    for name in [n for n in sys.modules if n.partition(".")[0] == "psycopg"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", without_psycopg)
    with pytest.raises(SettingsError, match=r"install exempt\[postgres\]"):
        Database("postgresql://db/exempt")


@pytest.mark.parametrize("url", ["postgresql://db/exempt", "postgresql+psycopg://db/exempt"])
def test_postgresql_is_reached_through_psycopg_3(url: str) -> None:
    pytest.importorskip("psycopg")
    with open_database(url) as database:
        assert database.engine.url.drivername == "postgresql+psycopg"
        assert not database.is_sqlite


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("busy_timeout", 30000),
    ],
)
def test_an_acknowledged_write_survives_a_power_cut(
    tmp_path: Any, pragma: str, value: object
) -> None:
    with open_database(f"sqlite:///{tmp_path}/exempt.db") as database:
        for _ in range(2):
            with database.reading() as connection:
                assert connection.scalar(sa.text(f"PRAGMA {pragma}")) == value


def test_an_error_of_the_database_quotes_no_customer(store: SqlStore, erp: ConnectionRow) -> None:
    twice = sa.text("INSERT INTO company (key, name) VALUES (:key, 'Canary Ltd.')")
    with pytest.raises(sa.exc.IntegrityError) as refused, store.database.writing() as connection:
        for _ in range(2):
            connection.execute(twice, {"key": "canary-value"})
    shown = str(refused.value)
    assert "canary-value" not in shown.replace("Key (key)=(canary-value) already exists", "")
