"""Which resource of Stripe feeds which stream, and which events tell of a change in it."""

from __future__ import annotations

from typing import NamedTuple

from exempt import Stream


class Resource(NamedTuple):
    """A list of objects in Stripe's API.

    ``events`` are the types after which an object is read again; Stripe takes
    at most 20 in one question.
    """

    stream: Stream
    path: str
    events: tuple[str, ...]

    @property
    def dated(self) -> bool:
        """Whether each has a day before which it is of no interest."""
        return self.stream is Stream.ORDERS

    @property
    def noun(self) -> str:
        """One of it, in Stripe's own words."""
        return self.path.removesuffix("s")


CUSTOMERS = Resource(
    Stream.CUSTOMERS, "customers", ("customer.created", "customer.updated", "customer.deleted")
)
PRODUCTS = Resource(
    Stream.PRODUCTS, "products", ("product.created", "product.updated", "product.deleted")
)
INVOICES = Resource(
    Stream.ORDERS,
    "invoices",
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
ALL = (CUSTOMERS, PRODUCTS, INVOICES)

STREAM_OF_EVENT = {event: each.stream for each in ALL for event in each.events}
