"""What is counted, held against what the sources have."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from exempt import Stream
from exempt.model.nexus import Counts, Totals
from exempt.model.sources import OrderKind
from exempt.services import sales_reconciling
from exempt.services.policy import Policy
from support.counted import policy
from support.records import TODAY, address, order
from support.stores import everything
from support.world import Source, World

EURO = {"currency": "EUR"}


@pytest.fixture
def any_erp(any_world: World) -> Source:
    """A connection on each database."""
    return any_world.connect("erp")


def reconciled(world: World, by: Policy | None = None) -> dict[tuple[str, str], Any]:
    """What became of each connection's orders, by currency."""
    with world.store.reading() as tx:
        companies = {row.company_id for row in tx.connections.all()}
        found = sales_reconciling.reconcile(tx, companies, by or Policy())
    return {(each.connection, each.currency): each for each in found}


def test_sums_of_the_source_are_explained_to_the_cent(any_world: World, any_erp: Source) -> None:
    by = policy(counts={"erp": Counts.INVOICES})
    invoice = {"kind": OrderKind.INVOICE}
    any_erp.remote.put(order("O-1", total=Decimal(1)), order("I-1", total=Decimal(2), **invoice))
    any_erp.remote.put(order("I-2", total=Decimal(4), ship_to=None, **invoice))
    any_erp.remote.put(order("I-3", total=Decimal(8), ship_to=address("BY", "DE"), **invoice))
    any_erp.remote.put(order("I-4", total=Decimal(16), voided=True, **invoice))
    any_erp.remote.put(order("C-1", total=Decimal(-32), kind=OrderKind.CREDIT))
    any_erp.remote.put(order("I-5", total=Decimal(64), **invoice, **EURO))
    any_erp.remote.put(order("I-6", total=Decimal(128), **invoice))
    any_erp.pull(policy=by)
    any_erp.remote.remove(Stream.ORDERS, "I-6")
    any_erp.pull(policy=by)
    found = reconciled(any_world, by)
    usd, eur = found["erp", "USD"], found["erp", "EUR"]
    assert (usd.agrees, eur.agrees) == (True, True)
    assert (usd.alive, usd.counted, usd.left_out) == ((5, -17_00), (4, -18_00), (1, 1_00))
    assert (usd.orders, usd.invoices, usd.credits) == ((1, 1_00), (3, 14_00), (1, -32_00))
    assert (usd.voided, usd.deleted) == ((1, 16_00), (1, 128_00))
    assert (usd.unknown, usd.abroad, usd.in_usd) == ((1, 4_00), (1, 8_00), (4, -18_00))
    assert (eur.counted, eur.set_aside, eur.in_usd) == ((1, 64_00), (1, 64_00), (0, 0))


def test_what_is_missing_or_wrong_is_told(any_world: World, any_erp: Source) -> None:
    any_erp.remote.put(*(order(f"O-{n}") for n in range(4)))
    any_erp.pull()
    with any_world.store.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM sale WHERE order_id = 1")
        connection.exec_driver_sql("UPDATE sale SET taxable = 1 WHERE order_id = 2")
        connection.exec_driver_sql("UPDATE sales_order SET voided = TRUE WHERE id = 3")
    usd = reconciled(any_world)["erp", "USD"]
    assert not usd.agrees
    assert (usd.missing.orders, usd.astray, usd.stray.orders) == (1, 1, 1)
    with any_world.store.reading() as tx:
        day, month = sales_reconciling.astray(tx, [any_erp.row.company_id])
    assert (day.grain, day.first_day, day.running.taxable) == ("day", TODAY, 400_00)
    assert (month.grain, month.summed) == ("month", Totals(200_01, taxable_count=3))


def test_totals_are_made_anew_out_of_the_sales(any_world: World, any_erp: Source) -> None:
    any_erp.remote.put(order("O-1"), order("O-2", ship_to=address("CA")))
    any_erp.pull()
    before = everything(any_world.store)
    with any_world.store.database.writing() as connection:
        connection.exec_driver_sql("UPDATE sales_total SET taxable = taxable + 1")
        connection.exec_driver_sql("DELETE FROM exposure_state")
    sales_reconciling.repair(any_world.store, [any_erp.row.company_id])
    assert everything(any_world.store) == before
