"""Once cards were merged: old ids, orders, chains, and who may not be merged."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest

from exempt.errors import NotFoundError, RefusedError
from exempt.services import cards, joining
from exempt.services.cards import CardDone
from exempt.services.certificates import Act
from exempt.services.customers import named
from exempt.services.likeness_ports import DoublesFilter
from support.cards import (
    card_of,
    changes_of,
    make_cards,
    on_card,
    pull,
    sources,
    two_cards,
)
from support.records import NOW, act, customer
from support.stores import everything, rows
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


# --- merge: afterwards -------------------------------------------------------------------


def test_open_orders_are_decided_anew(two: World) -> None:
    two.certify("1001", "TX")
    assert two.ground("S-1") == "no_certificate"
    done = merge(two)
    assert (done.orders_changed, two.ground("S-1")) == (1, "certificate")


def test_a_merged_card_is_found_by_its_old_id(two: World) -> None:
    merge(two)
    assert card_of(two.store, 2).id == 1
    with two.store.reading() as tx:
        (old,) = tx.cards.find([2])
        assert tx.cards.merged_into(1) == [2]
    assert (old.gone, old.merged_into_id, old.number, old.name) == (True, 1, "2002", "ACME Inc.")
    assert changes_of(two.store, 2)[-1] == ("merged", None, "into 1001 Acme (id:1)")


def test_a_merged_card_is_in_no_list(two: World) -> None:
    merge(two)
    with two.store.reading() as tx:
        assert tx.likeness.pairs(DoublesFilter()).total == 0
    assert two.customer_id("Acme") == 1


def found(world: World, words: str) -> int:
    with world.store.reading() as tx:
        return named(tx, words).id


@pytest.mark.parametrize("words", ["2002", "ACME inc.", "ap@acme.example", "id:2"])
def test_what_named_a_merged_card_names_the_one_that_stands_for_it(two: World, words: str) -> None:
    (third,) = make_cards(two.store, on_card("Third", number="3003", email="x@third.example"))
    merge(two, 1, 2)
    merge(two, third, 1)
    assert found(two, words) == third, "over two merges"
    assert found(two, "1001") == third


def test_its_number_is_taken_by_the_card_that_stands_for_it(two: World) -> None:
    merge(two)
    with two.store.reading() as tx:
        assert tx.cards.numbered(1, ["2002", "1001"]) == {"1001": [1], "2002": [1]}
        assert tx.cards.numbered(2, ["2002"]) == {}, "in its company"
    with pytest.raises(RefusedError, match="customer number 2002: is that of id:1 already"):
        cards.add(two.store, 1, on_card("New", number="2002"), ANNA)


def test_a_card_in_use_comes_before_a_merged_one(two: World) -> None:
    make_cards(two.store, on_card("Third", number="2002"))
    merge(two, 1, 2)
    with two.store.reading() as tx:
        assert tx.cards.numbered(1, ["2002"]) == {"2002": [3]}
    assert found(two, "2002") == 3


def test_of_two_merged_cards_with_one_number_both_have_it(two: World) -> None:
    third, fourth = make_cards(
        two.store, on_card("Third", number="3"), on_card("Fourth", number="2002")
    )
    merge(two, 1, 2)
    merge(two, third, fourth)
    with two.store.reading() as tx:
        assert tx.cards.numbered(1, ["2002"]) == {"2002": [1, third]}
    with pytest.raises(NotFoundError, match=f"2 fit: name one of id:1, id:{third}"):
        found(two, "2002")


def test_nobody_stands_for_what_was_merged_into_a_card_that_is_undone(two: World) -> None:
    third, fourth = make_cards(two.store, on_card("Third"), on_card("Fourth", number="4004"))
    merge(two, third, fourth)
    with two.store.writing() as tx:
        assert tx.cards.retire([third], NOW) == []
        assert tx.cards.numbered(1, ["4004"]) == {}
        assert tx.search.customers("4004") == []


def test_cards_are_merged_one_after_the_other(two: World) -> None:
    make_cards(two.store, on_card("Third", number="3003"))
    two.certify("2002", "TX")
    merge(two, 1, 2)
    merge(two, 3, 1)
    assert [card_of(two.store, each).id for each in (1, 2, 3)] == [3, 3, 3]
    assert sources(two, 3) == ["erp K", "shop O"]
    with two.store.reading() as tx:
        assert tx.cards.merged_into(3) == [1, 2]
        assert tx.certificates.find([1])[0].customer_ids == (3,)
    assert two.ground("S-1") == "certificate"


def test_by_an_old_id_the_card_that_stands_for_it_is_merged(two: World) -> None:
    make_cards(two.store, on_card("Third", number="3003"))
    merge(two, 1, 2)
    assert merge(two, 2, 3).card.id == 1, "the second now is the first"
    with pytest.raises(RefusedError, match="is the same card as id:1"):
        merge(two, 1, 2)


def test_a_new_record_with_the_old_number_comes_to_the_card_that_stands_for_it(
    two: World, erp: Source
) -> None:
    merge(two)
    pull(erp, customer("N", number="2002"))
    assert sources(two, 1) == ["erp K", "erp N", "shop O"]


@pytest.mark.parametrize(
    ("keep", "other", "error", "said"),
    [
        pytest.param(1, 1, RefusedError, "id:1: is the same card as id:1: name two",
                     id="one card"),
        pytest.param(1, 99, NotFoundError, "customer id:99: there is none", id="no card"),
        pytest.param(1, 3, RefusedError, "id:3: belongs to another company than id:1",
                     id="of two companies"),
    ],
)  # fmt: skip
def test_what_is_not_merged(
    two: World, keep: int, other: int, error: type[Exception], said: str
) -> None:
    make_cards(two.store, on_card("South"), company="southwind")
    before = everything(two.store)
    with pytest.raises(error, match=said):
        merge(two, keep, other)
    assert everything(two.store) == before


def test_nobody_becomes_a_ship_to_of_its_own_ship_to(two: World) -> None:
    (third,) = make_cards(two.store, on_card("Third"))
    cards.link_ship_to(two.store, 1, third, ANNA)
    cards.link_ship_to(two.store, third, 2, ANNA)
    with pytest.raises(RefusedError, match=f"id:{third}: is a ship-to customer of one of"):
        merge(two)


# --- at the same time --------------------------------------------------------------------


def test_two_people_merge_two_cards_into_each_other(two: World) -> None:
    with ThreadPoolExecutor(2) as pool:
        done = [pool.submit(merge, two, *pair) for pair in ((1, 2), (2, 1))]
        errors = [each.exception() for each in done]
    (error,) = filter(None, errors)
    assert isinstance(error, RefusedError)
    assert "is the same card" in str(error)
    kept = card_of(two.store, 1).id
    assert sources(two, kept) == ["erp K", "shop O"]
    assert sources(two, 3 - kept) == []


def test_history_of_either_card_only_grows(two: World) -> None:
    sql = "SELECT id, subject, subject_id, field, old, new FROM history ORDER BY id"
    details = card_of(two.store, 2).details.model_copy(update={"attention": "Ann"})
    cards.edit(two.store, 2, details, ANNA)
    before = rows(two.store, sql)
    merge(two, by=act(NOW + dt.timedelta(hours=1)))
    assert rows(two.store, sql)[: len(before)] == before
