"""Statements that must not look at everything, and lists of more than fit in one statement."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa

from exempt.adapters.store.store import SqlStore
from exempt.model.decision import ManualChoice
from exempt.services.ports import Transaction
from exempt.services.rows import ConnectionRow, Span
from support.records import NOW, TODAY, customer, order
from support.stores import enter, rows, save_customers, save_orders

DAYS = (dt.date(2020, 1, 1), TODAY)


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda tx: tx.sources.sale_days([1], ["US-TX"]), id="the days of sales"),
        pytest.param(lambda tx: tx.sources.orders_between([Span(1, "US-TX", *DAYS)]),
                     id="the orders of some days"),
        pytest.param(lambda tx: tx.sources.orders_of([1]), id="the orders of customers"),
        pytest.param(lambda tx: tx.sources.orders_of([1], ["US-TX"]),
                     id="the open orders of customers to some states"),
        pytest.param(lambda tx: tx.sources.standings(1, TODAY, [1]), id="what customers are told"),
        pytest.param(lambda tx: tx.sources.orders_after(1, 0, 10), id="a portion of all orders"),
        pytest.param(lambda tx: tx.sources.orders_by_other_rules(1, "r2-2", 0, 10),
                     id="a portion of those that another rule decided"),
    ],
)  # fmt: skip
def test_not_all_orders_are_looked_at(store: SqlStore, erp: ConnectionRow, ask: Any) -> None:
    save_customers(store, erp, customer(exempt=True))
    save_orders(store, erp, order())
    asked: list[tuple[str, Any]] = []
    engine = store.database.engine

    def note(_connection: Any, _cursor: Any, sql: str, parameters: Any, *_rest: Any) -> None:
        asked.append((sql, parameters))

    sa.event.listen(engine, "before_cursor_execute", note)
    with store.reading() as tx:
        ask(tx)
    sa.event.remove(engine, "before_cursor_execute", note)
    with store.database.reading() as connection:
        plans = [
            row[-1]
            for sql, parameters in asked
            if sql.startswith("SELECT")
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters)
        ]
    of_orders = [line for line in plans if line.startswith(("SCAN o", "SEARCH o "))]
    assert of_orders, "the orders are named o"
    assert [
        each for each in of_orders if each.startswith("SCAN") or "(connection_id=?)" in each
    ] == []


def test_a_certificate_may_be_for_very_many_customers(store: SqlStore, erp: ConnectionRow) -> None:
    """More than SQLite takes parameters in one statement, or PostgreSQL half of them."""
    save_customers(store, erp, customer())
    many = 40_000
    sql = (
        "WITH RECURSIVE n (id) AS (SELECT 2 UNION ALL SELECT id + 1 FROM n WHERE id < 40000)"
        " INSERT INTO customer (id, company_id, name, flagged_exempt, created_at)"
        " SELECT n.id, c.id, 'C', FALSE, 5 FROM n, company c"
    )
    with store.database.writing() as connection:
        connection.exec_driver_sql(sql)
    ids = tuple(range(1, many + 1))
    with store.writing() as tx:
        certificate = enter(tx, 1, "NJ", customer_ids=ids)
        keys = [(certificate, each, "US-NJ") for each in ids]
        tx.certificates.set_holds(dict.fromkeys(keys, TODAY))
        assert len(tx.certificates.holds([certificate])) == many
        found = tx.certificates.get(certificate)
        assert found is not None
        assert found.jurisdictions[0].held_through == TODAY
        tx.certificates.set_holds({keys[-1]: None})
        found = tx.certificates.get(certificate)
    assert found is not None
    assert found.jurisdictions[0].held_through is None
    assert len(found.customer_ids) == many


def test_choices_of_a_page_are_found_among_many(store: SqlStore, erp: ConnectionRow) -> None:
    sold = save_orders(store, erp, *(order(f"O-{n}") for n in range(300))).touched

    def choose(tx: Transaction, order_id: int) -> None:
        choice = ManualChoice(order_id=order_id, tax_applicable=True, made_at=NOW, made_by="anna")
        tx.choices.make(choice)

    with store.writing() as tx:
        for each in sold[::2]:
            choose(tx, each.id)
        page = [each.id for each in sold[100:]]
        assert sorted(tx.choices.of(page)) == sorted(each.id for each in sold[100::2])
        assert tx.choices.of([]) == {}
    assert rows(store, "SELECT count(*) FROM manual_choice") == [(150,)]
