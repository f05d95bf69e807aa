"""A company with three years of sales, people, stock and products: what the pages of nexus show."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

from exempt import Stream
from exempt.adapters.store.store import SqlStore
from exempt.model.address import Address
from exempt.model.presence import PresenceKind
from exempt.rules.presences import PresenceDetails
from exempt.rules.registrations import RegistrationDetails
from exempt.services import presences, products, rates, registrations
from exempt.services.crossings import refresh
from exempt.services.nexus_warnings import raise_employee_warnings, raise_threshold_warnings
from exempt.services.policy import Policy
from exempt.services.product_ports import ProductFilter
from support.nexus import company_id, sale
from support.records import NOW, customer, line, product
from support.staff import Firm, hire
from support.world import World

MONTHLY = {
    "TX": 46_000,
    "CA": 31_500,
    "KS": 9_400,
    "OH": 8_300,
    "FL": 7_400,
    "CO": 6_900,
    "WA": 5_600,
    "IL": 5_100,
    "NV": 3_100,
    "MA": 2_100,
    "PA": 4_300,
    "OR": 4_000,
    "TN": 1_200,
}
"""US dollars a month and state, three years ago; it doubles until today."""

_ABROAD = Address(country="DE", city="Munich", line1="Am Platz 1")

PRODUCTS = (
    ("BOLT-M8", "Hex bolt M8, zinc", None),
    ("PLAN-PRO", "Pro plan, a year's subscription", "txcd_10103001"),
    ("HELMET", "Safety helmet", None),
    ("HOODIE-XL", "Hoodie with our logo", "txcd_30011000"),
    ("X-4711", None, None),
)


def fill(store: SqlStore, company: str = "northwind", *, months: int = 35) -> Firm:
    """Fill a store with *months* of sales up to November 2026; returns whose people they are."""
    world = World(store)
    erp = world.connect("erp", company=company)
    numbers = itertools.count(1)
    sold: list[Any] = [
        customer("C-1", name="Prairie Tools"),
        customer("C-2", name="Alamo <Supply>"),
    ]
    sold += [product(key, name=name, tax_code=code) for key, name, code in PRODUCTS if name]
    for back in range(months - 1, -1, -1):
        month = _month(back)
        for at, (state, amount) in enumerate(MONTHLY.items()):
            worth = round(amount * (2 - back / 35) * (1 + (at * 7 + back * 5) % 9 / 20))
            key = PRODUCTS[(at + back) % len(PRODUCTS)][0]
            sold.append(
                sale(
                    f"SO-{next(numbers)}",
                    state,
                    str(month.replace(day=1 + (at * 3 + back) % 19)),
                    worth,
                    customer_external_id="C-1" if at % 2 else "C-2",
                    lines=(line("1", str(worth), product_external_id=key),),
                )
            )
    sold.append(sale("SO-EUR", "TX", "2026-10-02", 12_000, currency="EUR"))
    sold.append(sale("SO-DE", "TX", "2026-10-03", 7_000, ship_to=_ABROAD))
    erp.remote.put(*sold)
    for stream in (Stream.CUSTOMERS, Stream.PRODUCTS, Stream.ORDERS):
        erp.pull(stream)
    _state(world, company)
    firm = Firm(world, company=company)
    firm.shows(
        hire("E-1", "TX"),
        hire("E-2", "TX", home="NM", start_date=dt.date(2025, 6, 1)),
        hire("E-3", "NY", start_date=dt.date(2026, 10, 5)),
        hire("E-4", "CO", start_date=dt.date(2026, 12, 1)),
    )
    watch(world)
    return firm


def _month(back: int) -> dt.date:
    at = 2026 * 12 + 10 - back
    return dt.date(at // 12, at % 12 + 1, 1)


def _state(world: World, company: str) -> None:
    """What a person has stated."""
    act = world.act()
    with world.store.reading() as tx:
        owner = company_id(tx, company)
    stock = PresenceDetails(
        jurisdiction="NV",
        kind=PresenceKind.INVENTORY,
        effective_date=dt.date(2024, 5, 1),
        notes="Warehouse in Sparks",
    )
    office = PresenceDetails(
        jurisdiction="TX",
        kind=PresenceKind.PROPERTY,
        effective_date=dt.date(2019, 1, 1),
        notes="Office in Austin",
    )
    presences.add(world.store, owner, [stock, office], act)
    row = RegistrationDetails(
        jurisdiction="TX", registered_from=dt.date(2019, 2, 1), number="3-20045-1234-5"
    )
    registrations.add(world.store, owner, [row], act)
    products.assign(world.store, ["BOLT-M8"], "goods_general", act, ProductFilter())
    rates.import_rates(
        world.store, "currency,day,rate\nCAD,2026-01-02,0.73\nCAD,2026-06-01,0.74\n", act
    )


def watch(world: World) -> None:
    """What the background does with it."""
    policy, store = Policy(), world.store
    assert refresh(store, policy, lambda: NOW, lambda: False)
    raise_employee_warnings(store, policy, lambda: NOW)
    raise_threshold_warnings(store, policy, lambda: NOW)
