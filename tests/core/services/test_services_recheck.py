"""Closed orders held against the register: listed, and changed only when somebody asks for it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from exempt import Stream
from exempt.model.certificate import Rejection, RejectionCode
from exempt.model.decision import Ground, Profile
from exempt.services import certificates, orders, recheck
from exempt.services.recheck import Differs
from exempt.services.rows import Subject
from support.fake_connector import WRITES
from support.records import DAY, TODAY, address, customer, order
from support.stores import everything, rows
from support.world import Source, World


@pytest.fixture
def sold(world: World) -> Source:
    """Orders of C-1, which claims an exemption: two closed ones and an open one to Texas."""
    erp = world.connect("erp", WRITES)
    erp.remote.put(customer(exempt=True), customer("S-1", parent_external_id="C-1"))
    erp.remote.put(customer("C-2", exempt=True))
    erp.remote.put(order("OLD", closed=True), order("OLDER", closed=True, order_date=TODAY - DAY))
    erp.remote.put(order("OPEN"), order("CA", closed=True, ship_to=address("CA")))
    erp.sync()
    return erp


def closed_orders(world: World, *, at_once: int = 1000, **options: object) -> list[Differs]:
    found = recheck.closed_orders(world.store, world.act(), at_once=at_once, **options)  # type: ignore[arg-type]
    return list(found)


def names(found: list[Differs]) -> list[str]:
    return [one.order.record.external_id for one in found]


def past(world: World, external_id: str = "OLD") -> list[tuple[str, bool]]:
    """The decisions of an order, oldest first, and which is in force."""
    sql = (
        "SELECT d.ground, d.superseded_at IS NULL FROM decision d"
        " JOIN sales_order o ON o.id = d.order_id WHERE o.external_id = :name ORDER BY d.id"
    )
    return [(ground, bool(now)) for ground, now in rows(world.store, sql, name=external_id)]


def test_a_late_certificate_covers_closed_orders_which_are_listed_and_left_alone(
    world: World, sold: Source
) -> None:
    number, _ = world.certify("C-1", "TX", signed_date=TODAY, number="LATE")
    before = everything(world.store)
    (found,) = closed_orders(world)
    assert everything(world.store) == before
    assert (found.connection.name, found.order.record.external_id) == ("erp", "OLD")
    assert (found.kept.ground, found.kept.tax_applicable) == (Ground.NO_CERTIFICATE, True)
    assert (found.today.certificate_id, found.today.certificate_number) == (number, "LATE")
    assert past(world) == [("no_certificate", True)]


def test_applied_the_old_decision_is_kept_and_the_new_one_is_in_force(
    world: World, sold: Source
) -> None:
    world.certify("C-1", "TX", number="LATE")
    assert names(closed_orders(world, apply=True)) == ["OLD", "OLDER"]
    for name in ("OLD", "OLDER"):
        assert past(world, name) == [("no_certificate", False), ("certificate", True)]
        decision = world.decision(name)
        assert decision is not None
        assert decision.certificate_number == "LATE"
    assert past(world, "CA") == [("no_certificate", True)]


def test_applied_nothing_is_owed_to_the_source_of_a_closed_order(
    world: World, sold: Source
) -> None:
    world.certify("C-1", "TX")
    sold.push()
    before = sold.owed()
    pushed = list(sold.remote.pushed)
    closed_orders(world, apply=True)
    sold.push()
    assert sold.owed() == before
    assert sold.remote.pushed == pushed


def test_applied_who_did_it_stands_in_the_history_of_the_order(world: World, sold: Source) -> None:
    world.certify("C-1", "TX", signed_date=TODAY, number="LATE")
    (found,) = closed_orders(world, apply=True)
    with world.store.reading() as tx:
        (change,) = tx.history.of(Subject.ORDER, found.order.id)
    assert (change.field, change.changed_by) == ("decision", "anna")
    assert (change.old, change.new) == ("taxed", "exempt, LATE")


def test_a_second_time_nothing_is_listed(world: World, sold: Source) -> None:
    world.certify("C-1", "TX")
    assert closed_orders(world, apply=True)
    before = everything(world.store)
    assert closed_orders(world) == []
    assert closed_orders(world, apply=True) == []
    assert everything(world.store) == before


def test_a_certificate_that_was_rejected_since_covers_its_closed_orders_no_more(
    world: World, sold: Source
) -> None:
    number, _ = world.certify("C-1", "TX")
    closed_orders(world, apply=True)
    rejection = Rejection(code=RejectionCode.NOT_SIGNED)
    certificates.review(world.store, number, world.act(), rejections=[rejection])
    assert past(world)[-1] == ("certificate", True)
    assert names(closed_orders(world, apply=True)) == ["OLD", "OLDER"]
    assert past(world)[-2:] == [("certificate", False), ("no_certificate", True)]


def test_portions_are_all_looked_at(world: World, sold: Source) -> None:
    sold.remote.put(*(order(f"N-{n}", closed=True) for n in range(5)))
    sold.pull()
    world.certify("C-1", "TX")
    whole = names(closed_orders(world))
    assert len(whole) == 7
    assert names(closed_orders(world, at_once=1)) == whole
    assert names(closed_orders(world, at_once=3, apply=True)) == whole


def test_just_the_orders_of_some_customers_and_of_their_ship_to_customers(
    world: World, sold: Source
) -> None:
    sold.remote.put(
        order("SHIP-TO", closed=True, customer_external_id="S-1"),
        order("OTHER", closed=True, customer_external_id="C-2"),
    )
    sold.pull(Stream.ORDERS)
    world.certify("C-1", "TX")
    world.certify("C-2", "TX")
    mine = [world.customer_id("C-1")]
    assert names(closed_orders(world, customer_ids=mine)) == ["OLD", "OLDER", "SHIP-TO"]
    assert names(closed_orders(world, customer_ids=mine, apply=True)) == ["OLD", "OLDER", "SHIP-TO"]
    assert names(closed_orders(world)) == ["OTHER"]


def test_what_was_decided_by_hand_stays(world: World, sold: Source) -> None:
    with world.store.reading() as tx:
        old = orders.find_one(tx, "OLD")
    orders.override(world.store, old.id, world.act(), tax_applicable=False, reason="so agreed")
    world.certify("C-1", "TX")
    assert names(closed_orders(world, apply=True)) == ["OLDER"]
    assert world.ground("OLD") == "override"
    orders.reset(world.store, old.id, world.act())
    assert world.ground("OLD") == "certificate"


def test_a_certificate_bound_to_one_of_the_orders_covers_just_that(
    world: World, sold: Source
) -> None:
    world.certify("C-1", "TX", order_numbers=("older",), kind="single_use")
    assert names(closed_orders(world)) == ["OLDER"]


def test_the_profile_of_today_counts(world: World, sold: Source) -> None:
    world.certify("C-1", "TX", signed_date=TODAY + DAY)
    assert closed_orders(world) == []
    r2 = world.act(profile=Profile.R2)
    assert names(list(recheck.closed_orders(world.store, r2))) == ["OLD", "OLDER"]


@pytest.mark.parametrize(
    "change",
    [{"number": "N-2"}, {"apply_tax": True}, {"exempt_percentage": Decimal(40)}],
    ids=lambda change: next(iter(change)),
)
def test_a_certificate_that_says_something_else_by_now(
    world: World, sold: Source, change: dict[str, Any]
) -> None:
    """The same certificate would be chosen, but the order would show something else."""
    world.certify("Customer C-1", "TX", number="N-1")
    closed_orders(world, apply=True)
    world.now += DAY
    with world.store.reading() as tx:
        before = tx.certificates.get(1)
    assert before is not None
    edited = before.details.model_copy(update=change)
    certificates.edit(world.store, 1, edited, world.act(), seen=1)
    assert names(closed_orders(world)) == ["OLD", "OLDER"]
    closed_orders(world, apply=True)
    assert closed_orders(world) == []
