"""Customers of several sources become customer cards."""

from __future__ import annotations

from typing import Any

import pytest

from exempt.adapters.store.store import SqlStore
from exempt.model.sources import Customer
from exempt.services.rows import ConnectionRow, DeliveryState, DeliveryTarget
from support.records import NOW, address, customer
from support.stores import MINUTE, connected, rows, save_customers


@pytest.fixture
def shop(store: SqlStore) -> ConnectionRow:
    """Another connection of the same company."""
    return connected(store, "shop")


def links(store: SqlStore) -> dict[str, int]:
    """The card of each source customer; the first card is 1."""
    found = rows(store, "SELECT external_id, customer_id FROM source_customer ORDER BY id")
    first = min((card for _, card in found), default=1) - 1
    return {external_id: card - first for external_id, card in found}


def cards(store: SqlStore) -> list[tuple[Any, ...]]:
    """Name, number, e-mail, flag, free-form number."""
    found = rows(
        store,
        "SELECT name, number, email, flagged_exempt, resale_certificate_number"
        " FROM customer ORDER BY id",
    )
    return [(*row[:3], bool(row[3]), row[4]) for row in found]


A = customer("A", number="C-1001", email="ap@acme.example")

LINKED = [
    pytest.param([customer("B", number="c-1001 ")], [1], id="the same number is the same card"),
    pytest.param([customer("B", email="AP@acme.example")], [1],
                 id="without a number the same e-mail is"),
    pytest.param([customer("B", number="C-1001", email="other@acme.example")], [1],
                 id="the number counts, whatever the e-mail"),
    pytest.param([customer("B", number="C-9", email="ap@acme.example")], [2],
                 id="who differs in number gets a card of its own"),
    pytest.param([customer("B")], [2], id="who has neither gets a card of its own"),
    pytest.param([customer("B"), customer("C")], [2, 3], id="and shares it with nobody"),
    pytest.param([customer("B", number="C-2"), customer("C", number="C-2")], [2, 2],
                 id="two new ones of a page may be the same"),
    pytest.param([customer("B", email="ap@acme.example"),
                  customer("C", number="C-9", email="ap@acme.example")], [1, 2],
                 id="a card keeps its number, whoever joins it without one"),
    pytest.param([customer("B", number="C-9", email="ap@acme.example"),
                  customer("C", email="ap@acme.example")], [2, 3],
                 id="a mailbox that serves two cards decides nothing"),
    pytest.param([customer("B", email="new@acme.example"),
                  customer("C", number="C-9", email="new@acme.example"),
                  customer("D", number="C-8", email="new@acme.example")], [2, 3, 4],
                 id="two records of one source share no card by their mailbox"),
    pytest.param([customer("B", email="n/a"), customer("C", email="n/a", tax_id="N/A"),
                  customer("D", number="N/A", tax_id="00-0000000")], [2, 3, 4],
                 id="nor any by what stands there for want of something better"),
]  # fmt: skip


@pytest.mark.parametrize(("page", "belong"), LINKED)
def test_which_card_a_customer_belongs_to(
    store: SqlStore, erp: ConnectionRow, shop: ConnectionRow, page: list[Customer],
    belong: list[int],
) -> None:  # fmt: skip
    save_customers(store, erp, A)
    save_customers(store, shop, *page)
    assert links(store) == {"A": 1, **{c.external_id: n for c, n in zip(page, belong, strict=True)}}


@pytest.mark.parametrize(("page", "belong"), LINKED)
def test_page_by_page_it_is_the_same_as_at_once(
    store: SqlStore, erp: ConnectionRow, shop: ConnectionRow, page: list[Customer],
    belong: list[int],
) -> None:  # fmt: skip
    save_customers(store, erp, A)
    for each in page:
        save_customers(store, shop, each)
    assert list(links(store).values()) == [1, *belong]


def test_companies_share_no_cards(store: SqlStore, erp: ConnectionRow) -> None:
    abroad = connected(store, "abroad", company="southwind")
    save_customers(store, erp, A)
    save_customers(store, abroad, customer("B", number="C-1001", email="ap@acme.example"))
    assert links(store) == {"A": 1, "B": 2}


def test_a_link_once_made_stays(store: SqlStore, erp: ConnectionRow, shop: ConnectionRow) -> None:
    save_customers(store, erp, A)
    save_customers(store, shop, customer("B", number="C-1001"))
    save_customers(store, shop, customer("B", name="another name", email="x@y.zz"))
    assert links(store) == {"A": 1, "B": 1}


def test_who_has_another_number_by_now_was_taken_for_the_wrong_customer(
    store: SqlStore, erp: ConnectionRow, shop: ConnectionRow
) -> None:
    """Two that both have a number and differ in it are never the same customer."""
    save_customers(store, erp, A)
    save_customers(store, shop, customer("B", email=A.email))
    assert links(store) == {"A": 1, "B": 1}
    saved = save_customers(store, shop, customer("B", number="C-7", email=A.email))
    assert links(store) == {"A": 1, "B": 2}
    assert saved.customer_ids == {1, 2}, "the orders of both are decided anew"


