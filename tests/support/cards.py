"""Customer cards that somebody entered."""

from __future__ import annotations

from typing import Any

from exempt import Stream
from exempt.adapters.store.store import SqlStore
from exempt.model.customer import CustomerCard, CustomerDetails, CustomerOrigin
from exempt.services import cards
from exempt.services.rows import CustomerRecord, Subject
from support.records import NOW, address, customer, order
from support.world import Source, World


def on_card(name: str = "Acme", **changes: Any) -> CustomerDetails:
    """What stands on a card."""
    return CustomerDetails(name=name, **changes)


def make_cards(store: SqlStore, *new: CustomerDetails, company: str = "northwind") -> list[int]:
    """Make cards of a company, and the company if need be; their ids."""
    with store.writing() as tx:
        company_id = tx.connections.company(company, company.title(), None)
        return tx.cards.make(company_id, new, NOW, by="anna", origin=CustomerOrigin.STAFF)


def card_of(store: SqlStore, customer_id: int) -> CustomerCard:
    """The card with this id, or the one that stands for it."""
    with store.reading() as tx:
        return cards.get(tx, customer_id)


def changes_of(store: SqlStore, customer_id: int) -> list[tuple[str, str | None, str | None]]:
    """The history of one card: field, old, new."""
    with store.reading() as tx:
        history = tx.history.of(Subject.CUSTOMER, customer_id)
    return [(change.field, change.old, change.new) for change in history]


# --- records of sources on cards -----------------------------------------------------------


def pull(source: Source, *records: Any) -> None:
    """Let a source have these, and read its customers and orders."""
    source.remote.put(*records)
    source.pull(Stream.CUSTOMERS)
    source.pull()


def records(world: World, customer_id: int) -> list[CustomerRecord]:
    """The records on a card."""
    with world.store.reading() as tx:
        return tx.cards.records([customer_id])


def sources(world: World, customer_id: int) -> list[str]:
    """The records on a card: ``erp C-1``."""
    return [f"{r.connection} {r.external_id}" for r in records(world, customer_id)]


def two_cards(erp: Source, shop: Source) -> World:
    """Card 1 from the ERP with the number 1001, and card 2 from the shop with 2002.

    The shop claims that its customer is exempt, and has an open order, ``S-1``.
    """
    pull(erp, customer("K", name="Acme", number="1001", tax_id="12-3"))
    pull(
        shop,
        customer(
            "O",
            name="ACME Inc.",
            number="2002",
            email="ap@acme.example",
            exempt=True,
            billing_address=address("CA"),
        ),
        order("S-1", customer_external_id="O", tax_applicable=False),
    )
    return erp.world
