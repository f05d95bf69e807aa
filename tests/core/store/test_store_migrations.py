"""The schema goes forwards and back, and is the one that the code describes."""

from __future__ import annotations

from decimal import Decimal
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
from exempt.services import orders
from support.databases import open_database
from support.records import NOW, TODAY, card, coverage, customer, decision_of, line, order
from support.stores import (
    connected,
    customers_in,
    enter,
    everything,
    rows,
    save_customers,
    save_orders,
)

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
        (card,) = customers_in(tx)
        enter(tx, card.id)
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
    [(migrate.upgrade, "9999"), (migrate.downgrade, "9999"), (migrate.downgrade, "-99")],
    ids=["forwards", "back", "too far back"],
)
def test_an_unknown_version_is_named(database_url: str, step: object, revision: str) -> None:
    with open_database(database_url) as database:
        with pytest.raises(RefusedError, match=f"migration to '{revision}': "):
            step(database, revision)  # type: ignore[operator]
        assert version.current(database) == version.HEAD


OLD = (
    "INSERT INTO company (id, key, name) VALUES (1, 'n', 'Northwind')",
    (
        "INSERT INTO connection (id, name, connector, company_id, capabilities, orders_owed)"
        " VALUES (1, 'erp', 'fake', 1, '', TRUE)"
    ),
    (
        "INSERT INTO customer (id, company_id, name, flagged_exempt, created_at)"
        " VALUES (1, 1, 'ÄRZTE Ltd', TRUE, 5)"
    ),
    (
        "INSERT INTO sales_order (id, connection_id, external_id, changed_at, customer_external_id,"
        " kind, order_date, currency, total, closed, voided)"
        " VALUES (1, 1, 'O-1', 5, 'C-1', 'order', '2026-11-20', 'USD', 100, FALSE, FALSE)"
    ),
    (
        "INSERT INTO certificate (id, exemption_reason, signed_date, apply_tax, review_status,"
        " created_at) VALUES (1, 'charitable', '2026-01-01', FALSE, 'accepted', 5)"
    ),
    "INSERT INTO certificate_customer (certificate_id, customer_id) VALUES (1, 1)",
    (
        "INSERT INTO coverage (id, certificate_id, jurisdiction, effective_date)"
        " VALUES (1, 1, 'US-TX', '2026-01-01')"
    ),
    (
        "INSERT INTO decision (id, order_id, ground, tax_applicable, certificate_id,"
        " certificate_number, jurisdiction, order_date, rule, steps, decided_at) VALUES (1, 1,"
        " 'certificate', FALSE, 1, 'CERT-1', 'US-TX', '2026-11-20', 'default-1', '"
        '[{"finding":"chosen","certificate_id":1,"certificate_number":"CERT-1",'
        '"jurisdiction":"US-TX","effective_date":"2026-01-01","expiration_date":null}]'
        "', 5)"
    ),
)
"""A little of everything, as version 0001 kept it."""


def test_what_the_first_version_kept_is_there_in_the_next(empty_url: str) -> None:
    with open_database(empty_url) as database:
        store = SqlStore(database, lambda _sha256: pytest.fail("no file is opened"))
        migrate.upgrade(database, "0001")
        with database.writing() as connection:
            for statement in OLD:
                connection.exec_driver_sql(statement)
        before = {name: rows for name, rows in everything(store).items() if rows}
        migrate.upgrade(database)
        with store.reading() as tx:
            found = tx.certificates.get(1)
            decision = tx.decisions.decided([1])[1]
            (customer,) = tx.search.customers("ärzte ltd")
        assert found is not None
        assert [one.reason for one in found.jurisdictions] == ["charitable"]
        assert (found.version, found.kind.value, found.exempt_percentage) == (
            1,
            "blanket",
            Decimal(100),
        )
        assert (decision.exempt_percentage, decision.steps[0].finding.value) == (
            Decimal(100),
            "chosen",
        )
        assert (decision.facts.order_date, decision.jurisdiction) == (TODAY, "US-TX")
        assert customer.id == 1
        migrate.downgrade(database, "0001")
        after = {name: rows for name, rows in everything(store).items() if rows}
        assert after.keys() == before.keys()
        for name, rows in before.items():
            assert sorted(map(str, after[name][0])) == sorted(map(str, rows[0])), name