def test_a_card_follows_the_source_that_made_it(
    store: SqlStore, erp: ConnectionRow, shop: ConnectionRow
) -> None:
    save_customers(store, erp, A)
    save_customers(store, shop, customer("B", name="acme (shop)", number="C-1001", email="x@y.zz"))
    assert cards(store) == [("Customer A", "C-1001", "ap@acme.example", False, None)]
    moved = customer("A", name="ACME Corp.", number="C-1002", email="pay@acme.example")
    save_customers(store, erp, moved)
    assert cards(store) == [("ACME Corp.", "C-1002", "pay@acme.example", False, None)]
    assert links(store) == {"A": 1, "B": 1}


def test_another_source_fills_what_is_blank(
    store: SqlStore, erp: ConnectionRow, shop: ConnectionRow
) -> None:
    save_customers(store, erp, customer("A", number="C-1001"))
    save_customers(store, shop, customer("B", number="C-1001", email="ap@acme.example"))
    assert cards(store) == [("Customer A", "C-1001", "ap@acme.example", False, None)]
    save_customers(store, erp, customer("A", number="C-1001"))
    assert cards(store)[0][2] == "ap@acme.example", "a blank does not erase it"


@pytest.mark.parametrize(
    ("pages", "flagged"),
    [
        pytest.param([("erp", "A", True)], True, id="flagged by its source"),
        pytest.param([("erp", "A", True), ("erp", "A", False)], False,
                     id="no longer flagged by its source"),
        pytest.param([("erp", "A", False), ("shop", "B", True)], True, id="flagged by another one"),
        pytest.param([("erp", "A", True), ("shop", "B", False)], True,
                     id="another one's silence takes nothing back"),
        pytest.param([("erp", "A", False), ("shop", "B", True), ("erp", "A", False)], True,
                     id="a source that never claimed takes nothing back"),
        pytest.param([("erp", "A", True), ("shop", "B", True), ("erp", "A", False)], True,
                     id="of two that claimed one still does"),
        pytest.param([("erp", "A", True), ("shop", "B", True), ("erp", "A", False),
                      ("shop", "B", False)], False, id="both took it back"),
        pytest.param([("erp", "A", True), ("erp", "B", False)], True,
                     id="of two records in one source one claims"),
    ],
)  # fmt: skip
def test_a_card_is_flagged_while_any_source_claims(
    store: SqlStore, erp: ConnectionRow, shop: ConnectionRow,
    pages: list[tuple[str, str, bool]], flagged: bool,
) -> None:  # fmt: skip
    for connection, external_id, exempt in pages:
        source = {"erp": erp, "shop": shop}[connection]
        save_customers(store, source, customer(external_id, number="C-1", exempt=exempt))
    assert [card[3] for card in cards(store)] == [flagged]


@pytest.mark.parametrize("exempt", [(True, False), (False, True)])
def test_two_records_on_one_page_claim_together(
    store: SqlStore, erp: ConnectionRow, exempt: tuple[bool, bool]
) -> None:
    page = [customer(i, number="C-1", exempt=flag) for i, flag in zip("AB", exempt, strict=True)]
    save_customers(store, erp, *page)
    assert [card[3] for card in cards(store)] == [True]


@pytest.mark.parametrize("claim", [{"exemption_number": "E-1"}, {"exemption_code": "G"}])
def test_a_number_or_a_code_elsewhere_is_a_claim(
    store: SqlStore, erp: ConnectionRow, shop: ConnectionRow, claim: dict[str, str]
) -> None:
    save_customers(store, erp, A)
    save_customers(store, shop, customer("B", number="C-1001", **claim))
    save_customers(store, erp, A)
    assert [card[3] for card in cards(store)] == [True]


def test_a_blank_number_elsewhere_is_no_claim(
    store: SqlStore, erp: ConnectionRow, shop: ConnectionRow
) -> None:
    save_customers(store, shop, customer("B", number="C-1001", exemption_number=""))
    save_customers(store, erp, A)
    assert [card[3] for card in cards(store)] == [False]


def told(store: SqlStore, row: ConnectionRow, external_id: str, state: DeliveryState) -> None:
    """Let a status have been written to a customer."""
    with store.writing() as tx:
        tx.deliveries.owe(row.id, DeliveryTarget.CUSTOMER, [(external_id, 1, "{}")], NOW)
        (delivery,) = tx.deliveries.due(row.id, [DeliveryTarget.CUSTOMER], NOW, 9)
        if state is not DeliveryState.PENDING:
            tx.deliveries.mark(delivery, state, outcome="applied", message="", at=NOW)


@pytest.mark.parametrize(
    ("state", "flagged"),
    [
        pytest.param(DeliveryState.SENT, True, id="our own word coming back takes nothing back"),
        pytest.param(DeliveryState.PENDING, False, id="before we said anything the source speaks"),
    ],
)
def test_not_exempt_coming_back(
    store: SqlStore, erp: ConnectionRow, state: DeliveryState, flagged: bool
) -> None:
    save_customers(store, erp, customer("A", exempt=True))
    told(store, erp, "A", state)
    save_customers(store, erp, customer("A", exempt=False))
    assert [card[3] for card in cards(store)] == [flagged]


