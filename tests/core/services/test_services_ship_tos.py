"""Ship-to customers linked by hand: covered by their billing customer, by the ship-to's state."""

from __future__ import annotations

import pytest

from exempt import Stream
from exempt.errors import NotFoundError, RefusedError
from exempt.services import cards, joining
from exempt.services.cards import Unlinked
from exempt.services.requests import lacking
from support.cards import card_of, changes_of, make_cards, on_card, pull
from support.fake_connector import WRITES
from support.records import TODAY, act, address, customer, order
from support.stores import everything
from support.world import Source, World

ANNA = act()


@pytest.fixture
def world(any_world: World) -> World:
    """Each test runs on both databases."""
    return any_world


@pytest.fixture
def hotel(world: World) -> Source:
    """A billing customer, card 1, and a location with a number of its own, card 2."""
    erp = world.connect("erp", WRITES)
    pull(erp, customer("B", name="Hotel", number="100"),
         customer("S", name="Annex", number="101", ship_to=(address("TX"),)))  # fmt: skip
    return erp


def link(world: World, bill_to: int = 1, ship_to: int = 2) -> int:
    return cards.link_ship_to(world.store, bill_to, ship_to, ANNA)


def unlink(world: World, bill_to: int = 1, ship_to: int = 2) -> Unlinked:
    return cards.unlink_ship_to(world.store, bill_to, ship_to, ANNA)


