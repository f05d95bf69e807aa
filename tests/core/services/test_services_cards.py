"""Customer cards entered and edited by staff: what is refused, and what is remembered."""

from __future__ import annotations

from typing import Any

import pytest

from exempt import Stream
from exempt.errors import ConflictError, NotFoundError, RefusedError
from exempt.model.custom import CustomField, CustomKind
from exempt.model.customer import CustomerDetails, CustomerOrigin
from exempt.services import cards, joining
from exempt.services.cards import CardDone, owned_as, read_custom
from exempt.services.requests import lacking
from support.cards import card_of, changes_of, make_cards, on_card, pull
from support.fake_connector import WRITES
from support.records import DAY, NOW, TODAY, act, customer, order
from support.stores import connected, everything
from support.world import World

ANNA, BEA = act(), act(NOW + DAY, "bea")


@pytest.fixture
def world(any_world: World) -> World:
    """Each test runs on both databases."""
    return any_world


def add(world: World, name: str = "Acme", *, company: str = "northwind", **said: Any) -> CardDone:
    company_id = connected(world.store, company=company, name=f"of {company}").company_id
    return cards.add(world.store, company_id, on_card(name, **said), ANNA)


def edit(world: World, seen: int | None = None, card: int = 1, **changes: Any) -> CardDone:
    before = card_of(world.store, card).details.model_dump()
    details = CustomerDetails(**{**before, **changes})
    return cards.edit(world.store, card, details, BEA, seen=seen)


# --- add ---------------------------------------------------------------------------------


def test_a_card_is_made_with_its_history(world: World) -> None:
    card = add(world, number=" 1001 ", email="ap@acme.example", ship_to_zones=("TX", "CA")).card
    assert (card.id, card.version, card.origin) == (1, 1, CustomerOrigin.STAFF)
    assert (card.made_by, card.made_at) == ("anna", NOW)
    assert (card.number, card.ship_to_zones) == ("1001", ("US-CA", "US-TX"))
    assert changes_of(world.store, 1)[:3] == [
        ("made", None, "staff"),
        ("name", None, "Acme"),
        ("number", None, "1001"),
    ]


def test_a_name_is_enough(world: World) -> None:
    assert add(world, "Acme").card.details == CustomerDetails(name="Acme")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        pytest.param({"number": "c-1 "}, "customer number c-1: is that of id:1 already",
                     id="a number that another card has, capitals or not"),
        pytest.param({"email": "ap at acme"}, "A/P e-mail: no address that mail could be sent to",
                     id="an e-mail that is none"),
        pytest.param({"email": "a@b.cc, d@e.ff"}, "A/P e-mail: no address", id="two e-mails"),
        pytest.param({"number": "C\n2"}, "customer number: has a line break or a character",
                     id="a number on two lines"),
        pytest.param({"number": "C-\u200b2"}, "customer number: has a line break",
                     id="a number with a character that shows nothing"),
        pytest.param({"code": "A\t1"}, "code: has a line break", id="a code with a tab"),
    ],
)  # fmt: skip
def test_what_is_not_added(world: World, said: dict[str, Any], why: str) -> None:
    add(world, number="C-1")
    before = everything(world.store)
    with pytest.raises(RefusedError, match=why):
        add(world, "Bolt", **said)
    assert everything(world.store) == before


def test_another_company_may_have_the_number(world: World) -> None:
    add(world, number="C-1")
    assert add(world, company="southwind", number="C-1").card.id == 2


def test_the_number_of_a_merged_card_is_that_of_the_one_that_stands_for_it(world: World) -> None:
    add(world, "A", number="1")
    add(world, "B", number="2")
    joining.merge(world.store, 1, 2, ANNA)
    with pytest.raises(RefusedError, match="customer number 2: is that of id:1 already"):
        add(world, "C", number="2")


# --- edit --------------------------------------------------------------------------------


def test_an_edit_is_remembered_field_by_field(world: World) -> None:
    add(world, email="ap@acme.example")
    card = edit(world, email=None, city="Austin", custom={"region": "West"}).card
    assert (card.version, card.email, card.city) == (2, None, "Austin")
    assert changes_of(world.store, 1)[-3:] == [
        ("email", "ap@acme.example", None),
        ("city", None, "Austin"),
        ("custom.region", None, "West"),
    ]


def test_an_edit_that_changes_nothing_leaves_no_trace(world: World) -> None:
    add(world)
    before = everything(world.store)
    assert edit(world).card.version == 1
    assert everything(world.store) == before


