"""Files of customers into the register: made, updated, erased, linked, left alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from exempt import Stream
from exempt.errors import RefusedError
from exempt.model.custom import CustomField, CustomKind
from exempt.model.customer import CustomerDetails, CustomerOrigin
from exempt.model.imports import ChangeKind, ImportState, Tally
from exempt.services.importing import checking, runs
from exempt.services.importing.applying import apply
from exempt.services.ownership import take_over
from exempt.services.requests import lacking
from support.cards import changes_of, make_cards, on_card
from support.imports import Office, billing, shipping
from support.records import DAY, NOW, TODAY, act, address, customer, order
from support.world import World

ANNA, BEA = act(), act(NOW + DAY, "bea")

SAME = "or let both rows say just the same"
AGREE = "let both say the same"
LACKS = "nothing of it flows to a tax engine until that is filled in"
ADDRESS = {
    "line1": "1 Main St",
    "city": "Austin",
    "state": "TX",
    "country": "US",
    "postal_code": "78701",
}


@pytest.fixture
def world(any_world: World) -> World:
    """Each test runs on both databases."""
    return any_world


@pytest.fixture
def office(world: World, tmp_path: Path) -> Office:
    return Office(world.store, tmp_path)


def kinds(office: Office, import_id: int, kind: ChangeKind | None = None) -> list[tuple[Any, ...]]:
    """What an import did, change by change."""
    with office.store.reading() as tx:
        found = runs.done(tx, import_id, kind)
    return [(c.change.kind.value, c.change.field, c.change.old, c.change.new) for c in found]


# --- basic -------------------------------------------------------------------------------


def test_an_unknown_number_makes_a_customer(office: Office) -> None:
    run = office.run(billing(**ADDRESS, email="ap@acme.example", code="A-1"))
    card = office.card()
    assert card.details == CustomerDetails(
        number="C-1", name="Acme", **ADDRESS, email="ap@acme.example", code="A-1"
    )
    assert (card.origin, card.made_by, card.made_at) == (CustomerOrigin.IMPORT, "anna", NOW)
    assert changes_of(office.store, card.id) == [("made", None, f"import {run.id} row 2")]
    assert run.state is ImportState.APPLIED
    assert run.counts.done == Tally(new=1)
    assert (run.applied_by, run.applied_at) == ("anna", NOW)


def test_three_rows_are_one_customer_with_three_states(office: Office) -> None:
    run = office.run(*(billing(ship_to=state) for state in ("TX", "CA", "NY")))
    assert office.card().ship_to_zones == ("US-CA", "US-NY", "US-TX")
    assert run.counts.done == Tally(new=1, zones=3, lacking=1)


def test_a_known_number_is_updated_and_a_deleted_column_erases_nothing(office: Office) -> None:
    office.run(billing(city="Austin", phone="1", fax="2"))
    run = office.run(billing(city="Dallas", phone=None), by=BEA)
    card = office.card()
    assert (card.city, card.phone, card.fax, card.version) == ("Dallas", None, "2", 2)
    assert run.counts.done == Tally(changed=1, changes=1, erasures=1, lacking=1)
    assert changes_of(office.store, card.id)[1:] == [
        ("phone", "1", None),
        ("city", "Austin", "Dallas"),
    ]
    assert kinds(office, run.id) == [
        ("change", "city", "Austin", "Dallas"),
        ("erase", "phone", "1", None),
    ]


def test_the_same_file_again_changes_nothing(office: Office) -> None:
    rows_ = [
        billing("C-1", ship_to="TX", Exempt="yes", email=None),
        billing("C-1", ship_to="CA", Exempt="yes", email=None),
        billing("C-2", "Bolt", ship_to=None, Exempt=None, email="b@bolt.example"),
    ]
    office.run(*rows_)
    before = [card.model_dump() for card in office.cards("C-1", "C-2")]
    run = office.run(*rows_, by=BEA)
    assert run.counts.done == Tally(unchanged=2, lacking=2)
    assert kinds(office, run.id) == []
    assert [card.model_dump() for card in office.cards("C-1", "C-2")] == before


def test_fields_of_ones_own(office: Office) -> None:
    office.custom = {
        "region": CustomField(title="Region", kind=CustomKind.CHOICE, choices=("E", "W"))
    }
    office.run(billing(Region="e"))
    assert office.card().custom == {"region": "E"}
    office.run(billing(Region=None))
    assert office.card().custom == {}


def test_customers_of_another_company_are_others(office: Office, tmp_path: Path) -> None:
    elsewhere = Office(office.store, tmp_path / "b", company="southwind")
    elsewhere.folder.mkdir()
    office.run(billing(city="Austin"))
    elsewhere.run(billing(city="Boston"))
    assert (office.card().city, elsewhere.card().city) == ("Austin", "Boston")


def test_only_rows_that_were_asked_for(office: Office) -> None:
    file = [billing("C-1") | {"Buys": "exempt"}, billing("C-2") | {"Buys": "taxed"}]
    run = office.check(*file, only=(("Buys", "Exempt"),)).run
    assert (run.counts.rows, run.counts.left_out, run.counts.planned.new) == (1, 1, 1)


# --- what hangs on a card ----------------------------------------------------------------


def test_certificates_stay_on_a_customer_that_is_imported_again(
    world: World, office: Office
) -> None:
    office.run(billing(state="TX", country="US"))
    erp = world.connect("erp")
    erp.remote.put(customer("K", number="C-1", name="Acme"), order("O-1", customer_external_id="K"))
    erp.sync()
    world.certify("C-1", "TX")
    assert world.ground() == "certificate"
    office.run(billing(name="Acme Inc.", state="OK", country="US"))
    assert office.card().name == "Acme Inc."
    with world.store.reading() as tx:
        assert tx.certificates.coverages([office.card().id])
    assert world.ground() == "certificate"


@pytest.mark.parametrize(
    "claim",
    [
        pytest.param({"Exempt": "yes"}, id="the flag"),
        pytest.param({"Exemption Number": "7"}, id="a number"),
        pytest.param({"Exemption Code": "A"}, id="a code"),
    ],
)
def test_who_is_imported_as_exempt_is_asked_for_a_certificate(
    office: Office, claim: dict[str, str]
) -> None:
    office.run(billing("C-1", ship_to="TX", **claim), billing("C-2", "Bolt", ship_to="TX"))
    assert office.card("C-1").flagged_exempt
    with office.store.reading() as tx:
        asked = [(one.name, one.jurisdictions) for one in lacking(tx, TODAY)]
    assert asked == [("Acme", ("US-TX",))]


def test_a_claim_that_comes_or_goes_decides_open_orders_anew(world: World, office: Office) -> None:
    erp = world.connect("erp")
    erp.remote.put(customer("K", number="C-1", name="Acme"), order("O-1", customer_external_id="K"))
    erp.sync()
    before = world.decision()
    assert before
    assert not before.facts.claimed
    run = office.run(billing(Exempt="yes"))
    decision = world.decision()
    assert decision
    assert decision.facts.claimed
    assert run.counts.done.orders == 1
    office.run(billing(Exempt=None))
    assert not office.card().flagged_exempt
    decision = world.decision()
    assert decision
    assert not decision.facts.claimed


def test_who_is_excluded_from_mailings(office: Office) -> None:
    office.run(billing(**{"Exclude from Mailing Campaign": "Yes"}))
    assert office.card().excluded_from_mailings


def test_what_a_connection_owns_stays_and_is_told(world: World, office: Office) -> None:
    erp = world.connect("erp")
    erp.remote.put(customer("K", number="C-1", name="Acme", billing_address=address("TX")))
    erp.pull(Stream.CUSTOMERS)
    take_over(world.store, erp.row, ["name", "address"], lambda: NOW)
    checked = office.check(billing(name="Other", city=None, phone="1"))
    assert sorted(c[4:] for c in checked.changes) == [
        ("change", "phone", None, "1", None),
        ("kept", "city", "Springfield", None, "erp has the last word"),
        ("kept", "name", "Acme", "Other", "erp has the last word"),
    ]
    assert checked.run.counts.planned == Tally(changed=1, changes=1, kept=2, lacking=1)
    run = apply(world.store, checked.run.id, ANNA)
    card = office.card()
    assert (card.name, card.city, card.phone) == ("Acme", "Springfield", "1")
    assert ("kept", "name", "Acme", "Other") in kinds(office, run.id)
    again = office.run(billing(name="Other", city=None, phone="1"))
    assert again.counts.done == Tally(unchanged=1, kept=2, lacking=1)


# --- full --------------------------------------------------------------------------------


def test_locations_become_customers_linked_both_ways(office: Office) -> None:
    run = office.run(
        billing("C-1", city="Austin") | shipping("S-1", "Dock 1", **ADDRESS),
        billing("C-1", city="Austin") | shipping("S-2", "Dock 2", state="CA", country="US"),
        billing("C-2", "Bolt", city="Reno") | shipping(None, None, state=None),
    )
    acme, bolt, one, two = office.cards("C-1", "C-2", "S-1", "S-2")
    assert (acme.ship_to_ids, acme.bill_to_ids) == ((one.id, two.id), ())
    assert one.bill_to_ids == two.bill_to_ids == (acme.id,)
    assert (bolt.ship_to_ids, bolt.bill_to, bolt.ship_to) == ((), True, True)
    assert (one.bill_to, one.ship_to, one.name, one.city) == (False, True, "Dock 1", "Austin")
    assert acme.ship_to_zones == one.ship_to_zones == ()
    assert run.counts.done == Tally(new=4, links=2, lacking=3)
    assert changes_of(office.store, acme.id)[1:] == [
        ("ship_to_customers", None, f"S-1 Dock 1 (id:{one.id})"),
        ("ship_to_customers", None, f"S-2 Dock 2 (id:{two.id})"),
    ]
    assert changes_of(office.store, one.id) == [
        ("made", None, f"import {run.id} row 2"),
        ("bill_to_customers", None, f"C-1 Acme (id:{acme.id})"),
    ]


def test_the_full_file_again_changes_nothing(office: Office) -> None:
    rows_ = [
        billing("C-1") | shipping("S-1", state="TX"),
        billing("C-1") | shipping("S-2", "Dock 2", state="TX"),
    ]
    office.run(*rows_)
    run = office.run(*rows_)
    assert run.counts.done == Tally(unchanged=3, lacking=3)


def test_a_location_with_the_customers_own_number_is_a_state(office: Office) -> None:
    office.run(billing() | shipping("c-1", "Acme", state="TX"))
    card = office.card()
    assert (card.ship_to_zones, card.ship_to_ids) == (("US-TX",), ())


def test_a_known_location_is_updated_and_stays_billed(office: Office) -> None:
    make_cards(office.store, on_card("Dock", number="S-1", city="Austin"))
    run = office.run(billing() | shipping("S-1", "Dock 1", city="Dallas"))
    card = office.card("S-1")
    assert (card.name, card.city, card.bill_to) == ("Dock 1", "Dallas", True)
    assert run.counts.done == Tally(new=1, changed=1, changes=2, links=1, lacking=2)


def test_the_certificate_of_the_billing_customer_covers_its_locations(
    world: World, office: Office
) -> None:
    """By the state that the location is in; so it changes with an import, both ways."""
    erp = world.connect("erp")
    erp.remote.put(
        customer("K", number="C-1", name="Acme"),
        customer("L", number="S-1", name="Dock 1"),
        order("O-1", customer_external_id="L"),
    )
    erp.sync()
    world.certify("C-1", "TX")
    assert world.ground() != "certificate"
    run = office.run(billing() | shipping("S-1", "Dock 1", state="TX", country="US"))
    assert world.ground() == "certificate"
    assert run.counts.done.orders == 1


@pytest.mark.parametrize(
    ("file", "problems"),
    [
        pytest.param(
            [billing("C-1") | shipping("S-1"), billing("C-2", "Bolt") | shipping("s-1")],
            [(3, f"is that of row 2, too: give each location a number of its own, {SAME}")],
            id="a location of two customers",
        ),
        pytest.param(
            [billing("C-1") | shipping("C-2"), billing("C-2", "Bolt") | shipping(None, None)],
            [(2, "is the billing number of row 3: give the location one of its own")],
            id="a location with the number of a billing customer",
        ),
        pytest.param(
            [billing("C-1", "Acme", city="A"), billing("C-1", "Acme", city="B")],
            [(3, f"is not what row 2 says, which has the same customer number: {AGREE}")],
            id="clones that differ",
        ),
    ],
)  # fmt: skip
def test_rows_that_contradict_each_other(
    office: Office, file: list[Any], problems: list[tuple[int, str]]
) -> None:
    checked = office.check(*file)
    assert [(each.row, each.text) for each in checked.problems] == problems
    assert checked.run.counts.bad == len(problems)
    with pytest.raises(RefusedError, match="1 of 2 rows cannot go in"):
        apply(office.store, checked.run.id, ANNA)
    done = apply(office.store, checked.run.id, ANNA, skip_bad_rows=True)
    assert done.counts.done.left == 0
    again = checking.check(office.store, office.stage(*file).id)
    assert [(each.row, each.text) for each in again.problems] == problems


def test_the_very_same_row_twice_is_a_warning(office: Office) -> None:
    row = billing() | shipping()
    checked = office.check(row, row)
    assert [(w.row, w.text) for w in checked.warnings if "lacks" not in w.text] == [
        (3, "says just what row 2 says: once would do")
    ]
    assert checked.run.counts.noted == 1
    again = checking.check(office.store, checked.run.id)
    assert again.run.counts == checked.run.counts
    assert again.warnings == checked.warnings
    done = apply(office.store, checked.run.id, ANNA)
    assert done.counts.done == Tally(new=2, links=1, lacking=2)


def test_customers_that_were_refused_are_not_planned(office: Office) -> None:
    """The one row of Bolt is refused for its location, so Bolt is not made."""
    file = [billing("C-1") | shipping("S-1"), billing("C-2", "Bolt") | shipping("S-1")]
    run = office.run(*file, skip_bad_rows=True)
    assert run.counts.planned.new == run.counts.done.new == 2
    assert office.cards("C-2") == []
