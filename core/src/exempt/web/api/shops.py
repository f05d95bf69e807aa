"""For shops: a certificate started before the first order."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import Body as JsonBody
from pydantic import ConfigDict, Field

from exempt.model.access import Right
from exempt.model.certificate import ExemptionReason
from exempt.model.customer import CustomerDetails
from exempt.model.record import ExternalId
from exempt.services import scoped, storefront
from exempt.services.requesting import UnfitError
from exempt.services.storefront import Shopper
from exempt.web.api.bodies import Body, described
from exempt.web.api.calls import Called
from exempt.web.api.customers import custom_of
from exempt.web.api.operations import Operations
from exempt.web.api.requests import States, refuse_unless_enabled, unfit

operations = Operations("Storefront", "Certificates that begin at a checkout.")

EXAMPLE = {
    "company": "northwind",
    "customer": {
        "number": "SHOP-77",
        "name": "Lone Star Supply Co.",
        "email": "ap@lonestar.example",
    },
    "jurisdictions": ["US-TX"],
}


class ShopCustomer(CustomerDetails):
    """The customer, as the shop knows it; one that is known here stays as it is.

    Attributes:
        number: The seller's customer number, by which it is found or made.
    """

    model_config = ConfigDict(json_schema_extra=described)

    number: ExternalId


class StartedCertificate(Body):
    """What a shop asks for, before the first order.

    Attributes:
        company: The key of the company that sells; may be left out where the key is
            for one company only.
        jurisdictions: The states that goods are to go to.
        reasons: Those that the portal proposes.
    """

    company: ExternalId | None = None
    customer: ShopCustomer
    jurisdictions: States
    reasons: Annotated[tuple[ExemptionReason, ...], Field(max_length=20)] = ()


class CertificateStart(Body):
    """Where to send the customer's browser.

    Attributes:
        link: The portal, told this once.
        expires_at: Until when it works.
        customer_made: Whether the customer was not known before.
    """

    link: str
    expires_at: dt.datetime | None
    request_id: int
    customer_id: int
    customer_made: bool


@operations.post("/storefront/certificates", Right.REQUEST, 404, status_code=201)
def start_certificate(
    call: Called,
    told: Annotated[
        StartedCertificate, JsonBody(openapi_examples={"at checkout": {"value": EXAMPLE}})
    ],
) -> CertificateStart:
    """Let a customer of a shop hand in a certificate, before the first order.

    The customer with this number is made where there is none. Who was asked for the
    same already gets another link of that request.
    """
    refuse_unless_enabled(call)
    with call.store.reading() as tx:
        company = scoped.company(tx, told.company, call.caller)
    own = custom_of(call, told.customer.custom, {})
    details = told.customer.model_copy(update={"custom": own} if own else {})
    try:
        started = storefront.start(
            call.store,
            Shopper(company.id, details, told.jurisdictions, told.reasons),
            call.act,
            call.site.post,
            soon_days=call.site.expiring_soon_days,
        )
    except UnfitError as error:
        raise unfit(error) from None
    made = started.made
    call.made(f"/requests/{made.request.id}")
    return CertificateStart(
        link=made.link or "",
        expires_at=made.request.expires_at,
        request_id=made.request.id,
        customer_id=started.customer.id,
        customer_made=started.customer_made,
    )
