"""Sales counted with what stores and decides their orders, and by the settings."""

from __future__ import annotations

from decimal import Decimal

import pytest

from exempt import Stream
from exempt.model.nexus import Counts, Totals
from exempt.model.sources import OrderKind
from exempt.services import orders, recheck
from exempt.services.policy import Policy
from support.counted import count_anew, follow, policy, totals
from support.fake_connector import WRITES
from support.records import DAY, TODAY, address, customer, order
from support.stores import everything
from support.world import Source, World


@pytest.fixture
def any_erp(any_world: World) -> Source:
    """A connection on each database."""
    return any_world.connect("erp")


# --- what moves them -------------------------------------------------------------------


def test_a_page_of_orders_is_counted(world: World, erp: Source) -> None:
    erp.remote.put(order("O-1"), order("O-2", total=Decimal("0.50")))
    erp.remote.put(order("C-1", kind=OrderKind.CREDIT, total=Decimal(-20)))
    erp.pull()
    assert totals(world) == Totals(80_50, taxable_count=2)
    erp.remote.put(order("O-1", total=Decimal(1)))
    erp.pull()
    assert totals(world) == Totals(-18_50, taxable_count=2)


def test_the_same_page_again_changes_nothing(world: World, erp: Source) -> None:
    erp.remote.put(order("O-1"))
    erp.pull()
    before = totals(world)
    with world.store.writing() as tx:
        tx.cursors.forget(erp.row.id, Stream.ORDERS)
    erp.pull()
    assert totals(world) == before


def test_a_certificate_that_comes_later_moves_an_open_order(world: World, erp: Source) -> None:
    erp.remote.put(customer(), order("O-1"))
    erp.sync()
    assert totals(world) == Totals(100_00, taxable_count=1)
    number, _ = world.certify("C-1", "TX")
    assert totals(world) == Totals(resale=100_00, resale_count=1)
    world.archive(number)
    assert totals(world) == Totals(100_00, taxable_count=1)


def test_a_closed_order_moves_when_somebody_has_it_decided_anew(world: World, erp: Source) -> None:
    erp.remote.put(customer(exempt=True), order("O-1", closed=True))
    erp.sync()
    world.certify("C-1", "TX")
    assert totals(world) == Totals(100_00, taxable_count=1)
    assert len(list(recheck.closed_orders(world.store, world.act(), apply=True))) == 1
    assert totals(world) == Totals(resale=100_00, resale_count=1)


def test_what_is_decided_by_hand_counts_so(world: World, erp: Source) -> None:
    erp.remote.put(customer(), order("O-1"))
    erp.sync()
    with world.store.reading() as tx:
        (view,) = tx.decisions.find_orders("O-1")
    orders.override(world.store, view.id, world.act(), tax_applicable=False, reason="Court.")
    assert totals(world) == Totals(exempt=100_00, exempt_count=1)


def test_a_closed_order_keeps_its_decision_and_counts_by_what_is_on_file_now(
    world: World,
) -> None:
    erp = world.connect("erp", WRITES)
    erp.remote.put(customer(), order("O-1", closed=True))
    erp.sync()
    world.certify("C-1", "TX")
    erp.remote.put(order("O-1", closed=True, total=Decimal(70)))
    erp.pull()
    with world.store.reading() as tx:
        (kept,) = tx.sources.orders_by_id(erp.row.id, ["O-1"])
        assert tx.decisions.decided([kept.id])[kept.id].tax_applicable
    assert totals(world) == Totals(resale=70_00, resale_count=1)


def test_a_certificate_that_comes_late_takes_closed_orders_out_of_the_base(world: World) -> None:
    erp = world.connect("erp", WRITES)
    erp.remote.put(customer(), *(order(f"O-{n}", closed=True) for n in range(5)), order("X"))
    erp.sync()
    assert totals(world) == Totals(600_00, taxable_count=6)
    world.certify("C-1", "TX")
    assert totals(world) == Totals(500_00, resale=100_00, taxable_count=5, resale_count=1)
    assert count_anew(world, at_once=2)
    assert totals(world) == Totals(resale=600_00, resale_count=6)


def test_customers_without_closed_orders_are_not_waited_for(world: World, erp: Source) -> None:
    erp.remote.put(customer(), order("O-1"))
    erp.sync()
    world.certify("C-1", "TX")
    with world.store.reading() as tx:
        assert tx.recounts.next_customer() is None


