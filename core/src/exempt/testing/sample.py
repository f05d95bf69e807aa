"""The sample company: one cast of customers, products, orders and employees.

The sandboxes of the connectors show this cast, each in its remote's own shape,
so that a demonstration sees one business through several systems. All names,
numbers and addresses are invented; the e-mail domain is reserved for examples.
The dates are fixed: the cast's day is `TODAY`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

TODAY = dt.date(2026, 11, 20)
COMPANY = "Northwind Fasteners Inc."


@dataclass(frozen=True)
class Place:
    """Where somebody is."""

    line1: str
    city: str
    state: str
    postal_code: str
    country: str = "US"


@dataclass(frozen=True)
class Buyer:
    """A customer of the sample company.

    ``exempt`` is what the systems believe today; ``certificates`` what is on
    file: state, reason, number, signed, expires.
    """

    number: str
    name: str
    email: str | None
    place: Place
    exempt: bool
    certificates: tuple[tuple[str, str, str, dt.date, dt.date | None], ...] = ()


@dataclass(frozen=True)
class Item:
    """A product."""

    sku: str
    name: str
    price: Decimal


@dataclass(frozen=True)
class Sale:
    """An order: buyer's number, day, state of the ship-to, and quantities by SKU."""

    number: str
    buyer: str
    day: dt.date
    ship_to: Place
    quantities: tuple[tuple[str, int], ...]
    taxed: bool

    @property
    def total(self) -> Decimal:
        """Without tax, in US dollars."""
        return sum((ITEM[sku].price * n for sku, n in self.quantities), Decimal(0))


@dataclass(frozen=True)
class Worker:
    """An employee, by place of work and home."""

    number: str
    name: str
    title: str
    work: Place
    home: Place
    hired: dt.date
    left: dt.date | None = None


AUSTIN = Place("410 Congress Ave", "Austin", "TX", "78701")
DALLAS = Place("1200 Elm St", "Dallas", "TX", "75202")
OAKLAND = Place("77 Broadway", "Oakland", "CA", "94607")
FRESNO = Place("2300 Tulare St", "Fresno", "CA", "93721")
MIAMI = Place("91 Biscayne Blvd", "Miami", "FL", "33132")
SEATTLE = Place("600 Pike St", "Seattle", "WA", "98101")
ALBANY = Place("12 State St", "Albany", "NY", "12207")
COLUMBUS = Place("35 High St", "Columbus", "OH", "43215")
CHICAGO = Place("233 Wacker Dr", "Chicago", "IL", "60606")
BOSTON = Place("1 Beacon St", "Boston", "MA", "02108")
PORTLAND = Place("500 Burnside St", "Portland", "OR", "97204")
DENVER = Place("1660 Lincoln St", "Denver", "CO", "80264")


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


BUYERS = (
    Buyer(
        "C-1001",
        "Lone Star Supply Co.",
        "ap@lonestar.example",
        AUSTIN,
        True,
        (
            ("TX", "resale", "1-23-4567890-1", _day("2024-02-01"), None),
            ("CA", "resale", "TX-1234567", _day("2024-02-01"), _day("2027-01-31")),
        ),
    ),
    Buyer(
        "C-1002",
        "Golden Gate Hardware",
        "payables@goldengate.example",
        OAKLAND,
        True,
        (("CA", "resale", "SR-KH-101-223344", _day("2023-05-10"), None),),
    ),
    Buyer(
        "C-1003",
        "Biscayne Builders",
        "ap@biscayne.example",
        MIAMI,
        True,
        (("FL", "resale", "78-8012345678-9", _day("2025-01-02"), _day("2025-12-31")),),
    ),
    Buyer(
        "C-1004",
        "Albany Unified Schools",
        "accounts@albanyschools.example",
        ALBANY,
        True,
        (("NY", "educational", "EX-204411", _day("2022-09-01"), None),),
    ),
    Buyer("C-1005", "Buckeye Manufacturing", "ap@buckeye.example", COLUMBUS, True),
    Buyer(
        "C-1006",
        "Puget Sound Marine",
        None,
        SEATTLE,
        True,
        (("WA", "resale", "A12 3456 26", _day("2025-12-10"), _day("2026-12-10")),),
    ),
    Buyer("C-1007", "Windy City Retail", "ap@windycity.example", CHICAGO, False),
    Buyer("C-1008", "Beacon Cafe", "hello@beaconcafe.example", BOSTON, False),
    Buyer("C-1009", "Rose City Outfitters", "ap@rosecity.example", PORTLAND, False),
    Buyer("C-1010", "Mile High Contractors", "billing@milehigh.example", DENVER, True),
)
"""Number, name, accounts payable, place, believed exempt, certificates on file."""