def test_two_people_do_not_overwrite_each_other(world: World) -> None:
    add(world)
    edit(world, seen=1, city="Austin")
    with pytest.raises(ConflictError, match="id:1: is at version 2 by now, not 1: bea changed"):
        edit(world, seen=1, city="Dallas")
    assert card_of(world.store, 1).city == "Austin"
    assert edit(world, seen=2, city="Dallas").card.version == 3


def test_a_sync_in_between_counts_as_somebody(world: World) -> None:
    erp = world.connect()
    pull(erp, customer("E", name="Acme"))
    pull(erp, customer("E", name="Acme Inc."))
    with pytest.raises(ConflictError, match="is at version 2 by now, not 1: erp changed name"):
        edit(world, seen=1, city="Austin")


def test_a_conflict_names_what_raised_the_version_and_not_what_came_after(world: World) -> None:
    add(world)
    add(world, "Annex")
    edit(world, seen=1, email="ap@acme.example")
    cards.link_ship_to(world.store, 1, 2, ANNA)
    with pytest.raises(ConflictError, match=r"not 1: bea changed A/P e-mail: look at it again"):
        edit(world, seen=1, city="Dallas")
    edit(world, seen=2, custom={"region": "West"})
    with pytest.raises(ConflictError, match="not 2: bea changed region:"):
        edit(world, seen=2, city="Dallas")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        pytest.param({"number": "2"}, "customer number 2: is that of id:2 already",
                     id="the number of another card"),
        pytest.param({"email": "nobody"}, "A/P e-mail: no address", id="an e-mail that is none"),
        pytest.param({"number": "1\u20282"}, "customer number: has a line break",
                     id="a number with a line break"),
    ],
)  # fmt: skip
def test_what_is_not_edited(world: World, changes: dict[str, Any], why: str) -> None:
    add(world, number="1")
    add(world, "Bolt", number="2")
    before = everything(world.store)
    with pytest.raises(RefusedError, match=why):
        edit(world, **changes)
    assert everything(world.store) == before


def test_an_unusable_email_of_a_source_is_no_reason_to_refuse_another_field(world: World) -> None:
    pull(world.connect(), customer("E", email="ap at acme"))
    assert edit(world, city="Austin").card.city == "Austin"


def test_a_number_of_a_source_may_have_what_staff_could_not_enter(world: World) -> None:
    pull(world.connect(), customer("E", name="Acme  Co", number="C\t1"))
    card = edit(world, city="Austin").card
    assert (card.city, card.name, card.number) == ("Austin", "Acme  Co", "C\t1")


def test_a_name_is_kept_on_one_line(world: World) -> None:
    assert add(world, "Acme\nSteel  Co").card.name == "Acme Steel Co"
    assert edit(world, name="Acme\tInc").card.name == "Acme Inc"
    assert edit(world, name="Acme   Inc").card.version == 2, "it is so already"


def test_its_own_number_may_be_written_otherwise(world: World) -> None:
    add(world, number="c-1")
    assert edit(world, number="C-1").card.number == "C-1"


def test_by_an_old_id_the_card_that_stands_for_it_is_edited(world: World) -> None:
    add(world, "A")
    add(world, "B")
    joining.merge(world.store, 1, 2, ANNA)
    assert edit(world, card=2, city="Austin").card.id == 1


@pytest.mark.parametrize("which", [99, 2])
def test_a_card_that_is_none_or_was_undone(world: World, which: int) -> None:
    make_cards(world.store, on_card("A"), on_card("B"))
    with world.store.writing() as tx:
        assert tx.cards.retire([2], NOW) == []
    with pytest.raises(NotFoundError, match=f"customer id:{which}: there is none: see exempt"):
        card_of(world.store, which)


# --- a claim -----------------------------------------------------------------------------

CLAIMS = [
    pytest.param({"exemption_number": "N-1"}, True, id="a number alone"),
    pytest.param({"exemption_code": "G"}, True, id="a code alone"),
    pytest.param({"exemption_number": "N-1", "exemption_code": "G"}, True, id="both"),
    pytest.param({"exempt": True}, True, id="just the flag"),
    pytest.param({}, False, id="none of them"),
    pytest.param({"exemption_number": " ", "exemption_code": ""}, False, id="blanks"),
]


@pytest.mark.parametrize(("claim", "flagged"), CLAIMS)
def test_by_what_a_card_claims_exemption(
    world: World, claim: dict[str, Any], flagged: bool
) -> None:
    card = add(world, **claim).card
    assert (card.flagged, card.flagged_exempt) == (flagged, flagged)


