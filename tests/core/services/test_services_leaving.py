"""A record that leaves a card takes along what the card has of it, and may leave it empty."""

from __future__ import annotations

from typing import Any

import pytest

from exempt import Stream
from exempt.services import cards, entries, joining
from exempt.services.cards import CardDone
from exempt.services.customers import named
from exempt.services.rows import Subject
from support.cards import card_of, changes_of, make_cards, on_card, pull, sources
from support.records import DAY, NOW, act, address, customer
from support.stores import rows
from support.world import Source, World

ANNA = act()
BEA = act(NOW + DAY, "bea")
LATER = act(NOW + 2 * DAY, "bea")


@pytest.fixture
def world(any_world: World) -> World:
    """Each test runs on both databases."""
    return any_world


@pytest.fixture
def shop(world: World) -> Source:
    """Another connection of the same company."""
    return world.connect("shop")


ZOE: dict[str, Any] = {
    "name": "Zoe",
    "number": "100",
    "tax_id": "98-7654321",
    "email": "zoe@z.example",
    "billing_address": address("CA"),
}


@pytest.fixture
def mixed(world: World, erp: Source, shop: Source) -> World:
    """Card 1 from the ERP, on which a record of the shop filled what was blank."""
    pull(erp, customer("K", name="Acme", number="100"))
    pull(shop, customer("O", **ZOE))
    assert sources(world, 1) == ["erp K", "shop O"]
    assert card_of(world.store, 1).email == "zoe@z.example"
    return world


def split(world: World, connection: str = "shop", external_id: str = "O") -> CardDone:
    return joining.split(world.store, connection, external_id, LATER)


def link(world: World, to: int, connection: str = "shop", external_id: str = "O") -> CardDone:
    return joining.link(world.store, connection, external_id, to, LATER)


def edit(world: World, customer_id: int = 1, **changes: Any) -> None:
    details = card_of(world.store, customer_id).details.model_copy(update=changes)
    cards.edit(world.store, customer_id, details, BEA)


def said(world: World, customer_id: int = 1) -> tuple[str | None, ...]:
    card = card_of(world.store, customer_id)
    return card.name, card.number, card.tax_id, card.email, card.city


# --- what the card gives up --------------------------------------------------------------


def test_what_the_card_has_of_a_record_alone_goes_with_it(mixed: World) -> None:
    done = split(mixed)
    assert said(mixed) == ("Acme", "100", None, None, None), "its number the ERP says, too"
    assert said(mixed, done.card.id)[:4] == ("Zoe", "100", "98-7654321", "zoe@z.example")
    changes = changes_of(mixed.store, 1)
    assert ("email", "zoe@z.example", None) in changes
    assert ("tax_id", "98-7654321", None) in changes


def test_the_next_record_of_it_finds_the_card_that_it_is_on(mixed: World) -> None:
    done = split(mixed)
    crm = mixed.connect("crm")
    pull(crm, customer("Z", name="Zoe", tax_id="98-7654321"))
    assert sources(mixed, done.card.id) == ["crm Z", "shop O"]


def test_what_somebody_entered_stays(mixed: World) -> None:
    edit(mixed, email="x@z.example")
    edit(mixed, email="zoe@z.example", city="Fresno")
    edit(mixed, city=card_of(mixed.store, 1).city)
    split(mixed)
    card = card_of(mixed.store, 1)
    assert (card.email, card.tax_id, card.city) == ("zoe@z.example", None, "Fresno")


def test_what_a_source_changed_since_is_not_somebodys(mixed: World, shop: Source) -> None:
    edit(mixed, tax_id=None)
    pull(shop, customer("O", **{**ZOE, "name": "Zoe Inc."}))
    assert card_of(mixed.store, 1).tax_id == "98-7654321", "the shop filled it again"
    split(mixed)
    assert card_of(mixed.store, 1).tax_id is None


def test_the_others_fill_what_is_given_up_and_the_next_leads(mixed: World, shop: Source) -> None:
    pull(shop, customer("O", **{**ZOE, "number": None}))
    done = split(mixed, "erp", "K")
    assert said(mixed, done.card.id)[:2] == ("Acme", "100")
    assert said(mixed)[:3] == ("Zoe", None, "98-7654321"), (
        "the number goes with the record that has it"
    )
    pull(shop, customer("O", **{**ZOE, "number": None, "name": "Zoe & Co."}))
    assert card_of(mixed.store, 1).name == "Zoe & Co."


def test_a_card_made_by_hand_keeps_what_it_was_made_with(
    world: World, erp: Source, shop: Source
) -> None:
    make_cards(world.store, on_card("Acme", number="100"))
    pull(shop, customer("O", **{**ZOE, "name": "Acme"}))
    split(world)
    assert said(world) == ("Acme", "100", None, None, None)