def links(world: World, card: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    found = card_of(world.store, card)
    return found.bill_to_ids, found.ship_to_ids


def test_a_link_is_shown_on_both_sides(hotel: Source) -> None:
    link(hotel.world)
    assert links(hotel.world, 1) == ((), (2,))
    assert links(hotel.world, 2) == ((1,), ())
    said = changes_of(hotel.world.store, 1)[-1], changes_of(hotel.world.store, 2)[-1]
    assert said == (
        ("ship_to_customers", None, "101 Annex (id:2)"),
        ("bill_to_customers", None, "100 Hotel (id:1)"),
    )
    unlink(hotel.world)
    assert links(hotel.world, 1) == links(hotel.world, 2) == ((), ())
    assert changes_of(hotel.world.store, 2)[-1] == ("bill_to_customers", "100 Hotel (id:1)", None)


def test_a_certificate_of_the_billing_customer_covers_it(hotel: Source) -> None:
    world = hotel.world
    pull(hotel, order("S-TX", customer_external_id="S", tax_applicable=False))
    world.certify("Hotel", "TX")
    assert world.ground("S-TX") == "no_certificate"
    assert link(world) == 1
    assert world.ground("S-TX") == "certificate"
    assert unlink(world) == (1, None)
    assert world.ground("S-TX") == "no_certificate"


def test_it_covers_by_the_state_of_the_ship_to_and_follows_it(hotel: Source) -> None:
    world = hotel.world
    pull(hotel, customer("B", name="Hotel", number="100", exempt=True))
    link(world)
    world.certify("Hotel", "TX")
    sold = {"customer_external_id": "S", "number": "1"}
    pull(hotel, order("S-1", **sold))
    assert world.ground("S-1") == "certificate"
    pull(hotel, order("S-1", **sold, ship_to=address("CA")))
    assert world.ground("S-1") == "no_certificate"
    pull(hotel, order("S-1", **sold, ship_to=address("TX")))
    assert world.ground("S-1") == "certificate"


def test_what_its_source_is_told_follows_the_state(hotel: Source) -> None:
    world = hotel.world
    pull(hotel, customer("B", name="Hotel", number="100", exempt=True))
    link(world)
    world.certify("Hotel", "TX")

    def told() -> dict[str, bool]:
        hotel.sync()
        last = [item for item in hotel.remote.pushed if item.external_id == "S"][-1]
        return {status.jurisdiction: status.exempt for status in last.jurisdictions}

    assert told() == {"US-TX": True}
    pull(hotel, customer("S", name="Annex", number="101", ship_to=(address("CA"),), exempt=True))
    assert told() == {"US-TX": True, "US-CA": False}


def test_who_is_to_be_asked_follows_the_state(world: World) -> None:
    make_cards(world.store, on_card("Hotel"), on_card("Annex", exempt=True, ship_to_zones=["TX"]))
    link(world)
    world.certify("Hotel", "TX")

    def to_ask() -> list[tuple[str, ...]]:
        with world.store.reading() as tx:
            return [one.jurisdictions for one in lacking(tx, TODAY)]

    assert to_ask() == []
    moved = card_of(world.store, 2).details.model_copy(update={"ship_to_zones": ("US-CA",)})
    cards.edit(world.store, 2, moved, ANNA)
    assert to_ask() == [("US-CA",)]


def test_its_billing_customer_claims_for_it(hotel: Source) -> None:
    world = hotel.world
    pull(hotel, order("S-1", customer_external_id="S"))
    link(world)
    assert world.ground("S-1") == "not_claimed"
    flagged = card_of(world.store, 1).details.model_copy(update={"exemption_number": "N-1"})
    assert cards.edit(world.store, 1, flagged, ANNA).orders_changed == 1
    assert world.ground("S-1") == "no_certificate"


def test_it_may_have_several_billing_customers(hotel: Source) -> None:
    world = hotel.world
    make_cards(world.store, on_card("Owner"))
    link(world)
    link(world, 3, 2)
    assert links(world, 2) == ((1, 3), ())
    world.certify("Owner", "TX")
    pull(hotel, order("S-1", customer_external_id="S"))
    assert world.ground("S-1") == "certificate"


@pytest.mark.parametrize(
    ("bill_to", "ship_to", "error", "said"),
    [
        pytest.param(1, 2, RefusedError, "id:2: is a ship-to customer of id:1 already",
                     id="linked already"),
        pytest.param(2, 1, RefusedError, "id:2: is a ship-to customer of id:1: unlink that first",
                     id="the other way round"),
        pytest.param(1, 1, RefusedError, "id:1: cannot be its own ship-to customer", id="itself"),
        pytest.param(1, 3, RefusedError, "id:3: belongs to another company than id:1",
                     id="of another company"),
        pytest.param(1, 99, NotFoundError, "customer id:99: there is none", id="no card"),
    ],
)  # fmt: skip
def test_what_is_not_linked(
    hotel: Source, bill_to: int, ship_to: int, error: type[Exception], said: str
) -> None:
    make_cards(hotel.world.store, on_card("South"), company="southwind")
    link(hotel.world)
    before = everything(hotel.world.store)
    with pytest.raises(error, match=said):
        link(hotel.world, bill_to, ship_to)
    assert everything(hotel.world.store) == before


def test_what_is_not_unlinked(hotel: Source) -> None:
    with pytest.raises(RefusedError, match="id:2: ship-to customer of id:1: is not linked to it"):
        unlink(hotel.world)
    pull(hotel, customer("S", name="Annex", number="101", parent_external_id="B"))
    with pytest.raises(RefusedError, match="id:1: erp says so: change it there"):
        unlink(hotel.world)
    assert links(hotel.world, 2) == ((1,), ())


def test_a_link_by_hand_outlives_that_of_a_source(hotel: Source) -> None:
    world = hotel.world
    link(world)
    pull(hotel, customer("S", name="Annex", number="101", parent_external_id="B"))
    pull(hotel, customer("S", name="Annex", number="101"))
    assert links(world, 2) == ((1,), ())
    hotel.remote.remove(Stream.CUSTOMERS, "S")
    hotel.pull(Stream.CUSTOMERS)
    assert links(world, 2) == ((1,), ())


def test_what_a_source_says_too_stays_when_the_link_by_hand_is_undone(hotel: Source) -> None:
    link(hotel.world)
    pull(hotel, customer("S", name="Annex", number="101", parent_external_id="B"))
    assert unlink(hotel.world) == (0, "erp")
    assert links(hotel.world, 2) == ((1,), ())
    said = changes_of(hotel.world.store, 2)[-1]
    assert said == ("bill_to_customers", "100 Hotel (id:1)", "100 Hotel (id:1), as erp says")
    with pytest.raises(RefusedError, match="id:1: erp says so: change it there"):
        unlink(hotel.world)


def test_old_ids_lead_to_the_cards_that_stand_for_them(hotel: Source) -> None:
    world = hotel.world
    make_cards(world.store, on_card("Old hotel"), on_card("Old annex"))
    joining.merge(world.store, 1, 3, ANNA)
    joining.merge(world.store, 2, 4, ANNA)
    link(world, 3, 4)
    assert links(world, 1) == ((), (2,))
    with pytest.raises(RefusedError, match="id:2: is a ship-to customer of id:1 already"):
        link(world, 3, 2)
    unlink(world, 1, 4)
    assert links(world, 1) == ((), ())