@pytest.mark.parametrize(("claim", "flagged"), CLAIMS)
def test_a_claim_is_made_and_taken_back(world: World, claim: dict[str, Any], flagged: bool) -> None:
    add(world)
    assert edit(world, **claim).card.flagged_exempt is flagged
    nothing: dict[str, Any] = {"exempt": False, "exemption_number": None, "exemption_code": None}
    assert edit(world, **nothing).card.flagged_exempt is False


@pytest.mark.parametrize(("claim", "flagged"), CLAIMS)
def test_who_claims_is_in_the_queue_of_requests(
    world: World, claim: dict[str, Any], flagged: bool
) -> None:
    add(world, ship_to_zones=("TX", "OR"), **claim)
    with world.store.reading() as tx:
        queue = [(one.customer_id, one.jurisdictions) for one in lacking(tx, TODAY)]
    assert queue == ([(1, ("US-TX",))] if flagged else []), "Oregon levies no tax"
    world.certify("Acme", "TX")
    with world.store.reading() as tx:
        assert lacking(tx, TODAY) == []


def test_a_claim_decides_open_orders_anew(world: World) -> None:
    pull(world.connect(), customer(name="Acme"), order())
    assert world.ground() == "not_claimed"
    assert edit(world, exemption_code="G").orders_changed == 1
    assert world.ground() == "no_certificate"


def test_a_claim_of_staff_ends_when_they_say_so_although_a_source_was_told(world: World) -> None:
    books = world.connect("books", WRITES)
    pull(books, customer(name="Acme"))
    edit(world, exempt=True)
    world.certify("Acme", "TX")
    books.sync()
    assert books.remote.customer().exempt is True
    books.remote.put(customer(name="Acme", exempt=False))
    books.pull(Stream.CUSTOMERS)
    assert card_of(world.store, 1).flagged_exempt
    assert not edit(world, exempt=False).card.flagged_exempt


def test_what_a_source_claims_staff_do_not_take_back(world: World) -> None:
    pull(world.connect(), customer(name="Acme", exempt=True))
    edit(world, exempt=True)
    assert edit(world, exempt=False).card.flagged_exempt


# --- custom fields -----------------------------------------------------------------------

FIELDS = {
    "region": CustomField(title="Region", kind=CustomKind.CHOICE, choices=("West", "East")),
    "since": CustomField(title="Since", kind=CustomKind.DATE),
}


@pytest.mark.parametrize(
    ("typed", "values"),
    [
        pytest.param({}, {"region": "West"}, id="nothing said, nothing changed"),
        pytest.param({"region": "east"}, {"region": "East"}, id="one of the choices"),
        pytest.param({"region": " "}, {}, id="an empty text empties it"),
        pytest.param({"since": "2020-01-31"}, {"region": "West", "since": "2020-01-31"},
                     id="another one"),
        pytest.param({"since": ""}, {"region": "West"}, id="what is empty stays so"),
    ],
)  # fmt: skip
def test_custom_fields(typed: dict[str, str], values: dict[str, str]) -> None:
    assert read_custom(FIELDS, typed, {"region": "West"}) == values


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        pytest.param({"area": "x"}, "area: no such custom field: one of region, since",
                     id="an unknown one"),
        pytest.param({"region": "North"}, "region: write one of West, East", id="no choice"),
        pytest.param({"since": "31.1.2020"}, "since: write a date as YYYY-MM-DD", id="no date"),
    ],
)  # fmt: skip
def test_custom_fields_that_are_refused(typed: dict[str, str], why: str) -> None:
    with pytest.raises(RefusedError, match=why):
        read_custom(FIELDS, typed, {})


def test_without_custom_fields_the_error_says_so() -> None:
    with pytest.raises(RefusedError, match="area: no such custom field: one of none is defined"):
        read_custom({}, {"area": "x"}, {})


@pytest.mark.parametrize("text", ["", " "])
def test_a_custom_field_that_is_defined_no_more_can_be_emptied(text: str) -> None:
    assert read_custom(FIELDS, {"area": text}, {"area": "x", "region": "West"}) == {
        "region": "West"
    }
    with pytest.raises(RefusedError, match="area: no such custom field"):
        read_custom(FIELDS, {"area": "y"}, {"area": "x"})


@pytest.mark.parametrize(
    ("field", "owned"), [("city", "address"), ("country", "address"), ("name", "name"),
                         ("phone", "phone")],
)  # fmt: skip
def test_by_what_a_field_is_owned(field: str, owned: str) -> None:
    assert owned_as(field) == owned
