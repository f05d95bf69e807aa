"""Customers, their ship-tos and their exposure, as the API writes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Annotated

from pydantic import ConfigDict, Field

from exempt.model.address import Jurisdiction
from exempt.model.certificate import ExemptionReason
from exempt.model.customer import CustomerCard, CustomerDetails
from exempt.model.record import ExternalId
from exempt.services import companies
from exempt.services.cards import active_certificates
from exempt.services.ports import Transaction
from exempt.services.rows import CustomerLack
from exempt.web.api.bodies import Body, described
from exempt.web.api.paging import Listed, Part

EXAMPLE = {
    "company": "northwind",
    "number": "1001",
    "name": "Lone Star Supply Co.",
    "email": "ap@lonestar.example",
    "line1": "1 Main St",
    "city": "Austin",
    "state": "TX",
    "postal_code": "78701",
    "country": "US",
    "exempt": True,
}


class NewCustomer(CustomerDetails):
    """A customer as a program knows it; what it leaves out stays as it is here.

    Attributes:
        company: The key of the company that sells to it; may be left out where the
            key of the program is for one company only.
    """

    model_config = ConfigDict(json_schema_extra=described)

    company: ExternalId | None = None


class Customer(CustomerDetails):
    """A customer.

    Attributes:
        version: Grows with every change; it is the ETag.
        company: The key of the company that sells to it.
        active_certificates: How many certificates in force it holds itself.
        flagged_exempt: Whether exemption is claimed, here or in a source.
        free_form_number: The number that prevails over every certificate.
        bill_to_ids: The billing customers whose ship-to it is.
        ship_to_ids: Its own ship-to customers.
        bounced_email: The address that a mail came back from for good.
    """

    model_config = ConfigDict(json_schema_extra=described)

    id: int
    version: int
    company: str
    active_certificates: int
    flagged_exempt: bool
    free_form_number: str | None
    bill_to_ids: tuple[int, ...]
    ship_to_ids: tuple[int, ...]
    bounced_email: str | None
    made_at: dt.datetime


class CustomerList(Listed[Customer]):
    """A part of a list of customers, in the order of their ids."""


class CustomerQuery(Part):
    """Which customers are wanted; what is left out does not matter."""

    company: ExternalId | None = Field(None, description="Of this company, by its key.")
    words: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        None, description="Part of the name, number, code, tax ID or e-mail."
    )
    number: ExternalId | None = Field(None, description="Exactly this customer number.")
    connection: ExternalId | None = Field(
        None, description="With `external_id`: the connection that knows it by that."
    )
    external_id: ExternalId | None = Field(
        None, description="With `connection`: its id in that system."
    )
    flagged: bool | None = Field(None, description="Whether exemption is claimed.")
    lacking: CustomerLack | None = Field(None, description="What it is without.")
    jurisdiction: Jurisdiction | None = Field(
        None, description="A state of its address, or one that goods go to."
    )


class ShipTo(Body):
    """A ship-to customer: certificates of the billing customer cover it.

    Attributes:
        said_by: The connection whose record says so; null = somebody said so here.
    """

    customer_id: int
    number: str | None
    name: str
    jurisdiction: str | None
    said_by: str | None


class ShipToList(Body):
    """Where goods of a customer go.

    Attributes:
        jurisdictions: The states, by its addresses, its sources and by hand.
        customers: Its ship-to customers.
    """

    jurisdictions: tuple[str, ...]
    customers: tuple[ShipTo, ...]


class StateCoverage(Body):
    """What covers a customer in one state on a day.

    Attributes:
        needed: False where no sales tax is levied.
        certificate_id: The certificate that covers it; null = none does.
        last_date: The last day on which it holds; null = it has no end.
    """

    jurisdiction: str
    needed: bool
    covered: bool
    certificate_id: int | None
    certificate_number: str | None
    exemption_reason: ExemptionReason | None
    last_date: dt.date | None


class CoverageList(Body):
    """What covers a customer, state by state.

    Attributes:
        date: The day that it is so on.
    """

    date: dt.date
    data: tuple[StateCoverage, ...]


class StateExposure(Body):
    """Sales that went to one state, by what was decided for them.

    Attributes:
        tax_applicable: Whether they are taxed.
        claimed_only: Exemption is claimed for them, and nothing on file covers them.
        total: What they are worth, without tax.
    """

    jurisdiction: str | None
    tax_applicable: bool
    claimed_only: bool
    currency: str
    orders: int
    total: Decimal


class ExposureList(Body):
    """Sales to a customer and its ship-to customers, by state and by what was decided."""

    data: tuple[StateExposure, ...]


def shown(tx: Transaction, cards: Sequence[CustomerCard], on: dt.date) -> list[Customer]:
    """Cards as they are answered."""
    held = active_certificates(tx, {card.id for card in cards}, on)
    keys = companies.keys(tx)
    return [
        Customer(
            **{name: getattr(card, name) for name in CustomerDetails.model_fields},
            id=card.id,
            version=card.version,
            company=keys[card.company_id],
            active_certificates=held.get(card.id, 0),
            flagged_exempt=card.flagged_exempt,
            free_form_number=card.resale_certificate_number,
            bill_to_ids=card.bill_to_ids,
            ship_to_ids=card.ship_to_ids,
            bounced_email=card.bounced_email,
            made_at=card.made_at,
        )
        for card in cards
    ]


def in_order(cards: Collection[CustomerCard], ids: Sequence[int]) -> list[CustomerCard]:
    """Cards in the order of *ids*."""
    known = {card.id: card for card in cards}
    return [known[each] for each in ids if each in known]