@pytest.mark.parametrize("closed", [True, False], ids=["closed", "open"])
def test_a_cancelled_order_counts_no_more_until_it_is_back(
    world: World, erp: Source, closed: bool
) -> None:
    erp.remote.put(customer(), order("O-1", closed=closed))
    erp.sync()
    erp.remote.put(order("O-1", voided=True, closed=closed, ship_to=address("CA")))
    erp.sync()
    assert totals(world) == totals(world, "US-CA") == Totals()
    erp.remote.put(order("O-1", closed=closed, ship_to=address("CA")))
    erp.sync()
    assert totals(world, "US-CA") == Totals(100_00, taxable_count=1)


def test_a_deleted_order_counts_no_more(world: World, erp: Source) -> None:
    erp.remote.put(order("O-1"), order("O-2"))
    erp.pull()
    erp.remote.remove(Stream.ORDERS, "O-1")
    erp.pull()
    assert totals(world) == Totals(100_00, taxable_count=1)
    erp.remote.put(order("O-1"))
    erp.pull()
    assert totals(world) == Totals(200_00, taxable_count=2)


def test_a_refund_counts_on_its_own_day(world: World, erp: Source) -> None:
    erp.remote.put(order("O-1", order_date=TODAY - DAY))
    erp.remote.put(order("R-1", kind=OrderKind.CREDIT, total=Decimal(-30)))
    erp.pull()
    company = erp.row.company_id
    with world.store.reading() as tx:
        days = tx.sales.days([company], TODAY - DAY, TODAY)[company, "US-TX"]
    assert [(day.first, day.totals) for day in days] == [
        (TODAY - DAY, Totals(100_00, taxable_count=1)),
        (TODAY, Totals(-30_00)),
    ]


def test_a_rehearsal_counts_nothing(world: World, erp: Source) -> None:
    erp.remote.put(customer(), order("O-1"))
    before = everything(world.store)
    erp.rehearse()
    assert everything(world.store) == before


def test_a_state_that_sales_left_is_touched_too(world: World, erp: Source) -> None:
    erp.remote.put(order("O-1"))
    erp.pull()
    with world.store.database.writing() as connection:
        connection.exec_driver_sql("UPDATE exposure_state SET touched = FALSE")
    erp.remote.put(order("O-1", ship_to=address("CA")))
    erp.pull()
    with world.store.reading() as tx:
        touched = tx.sales.touched([erp.row.company_id])
    assert [state for _, state in touched] == ["US-CA", "US-TX"]


# --- settings --------------------------------------------------------------------------


def test_the_settings_say_what_counts(world: World, erp: Source) -> None:
    by = policy(counts={"erp": Counts.INVOICES}, marketplaces=frozenset({"erp"}))
    erp.remote.put(order("O-1"), order("I-1", kind=OrderKind.INVOICE, total=Decimal(7)))
    erp.pull(policy=by)
    assert totals(world) == Totals()
    assert totals(world, marketplace=True) == Totals(7_00, taxable_count=1)


def test_other_settings_have_orders_counted_anew(any_world: World, any_erp: Source) -> None:
    any_erp.remote.put(order("O-1"), order("I-1", kind=OrderKind.INVOICE, total=Decimal(7)))
    any_erp.sync()
    assert follow(any_world, Policy()) == [], "they were counted by these settings"
    by = policy(counts={"erp": Counts.INVOICES})
    assert follow(any_world, by) == ["erp"]
    assert follow(any_world, by) == [], "it was asked for"
    assert count_anew(any_world, by)
    assert totals(any_world) == Totals(7_00, taxable_count=1)
    nothing = policy(counts={"erp": Counts.NONE})
    follow(any_world, nothing)
    count_anew(any_world, nothing)
    assert totals(any_world) == Totals()


def test_a_connection_without_orders_is_not_counted_anew(world: World, erp: Source) -> None:
    assert follow(world, Policy()) == []
    with world.store.reading() as tx:
        assert tx.recounts.all() == []


def test_a_sync_remembers_by_what_it_counted(world: World, erp: Source) -> None:
    erp.remote.put(order("O-1"))
    erp.sync()
    by = policy(counts={"erp": Counts.NONE})
    erp.sync(policy=by)
    with world.store.reading() as tx:
        (asked,) = tx.recounts.all()
    assert asked.reason == "what counts as a sale has changed"
