"""Orders of a certificate, and of a customer."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from exempt.model.decision import Decision
from exempt.services.order_ports import OrderFilter, OrderPage, OrderRow
from exempt.services.ports import Store, Transaction

AT_ONCE = 2_000


def page(tx: Transaction, filters: OrderFilter) -> OrderPage:
    """A part of a list, with how many fit; see `OrderRow`."""
    return tx.orders.page(filters)


def every(store: Store, filters: OrderFilter) -> Iterator[OrderRow]:
    """All that fit, by date, as they are at one moment; read in portions."""
    last: OrderRow | None = None
    with store.reading() as tx:
        while found := tx.orders.portion(filters, last, AT_ONCE):
            yield from found
            last = found[-1]


def decisions_of(tx: Transaction, page: OrderPage) -> dict[int, Decision]:
    """The decisions in force of the orders of a page, by our own id of the order."""
    return tx.decisions.decided([row.id for row in page.orders])


def orders_of_certificate(
    tx: Transaction,
    certificate_id: int,
    limit: int = 20,
    company_ids: Collection[int] | None = None,
) -> OrderPage:
    """The newest orders that a certificate covers, by the decisions in force; see `OrderRow`."""
    asked = OrderFilter(certificate_id=certificate_id, limit=limit, company_ids=company_ids)
    return tx.orders.page(asked)


def orders_of_customer(
    tx: Transaction,
    customer_id: int,
    limit: int = 20,
    company_ids: Collection[int] | None = None,
) -> OrderPage:
    """The newest orders of a billing customer, each with its decision; see `OrderRow`."""
    asked = OrderFilter(customer_id=customer_id, limit=limit, company_ids=company_ids)
    return tx.orders.page(asked)
