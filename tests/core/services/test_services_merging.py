"""Cards merged by hand: all that hangs on one goes to the other, and nothing is lost."""

from __future__ import annotations

import pytest

from exempt import Stream
from exempt.errors import ConflictError
from exempt.model.customer import ContactRole
from exempt.services import cards, certificates, entries, joining
from exempt.services.cards import CardDone
from exempt.services.certificates import Act
from exempt.services.rows import Subject
from support.cards import (
    card_of,
    changes_of,
    make_cards,
    on_card,
    pull,
    records,
    sources,
    two_cards,
)
from support.fake_connector import WRITES
from support.records import DAY, NOW, TODAY, YEAR, act, address, customer, order
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


# --- merge: what hangs on a card ---------------------------------------------------------


def test_records_go_along_and_stay_where_somebody_put_them(two: World, shop: Source) -> None:
    merge(two)
    assert sources(two, 1) == ["erp K", "shop O"]
    assert sources(two, 2) == []
    assert {r.external_id: r.linked_by for r in records(two, 1)} == {"K": None, "O": "anna"}
    pull(shop, customer("O", name="ACME Incorporated", number="3003", exempt=True))
    assert sources(two, 1) == ["erp K", "shop O"], "whatever number it has by now"


def test_certificates_go_along(two: World) -> None:
    certificate, _ = two.certify("2002", "TX")
    assert two.ground("S-1") == "certificate"
    merge(two)
    with two.store.reading() as tx:
        found = tx.certificates.get(certificate)
        changes = tx.history.of(Subject.CERTIFICATE, certificate)
    assert found is not None
    assert found.customer_ids == (1,)
    last = changes[-1]
    assert (last.field, last.old, last.new) == ("customer_ids", "2", "1")
    assert two.ground("S-1") == "certificate"


def test_whoever_edits_the_certificate_meanwhile_does_not_give_it_back(two: World) -> None:
    certificate, _ = two.certify("2002", "TX")
    with two.store.reading() as tx:
        seen = certificates.get(tx, certificate)
    merge(two)
    with pytest.raises(ConflictError, match="anna changed customer"):
        certificates.edit(two.store, certificate, seen.details, ANNA, seen=seen.version)


def test_a_certificate_of_both_is_held_once(two: World) -> None:
    certificate, _ = two.certify("1001", "TX")
    with two.store.reading() as tx:
        both = certificates.get(tx, certificate)
    details = both.details.model_copy(update={"customer_ids": (1, 2)})
    certificates.edit(two.store, certificate, details, ANNA, seen=both.version)
    merge(two)
    with two.store.reading() as tx:
        assert certificates.get(tx, certificate).customer_ids == (1,)


def test_how_long_it_holds_by_sales_is_worked_out_anew(two: World, erp: Source) -> None:
    first = TODAY - 4 * YEAR
    two.certify("2002", "NJ", signed_date=first)
    pull(erp, *(order(f"E-{n}", customer_external_id="K", order_date=first + n * DAY,
                      ship_to=address("NJ"), closed=True) for n in (300, 600)))  # fmt: skip
    held = "SELECT customer_id, held_through FROM coverage_hold"
    assert rows(two.store, held) == []
    merge(two)
    ((holder, until),) = rows(two.store, held)
    assert (holder, until) == (1, str(first + 965 * DAY)), "sales of either are its sales"


def test_requests_comments_zones_and_ship_tos_go_along(two: World) -> None:
    store = two.store
    third, fourth = make_cards(store, on_card("Above"), on_card("Below"))
    with store.writing() as tx:
        tx.requests.add(2, "ap@acme.example", ["US-TX"], NOW)
    comment = entries.add_comment(store, Subject.CUSTOMER, 2, "They called.", by="bea", at=NOW)
    for zones, customer_id in ((("TX", "CA"), 1), (("CA", "NY"), 2)):
        details = card_of(store, customer_id).details.model_copy(
            update={"ship_to_zones": tuple(f"US-{z}" for z in zones)}
        )
        cards.edit(store, customer_id, details, ANNA)
    cards.link_ship_to(store, 2, fourth, ANNA)
    cards.link_ship_to(store, third, 2, ANNA)
    cards.link_ship_to(store, 1, 2, ANNA)
    merge(two)
    kept = card_of(store, 1)
    assert kept.ship_to_zones == ("US-CA", "US-NY", "US-TX")
    assert (kept.bill_to_ids, kept.ship_to_ids) == ((third,), (fourth,)), "and not its own"
    assert card_of(store, fourth).bill_to_ids == (1,)
    assert rows(store, "SELECT customer_id FROM request") == [(1,)]
    with store.reading() as tx:
        assert [e.id for e in tx.entries.of(Subject.CUSTOMER, 1)] == [comment.id]


