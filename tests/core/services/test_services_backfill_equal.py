"""Sales out of a file are as a connector's: decided, counted and weighed alike (B25)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from exempt import Capability, Order, Stream
from exempt.model.nexus import Bucket
from exempt.model.sources import OrderKind
from exempt.rules.exposure import exposure
from exempt.rules.thresholds import shipped_thresholds
from exempt.services import certificates
from exempt.services.ports import Transaction
from support.backfilling import Files
from support.records import TODAY, address, customer, details, line, order
from support.sale_files import Row, sale
from support.stores import customers_in
from support.world import World

READS = (Capability.CUSTOMERS, Capability.ORDERS)


def _sales() -> Iterator[tuple[Row, Order]]:
    """Rows of a file, and the same sales as a connector shows them."""
    for n in range(60):
        state = ("TX", "CA", "OR", "NY")[n % 4]
        amount = Decimal(n * 731 - 4000).scaleb(-2)
        day = dt.date(2026, 1, 1) + dt.timedelta(days=5 * n)
        number, buyer = f"INV-{n}", f"C-{n % 3}"
        row = sale(
            number, date=day.isoformat(), customer_id=buyer, customer_name=f"Customer {buyer}",
            state=state, zip=None, amount=f"{amount:,.2f}",
            exempt="yes" if n % 5 == 0 else None, marketplace="Amazon" if n % 7 == 0 else None,
        )  # fmt: skip
        yield row, order(
            number, customer_external_id=buyer, order_date=day, ship_to=address(state),
            total=amount, closed=True,
            lines=(line(amount=str(amount), product_external_id="SAAS"),),
            kind=OrderKind.CREDIT if amount < 0 else OrderKind.INVOICE,
            tax_applicable=False if n % 5 == 0 else None,
            marketplace="Amazon" if n % 7 == 0 else None,
        )  # fmt: skip


def test_sales_of_a_file_are_as_a_connectors(world: World, tmp_path: Path) -> None:
    """The same decisions by the same certificate, the same totals, the same exposures (B25)."""
    rows, orders = zip(*_sales(), strict=True)
    by_file = Files(world, tmp_path / "documents")
    erp = world.connect("erp", READS, company="other")
    names = (f"C-{n}" for n in range(3))
    erp.remote.put(*(customer(each, number=each, name=f"Customer {each}") for each in names))
    erp.pull(Stream.CUSTOMERS)
    first = sale("INV-X", customer_id="C-1", customer_name="Customer C-1", amount="0", state="OH")
    by_file.bring(first, source="files")
    with world.store.reading() as tx:
        cards = customers_in(tx, "C-1")
    assert len(cards) == 2, "one in each company"
    for card in cards:
        certify(world, card.id)
    by_file.bring(*rows, source="files")
    erp.remote.put(*orders)
    erp.pull()

    with world.store.reading() as tx:
        of = {row.name: row for row in tx.connections.all()}
        found = {}
        for name in ("files", "erp"):
            row = of[name]
            ids = [each.external_id for each in orders]
            kept = {o.record.external_id: o.id for o in tx.sources.orders_by_id(row.id, ids)}
            decisions = tx.decisions.decided(kept.values())
            sales = tx.sales.of(kept.values())
            found[name] = {
                each: (
                    decisions[order_id].ground,
                    decisions[order_id].tax_applicable,
                    sales.get(order_id),
                )
                for each, order_id in kept.items()
            }
        months = {name: buckets_of(tx, of[name].company_id) for name in ("files", "erp")}
    assert len(found["files"]) == 60
    assert found["files"] == found["erp"]
    assert {ground for ground, _, _ in found["erp"].values()} >= {"certificate", "no_certificate"}
    assert months["files"].pop("US-OH"), "what the certificate was entered for"
    assert months["files"] == months["erp"]
    assert months["erp"]["US-TX"], "there is something to compare"
    versions = shipped_thresholds().versions("US-TX")
    exposures = {
        name: exposure(versions, buckets["US-TX"], (), TODAY) for name, buckets in months.items()
    }
    assert exposures["files"] == exposures["erp"]


def certify(world: World, customer_id: int) -> None:
    new = details("TX", customer_ids=(customer_id,))
    certificates.add(world.store, new, world.act(), anyway=True)


def buckets_of(tx: Transaction, company_id: int) -> dict[str, list[Bucket]]:
    months = tx.sales.months([company_id])
    return {place: buckets for (_, place), buckets in months.items()}
