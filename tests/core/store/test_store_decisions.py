"""Decisions: one in force an order, and those it took the place of."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from exempt import Stream
from exempt.adapters.store.store import SqlStore
from exempt.model.decision import ByHand, Decision, Ground
from exempt.services.rows import ConnectionRow
from support.records import (
    NOW,
    TODAY,
    address,
    card,
    coverage,
    customer,
    decision_of,
    line,
    order,
)
from support.stores import MINUTE, connected, customers_in, enter, rows, save_customers, save_orders

FLAGGED = card(flagged_exempt=True)
TAXED = decision_of(order(), FLAGGED, [])


def save(store: SqlStore, *decided: tuple[int, Decision], minutes: int = 0) -> int:
    with store.writing() as tx:
        return tx.decisions.save(decided, NOW + minutes * MINUTE)


def exempted(store: SqlStore, order_id: int) -> tuple[int, Decision]:
    """A decision by a certificate that is on file."""
    with store.writing() as tx:
        (customer_id,) = {c.id for c in customers_in(tx)}
        number = enter(tx, customer_id)
        held = tx.certificates.coverages([customer_id])[customer_id]
    decision = decision_of(order(), FLAGGED, held)
    assert decision.certificate_id == number
    return order_id, decision


@pytest.fixture
def order_id(store: SqlStore, erp: ConnectionRow) -> int:
    """The id of an order whose customer is known."""
    save_customers(store, erp, customer("C-1", name="Lone Star"))
    return save_orders(store, erp, order(number="SO-1", lines=(line(),))).touched[0].id


def test_a_decision_is_found_with_its_steps(store: SqlStore, order_id: int) -> None:
    number, decision = exempted(store, order_id)
    assert save(store, (number, decision)) == 1
    with store.reading() as tx:
        (view,) = tx.decisions.find_orders("SO-1")
    assert (view.connection, view.customer_name) == ("erp", "Lone Star")
    assert (view.decision, view.decided_at) == (decision, NOW)
    assert view.record == order(number="SO-1", lines=(line(),))


@pytest.mark.parametrize("words", ["O-1", "SO-1"])
def test_an_order_is_found_by_its_number_or_its_id(
    store: SqlStore, order_id: int, words: str
) -> None:
    with store.reading() as tx:
        (view,) = tx.decisions.find_orders(words)
        assert tx.decisions.find_orders("o-1x") == []
    assert (view.id, view.decision, view.decided_at) == (order_id, None, None)


def test_the_same_number_in_two_connections_is_found_twice(store: SqlStore, order_id: int) -> None:
    save_orders(store, connected(store, "shop"), order("X", number="SO-1"))
    with store.reading() as tx:
        found = tx.decisions.find_orders("SO-1")
    assert [(view.connection, view.customer_name) for view in found] == [
        ("erp", "Lone Star"),
        ("shop", None),
    ]


def history(store: SqlStore) -> list[tuple[Any, ...]]:
    sql = "SELECT ground, decided_at, superseded_at FROM decision ORDER BY id"
    start = int(NOW.timestamp()) * 1_000_000
    return [
        (ground, *(None if at is None else (at - start) // 60_000_000 for at in moments))
        for ground, *moments in rows(store, sql)
    ]


def test_a_decision_takes_the_place_of_another_which_is_kept(
    store: SqlStore, order_id: int
) -> None:
    exempt = exempted(store, order_id)
    assert save(store, (order_id, TAXED)) == 1
    assert save(store, exempt, minutes=1) == 1
    assert save(store, (order_id, TAXED), minutes=2) == 1
    assert history(store) == [
        ("no_certificate", 0, 1),
        ("certificate", 1, 2),
        ("no_certificate", 2, None),
    ]


def test_the_same_decision_again_is_not_written(store: SqlStore, order_id: int) -> None:
    exempt = exempted(store, order_id)
    assert [save(store, exempt, minutes=n) for n in range(3)] == [1, 0, 0]
    assert history(store) == [("certificate", 0, None)]


@pytest.mark.parametrize(
    "update",
    [
        {"rule": "r2-2"},
        {"steps": decision_of(order(), FLAGGED, [coverage(9, jurisdiction="US-CA")]).steps},
        {"facts": TAXED.facts._replace(order_date=TODAY.replace(day=1))},
        {"facts": TAXED.facts._replace(jurisdiction="US-CA")},
        {"facts": TAXED.facts._replace(country="CA")},
        {"facts": TAXED.facts._replace(customer_known=False)},
        {"facts": TAXED.facts._replace(claimed=False)},
        {"facts": TAXED.facts._replace(free_form_number="FF-1")},
        {"facts": TAXED.facts._replace(order_numbers=("po-7",))},
        {"facts": TAXED.facts._replace(by_hand=ByHand(None, False, "Phoned."))},
        {"exempt_percentage": Decimal("33.33")},
        {"certificate_number": "X"},
        {"tax_applicable": False},
        {"ground": Ground.NOT_CLAIMED},
    ],
    ids=str,
)
def test_a_difference_in_anything_is_another_decision(
    store: SqlStore, order_id: int, update: dict[str, Any]
) -> None:
    save(store, (order_id, TAXED))
    other = TAXED.model_copy(update=update)
    assert save(store, (order_id, other)) == 1
    with store.reading() as tx:
        assert tx.decisions.decided([order_id]) == {order_id: other}
    assert len(history(store)) == 2


def test_the_database_itself_allows_one_in_force(store: SqlStore, order_id: int) -> None:
    save(store, (order_id, TAXED))
    copied = (
        "INSERT INTO decision (order_id, ground, tax_applicable, order_date, rule, steps,"
        " decided_at) SELECT order_id, ground, tax_applicable, order_date, rule, steps,"
        " decided_at FROM decision"
    )
    with pytest.raises(sa.exc.IntegrityError), store.database.writing() as connection:
        connection.execute(sa.text(copied))


def test_decisions_are_counted_by_ground_and_state_and_currency(
    store: SqlStore, erp: ConnectionRow
) -> None:
    sold = [
        order("1", total=Decimal("10.00")),
        order("2", total=Decimal("-2.50")),
        order("3", total=Decimal(500), currency="JPY"),
        order("4", ship_to=address("CA")),
        order("5", voided=True),
        order("6"),
        order("7", ship_to=None),
    ]
    ids = [each.id for each in save_orders(store, erp, *sold).touched]
    save(store, *((i, decision_of(o, FLAGGED, [])) for i, o in zip(ids, sold, strict=True)))
    with store.writing() as tx:
        tx.sources.mark_deleted(erp, Stream.ORDERS, ["6"], NOW)
    with store.reading() as tx:
        counts = {(c.ground, c.jurisdiction, c.currency): c[4:] for c in tx.decisions.counts()}
        assert tx.reports.orders_of_voided() == 1
    assert counts == {
        ("no_certificate", "US-CA", "USD"): (1, 10000),
        ("no_certificate", "US-TX", "JPY"): (1, 500),
        ("no_certificate", "US-TX", "USD"): (2, 750),
        ("no_ship_to", None, "USD"): (1, 10000),
    }


def test_customers_to_be_asked(store: SqlStore, erp: ConnectionRow) -> None:
    shop = connected(store, "shop")
    save_customers(store, erp, customer("C-1", name="Zeta", number="1", email="ap@zeta.example"))
    save_customers(store, erp, customer("C-2", name="Alpha"), customer("C-3", name="Covered"))
    save_customers(store, shop, customer("S-1", name="zeta", number="1"))
    sold = [
        (erp, order("1", ship_to=address("TX")), FLAGGED),
        (erp, order("2", ship_to=address("CA")), FLAGGED),
        (shop, order("3", customer_external_id="S-1"), FLAGGED),
        (erp, order("4", customer_external_id="C-2"), FLAGGED),
        (erp, order("5", customer_external_id="C-3"), card()),
        (erp, order("6", voided=True), FLAGGED),
    ]
    for row, each, who in sold:
        (stored,) = save_orders(store, row, each).touched
        save(store, (stored.id, decision_of(each, who, [])))
    with store.writing() as tx:
        (zeta,) = (c.id for c in customers_in(tx, "zeta"))
        tx.requests.add(zeta, "ap@zeta.example", ["US-CA"], NOW)
    with store.reading() as tx:
        found = [one[2:8] for one in tx.decisions.uncovered()]
        places = tx.requests.places([zeta], NOW)
        (asked,) = tx.requests.all()
    assert found == [
        ("Northwind", None, "Alpha", None, ("US-TX",), 1),
        ("Northwind", "1", "Zeta", "ap@zeta.example", ("US-CA", "US-TX"), 3),
    ]
    assert places == {zeta: ("US-CA",)}
    assert asked[1:7] == (zeta, "Zeta", "ap@zeta.example", ("US-CA",), "not_opened", NOW)


def test_nothing_decided_is_nothing_saved(store: SqlStore, erp: ConnectionRow) -> None:
    assert save(store) == 0
    assert history(store) == []
