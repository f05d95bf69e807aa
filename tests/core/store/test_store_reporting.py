"""Counts for reports, on each database."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from exempt.adapters.store.store import SqlStore
from exempt.model.certificate import ReviewStatus
from exempt.model.decision import Ground
from exempt.services.listing_ports import Next
from exempt.services.report_ports import Covering, Period, Standing, Without
from exempt.services.rows import ConnectionRow, DeliveryState, DeliveryTarget
from support.records import DAY, NOW, TODAY, YEAR, address, customer, details, order
from support.stores import connected, enter
from support.world import World

MONTH = 30 * DAY


@pytest.fixture
def world(store: SqlStore) -> World:
    """Acme claims to be exempt in Texas and California; Bolt of another company in Texas."""
    world = World(store)
    for name, company, number in (("erp", "northwind", "C-1"), ("other", "acme", "A-1")):
        source = world.connect(name, company=company)
        source.remote.put(customer(number, name=f"Customer {number}", exempt=True))
        source.remote.put(
            order(f"{number}-TX", customer_external_id=number),
            order(f"{number}-CA", customer_external_id=number, ship_to=address("CA")),
        )
        source.sync()
    return world


def company(world: World, name: str = "northwind") -> frozenset[int]:
    return frozenset({connected(world.store, f"of-{name}", company=name).company_id})


def standing(world: World, company_ids: frozenset[int] | None = None) -> list[Standing]:
    with world.store.reading() as tx:
        return tx.reporting.standing(company_ids, TODAY, 30)


def without(
    world: World,
    company_ids: frozenset[int] | None = None,
    state: str | None = None,
    **days: dt.date,
) -> list[Without]:
    with world.store.reading() as tx:
        return tx.reporting.without(company_ids, Period(**days), state)


def covering(world: World, period: Period, company_ids: frozenset[int] | None = None) -> list[int]:
    with world.store.reading() as tx:
        return tx.reporting.covering(Covering("US-TX", period, company_ids), Next(limit=10))


def put(world: World, words: str, *states: str, **changes: object) -> int:
    with world.store.writing() as tx:
        return enter(tx, world.customer_id(words), *states, **changes)


def test_certificates_stand_in_each_state_as_their_dates_say(world: World) -> None:
    put(world, "C-1", "TX")
    put(world, "C-1", "TX", "CA", expiration_date=TODAY + 30 * DAY)
    put(world, "C-1", "TX", expiration_date=TODAY + 31 * DAY)
    put(world, "C-1", "TX", expiration_date=TODAY)
    put(world, "C-1", "TX", expiration_date=TODAY - DAY)
    put(world, "C-1", "TX", effective_date=TODAY + DAY)
    assert standing(world) == [
        Standing("US-CA", active=0, expiring_soon=1, expired=0, future=0),
        Standing("US-TX", active=2, expiring_soon=2, expired=1, future=1),
    ]


def test_what_waits_was_rejected_or_archived_does_not_count(world: World) -> None:
    gone = put(world, "C-1", "TX")
    for review in (ReviewStatus.PENDING, ReviewStatus.REJECTED):
        new = details(customer_ids=(world.customer_id("C-1"),))
        with world.store.writing() as tx:
            tx.certificates.add(new, review, NOW, by="anna", source="staff")
    world.archive(gone)
    assert standing(world) == []


def test_certificates_of_other_companies_are_not_counted(world: World) -> None:
    put(world, "C-1", "TX")
    put(world, "A-1", "TX")
    assert [each.active for each in standing(world)] == [2]
    assert [each.active for each in standing(world, company(world))] == [1]
    assert standing(world, frozenset()) == []


def test_sales_without_a_certificate_are_counted_by_state_and_currency(world: World) -> None:
    world.certify("C-1", "TX")
    claimed = Ground.NO_CERTIFICATE
    assert without(world, company(world)) == [
        Without("US-CA", claimed, "USD", 1, Decimal("100.00"))
    ]
    assert [each.orders for each in without(world)] == [2, 1]
    assert [each.jurisdiction for each in without(world, state="US-TX")] == ["US-TX"]


def test_sales_of_other_days_are_not_counted(world: World) -> None:
    mine = company(world)
    assert len(without(world, mine, first=TODAY, last=TODAY)) == 2
    assert without(world, mine, first=TODAY + DAY) == []
    assert without(world, mine, last=TODAY - DAY) == []


def test_what_was_given_up_is_counted_by_connection_and_outcome(world: World) -> None:
    row = connected(world.store, "erp")
    give_up(world, row, "C-1-TX", "C-1-CA")
    give_up(world, connected(world.store, "other", company="acme"), "A-1-TX")
    period = Period(TODAY, TODAY)
    with world.store.reading() as tx:
        counts = tx.reporting.failed_counts(None, period)
        views = tx.reporting.failed(company(world), period, 10)
        second = tx.reporting.failed(None, period, 1, 1)
        before = tx.reporting.failed(None, Period(last=TODAY - DAY), 10)
    assert [tuple(each) for each in counts] == [("erp", "rejected", 2), ("other", "rejected", 1)]
    assert [view.delivery.external_id for view in views] == ["C-1-TX", "C-1-CA"]
    assert [view.delivery.external_id for view in second] == ["C-1-CA"]
    assert before == []


def give_up(world: World, row: ConnectionRow, *ids: str) -> None:
    target = DeliveryTarget.ORDER
    with world.store.writing() as tx:
        tx.deliveries.owe(row.id, target, [(each, 99, "{}") for each in ids], NOW)
        for each in tx.deliveries.last(row.id, target, ids).values():
            tx.deliveries.mark(each, DeliveryState.DEAD, outcome="rejected", message="no", at=NOW)


@pytest.mark.parametrize(
    ("first", "last", "asked"),
    [
        pytest.param(TODAY, TODAY, True, id="today, in the midst of it"),
        pytest.param(None, None, True, id="at any time"),
        pytest.param(TODAY - YEAR - MONTH, TODAY - YEAR, True, id="through its first day"),
        pytest.param(TODAY - YEAR - MONTH, TODAY - YEAR - DAY, False, id="before it"),
        pytest.param(TODAY + MONTH, None, True, id="from its last day on"),
        pytest.param(TODAY + MONTH + DAY, None, False, id="after it"),
    ],
)
def test_an_auditor_asks_for_what_was_in_force_in_a_period(
    world: World, first: dt.date | None, last: dt.date | None, asked: bool
) -> None:
    kept = put(world, "C-1", "TX", expiration_date=TODAY + MONTH)
    put(world, "C-1", "CA")
    assert covering(world, Period(first, last)) == ([kept] if asked else [])


def test_an_auditor_sees_archived_certificates_and_none_that_is_also_of_another_company(
    world: World,
) -> None:
    archived = put(world, "C-1", "TX")
    world.archive(archived)
    both = (world.customer_id("C-1"), world.customer_id("A-1"))
    shared = put(world, "C-1", "TX", customer_ids=both)
    assert covering(world, Period()) == [archived, shared]
    assert covering(world, Period(), company(world)) == [archived]