def test_whom_we_told_of_nobody_claims_for_comes_back_unflagged(
    store: SqlStore, erp: ConnectionRow
) -> None:
    save_customers(store, erp, customer("A", exempt=False))
    told(store, erp, "A", DeliveryState.SENT)
    save_customers(store, erp, customer("A", exempt=False))
    assert [card[3] for card in cards(store)] == [False]


def free(external_id: str, number: str | None) -> Customer:
    return customer(external_id, number="C-1", resale_certificate_number=number)


@pytest.mark.parametrize(
    ("pages", "number"),
    [
        pytest.param([("erp", "FF-1")], "FF-1", id="of its only source"),
        pytest.param([("erp", "FF-1"), ("erp", None)], None, id="taken back by it"),
        pytest.param([("erp", None), ("shop", "FF-2")], "FF-2", id="of another source"),
        pytest.param([("erp", None), ("shop", "FF-2"), ("erp", None)], "FF-2",
                     id="it stays when the first source is read again"),
        pytest.param([("erp", "FF-1"), ("shop", "FF-2")], "FF-1",
                     id="that of the source that made the card comes first"),
        pytest.param([("erp", None), ("shop", "FF-2"), ("erp", "FF-1")], "FF-1",
                     id="also when it comes later"),
        pytest.param([("erp", "FF-1"), ("shop", "FF-2"), ("erp", None)], "FF-2",
                     id="then the other one's"),
        pytest.param([("erp", None), ("shop", "FF-2"), ("shop", None)], None,
                     id="gone when none has one"),
    ],
)  # fmt: skip
def test_the_free_form_number_of_a_card(
    store: SqlStore, erp: ConnectionRow, shop: ConnectionRow,
    pages: list[tuple[str, str | None]], number: str | None,
) -> None:  # fmt: skip
    for connection, value in pages:
        save_customers(store, {"erp": erp, "shop": shop}[connection], free(connection, value))
    assert [card[4] for card in cards(store)] == [number]


@pytest.mark.parametrize(
    ("then", "counted"),
    [
        pytest.param({}, 0, id="nothing changed"),
        pytest.param({"email": "new@acme.example"}, 0, id="an e-mail changes no decision"),
        pytest.param({"exempt": True}, 1, id="a claim may"),
        pytest.param({"resale_certificate_number": "FF"}, 1, id="so may a free-form number"),
    ],
)
def test_whose_orders_are_decided_anew(
    store: SqlStore, erp: ConnectionRow, then: dict[str, Any], counted: int
) -> None:
    assert len(save_customers(store, erp, A).customer_ids) == 1, "a new one: orders may wait for it"
    saved = save_customers(store, erp, A.model_copy(update=then))
    assert len(saved.customer_ids) == counted
    assert saved.unchanged == (0 if then else 1)


def test_a_late_arrival_changes_no_card(store: SqlStore, erp: ConnectionRow) -> None:
    save_customers(store, erp, customer("A", name="New", exempt=True, updated_at=NOW))
    late = customer("A", name="Old", exempt=False, updated_at=NOW - MINUTE)
    saved = save_customers(store, erp, late)
    assert saved.customer_ids == frozenset()
    assert cards(store) == [("New", None, None, True, None)]


def ship_tos(store: SqlStore) -> list[tuple[Any, ...]]:
    return rows(store, "SELECT jurisdiction, address_city FROM ship_to ORDER BY position")


@pytest.mark.parametrize(
    ("facts", "places"),
    [
        pytest.param({"ship_to": (address("CA"), address("NY"))}, ["US-CA", "US-NY"],
                     id="each address that goods go to"),
        pytest.param({"ship_to": (), "billing_address": address("CA")}, ["US-CA"],
                     id="the billing address where there is none"),
        pytest.param({"ship_to": (address("NY"),), "billing_address": address("CA")}, ["US-NY"],
                     id="and not where there is one"),
        pytest.param({"ship_to": ()}, [], id="nowhere"),
        pytest.param({"ship_to": (address(None),)}, [None], id="an address without a state"),
        pytest.param({"ship_to": (address("ON", "CA"),)}, ["CA-ON"], id="an address abroad"),
    ],
)  # fmt: skip
def test_where_goods_go(
    store: SqlStore, erp: ConnectionRow, facts: dict[str, Any], places: list[str | None]
) -> None:
    save_customers(store, erp, customer("A"))
    saved = save_customers(store, erp, customer("A", **facts))
    assert [place for place, _ in ship_tos(store)] == places
    assert (saved.changed, saved.unchanged) == (1, 0)
    again = save_customers(store, erp, customer("A", **facts))
    assert (again.changed, again.unchanged) == (0, 1)


def test_a_late_arrival_moves_no_goods(store: SqlStore, erp: ConnectionRow) -> None:
    save_customers(store, erp, customer("A", updated_at=NOW))
    late = customer("A", updated_at=NOW - MINUTE, ship_to=(address("CA"),))
    assert save_customers(store, erp, late).unchanged == 1
    assert [place for place, _ in ship_tos(store)] == ["US-TX"]
