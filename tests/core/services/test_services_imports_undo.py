"""What an import did is put back, as far as nobody changed it since; the rest is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exempt import Stream
from exempt.errors import RefusedError
from exempt.model.custom import CustomField
from exempt.model.customer import CustomerCard
from exempt.model.imports import ChangeKind, ImportRun, ImportState, Tally
from exempt.services import cards, entries, joining
from exempt.services.importing import runs
from exempt.services.importing.undoing import undo
from exempt.services.ownership import take_over
from exempt.services.rows import Subject
from support.cards import changes_of, make_cards, on_card
from support.imports import Office, billing, shipping
from support.records import DAY, NOW, act, customer, order
from support.stores import enter
from support.world import World

ANNA, BEA = act(), act(NOW + DAY, "bea")


@pytest.fixture
def world(any_world: World) -> World:
    """Each test runs on both databases."""
    return any_world


@pytest.fixture
def office(world: World, tmp_path: Path) -> Office:
    return Office(world.store, tmp_path, custom={"region": CustomField(title="Region")})


def left(office: Office, run: ImportRun) -> list[tuple[int, str, str | None, str | None]]:
    """What was left: customer, field, what stands there, why."""
    with office.store.reading() as tx:
        found = [each.change for each in runs.done(tx, run.id, ChangeKind.LEFT)]
    return [(c.customer_id, c.field, c.old, c.note) for c in found]


def states(office: Office) -> list[dict[str, Any]]:
    """Every card that is not gone, but for its version."""
    with office.store.reading() as tx:
        ids = range(1, 50)
        return [c.model_dump(exclude={"version"}) for c in tx.cards.find(ids) if not c.gone]


def change(office: Office, number: str = "C-1", **fields: Any) -> CustomerCard:
    """Bea edits a card."""
    card = office.card(number)
    return cards.edit(office.store, card.id, card.details.model_copy(update=fields), BEA).card


def test_all_is_as_it_was(office: Office) -> None:
    make_cards(
        office.store,
        on_card("Acme", number="C-1", city="Austin", exempt=True, custom={"region": "East"}),
        on_card("Dock", number="S-1", ship_to_zones=("TX",)),
    )
    before = states(office)
    run = office.run(
        billing("C-1", "Acme Inc.", city=None, phone="1", Exempt=None, Region="West")
        | shipping("S-1", "Dock 1"),
        billing("C-1", "Acme Inc.", city=None, phone="1", Exempt=None, Region="West")
        | shipping("c-1", "Acme Inc.", state="CA"),
        billing("C-2", "Bolt") | shipping("S-2", "Dock 2"),
    )
    assert run.counts.done.new == 2
    assert len(states(office)) == 4
    undone = undo(office.store, run.id, BEA)
    assert states(office) == before
    assert left(office, run) == []
    assert undone.counts.undone == Tally(new=2, changes=4, erasures=2, zones=1, links=2)
    assert (undone.state, undone.undone_by, undone.undone_at) == (
        ImportState.UNDONE,
        "bea",
        NOW + DAY,
    )


def test_the_history_says_so(office: Office) -> None:
    office.run(billing("C-1", city="Austin"))
    run = office.run(
        billing("C-1", city="Dallas") | shipping("S-1", "Dock"), billing("C-2", "Bolt", city="Reno")
    )
    acme, dock, bolt = office.cards("C-1", "S-1", "C-2")
    undo(office.store, run.id, BEA)
    assert changes_of(office.store, acme.id)[-3:] == [
        ("ship_to_customers", f"S-1 Dock (id:{dock.id})", None),
        ("undo", None, f"undo of import {run.id}"),
        ("city", "Dallas", "Austin"),
    ]
    assert changes_of(office.store, dock.id)[-2:] == [
        ("bill_to_customers", f"C-1 Acme (id:{acme.id})", None),
        ("made", f"import {run.id} row 2", f"undo of import {run.id}"),
    ]
    assert changes_of(office.store, bolt.id)[-1][2] == f"undo of import {run.id}"


def test_it_is_undone_once(office: Office) -> None:
    run = office.run(billing())
    undo(office.store, run.id, BEA)
    with pytest.raises(RefusedError, match="import 1: is undone: import its file again"):
        undo(office.store, run.id, BEA)
    assert office.cards("C-1") == []
    assert office.run(billing()).counts.done.new == 1


@pytest.mark.parametrize(
    ("state", "mend"),
    [
        (ImportState.CHECKED, "it changed nothing that could be undone"),
        (ImportState.APPLYING, "go on with exempt imports resume 1 first"),
    ],
)
def test_only_what_was_applied_is_undone(office: Office, state: ImportState, mend: str) -> None:
    run = office.stage(billing())
    with office.store.writing() as tx:
        tx.imports.save(run.model_copy(update={"state": state}))
    with pytest.raises(RefusedError, match=f"import 1: is {state.value}: {mend}"):
        undo(office.store, run.id, BEA)


def test_what_somebody_changed_since_stays(office: Office) -> None:
    office.run(billing(city="Austin", phone="1", fax="1"))
    run = office.run(billing(city="Dallas", phone="2", fax="2", ship_to="TX"))
    change(office, city="Reno", ship_to_zones=())
    undone = undo(office.store, run.id, ANNA)
    card = office.card()
    assert (card.city, card.phone, card.fax) == ("Reno", "1", "1")
    assert sorted(left(office, run)) == [
        (1, "city", "Reno", "changed since by bea"),
        (1, "ship_to_zones", None, "changed since by bea"),
    ]
    assert undone.counts.undone == Tally(changes=2, left=2)


def test_what_a_later_import_changed_stays(office: Office) -> None:
    first = office.run(billing(city="Austin"))
    second = office.run(billing(city="Dallas"), by=BEA)
    undo(office.store, second.id, ANNA)
    assert office.card().city == "Austin"
    third = office.run(billing(city="Reno"), by=BEA)
    undo(office.store, first.id, ANNA)
    assert office.cards("C-1") == []
    undone = undo(office.store, third.id, ANNA)
    assert left(office, third) == [(1, "city", "Reno", "was merged, or taken away, since")]
    assert undone.counts.undone == Tally(left=1)


def test_what_a_connection_owns_by_now_stays(world: World, office: Office) -> None:
    erp = world.connect("erp")
    erp.remote.put(customer("K", number="C-1", name="Acme"))
    erp.pull(Stream.CUSTOMERS)
    run = office.run(billing(name="Acme Inc."))
    erp.remote.put(customer("K", number="C-1", name="Acme Inc."))
    erp.pull(Stream.CUSTOMERS)
    take_over(world.store, erp.row, ["name"], lambda: NOW)
    undo(world.store, run.id, ANNA)
    assert office.card().name == "Acme Inc."
    assert left(office, run) == [(1, "name", "Acme Inc.", "erp has the last word")]


def test_a_state_that_is_none_of_the_country_by_now_stays(office: Office) -> None:
    """Bea let the address be in the United States; the import had erased an Ontario."""
    office.run(billing(state="ON", country="CA", city="Ottawa"))
    run = office.run(billing(state=None, city="Toronto"))
    change(office, country="US")
    undone = undo(office.store, run.id, ANNA)
    card = office.card()
    assert (card.state, card.country, card.city) == (None, "US", "Toronto")
    whys = [why for _, _, _, why in left(office, run)]
    assert whys == ["unknown state in country 'US': use a two-letter code such as 'TX'"] * 2
    assert undone.counts.undone == Tally(left=2)


def enter_certificate(office: Office) -> None:
    with office.store.writing() as tx:
        enter(tx, office.card().id, "TX")


def see_in_source(office: Office) -> None:
    erp = World(office.store).connect("erp")
    erp.remote.put(customer("K", number="C-1", name="Acme"))
    erp.pull(Stream.CUSTOMERS)


def comment(office: Office) -> None:
    customer_id = office.card().id
    entries.add_comment(office.store, Subject.CUSTOMER, customer_id, "hello", by="bea", at=NOW)


def link_location(office: Office) -> None:
    (dock,) = make_cards(office.store, on_card("Dock"))
    cards.link_ship_to(office.store, office.card().id, dock, BEA)


HANGS = {
    "a certificate": enter_certificate,
    "a comment": comment,
    "a location": link_location,
    "a record of a source": see_in_source,
}


@pytest.mark.parametrize("hang", HANGS.values(), ids=HANGS)
def test_a_customer_on_which_something_hangs_stays(
    office: Office, hang: Callable[[Office], object]
) -> None:
    run = office.run(billing("C-1", ship_to="TX"), billing("C-2"))
    hang(office)
    undone = undo(office.store, run.id, BEA)
    assert office.card().ship_to_zones == ("US-TX",)
    assert office.cards("C-2") == []
    why = "has something hanging on it by now, such as a certificate or a record of a source"
    assert left(office, run) == [(office.card().id, "made", None, why)]
    assert undone.counts.undone == Tally(new=1, left=1)


def test_a_customer_that_was_merged_stays_so(office: Office) -> None:
    office.run(billing("C-1"))
    run = office.run(billing("C-2", "Bolt"))
    acme, bolt = office.cards("C-1", "C-2")
    joining.merge(office.store, acme.id, bolt.id, BEA)
    undo(office.store, run.id, ANNA)
    assert left(office, run) == [(bolt.id, "made", None, "was merged, or taken away, since")]
    with office.store.reading() as tx:
        assert cards.get(tx, bolt.id).id == acme.id


def test_a_link_that_is_gone_by_now_is_told(office: Office) -> None:
    run = office.run(billing() | shipping())
    acme, dock = office.cards("C-1", "S-1")
    cards.unlink_ship_to(office.store, acme.id, dock.id, BEA)
    undone = undo(office.store, run.id, ANNA)
    assert left(office, run) == [
        (acme.id, "ship_to_customers", None, "is not linked by hand any more")
    ]
    assert undone.counts.undone == Tally(new=2, left=1)


def test_a_link_that_was_there_before_stays(office: Office) -> None:
    bill_to, ship_to = make_cards(
        office.store, on_card("Acme", number="C-1"), on_card("Dock 1", number="S-1")
    )
    cards.link_ship_to(office.store, bill_to, ship_to, BEA)
    run = office.run(billing() | shipping())
    assert run.counts.done.links == 0
    undo(office.store, run.id, ANNA)
    assert office.card().ship_to_ids == (ship_to,)


def test_open_orders_are_decided_anew(world: World, office: Office) -> None:
    erp = world.connect("erp")
    erp.remote.put(
        customer("K", number="C-1", name="Acme"),
        customer("L", number="S-1", name="Dock 1"),
        order("O-1", customer_external_id="L"),
        order("O-2", customer_external_id="K"),
    )
    erp.sync()
    world.certify("C-1", "TX")
    before = world.ground()
    run = office.run(billing(Exempt="yes") | shipping("S-1", "Dock 1", state="TX", country="US"))
    assert world.ground() == "certificate"
    undone = undo(office.store, run.id, BEA)
    assert world.ground() == before
    assert not office.card().flagged_exempt
    assert undone.counts.undone.orders >= 1
