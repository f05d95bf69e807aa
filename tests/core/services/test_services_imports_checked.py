"""What a check finds and shows, what is confirmed, and what is left to a person."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from exempt.errors import NotFoundError, RefusedError
from exempt.model.imports import ChangeKind, ImportState, Tally
from exempt.services import cards, joining
from exempt.services.importing import applying, checking, runs
from exempt.services.importing.applying import apply
from support.cards import card_of, make_cards, on_card
from support.fake_connector import WRITES
from support.imports import Office, billing, shipping
from support.records import DAY, NOW, act, customer
from support.stores import everything, rows
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


# --- against the register ----------------------------------------------------------------


def test_a_number_of_two_customers_is_for_a_person(office: Office) -> None:
    make_cards(office.store, on_card("A", number="C-1"), on_card("B", number="C-1"))
    checked = office.check(billing("C-1"), billing("C-2"))
    (problem,) = checked.problems
    assert problem[:4] == (2, "C-1", "Billing Customer Number", "A")
    what = "is that of several customers: merge them first: exempt customers merge id:1 id:2"
    assert problem.text == what
    assert checked.run.counts.planned == Tally(new=1, left=1, lacking=1)
    with pytest.raises(RefusedError, match="import 1: 1 customer cannot go in"):
        apply(office.store, checked.run.id, ANNA)
    joining.merge(office.store, 1, 2, ANNA)
    mended = checking.check(office.store, checked.run.id)
    assert (mended.problems, mended.run.counts.planned.left) == ([], 0)
    run = apply(office.store, mended.run.id, ANNA)
    assert run.counts.done == Tally(new=1, changed=1, changes=1, lacking=2)


def test_a_location_of_a_customer_whose_number_two_have(office: Office) -> None:
    make_cards(office.store, on_card("A", number="C-1"), on_card("B", number="C-1"))
    checked = office.check(billing("C-1") | shipping("S-1"))
    assert [p.text for p in checked.problems] == [
        "is that of several customers: merge them first: exempt customers merge id:1 id:2"
    ] * 2
    run = apply(office.store, checked.run.id, ANNA, skip_bad_rows=True)
    assert office.cards("S-1") == []
    assert run.counts.done == Tally(left=1)


def test_a_customer_does_not_become_the_location_of_its_own_location(office: Office) -> None:
    make_cards(office.store, on_card("A", number="C-1"), on_card("B", number="S-1"))
    cards.link_ship_to(office.store, 2, 1, ANNA)
    checked = office.check(billing("C-1", "A") | shipping("S-1", "B"))
    (problem,) = checked.problems
    assert problem.title == "Billing Customer Number"
    assert problem.text.endswith("unlink it first: exempt customers unlink-ship-to id:2 id:1")


def test_a_state_that_is_none_of_the_cards_country(office: Office) -> None:
    make_cards(office.store, on_card("Acme", number="C-1", country="US", state="TX"))
    (problem,) = office.check(billing(state="ON")).problems
    assert problem.title == "Billing Customer State"
    assert problem.text.startswith("unknown state in country 'US'")


def test_a_new_location_needs_a_name(office: Office) -> None:
    row = billing() | {"Shipping Customer Number": "S-1"}
    (problem,) = office.check(row).problems
    assert problem.title == "Shipping Customer Name 1"


# --- erasures ----------------------------------------------------------------------------


def test_erasures_are_shown_one_by_one_and_confirmed(office: Office) -> None:
    office.run(billing(city="Austin", email="ap@acme.example"))
    checked = office.check(billing(city=None, email=None))
    assert [(e.title, e.old, e.new) for e in checked.erasures] == [
        ("Billing Customer City", "Austin", None),
        ("Billing Customer Email", "ap@acme.example", None),
    ]
    before = everything(office.store)
    with pytest.raises(RefusedError, match=r"would erase 2 fields: see them with .* --erase"):
        apply(office.store, checked.run.id, ANNA)
    assert everything(office.store) == before
    apply(office.store, checked.run.id, ANNA, erase=True)
    card = office.card()
    assert (card.city, card.email) == (None, None)


def test_an_erasure_that_nobody_saw_is_left(office: Office) -> None:
    """Somebody fills in a field between the check and the import."""
    office.run(billing("C-1"), billing("C-2", "Bolt"))
    checked = office.check(billing("C-1", city=None), billing("C-2", "Bolt Inc.", city=None))
    assert checked.run.counts.planned.erasures == 0
    before = office.card("C-1")
    cards.edit(office.store, before.id, before.details.model_copy(update={"city": "Austin"}), ANNA)
    run = apply(office.store, checked.run.id, ANNA)
    assert office.card("C-1").city == "Austin"
    assert office.card("C-2").name == "Bolt Inc."
    assert run.counts.done == Tally(changed=1, changes=1, left=1, lacking=1)
    (left,) = list(checking.findings(office.store, run.id))
    assert (left.row, left.refused) == (2, True)
    assert left.text == "would erase something by now: check the file again, with --erase"


def test_a_location_is_left_whose_customer_is_gone_by_now(office: Office) -> None:
    make_cards(office.store, on_card("Acme", number="C-1"))
    checked = office.check(billing() | shipping())
    moved = office.card().details.model_copy(update={"number": "C-9"})
    with office.store.writing() as tx:
        run = runs.get(tx, checked.run.id)
        at_locations = {"state": ImportState.APPLYING, "position": "shipping:"}
        tx.imports.save(run.model_copy(update=at_locations))
    cards.edit(office.store, 1, moved, ANNA)
    run = applying.resume(office.store, checked.run.id, ANNA)
    assert run.counts.done == Tally(left=1)
    assert office.cards("S-1") == []
    (left,) = list(checking.findings(office.store, run.id))
    assert left.text == "its billing customer is gone by now: import the row again"


# --- to be shown -------------------------------------------------------------------------


def test_every_change_can_be_seen_before(office: Office) -> None:
    office.run(billing("C-1", city="Austin"))
    file = [
        billing("C-1", city=None) | shipping("S-1", state="TX"),
        billing("C-2", "Bolt", city="Reno") | shipping("C-2", "Bolt", state="NV"),
    ]
    checked = office.check(*file)
    seen = list(checking.all_changes(office.store, checked.run.id))
    assert [(c.row, c.number, c.kind.value, c.title, c.old, c.new) for c in seen] == [
        (2, "C-1", "erase", "Billing Customer City", "Austin", None),
        (3, "C-2", "new", "", None, "Bolt"),
        (3, "C-2", "zone", "Shipping Customer State", None, "US-NV"),
        (2, "S-1", "new", "", None, "Dock 1"),
        (2, "C-1", "link", "Shipping Customer Number", None, "S-1"),
    ]
    erasures = checking.all_changes(office.store, checked.run.id, ChangeKind.ERASE)
    assert [c.field for c in erasures] == ["city"]
    with office.store.reading() as tx:
        part = checking.preview(tx, checked.run.id, limit=2)
        assert (len(part.changes), part.then) == (3, "shipping:")
        rest = checking.preview(tx, checked.run.id, after=part.then or "")
    assert part.changes + rest.changes == seen
    assert rest.then is None


def test_what_a_check_shows_is_limited_and_what_it_counts_is_not(office: Office) -> None:
    file = [billing(f"C-{n}", email="x", city=None) for n in range(30)]
    file += [billing(f"D-{n}", city="Austin") for n in range(30)]
    checked = office.check(*file)
    assert checked.run.counts.bad == 30
    assert len(checked.problems) == len(checked.warnings) == len(checked.changes) == 20
    assert [p.row for p in checked.problems] == list(range(2, 22))
    assert len(list(checking.findings(office.store, checked.run.id))) == 60


def test_what_a_tax_engine_would_need_is_a_warning(office: Office) -> None:
    checked = office.check(billing("C-1", **ADDRESS), billing("C-2", line1="2 Main St"))
    assert [(w.row, w.number, w.text) for w in checked.warnings] == [
        (
            3,
            "C-2",
            f"lacks city, state, country, zip: {LACKS}",
        )
    ]
    assert checked.run.counts.planned.lacking == 1


def test_only_an_import_that_is_checked_can_be_previewed(office: Office) -> None:
    staged = office.stage(billing())
    with office.store.reading() as tx, pytest.raises(RefusedError, match="is staged: import"):
        checking.preview(tx, staged.id)
    run = office.run(billing())
    with office.store.reading() as tx, pytest.raises(RefusedError, match="is applied: import"):
        checking.preview(tx, run.id)


# --- afterwards --------------------------------------------------------------------------


def test_a_report_has_the_customers_that_were_made_and_changed(office: Office) -> None:
    make_cards(office.store, on_card("Acme", number="C-1"), on_card("Bolt", number="C-2"))
    run = office.run(billing("C-1", "Acme", city="A"), billing("C-2", "Bolt"), billing("C-3", "C"))
    with office.store.reading() as tx:
        report = runs.report(tx, run.id)
    assert (report.made, report.changed, report.left) == ([3], [1], [])


def test_the_rows_are_dropped_at_the_end_but_for_those_that_did_not_go_in(office: Office) -> None:
    run = office.run(billing("C-1"), billing("C-2", email="x"), skip_bad_rows=True)
    assert rows(office.store, "SELECT row FROM import_row") == [(3,)]
    (finding,) = checking.findings(office.store, run.id)
    assert finding.title == "Billing Customer Email"


def test_an_import_that_was_not_applied_can_be_given_up(office: Office) -> None:
    run = office.check(billing("C-1"), billing("C-2", email="x")).run
    dropped = runs.drop(office.store, run.id)
    assert dropped.state is ImportState.DROPPED
    assert rows(office.store, "SELECT row FROM import_row") == []
    with pytest.raises(RefusedError, match="is dropped, and cannot be given up: it is over"):
        runs.drop(office.store, run.id)
    assert office.stage(billing("C-1")).id != run.id


@pytest.mark.parametrize(
    ("state", "mend"),
    [
        (ImportState.APPLIED, "undo it: exempt imports undo 1"),
        (ImportState.APPLYING, "go on with exempt imports resume 1, then undo it"),
        (ImportState.UNDONE, "it is over already"),
    ],
)
def test_what_was_applied_cannot_be_given_up(office: Office, state: ImportState, mend: str) -> None:
    run = office.run(billing())
    with office.store.writing() as tx:
        tx.imports.save(run.model_copy(update={"state": state}))
    with pytest.raises(RefusedError, match=f"cannot be given up: {mend}"):
        runs.drop(office.store, run.id)


@pytest.mark.parametrize(
    ("state", "mend"),
    [
        (ImportState.STAGED, "check it first"),
        (ImportState.APPLYING, "go on with exempt imports resume 1"),
        (ImportState.APPLIED, "import the file again"),
        (ImportState.UNDONE, "import the file again"),
    ],
)
def test_only_what_is_checked_is_applied(office: Office, state: ImportState, mend: str) -> None:
    run = office.stage(billing())
    with office.store.writing() as tx:
        tx.imports.save(run.model_copy(update={"state": state}))
    with pytest.raises(RefusedError, match=f"import 1: is {state.value}: {mend}"):
        apply(office.store, run.id, ANNA)


@pytest.mark.parametrize(
    ("state", "mend"),
    [
        (ImportState.STAGING, "read its file again: exempt customers import FILE"),
        (ImportState.APPLYING, "go on with exempt imports resume 1"),
        (ImportState.APPLIED, "import the file again"),
    ],
)
def test_what_cannot_be_checked(office: Office, state: ImportState, mend: str) -> None:
    run = office.stage(billing())
    with office.store.writing() as tx:
        tx.imports.save(run.model_copy(update={"state": state}))
    with pytest.raises(RefusedError, match=f"import 1: is {state.value}: {mend}"):
        checking.check(office.store, run.id)


def test_imports_are_listed_the_newest_first_by_company(office: Office, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    elsewhere = Office(office.store, tmp_path / "b", company="southwind")
    first, second, other = (
        office.run(billing()),
        office.stage(billing()),
        elsewhere.stage(billing()),
    )
    with office.store.reading() as tx:
        assert [run.id for run in runs.listed(tx)] == [other.id, second.id, first.id]
        assert [run.id for run in runs.listed(tx, [office.company_id])] == [second.id, first.id]
        assert [run.id for run in runs.listed(tx, limit=1)] == [other.id]


def test_an_import_that_is_not_there(office: Office) -> None:
    with pytest.raises(NotFoundError, match="import 7: there is none: see exempt imports list"):
        checking.check(office.store, 7)


def test_one_import_of_a_company_at_a_time(office: Office) -> None:
    run = office.stage(billing())
    with (
        runs.alone(office.store, office.company_id),
        pytest.raises(RefusedError, match="another import into this company is running"),
    ):
        checking.check(office.store, run.id)


def test_sources_are_told_what_an_import_changed(world: World, office: Office) -> None:
    erp = world.connect("erp", WRITES)
    erp.remote.put(customer("K", number="S-1", name="Dock 1"))
    erp.sync()
    office.run(billing("C-1"))
    world.certify("C-1", "TX")
    assert erp.owed() == []
    later = act(NOW + dt.timedelta(days=1), "bea")
    office.run(billing("C-1") | shipping("S-1", "Dock 1", state="TX", country="US"), by=later)
    assert erp.owed() == ["K"]
    assert card_of(world.store, office.card("S-1").id).version == 2