ITEMS = (
    Item("BOLT-M8", "Hex bolt M8, box of 100", Decimal("24.50")),
    Item("ANCHOR-12", "Wedge anchor 12 mm, box of 50", Decimal("61.00")),
    Item("TOOL-RENT", "Torque wrench, rental by the week", Decimal("85.00")),
    Item("PLAN-PRO", "Design software, yearly plan", Decimal("1200.00")),
)
ITEM = {item.sku: item for item in ITEMS}
BUYER = {buyer.number: buyer for buyer in BUYERS}

SHOP_SALES = (
    Sale(
        "SO-5001", "C-1001", _day("2026-10-05"), AUSTIN, (("BOLT-M8", 40), ("ANCHOR-12", 10)), False
    ),
    Sale("SO-5002", "C-1001", _day("2026-10-12"), FRESNO, (("BOLT-M8", 25),), True),
    Sale("SO-5003", "C-1001", _day("2026-10-19"), MIAMI, (("ANCHOR-12", 12),), False),
    Sale("SO-5004", "C-1002", _day("2026-10-20"), OAKLAND, (("ANCHOR-12", 30),), False),
    Sale("SO-5005", "C-1003", _day("2026-10-22"), MIAMI, (("BOLT-M8", 60),), False),
    Sale("SO-5006", "C-1004", _day("2026-10-27"), ALBANY, (("TOOL-RENT", 2),), False),
    Sale("SO-5007", "C-1005", _day("2026-11-02"), COLUMBUS, (("BOLT-M8", 100),), False),
    Sale("SO-5008", "C-1006", _day("2026-11-03"), SEATTLE, (("ANCHOR-12", 18),), True),
    Sale("SO-5009", "C-1007", _day("2026-11-05"), CHICAGO, (("BOLT-M8", 8),), True),
    Sale("SO-5010", "C-1009", _day("2026-11-06"), PORTLAND, (("TOOL-RENT", 1),), False),
    Sale("SO-5011", "C-1002", _day("2026-11-10"), AUSTIN, (("BOLT-M8", 15),), False),
    Sale("SO-5012", "C-1010", _day("2026-11-12"), DENVER, (("ANCHOR-12", 22),), True),
)
"""Orders that the ERP keeps."""

BILLING_SALES = (
    Sale("INV-9001", "C-1001", _day("2026-10-15"), AUSTIN, (("PLAN-PRO", 2),), True),
    Sale("INV-9002", "C-1002", _day("2026-10-18"), OAKLAND, (("PLAN-PRO", 1),), True),
    Sale("INV-9003", "C-1004", _day("2026-10-25"), ALBANY, (("PLAN-PRO", 5),), True),
    Sale("INV-9004", "C-1005", _day("2026-11-01"), COLUMBUS, (("PLAN-PRO", 3),), True),
    Sale("INV-9005", "C-1008", _day("2026-11-08"), BOSTON, (("PLAN-PRO", 1),), True),
)
"""Invoices that the billing system keeps."""

WORKERS = (
    Worker("E-1", "Ana Ruiz", "Controller", AUSTIN, AUSTIN, _day("2019-03-04")),
    Worker("E-2", "Ben Cole", "Warehouse lead", DALLAS, DALLAS, _day("2020-06-15")),
    Worker("E-3", "Chloe Park", "Engineer", AUSTIN, DENVER, _day("2024-08-19")),
    Worker("E-4", "Dev Shah", "Account executive", OAKLAND, OAKLAND, _day("2023-01-09")),
    Worker("E-5", "Eli Stone", "Support", AUSTIN, BOSTON, _day("2026-11-09")),
    Worker("E-6", "Fay Wong", "Engineer", AUSTIN, SEATTLE, _day("2021-02-01"), _day("2025-06-30")),
)
"""Employees, one of them remote in a state where nobody worked before, one gone."""
