"""The schema goes forwards and back, and is the one that the code describes."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

from exempt.adapters.store import migrate, version
from exempt.adapters.store.database import Database
from exempt.adapters.store.store import SqlStore
from exempt.adapters.store.tables import metadata
from exempt.errors import RefusedError
from support.databases import open_database
from support.records import NOW, customer, line, new_certificate, order
from support.stores import connected, everything, save_customers, save_orders

REVISIONS = [
    revision.revision
    for revision in ScriptDirectory(Path(version.__file__).parent / "migrations").walk_revisions()
][::-1]


def tables(database: Database) -> set[str]:
    with database.reading() as connection:
        return set(sa.inspect(connection).get_table_names()) - {"alembic_version"}


def fill(database: Database) -> SqlStore:
    """Something in as many tables as an ordinary day fills."""
    store = SqlStore(database, lambda _sha256: pytest.fail("no file is opened"))
    erp = connected(store)
    save_customers(store, erp, customer())
    save_orders(store, erp, order(lines=(line(),)))
    with store.writing() as tx:
        (card,) = tx.reports.customers()
        tx.certificates.add([card.id], new_certificate(), NOW)
        tx.requests.add(card.id, "ap@example.com", ["US-TX"], NOW)
    return store


def test_there_is_no_version_before_the_first(empty_url: str) -> None:
    with open_database(empty_url) as database:
        assert version.current(database) is None
        assert tables(database) == set()


def test_the_newest_version_is_the_one_the_code_names() -> None:
    assert REVISIONS[-1] == version.HEAD


def test_forwards_and_back_and_forwards_again(empty_url: str) -> None:
    with open_database(empty_url) as database:
        names = set()
        for _ in range(2):
            migrate.upgrade(database)
            assert version.current(database) == version.HEAD
            assert tables(database) == set(metadata.tables)
            names.add(str(everything(fill(database))["meta"]))
            migrate.downgrade(database, "base")
            assert version.current(database) is None
            assert tables(database) == set(), "nothing is left behind"
        assert len(names) == 2, "a new database has a name of its own"


@pytest.mark.parametrize("revision", REVISIONS)
def test_each_step_goes_back_and_forwards(empty_url: str, revision: str) -> None:
    with open_database(empty_url) as database:
        migrate.upgrade(database, revision)
        migrate.downgrade(database, "-1")
        migrate.upgrade(database, revision)
        assert version.current(database) == revision


def test_upgrading_what_is_up_to_date_changes_nothing(database_url: str) -> None:
    with open_database(database_url) as database:
        store = fill(database)
        before = everything(store)
        migrate.upgrade(database)
        assert everything(store) == before


def test_the_tables_are_those_that_the_code_describes(database_url: str) -> None:
    with open_database(database_url) as database:
        command.check(migrate._config(database))


@pytest.mark.parametrize(
    ("step", "revision"),
    [(migrate.upgrade, "9999"), (migrate.downgrade, "9999"), (migrate.downgrade, "-5")],
    ids=["forwards", "back", "too far back"],
)
def test_an_unknown_version_is_named(database_url: str, step: object, revision: str) -> None:
    with open_database(database_url) as database:
        with pytest.raises(RefusedError, match=f"migration to '{revision}': "):
            step(database, revision)  # type: ignore[operator]
        assert version.current(database) == version.HEAD
