"""Which resources of Stripe feed which stream, and which events tell of a change in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from exempt import Stream
from exempt_billing_stripe.settings import StripeSettings

TYPES_MAX = 20
"""The most types that Stripe takes in one question about events.

Source: https://docs.stripe.com/api/events/list
"""

CREDIT_NOTE_BEGINS = "cn_"


class Resource(NamedTuple):
    """A list of objects in Stripe's API.

    Attributes:
        stream: Where its objects go.
        path: Its address.
        title: What Stripe's dashboard calls it where permissions are given.
        events: The types after which an object is read again.
        expand: What is to come along that Stripe leaves out by itself.
    """

    stream: Stream
    path: str
    title: str
    events: tuple[str, ...]
    expand: tuple[str, ...] = ()

    @property
    def dated(self) -> bool:
        """Whether each has a day before which it is of no interest."""
        return self.stream is Stream.ORDERS

    @property
    def noun(self) -> str:
        """One of it, in Stripe's own words."""
        return self.path.removesuffix("s").replace("_", " ")


CUSTOMERS = Resource(
    Stream.CUSTOMERS,
    "customers",
    "Customers",
    ("customer.created", "customer.updated", "customer.deleted"),
)
CUSTOMERS_WITH_TAX_IDS = CUSTOMERS._replace(
    events=(
        *CUSTOMERS.events,
        "customer.tax_id.created",
        "customer.tax_id.updated",
        "customer.tax_id.deleted",
    ),
    expand=("tax_ids",),
)
PRODUCTS = Resource(
    Stream.PRODUCTS,
    "products",
    "Products",
    ("product.created", "product.updated", "product.deleted"),
)
INVOICES = Resource(
    Stream.ORDERS,
    "invoices",
    "Invoices",
    (
        "invoice.created",
        "invoice.updated",
        "invoice.finalized",
        "invoice.paid",
        "invoice.voided",
        "invoice.marked_uncollectible",
        "invoice.deleted",
    ),
)
CREDIT_NOTES = Resource(
    Stream.ORDERS,
    "credit_notes",
    "Credit notes",
    ("credit_note.created", "credit_note.updated", "credit_note.voided"),
    expand=("invoice",),
)
ALL = (CUSTOMERS_WITH_TAX_IDS, PRODUCTS, INVOICES, CREDIT_NOTES)

STREAM_OF_EVENT = {event: each.stream for each in ALL for event in each.events}


def resources(settings: StripeSettings) -> tuple[Resource, ...]:
    """All that is read with these settings."""
    customers = CUSTOMERS_WITH_TAX_IDS if settings.include_tax_ids else CUSTOMERS
    orders = (INVOICES, CREDIT_NOTES) if settings.include_credit_notes else (INVOICES,)
    return (customers, PRODUCTS, *orders)


def of_stream(stream: Stream, settings: StripeSettings) -> tuple[Resource, ...]:
    """What feeds *stream*, in the order in which it is read."""
    return tuple(each for each in resources(settings) if each.stream is stream)


def resource_of(external_id: str, among: tuple[Resource, ...]) -> Resource | None:
    """Where the object with this id is; None where that is not read."""
    if among[0].stream is not Stream.ORDERS:
        return among[0]
    path = CREDIT_NOTES.path if is_credit_note(external_id) else INVOICES.path
    return next((each for each in among if each.path == path), None)


def is_credit_note(external_id: str) -> bool:
    """Whether an order's id is that of a credit note, and not of an invoice."""
    return external_id.startswith(CREDIT_NOTE_BEGINS)


def changed_by(event: Mapping[str, Any]) -> str:
    """The id of the object to read again: the customer, where only a tax id of it changed."""
    changed = event["data"]["object"]
    of_tax_id = event["type"].startswith("customer.tax_id.") and changed.get("customer")
    return str(of_tax_id or changed["id"])
