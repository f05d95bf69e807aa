"""Customers of Northwind and of its western branch, with what hangs on them."""

from __future__ import annotations

from decimal import Decimal

from exempt import Stream
from exempt.adapters.store.store import SqlStore
from exempt.model.address import Address
from exempt.model.customer import Contact, ContactRole, CustomerDetails
from exempt.model.sources import Customer, Order
from exempt.services import cards, entries, requesting
from exempt.services.ports import Transaction
from exempt.services.post import Post
from exempt.services.rows import Subject
from support.cards import make_cards, on_card
from support.fake_connector import MAILS
from support.records import DAY, NOW, TODAY, act, address, customer, order
from support.stores import connected, customers_in, enter
from support.world import World

LONG = "The Very Long Established Consolidated Agricultural Cooperative of Northwestern Colorado"
FAR = f"{'a' * 60}@cooperative.example"
AUSTIN = Address(line1="1 Main St", city="Austin", state="TX", postal_code="78701", country="US")
HOSTILE = '"><script>alert(1)</script>'


def clientele(store: SqlStore) -> dict[str, int]:
    """Make them; their ids by their numbers, else by their names."""
    with store.writing() as tx:
        tx.connections.company("n", "Northwind", None)
    books = World(store).connect("books", company="n")
    books.remote.put(*_of_books())
    books.pull(Stream.CUSTOMERS)
    connected(store, "mail", company="n", capabilities=MAILS)
    make_cards(store, *_by_hand(), company="n")
    make_cards(store, on_card("Western Only", number="W-1"), company="west")
    with store.writing() as tx:
        tx.connections.company("n", "Northwind", None)
        tx.connections.company("west", "Northwind West", "n")
        ids = {one.number or one.name: one.id for one in customers_in(tx)}
        _certificates(tx, ids)
    books.remote.put(*_orders())
    books.pull()
    cards.link_ship_to(store, ids["C-1001"], ids["C-1001-2"], act())
    wish = requesting.Wish(ids["C-1001"], ["US-CA"])
    requesting.make(store, wish, act(), Post(url="https://exempt.example"))
    said = "Call before Friday.\nThey sent the wrong form twice."
    entries.add_comment(store, Subject.CUSTOMER, ids["C-1001"], said, by="dana", at=NOW)
    return ids


def _of_books() -> list[Customer]:
    return [
        customer(
            "cus_1",
            name="Lone Star Industrial Supply LLC",
            number="C-1001",
            email="ap@lonestar.example",
            tax_id="12-3456789",
            exempt=True,
            billing_address=AUSTIN,
            ship_to=(address("TX"), address("CA"), address("NY"), address("OR")),
        ),
        customer("cus_2", name="Bluebonnet Schools", number="C-1002", exempt=True),
        customer("cus_3", name="Cactus Health", number="C-1003", email="pay@cactus.example"),
        customer("cus_4", name=LONG, number="C-1004", email=FAR, exempt=True),
        customer("cus_5", name=HOSTILE, number="C-1005", ship_to=(address(None),)),
    ]


def _by_hand() -> list[CustomerDetails]:
    return [
        on_card(
            "Lone Star, Dallas yard",
            number="C-1001-2",
            state="TX",
            country="US",
            contacts=(
                Contact(name="Ada Yard", role=ContactRole.PURCHASING, email="ada@lonestar.example"),
            ),
        ),
        on_card(
            "Lone Star Industrial Supply",
            email="ap@lonestar.example",
            tax_id="123456789",
            phone="512 555 0100",
            ship_to_zones=["NM"],
        ),
        on_card("Mute & Sons", number="C-7", exempt=True, ship_to_zones=["TX"]),
    ]


def _certificates(tx: Transaction, ids: dict[str, int]) -> None:
    enter(tx, ids["C-1001"], "TX", number="TX-1", expiration_date=TODAY + 300 * DAY)
    enter(tx, ids["C-1001"], "NY", number="NY-9", expiration_date=TODAY + 12 * DAY)
    enter(tx, ids["C-1004"], "TX", number="TX-4", expiration_date=TODAY - 5 * DAY)


def _orders() -> list[Order]:
    of_lone_star = [
        order(
            f"SO-{4000 + n}",
            customer_external_id="cus_1",
            order_date=TODAY - 3 * n * DAY,
            ship_to=address(state),
            total=Decimal(1234 * (n + 1)),
        )
        for n, state in enumerate(["TX", "TX", "CA", "NY", "CA", "OR"])
    ]
    return [*of_lone_star, order("SO-5000", customer_external_id="cus_3")]
