"""Ordinary records; a test changes what matters."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from exempt.model.address import Address
from exempt.model.certificate import (
    CertificateDetails,
    Coverage,
    ExemptionReason,
    JurisdictionDetails,
)
from exempt.model.decision import Card, Decision, Facts, Profile
from exempt.model.sources import Customer, Employee, Order, OrderLine, Product
from exempt.rules.decision import decide, facts_of
from exempt.services.certificates import Act
from exempt.services.policy import Policy

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


def details(*states: str, **changes: Any) -> CertificateDetails:
    """A certificate of customer 1 for resale, signed a year ago, without an end.

    What belongs to each of its jurisdictions may be given as if it were the
    certificate's: ``expiration_date``, ``exemption_number`` and so on.
    """
    of_each = {name: changes.pop(name) for name in list(changes) if name in _OF_EACH}
    fields: dict[str, Any] = {
        "customer_ids": (1,),
        "number": "N-1",
        "signed_date": TODAY - YEAR,
        "jurisdictions": tuple(in_state(state, **of_each) for state in states or ("TX",)),
    }
    return CertificateDetails(**{**fields, **changes})


def in_state(state: str = "TX", **changes: Any) -> JurisdictionDetails:
    """What a certificate says of one state: resale."""
    fields: dict[str, Any] = {"exemption_reason": ExemptionReason.RESALE}
    return JurisdictionDetails(jurisdiction=state, **{**fields, **changes})


_OF_EACH = {
    name for name in JurisdictionDetails.model_fields if name not in CertificateDetails.model_fields
}


def act(at: dt.datetime = NOW, by: str = "anna", **policy: Any) -> Act:
    """Something that Anna does now."""
    return Act(by, at, Policy(**policy))


def decision_of(
    sold: Order,
    buyer: Card | None,
    held: Sequence[Coverage] = (),
    profile: Profile = Profile.DEFAULT,
) -> Decision:
    """The decision of an order."""
    return decide(facts_of(sold, buyer, held), held, profile)


def facts(state: str | None = "TX", **changes: Any) -> Facts:
    """What a decision of an order of today to *state* goes by."""
    place = None if state is None else f"US-{state}"
    return Facts(**{"order_date": TODAY, "jurisdiction": place, **changes})
