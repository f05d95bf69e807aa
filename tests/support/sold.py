"""A small book of orders of each kind, for the pages that show them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from exempt import Capability, Stream
from exempt.adapters.store.store import SqlStore
from exempt.model.address import Address
from exempt.services import orders
from support.fake_connector import WRITES_ORDERS
from support.records import DAY, TODAY, address, customer, line, order, product
from support.world import Source, World

WIDE = {*WRITES_ORDERS, Capability.PRODUCTS}


def sold(store: SqlStore, company: str = "n", connection: str = "billing") -> World:
    """Orders of five customers: covered, claimed, decided by hand, closed and cancelled ones.

    ``SO-1001`` is covered by the sooner of two certificates, and was taxable
    before; ``SO-1002`` is claimed and nothing covers it; of ``SO-1003`` somebody
    said that it is exempt; ``SO-1004`` has lines; ``SO-1005`` is closed.
    """
    world = World(store)
    erp = world.connect(connection, WIDE, company=company)
    fill(erp)
    erp.pull(Stream.CUSTOMERS)
    erp.pull(Stream.PRODUCTS)
    erp.pull()
    in_two = {"expiration_date": TODAY + 40 * DAY}
    world.certify("Lone Star", "TX", number="TX-SOON", **in_two)
    world.certify("Lone Star", "TX", "CA", "NY", number="MTC-LONG")
    world.certify("Lone Star", "CA", number="CA-OLD", expiration_date=TODAY - 3 * DAY)
    world.certify("Bluebonnet", "TX", number="TX-SCHOOL", exempt_percentage=Decimal(50))
    orders.override(
        store,
        order_id(world, "SO-1003"),
        world.act(),
        tax_applicable=False,
        reason="The letter of the state is in the post.",
    )
    erp.push()
    return world


def fill(erp: Source) -> None:
    """What the source has."""
    names = {
        "C-1": "Lone Star Industrial Supply LLC",
        "C-2": "Acme",
        "C-3": "Bluebonnet Independent School District",
        "C-4": "Cactus Health",
        "C-5": "Eagle & <Sons>",
    }
    erp.remote.put(
        *(customer(each, number=each, name=name, exempt=each in {"C-1", "C-2", "C-3"})
          for each, name in names.items()),
        product("P-1", name="Hex bolt M8, zinc plated"),
    )  # fmt: skip
    long_way = Address(country="US", state="TX", line1="4400 Industrial Boulevard", line2="Dock 7",
                       city="Fort Worth", postal_code="76106")  # fmt: skip
    erp.remote.put(
        _order(1001, "C-1", ship_to=long_way, purchase_order_number="PO-7781"),
        _order(1002, "C-2", ship_to=address("CA"), tax_applicable=True),
        _order(1003, "C-4"),
        _order(1004, "C-1", ship_to=address("CA"), total=Decimal("1250.00"), lines=(
            line("1", "1000.00", product_external_id="P-1", tax=Decimal(0)),
            line("2", "250.00", product_external_id="SKU-0042", tax=Decimal("20.63")))),
        _order(1005, "C-2", closed=True, kind="invoice"),
        _order(1006, "C-4", voided=True),
        _order(1007, "C-3", order_date=TODAY - 2 * DAY),
        _order(1008, "C-5", ship_to=address("OR"), total=Decimal("-35.00"), kind="credit"),
        _order(1009, "C-9", ship_to=None),
        order("no-number", number=None, customer_external_id="C-4", order_date=TODAY - 30 * DAY),
    )  # fmt: skip


def _order(number: int, customer_id: str, **changes: Any) -> Any:
    day = TODAY - (number - 1001) * DAY
    fields = {"customer_external_id": customer_id, "order_date": day}
    return order(f"o-{number}", number=f"SO-{number}", **{**fields, **changes})


def order_id(world: World, number: str) -> int:
    """Our id of an order."""
    with world.store.reading() as tx:
        (view,) = tx.decisions.find_orders(number)
    return view.id
