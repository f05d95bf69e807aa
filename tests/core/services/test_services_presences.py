"""Physical nexus by hand: several states in one save, changed, ended and taken back."""

from __future__ import annotations

import datetime as dt

import pytest

from exempt.errors import NotFoundError, RefusedError
from exempt.model.presence import PresenceKind
from exempt.rules.presences import PresenceDetails
from exempt.services import presences
from exempt.services.presence_ports import PresenceRow
from exempt.services.presences import PresenceChange, UnfitRowsError
from support.records import DAY, TODAY
from support.staff import HIRED, Firm
from support.world import World


@pytest.fixture
def firm(world: World) -> Firm:
    return Firm(world)


def depot(state: str = "TX", **changes: object) -> PresenceDetails:
    fields = {"jurisdiction": state, "kind": "property", "effective_date": HIRED, "notes": "Depot"}
    return PresenceDetails.model_validate({**fields, **changes})


def add(firm: Firm, *rows: PresenceDetails) -> list[PresenceRow]:
    return presences.add(firm.world.store, firm.hr.row.company_id, rows, firm.world.act())


def test_several_states_in_one_save(firm: Firm) -> None:
    """B39, B40, B41, B42."""
    kept = add(firm, depot(), depot("CA", kind="inventory", effective_date=TODAY, notes="FBA"))
    assert kept == sorted(firm.presences(), key=lambda row: row.id)
    assert [(row.jurisdiction, row.kind, row.effective_date, row.notes) for row in kept] == [
        ("US-TX", PresenceKind.PROPERTY, HIRED, "Depot"),
        ("US-CA", PresenceKind.INVENTORY, TODAY, "FBA"),
    ]
    assert {(row.made_by, row.made_at) for row in kept} == {("anna", firm.world.now)}


def test_all_are_saved_or_none(firm: Firm) -> None:
    """B42."""
    add(firm, depot())
    with pytest.raises(UnfitRowsError) as error:
        add(firm, depot("CA"), depot("OK"), depot("CA"), depot())
    assert str(error.value) == (
        "nothing was saved: row 3: says the same as row 1; row 4: is kept already, as presence 1"
    )
    assert [row.jurisdiction for row in firm.presences()] == ["US-TX"]


@pytest.mark.parametrize("count", [0, presences.AT_ONCE + 1])
def test_how_many_are_added_at_once(firm: Firm, count: int) -> None:
    rows = [depot(notes=str(n)) for n in range(count)]
    with pytest.raises(RefusedError, match="add 1 to 200 states at once"):
        add(firm, *rows)


def test_what_was_taken_back_may_be_added_anew(firm: Firm) -> None:
    (wrong,) = add(firm, depot())
    act = firm.world.act()
    gone = presences.remove(firm.world.store, wrong.id, act, reason=" never was ")
    assert (gone.removed_at, gone.removed_by) == (firm.world.now, "anna")
    assert firm.presences() == []
    (again,) = add(firm, depot())
    assert again.id != wrong.id
    with pytest.raises(RefusedError, match="presence 1, Texas: anna removed it on 2026-11-20"):
        presences.remove(firm.world.store, wrong.id, act)
    with firm.world.store.reading() as tx:
        said = [(change.new, change.changed_by) for change in presences.history(tx, wrong.id)]
    assert said == [("property since 2024-03-01", "anna"), ("removed: never was", "anna")]


def test_a_presence_ends_and_goes_on(firm: Firm) -> None:
    (kept,) = add(firm, depot())
    store, act = firm.world.store, firm.world.act()
    ended = presences.end(store, kept.id, TODAY, act)
    assert ended.end_date == TODAY
    assert (ended.in_force(TODAY), ended.in_force(TODAY + DAY)) == (True, False)
    again = presences.change(store, kept.id, PresenceChange(goes_on=True), act)
    assert again.end_date is None
    assert again.in_force(TODAY + DAY)
    with pytest.raises(RefusedError, match="would end on 2024-02-29, before its first day"):
        presences.end(store, kept.id, HIRED - DAY, act)


def test_what_a_presence_says_is_changed_and_remembered(firm: Firm) -> None:
    (kept,) = add(firm, depot())
    store, act = firm.world.store, firm.world.act()
    wanted = PresenceChange(effective_date=dt.date(2023, 5, 1), notes=" Depot in Waco ")
    changed = presences.change(store, kept.id, wanted, act)
    assert (changed.effective_date, changed.notes) == (dt.date(2023, 5, 1), "Depot in Waco")
    with store.reading() as tx:
        _made, date, notes = presences.history(tx, kept.id)
    assert (date.field, date.old, date.new) == ("effective_date", "2024-03-01", "2023-05-01")
    assert (notes.old, notes.new) == ("Depot", "Depot in Waco")
    with pytest.raises(RefusedError, match="notes of at most 500"):
        presences.change(store, kept.id, PresenceChange(notes="x" * 501), act)


def test_a_presence_of_another_company_is_none(firm: Firm) -> None:
    (kept,) = add(firm, depot())
    with pytest.raises(NotFoundError, match="presence 1: there is none"):
        presences.remove(firm.world.store, kept.id, firm.world.act(), company_ids=[99])
    with firm.world.store.reading() as tx, pytest.raises(NotFoundError):
        presences.get(tx, 99)
