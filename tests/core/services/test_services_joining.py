"""Records of sources put on other cards by hand, and what is not the same customer."""

from __future__ import annotations

import pytest

from exempt import Stream
from exempt.errors import NotFoundError, RefusedError
from exempt.services import joining
from exempt.services.cards import CardDone
from exempt.services.certificates import Act
from support.cards import (
    card_of,
    changes_of,
    make_cards,
    on_card,
    pull,
    sources,
    two_cards,
)
from support.fake_connector import WRITES
from support.records import DAY, NOW, act, customer, order
from support.stores import rows
from support.world import Source, World

ANNA = act()


@pytest.fixture
def world(any_world: World) -> World:
    """Each test runs on both databases."""
    return any_world


@pytest.fixture
def shop(world: World) -> Source:
    """Another connection of the same company."""
    return world.connect("shop")


@pytest.fixture
def two(erp: Source, shop: Source) -> World:
    """Card 1 from the ERP with number 1001, and card 2 from the shop with number 2002."""
    return two_cards(erp, shop)


def merge(world: World, keep: int = 1, other: int = 2, by: Act = ANNA) -> CardDone:
    return joining.merge(world.store, keep, other, by)


# --- split -------------------------------------------------------------------------------


def split(world: World, connection: str = "shop", external_id: str = "O") -> CardDone:
    return joining.split(world.store, connection, external_id, ANNA)


def test_a_record_gets_a_card_of_its_own(erp: Source, shop: Source, world: World) -> None:
    pull(erp, customer("K", name="Acme", number="1001"))
    pull(shop, customer("O", name="Bolt", number="1001", email="ap@bolt.example", exempt=True))
    assert sources(world, 1) == ["erp K", "shop O"]
    done = split(world)
    assert (done.card.id, done.card.name, done.card.email) == (2, "Bolt", "ap@bolt.example")
    assert done.card.flagged_exempt
    assert not card_of(world.store, 1).flagged_exempt, "nobody claims it here any more"
    assert sources(world, 1) == ["erp K"]
    assert ("sources", "shop O Bolt", None) in changes_of(world.store, 1)
    assert changes_of(world.store, 2)[:2] == [
        ("made", None, "split off 1001 Acme (id:1)"),
        ("sources", None, "shop O Bolt"),
    ]


def test_a_sync_leaves_it_there_and_the_card_follows_it(
    erp: Source, shop: Source, world: World
) -> None:
    pull(erp, customer("K", number="1001"))
    pull(shop, customer("O", name="Bolt", number="1001"))
    split(world)
    pull(shop, customer("O", name="Bolt Ltd", number="1001"))
    assert sources(world, 2) == ["shop O"], "although the number is that of the other card"
    assert card_of(world.store, 2).name == "Bolt Ltd", "its source made it, and leads"


def test_orders_go_with_the_record(erp: Source, shop: Source, world: World) -> None:
    pull(erp, customer("K", number="1001"))
    pull(shop, customer("O", number="1001", exempt=True))
    pull(shop, order("S-1", customer_external_id="O"))
    world.certify("1001", "TX")
    assert world.ground("S-1") == "certificate"
    done = split(world)
    assert (done.orders_changed, world.ground("S-1")) == (1, "no_certificate")


def test_merged_and_split_again(two: World, shop: Source) -> None:
    two.certify("2002", "TX")
    merge(two)
    done = split(two)
    assert (done.card.id, done.card.name, done.card.number) == (3, "ACME Inc.", "2002")
    assert sources(two, 1) == ["erp K"]
    with two.store.reading() as tx:
        assert tx.certificates.find([1])[0].customer_ids == (1,), "certificates stay: move by hand"
    assert two.ground("S-1") == "no_certificate"
    assert card_of(two.store, 2).id == 1
    pull(shop, customer("O", name="ACME again", number="2002", exempt=True))
    assert card_of(two.store, 3).name == "ACME again"


@pytest.mark.parametrize("splits", ["O", "K"])
def test_a_claim_that_the_source_shows_no_more_goes_with_its_record(
    world: World, erp: Source, splits: str
) -> None:
    """The record that claimed, and that we turned off ourselves, is ``O``; ``K`` never claimed."""
    books = world.connect("books", WRITES)
    pull(erp, customer("K", number="1"))
    pull(books, customer("O", number="1", exempt=True))
    world.use_register()
    books.sync()
    books.pull(Stream.CUSTOMERS)
    assert books.remote.customer("O").exempt is False
    assert card_of(world.store, 1).flagged_exempt
    split(world, "books" if splits == "O" else "erp", splits)
    flags = {name: card_of(world.store, customer_id).flagged_exempt
             for customer_id in (1, 3) for name in sources(world, customer_id)}  # fmt: skip
    assert flags == {"erp K": False, "books O": True}