def test_numbers_that_are_kept_no_more_are_taken_out(empty_url: str) -> None:
    numbers = {2: "123-45-6789", 3: "", 4: "9" * 101, 5: "32-0456789"}
    with open_database(empty_url) as database:
        store = SqlStore(database, lambda _sha256: pytest.fail("no file is opened"))
        migrate.upgrade(database, "0001")
        with database.writing() as connection:
            for statement in OLD:
                connection.exec_driver_sql(statement)
            for row, number in numbers.items():
                connection.execute(
                    sa.text(
                        "INSERT INTO coverage (id, certificate_id, jurisdiction, effective_date,"
                        " exemption_number) VALUES (:id, 1, :place, '2026-01-01', :number)"
                    ),
                    {
                        "id": row,
                        "place": f"US-{('CA', 'NY', 'OH', 'UT')[row - 2]}",
                        "number": number,
                    },
                )
        migrate.upgrade(database)
        with store.reading() as tx:
            found = tx.certificates.get(1)
    assert found is not None
    kept = {one.jurisdiction: (one.exemption_number, one.notes) for one in found.jurisdictions}
    assert kept == {
        "US-CA": (None, "The number was left out: it looked like a Social Security number."),
        "US-NY": (None, ""),
        "US-OH": (None, "9" * 101),
        "US-TX": (None, ""),
        "US-UT": ("32-0456789", ""),
    }


def test_going_back_makes_nothing_good_for_more_than_it_was(database_url: str) -> None:
    with open_database(database_url) as database:
        store = fill(database)
        (sold,) = rows(store, "SELECT id FROM sales_order")
        decision = decision_of(order(), card(), [coverage()])
        with store.writing() as tx:
            tx.decisions.save([(sold[0], decision)], NOW)
            enter(tx, 1, kind="single_use")
            enter(tx, 1, order_numbers=("O-1",))
            enter(tx, 1, exempt_percentage=Decimal(50))
        migrate.downgrade(database, "0001")
        reviewed = rows(store, "SELECT review_status FROM certificate ORDER BY id")
        assert [status for (status,) in reviewed] == ["accepted", *["pending"] * 3]
        migrate.upgrade(database)
        (replayed,) = orders.replayed(store, [sold[0]])
        assert replayed.kept.steps == ()
        assert replayed.anew is None, "it is not taken for one that was tampered with"


CARD = (
    "INSERT INTO customer"
    " (id, company_id, owner_connection_id, name, number, flagged_exempt, created_at)"
)
RECORD = "INSERT INTO source_customer (id, connection_id, external_id, changed_at, customer_id"
BILLING = "billing_country, billing_state, billing_city"
ACME = " VALUES (1, 1, 'A', 5, 1, 'Acme', TRUE, '12-3456789', 'US', 'TX', 'Austin')"
DEPOT = "(2, 1, 'B', 6, 7, 'Depot', FALSE, 'A')"


def test_cards_take_over_what_they_have_room_for_since(empty_url: str) -> None:
    with open_database(empty_url) as database:
        store = SqlStore(database, lambda _sha256: pytest.fail("no file is opened"))
        migrate.upgrade(database, "0002")
        with database.writing() as connection:
            for statement in OLD[:3]:
                connection.exec_driver_sql(statement)
            for statement in (
                f"{CARD} VALUES (7, 1, 1, 'Depot', 'D-1', FALSE, 1)",
                "UPDATE customer SET owner_connection_id = 1",
                f"{RECORD}, name, bill_to, tax_id, {BILLING}){ACME}",
                f"{RECORD}, name, bill_to, parent_external_id) VALUES {DEPOT}",
            ):
                connection.exec_driver_sql(statement)
        migrate.upgrade(database)
        with store.reading() as tx:
            acme, depot = tx.cards.find([1, 7])
            (link,) = tx.cards.ship_tos([7])
            found = customers_in(tx, "123456789")
        assert (acme.tax_id, acme.state, acme.city, acme.bill_to) == (
            "12-3456789",
            "TX",
            "Austin",
            True,
        )
        assert (depot.bill_to, depot.bill_to_ids, acme.ship_to_ids) == (False, (1,), (7,))
        assert link.connection == link.made_by
        assert [row.id for row in found] == [1], "it is found by its tax ID"
