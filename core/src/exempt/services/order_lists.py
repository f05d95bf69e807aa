"""Orders of a certificate, and of a customer."""

from __future__ import annotations

from collections.abc import Collection

from exempt.services.order_ports import OrderFilter, OrderPage
from exempt.services.ports import Transaction


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