def test_what_a_source_says_of_ship_tos_is_said_of_the_card_that_stands_for_it(
    world: World, erp: Source, shop: Source
) -> None:
    pull(erp, customer("P", number="1"), customer("S", number="2", parent_external_id="P"))
    pull(shop, customer("X", number="9"))
    merge(world, 3, 1)
    assert card_of(world.store, 2).bill_to_ids == (3,)
    pull(erp, customer("S", number="2", parent_external_id="P", name="Store"))
    assert card_of(world.store, 2).bill_to_ids == (3,), "after a sync, too"


def test_what_was_said_of_the_one_is_said_of_the_other(two: World) -> None:
    make_cards(two.store, on_card("Third", number="1001"), on_card("Fourth", number="1001"))
    joining.not_same(two.store, 3, 2, ANNA)
    joining.not_same(two.store, 1, 2, ANNA)
    merge(two)
    said = rows(two.store, "SELECT low_id, high_id, said_by FROM not_same")
    assert said == [(1, 3, "anna")], "that the two were not the same is over"


# --- merge: what the card says -----------------------------------------------------------


def test_the_card_keeps_what_it_says_and_takes_what_it_lacks(two: World) -> None:
    done = merge(two)
    assert (done.card.name, done.card.number, done.card.tax_id) == ("Acme", "1001", "12-3")
    assert (done.card.email, done.card.state) == ("ap@acme.example", "CA")
    assert done.card.flagged_exempt, "the shop claims it"
    changes = changes_of(two.store, 1)
    assert ("email", None, "ap@acme.example") in changes
    assert ("merged", None, "2002 ACME Inc. (id:2), ap@acme.example") in changes


def test_what_is_not_taken_over_stands_in_the_history(world: World) -> None:
    make_cards(
        world.store,
        on_card("A", number="1", phone="111", city="Austin", custom={"region": "West"}),
        on_card("B", number="2", phone="222", fax="9", city="Dallas", bill_to=False,
                exemption_number="E", custom={"region": "East", "since": "2020"}),
    )  # fmt: skip
    merge(world)
    changes = {field: (old, new) for field, old, new in changes_of(world.store, 1)}
    assert {field: was for field, was in changes.items() if field.startswith("merged.")} == {
        "merged.name": ("B", "A"),
        "merged.number": ("2", "1"),
        "merged.phone": ("222", "111"),
        "merged.city": ("Dallas", "Austin"),
        "merged.bill_to": ("no", "yes"),
        "merged.custom.region": ("East", "West"),
    }
    assert changes["fax"] == (None, "9"), "what it takes over is a change of its own"


def test_an_address_is_taken_whole_or_not_at_all(world: World) -> None:
    make_cards(
        world.store,
        on_card("A", city="Austin"),
        on_card("B", line1="1 Main St", city="Dallas", postal_code="75202"),
    )
    card = merge(world).card
    assert (card.line1, card.city, card.postal_code) == (None, "Austin", None)


def test_contacts_custom_fields_and_flags_of_both(world: World) -> None:
    ann = {"name": "Ann", "role": ContactRole.TAX}
    bob = {"name": "Bob"}
    make_cards(
        world.store,
        on_card("A", contacts=[ann], custom={"region": "West"}, ship_to=False),
        on_card("B", contacts=[bob, ann], custom={"region": "East", "since": "2020"},
                exemption_code="G", excluded_from_mailings=True),
    )  # fmt: skip
    card = merge(world).card
    assert [contact.name for contact in card.contacts] == ["Ann", "Bob"]
    assert dict(card.custom) == {"region": "West", "since": "2020"}
    assert (card.ship_to, card.excluded_from_mailings, card.exemption_code) == (True, True, "G")
    assert card.flagged_exempt


def test_a_source_has_the_last_word_on_what_it_owns(two: World, shop: Source) -> None:
    with two.store.writing() as tx:
        tx.cards.set_owns(shop.row.id, {"name"})
    assert merge(two).card.name == "ACME Inc.", "although the other card was to stay"
    assert ("name", "Acme", "ACME Inc.") in changes_of(two.store, 1)


def test_of_two_records_of_the_owner_the_card_keeps_the_one_it_agrees_with(
    world: World, erp: Source
) -> None:
    pull(erp, customer("K", number="1001"), customer("O", number="2002"))
    with world.store.writing() as tx:
        tx.cards.set_owns(erp.row.id, {"name", "number"})
    card = merge(world).card
    assert (card.number, card.name) == ("1001", "Customer K")


def test_a_claim_goes_along_that_the_source_shows_no_more(world: World, shop: Source) -> None:
    """The shop's flag was turned off by ourselves: the customer claims all the same."""
    books = world.connect("books", WRITES)
    pull(shop, customer("K", number="1"))
    pull(books, customer("O", number="2", exempt=True))
    world.use_register()
    books.sync()
    books.pull(Stream.CUSTOMERS)
    assert books.remote.customer("O").exempt is False, "no certificate is on file"
    assert card_of(world.store, 2).flagged_exempt
    assert merge(world).card.flagged_exempt