def test_a_record_is_split_off_a_card_made_by_hand(world: World, erp: Source) -> None:
    make_cards(world.store, on_card("By hand", number="1001"))
    pull(erp, customer("K", name="Acme", number="1001"))
    assert sources(world, 1) == ["erp K"]
    assert split(world, "erp", "K").card.id == 2
    assert sources(world, 1) == []


@pytest.mark.parametrize(
    ("connection", "external_id", "error", "said"),
    [
        pytest.param("shop", "O", RefusedError, "shop O: is alone on its card id:2 already",
                     id="alone on its card"),
        pytest.param("shop", "X", NotFoundError, "shop X: no customer of that source",
                     id="no such record"),
        pytest.param("none", "O", NotFoundError, "none O: no customer of that source",
                     id="no such source"),
    ],
)  # fmt: skip
def test_what_is_not_split(
    two: World, connection: str, external_id: str, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        split(two, connection, external_id)


# --- link --------------------------------------------------------------------------------


def link(world: World, to: int = 1, connection: str = "shop", external_id: str = "O") -> CardDone:
    return joining.link(world.store, connection, external_id, to, ANNA)


def test_a_record_is_put_on_another_card(two: World, shop: Source) -> None:
    two.certify("1001", "TX")
    done = link(two)
    assert (done.card.id, done.card.email) == (1, "ap@acme.example"), "what was blank is filled"
    assert (done.card.name, done.card.number) == ("Acme", "1001")
    assert (done.orders_changed, two.ground("S-1")) == (1, "certificate")
    assert done.card.flagged_exempt
    assert ("sources", "shop O ACME Inc.", None) in changes_of(two.store, 2)
    assert ("sources", None, "shop O ACME Inc.") in changes_of(two.store, 1)
    pull(shop, customer("O", name="x", number="2002", exempt=True))
    assert sources(two, 1) == ["erp K", "shop O"]


def test_a_record_that_was_put_elsewhere_and_deleted_comes_back_there(
    two: World, shop: Source
) -> None:
    link(two)
    shop.remote.remove(Stream.CUSTOMERS, "O")
    shop.pull(Stream.CUSTOMERS)
    assert not card_of(two.store, 1).flagged_exempt
    pull(shop, customer("O", number="2002", exempt=True))
    assert sources(two, 1) == ["erp K", "shop O"]
    assert card_of(two.store, 1).flagged_exempt


def test_a_record_goes_to_the_card_that_stands_for_the_one_named(two: World, erp: Source) -> None:
    make_cards(two.store, on_card("Third"))
    merge(two, 1, 3)
    assert link(two, 3).card.id == 1


@pytest.mark.parametrize(
    ("to", "external_id", "error", "said"),
    [
        pytest.param(2, "O", RefusedError, "shop O: is on the card id:2 already", id="there"),
        pytest.param(3, "O", RefusedError, "shop O: belongs to another company than id:3",
                     id="of another company"),
        pytest.param(1, "X", NotFoundError, "shop X: no customer of that source", id="no record"),
        pytest.param(99, "O", NotFoundError, "customer id:99: there is none", id="no card"),
    ],
)  # fmt: skip
def test_what_is_not_linked(
    two: World, to: int, external_id: str, error: type[Exception], said: str
) -> None:
    make_cards(two.store, on_card("South"), company="southwind")
    with pytest.raises(error, match=said):
        link(two, to, external_id=external_id)


# --- not the same ------------------------------------------------------------------------


def test_not_the_same_is_remembered_once(two: World) -> None:
    joining.not_same(two.store, 2, 1, ANNA)
    joining.not_same(two.store, 1, 2, act(NOW + DAY, "bea"))
    assert rows(two.store, "SELECT low_id, high_id, said_by FROM not_same") == [(1, 2, "anna")]


@pytest.mark.parametrize(
    ("pair", "error", "said"),
    [
        pytest.param((1, 1), RefusedError, "is the same card as id:1: name two", id="one card"),
        pytest.param((1, 99), NotFoundError, "customer id:99: there is none", id="no card"),
    ],
)
def test_of_whom_it_is_not_said(
    two: World, pair: tuple[int, int], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        joining.not_same(two.store, *pair, ANNA)
