"""Presences, and where people are, as both databases keep them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from exempt import Stream
from exempt.adapters.store import migrate
from exempt.adapters.store.store import SqlStore
from exempt.model.people import Place, PlaceKind
from exempt.model.presence import PresenceKind, WarningKind, WarningState
from exempt.model.sources import Employee
from exempt.services.ports import Transaction
from exempt.services.presence_ports import NewPresence, NewWarning
from exempt.services.rows import ConnectionRow, DeliveryTarget
from support.records import DAY, NOW, TODAY, address
from support.staff import HIRED, hire
from support.stores import connected, rows, side_by_side

LATER = NOW + 10 * DAY


def save(
    store: SqlStore, row: ConnectionRow, *people: Employee, at: dt.datetime = NOW
) -> tuple[int, int, int]:
    with store.writing() as tx:
        saved = tx.sources.save_employees(row, people, at)
    return saved.new, saved.changed, saved.unchanged


def places(store: SqlStore, row: ConnectionRow, state: str | None = None) -> list[str]:
    with store.reading() as tx:
        found = tx.presence.places([row.company_id], state)
    return [
        f"{p.external_id} {p.place.jurisdiction} {p.place.kind} {p.place.from_day or '?'}"
        f" {p.place.through_day or '…'}"
        for p in found
        if p.place.real
    ]


def test_a_page_of_employees_is_where_they_are(store: SqlStore, erp: ConnectionRow) -> None:
    people = [hire("E-1", "TX", "OK"), hire("E-2", None), hire("E-3", "CA", label="Ana")]
    assert save(store, erp, *people) == (3, 0, 0)
    assert save(store, erp, *people, at=LATER) == (0, 0, 3)
    assert places(store, erp) == [
        "E-1 US-TX work 2024-03-01 …",
        "E-1 US-OK home 2024-03-01 …",
        "E-3 US-CA work 2024-03-01 …",
    ]
    assert places(store, erp, "US-OK") == ["E-1 US-OK home 2024-03-01 …"]
    with store.reading() as tx:
        assert tx.presence.unplaced([erp.company_id]) == 1
        ana = tx.presence.places([erp.company_id], "US-CA")[0]
        assert tx.presence.places([]) == []
    assert (ana.label, ana.start_date, ana.contractor, ana.connection) == (
        "Ana",
        HIRED,
        False,
        "erp",
    )


def test_a_state_of_before_stays_when_somebody_moves(store: SqlStore, erp: ConnectionRow) -> None:
    save(store, erp, hire())
    assert save(store, erp, hire(work="CA"), at=LATER) == (0, 1, 0)
    assert places(store, erp) == [
        f"E-1 US-TX work 2024-03-01 {LATER.date() - DAY}",
        f"E-1 US-CA work {LATER.date()} …",
    ]


def test_a_state_that_arrives_late_moves_nobody(store: SqlStore, erp: ConnectionRow) -> None:
    save(store, erp, hire(updated_at=NOW))
    save(store, erp, hire(work="CA", updated_at=NOW - DAY), at=LATER)
    assert places(store, erp) == ["E-1 US-TX work 2024-03-01 …"]


def test_who_is_deleted_was_there_and_may_come_back(store: SqlStore, erp: ConnectionRow) -> None:
    save(store, erp, hire(), hire("E-2"))
    with store.writing() as tx:
        tx.sources.mark_deleted(erp, Stream.EMPLOYEES, ["E-1"], LATER)
    assert places(store, erp) == [
        f"E-1 US-TX work 2024-03-01 {LATER.date() - DAY}",
        "E-2 US-TX work 2024-03-01 …",
    ]
    save(store, erp, hire(), at=LATER + DAY)
    assert places(store, erp)[0] == "E-1 US-TX work 2024-03-01 …"


def test_people_as_somebody_states_them(store: SqlStore, erp: ConnectionRow) -> None:
    def stated(state: str, first: dt.date, last: dt.date | None = None) -> Place:
        return Place(f"US-{state}", PlaceKind.WORK, first, last, by_start=True, seen_day=TODAY)

    moved = [stated("TX", HIRED, TODAY - 30 * DAY), stated("CA", TODAY - 29 * DAY)]
    for _ in range(2):
        with store.writing() as tx:
            tx.presence.state(erp, [(hire(work="CA"), moved)], NOW)
        assert places(store, erp) == [
            f"E-1 US-TX work 2024-03-01 {TODAY - 30 * DAY}",
            f"E-1 US-CA work {TODAY - 29 * DAY} …",
        ]


# --- presences ---------------------------------------------------------------------------


def new(state: str = "TX", first: dt.date = HIRED, **changes: Any) -> NewPresence:
    return NewPresence(f"US-{state}", PresenceKind.PROPERTY, first, "a depot")._replace(**changes)


def test_presences_are_kept_changed_and_taken_back(store: SqlStore, erp: ConnectionRow) -> None:
    other = connected(store, "other", company="contoso")
    with store.writing() as tx:
        texas, oregon = tx.presence.add(erp.company_id, [new(), new("CA")], NOW, "anna")
        tx.presence.add(other.company_id, [new("OK")], NOW, "anna")
        assert tx.presence.add(erp.company_id, [], NOW, "anna") == []
    assert (texas.jurisdiction, texas.kind, texas.notes) == ("US-TX", "property", "a depot")
    assert (texas.effective_date, texas.made_at, texas.made_by) == (HIRED, NOW, "anna")
    with store.writing() as tx:
        tx.presence.change(texas.id, HIRED + DAY, TODAY, "the depot in Waco")
        tx.presence.remove(oregon.id, LATER, "ben")
        tx.presence.remove(oregon.id, LATER + DAY, "cleo")
    with store.reading() as tx:
        kept = tx.presence.all([erp.company_id])
        every = tx.presence.all(removed=True)
        gone = tx.presence.get(oregon.id)
        assert tx.presence.get(99) is None
    assert [(row.jurisdiction, row.effective_date, row.end_date, row.notes) for row in kept] == [
        ("US-TX", HIRED + DAY, TODAY, "the depot in Waco")
    ]
    assert [row.jurisdiction for row in every] == ["US-CA", "US-OK", "US-TX"]
    assert gone is not None
    assert (gone.removed_at, gone.removed_by) == (LATER, "ben")


def test_since_when_there_is_physical_nexus(store: SqlStore, erp: ConnectionRow) -> None:
    """B40."""
    with store.writing() as tx:
        _first, _second, ended, wrong = tx.presence.add(
            erp.company_id,
            [new(first=TODAY), new(), new("CA"), new("OK")],
            NOW,
            "anna",
        )
        tx.presence.change(ended.id, HIRED, TODAY - DAY, "")
        tx.presence.remove(wrong.id, NOW, "anna")
    mine = erp.company_id
    with store.reading() as tx:
        assert tx.presence.since([mine]) == {(mine, "US-TX"): HIRED, (mine, "US-CA"): HIRED}
        assert tx.presence.since([mine], TODAY) == {(mine, "US-TX"): HIRED}
        assert tx.presence.since([]) == {}


# --- warnings ----------------------------------------------------------------------------


def warning(row: ConnectionRow, occasion: str = "place 1", **changes: Any) -> NewWarning:
    fields = NewWarning(row.company_id, "US-TX", WarningKind.EMPLOYEE, occasion, HIRED, "{}")
    return fields._replace(**changes)


def test_a_warning_is_raised_once_for_its_occasion(store: SqlStore, erp: ConnectionRow) -> None:
    with store.writing() as tx:
        first = tx.warnings.open_one(warning(erp), NOW)
        assert tx.warnings.open_one(warning(erp), LATER) is None
        second = tx.warnings.open_one(warning(erp, "place 9"), LATER)
        third = tx.warnings.open_one(warning(erp, kind=WarningKind.MET), NOW)
    assert None not in {first, second, third}
    with store.reading() as tx:
        assert [row.id for row in tx.warnings.all()] == [second, first, third]
        assert [row.id for row in tx.warnings.all(kind=WarningKind.MET)] == [third]
        assert tx.warnings.all([]) == []
        assert tx.warnings.counts([erp.company_id]) == {
            WarningKind.EMPLOYEE: 2,
            WarningKind.MET: 1,
        }
        assert tx.warnings.counts() == tx.warnings.counts([erp.company_id])


def test_two_at_once_raise_one(store: SqlStore, erp: ConnectionRow) -> None:
    raised: list[int | None] = []

    def raise_it(tx: Transaction) -> None:
        tx.alone([erp.company_id])
        raised.append(tx.warnings.open_one(warning(erp), NOW))

    side_by_side(store, raise_it, raise_it)
    assert [each is None for each in raised] == [False, True]


def test_what_became_of_a_warning(store: SqlStore, erp: ConnectionRow) -> None:
    with store.writing() as tx:
        key = tx.warnings.open_one(warning(erp), NOW)
        assert key is not None
        tx.warnings.update(key, HIRED - DAY, '{"current":2}')
        assert tx.warnings.read([key], NOW, "anna") == 1
        assert tx.warnings.read([key], LATER, "ben") == 0
        assert tx.warnings.close(key, WarningState.DISMISSED, "a visit", LATER, "ben")
        assert not tx.warnings.close(key, WarningState.CONFIRMED, "", LATER, "cleo")
        tx.warnings.update(key, HIRED, "{}")
        row = tx.warnings.get(key)
    assert row is not None
    assert (row.since, row.facts) == (HIRED - DAY, '{"current":2}')
    assert (row.read_at, row.read_by) == (NOW, "anna")
    assert (row.state, row.reason, row.closed_by, row.closed_at) == (
        "dismissed", "a visit", "ben", LATER,
    )  # fmt: skip
    with store.reading() as tx:
        assert tx.warnings.counts() == {}
        assert tx.warnings.all(states=[WarningState.OPEN]) == []
        assert tx.warnings.get(99) is None


def test_a_mail_is_owed_of_those_that_none_was_owed_of(store: SqlStore, erp: ConnectionRow) -> None:
    with store.writing() as tx:
        one = tx.warnings.open_one(warning(erp), NOW)
        two = tx.warnings.open_one(warning(erp, "place 2"), NOW)
        three = tx.warnings.open_one(warning(erp, "place 3"), NOW)
        assert None not in {one, two, three}
        tx.deliveries.owe(erp.id, DeliveryTarget.WARNING, [(str(one), 1, "{}")], NOW)
        tx.deliveries.owe(erp.id, DeliveryTarget.WARNING, [(str(three), 1, "{}")], NOW)
        tx.deliveries.withdraw(erp.id, DeliveryTarget.WARNING, [str(three)], NOW, why="nobody")
        assert [row.id for row in tx.warnings.unmailed([erp.company_id])] == [two, three]
        tx.warnings.mailed([two or 0], LATER)
        assert [row.id for row in tx.warnings.unmailed([erp.company_id])] == [three]


# --- the version before ------------------------------------------------------------------


@pytest.mark.parametrize("gone", [False, True])
def test_people_who_were_known_before_are_where_they_are(
    store: SqlStore, erp: ConnectionRow, *, gone: bool
) -> None:
    people = [
        hire("E-1", "TX", "OK"),
        hire("E-2", "CA", start_date=None, end_date=TODAY - 9 * DAY),
        hire("E-3", None, home_location=address(None)),
    ]
    save(store, erp, *people)
    if gone:
        with store.writing() as tx:
            tx.sources.mark_deleted(erp, Stream.EMPLOYEES, ["E-1"], NOW)
    migrate.downgrade(store.database, "0006")
    migrate.upgrade(store.database)
    last = TODAY if gone else "…"
    assert sorted(places(store, erp)) == [
        f"E-1 US-OK home 2024-03-01 {last}",
        f"E-1 US-TX work 2024-03-01 {last}",
        f"E-2 US-CA work ? {TODAY - 9 * DAY}",
    ]
    save(store, erp, hire("E-1", "NM"), at=LATER)
    assert f"E-1 US-NM work {LATER.date()} …" in places(store, erp)


def test_the_version_before_knows_no_mails_of_warnings(store: SqlStore, erp: ConnectionRow) -> None:
    with store.writing() as tx:
        tx.deliveries.owe(erp.id, DeliveryTarget.WARNING, [("1", 1, "{}")], NOW)
    migrate.downgrade(store.database, "0006")
    assert rows(store, "SELECT id FROM delivery") == []