def test_what_came_with_a_merge_goes_again(world: World, erp: Source, shop: Source) -> None:
    pull(erp, customer("K", name="Acme", number="100"))
    pull(shop, customer("O", **{**ZOE, "number": "200"}))
    edit(world, 2, tax_id="11-1111111")
    edit(world, 2, tax_id="98-7654321")
    joining.merge(world.store, 1, 2, act(NOW + DAY, "cleo"))
    assert said(world)[:4] == ("Acme", "100", "98-7654321", "zoe@z.example")
    split(world)
    assert said(world)[:4] == ("Acme", "100", "98-7654321", None), (
        "what Bea entered on either stays"
    )


def test_what_came_with_a_record_goes_with_it_from_card_to_card(
    world: World, erp: Source, shop: Source
) -> None:
    pull(erp, customer("K", name="Acme", number="100"), customer("L", name="Bolt", number="101"))
    pull(shop, customer("O", **{**ZOE, "number": "200"}))
    joining.link(world.store, "shop", "O", 1, BEA)
    assert said(world)[:4] == ("Acme", "100", "98-7654321", "zoe@z.example")
    link(world, 2)
    assert said(world)[:4] == ("Acme", "100", None, None)
    assert said(world, 2)[:4] == ("Bolt", "101", "98-7654321", "zoe@z.example")


def test_what_a_deleted_record_says_counts_after_all_others(mixed: World, erp: Source) -> None:
    erp.remote.remove(Stream.CUSTOMERS, "K")
    erp.pull(Stream.CUSTOMERS)
    split(mixed)
    assert said(mixed)[:4] == ("Acme", "100", None, None)


# --- what is left behind -----------------------------------------------------------------


@pytest.fixture
def pair(world: World, erp: Source, shop: Source) -> World:
    """Card 1 from the ERP with number 100, and card 2 from the shop with number 200."""
    pull(erp, customer("K", name="Acme", number="100"))
    pull(shop, customer("O", **{**ZOE, "number": "200", "exempt": True}))
    return world


def test_an_empty_card_leads_to_the_one_that_its_record_is_on(pair: World) -> None:
    link(pair, 1)
    with pair.store.reading() as tx:
        (left,) = tx.cards.find([2])
        assert (left.gone, left.merged_into_id, left.number) == (True, 1, "200")
        assert [named(tx, words).id for words in ("200", "id:2", "Zoe")] == [1, 1, 1]
        assert tx.cards.numbered(1, ["200"]) == {"200": [1]}
    assert rows(pair.store, "SELECT flagged_exempt FROM customer WHERE id = 2") == [(False,)]
    changes = changes_of(pair.store, 1)
    assert ("merged", None, "200 Zoe (id:2), zoe@z.example, 98-7654321") in changes
    assert ("merged.name", "Zoe", "Acme") in changes
    assert ("merged", None, "into 100 Acme (id:1)") in changes_of(pair.store, 2)


def test_its_record_gets_a_new_card_when_it_is_split_off_again(pair: World) -> None:
    link(pair, 1)
    done = joining.split(pair.store, "shop", "O", act(NOW + 3 * DAY))
    assert (done.card.id, done.card.number) == (3, "200")
    assert said(pair)[:4] == ("Acme", "100", None, None)
    with pair.store.reading() as tx:
        assert tx.cards.numbered(1, ["200"]) == {"200": [3]}, "that has the number now"


@pytest.mark.parametrize("hangs", ["certificate", "comment", "ship-to", "request", "entered"])
def test_a_card_on_which_something_hangs_stays(pair: World, hangs: str) -> None:
    match hangs:
        case "certificate":
            pair.certify("200", "TX")
        case "comment":
            entries.add_comment(pair.store, Subject.CUSTOMER, 2, "Hm.", by="bea", at=NOW)
        case "ship-to":
            cards.link_ship_to(pair.store, 1, 2, ANNA)
        case "request":
            with pair.store.writing() as tx:
                tx.requests.add(2, "zoe@z.example", ["US-TX"], NOW)
        case _:
            edit(pair, 2, phone="222")
    link(pair, 1)
    assert card_of(pair.store, 2).id == 2
    assert said(pair, 2) == ("Zoe", None, None, None, None), "what it was found by is not on two"


def test_a_card_with_a_number_of_somebody_keeps_it(pair: World) -> None:
    edit(pair, 2, number="201")
    link(pair, 1)
    assert said(pair, 2)[:3] == ("Zoe", "201", None)


def test_a_card_made_by_hand_stays(pair: World) -> None:
    (third,) = make_cards(pair.store, on_card("Third"))
    link(pair, third)
    joining.link(pair.store, "shop", "O", 1, act(NOW + 3 * DAY))
    assert card_of(pair.store, third).id == third
    assert said(pair, third)[:4] == ("Third", None, None, None)
