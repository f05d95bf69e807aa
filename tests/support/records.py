"""Ordinary records; a test changes what matters."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from exempt.model.address import Address
from exempt.model.certificate import Coverage, ExemptionReason, NewCertificate, NewCoverage
from exempt.model.decision import Card
from exempt.model.sources import Customer, Employee, Order, OrderLine, Product

TODAY = dt.date(2026, 11, 20)
NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
YEAR = dt.timedelta(days=365)


def address(state: str | None = "TX", country: str = "US") -> Address:
    """An address in *state*."""
    return Address(country=country, state=state, line1="1 Main St", city="Springfield")


def customer(external_id: str = "C-1", **changes: Any) -> Customer:
    """A customer in Texas whom nobody takes for exempt."""
    fields: dict[str, Any] = {"name": f"Customer {external_id}", "ship_to": (address(),)}
    return Customer(external_id=external_id, **{**fields, **changes})


def order(external_id: str = "O-1", **changes: Any) -> Order:
    """An open order of today, to Texas, by the customer ``C-1``."""
    fields: dict[str, Any] = {
        "customer_external_id": "C-1",
        "number": external_id,
        "order_date": TODAY,
        "ship_to": address(),
        "currency": "USD",
        "total": Decimal("100.00"),
    }
    return Order(external_id=external_id, **{**fields, **changes})


def line(line_id: str = "1", amount: str = "100.00", **changes: Any) -> OrderLine:
    """A line of an order."""
    return OrderLine(line_id=line_id, amount=Decimal(amount), **changes)


def product(external_id: str = "P-1", **changes: Any) -> Product:
    """A product."""
    return Product(external_id=external_id, **{"name": "Hex bolt", **changes})


def employee(external_id: str = "E-1", **changes: Any) -> Employee:
    """An employee in Texas."""
    return Employee(external_id=external_id, **{"work_location": address(), **changes})


def card(**changes: Any) -> Card:
    """The card of an ordinary customer."""
    return Card(**{"customer_id": 1, "name": "Lone Star Supply Co.", **changes})


def coverage(certificate_id: int = 1, **changes: Any) -> Coverage:
    """An accepted exemption in Texas, from a year ago until in a year."""
    fields: dict[str, Any] = {
        "customer_id": 1,
        "jurisdiction": "US-TX",
        "exemption_reason": ExemptionReason.RESALE,
        "certificate_number": f"N-{certificate_id}",
        "signed_date": TODAY - YEAR,
        "effective_date": TODAY - YEAR,
        "expiration_date": TODAY + YEAR,
    }
    return Coverage(certificate_id=certificate_id, **{**fields, **changes})


def new_certificate(*states: str, **changes: Any) -> NewCertificate:
    """A certificate for resale to be entered, signed a year ago, without an end."""
    fields: dict[str, Any] = {
        "number": "N-1",
        "exemption_reason": ExemptionReason.RESALE,
        "signed_date": TODAY - YEAR,
        "coverages": tuple(NewCoverage(jurisdiction=state) for state in states or ("TX",)),
    }
    return NewCertificate(**{**fields, **changes})
