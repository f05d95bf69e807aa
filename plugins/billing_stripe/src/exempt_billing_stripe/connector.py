"""One connection to one Stripe account."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TypeVar

from exempt import (
    CheckRequest,
    CheckResult,
    CloseRequest,
    Connector,
    Context,
    Customer,
    FetchRequest,
    Order,
    Page,
    Product,
    PushRequest,
    PushResult,
    RangesRequest,
    RangesResult,
    SourceRecord,
    Stream,
    WebhookRequest,
    WebhookResult,
    hookimpl,
)
from exempt_billing_stripe import checking, cursors, webhook
from exempt_billing_stripe.api import Gone, Json, Stripe
from exempt_billing_stripe.orders import order_from_stripe
from exempt_billing_stripe.push import push_customers
from exempt_billing_stripe.reading import Reader
from exempt_billing_stripe.settings import StripeSettings
from exempt_billing_stripe.streams import CREDIT_NOTES, INVOICES, is_credit_note, of_stream
from exempt_billing_stripe.translate import customer_from_stripe, product_from_stripe

S = TypeVar("S", bound=SourceRecord)


class StripeConnector(Connector):
    """Reads customers, products, invoices and credit notes; writes who is exempt."""

    def __init__(self, settings: StripeSettings, context: Context) -> None:
        self._settings = settings
        self._context = context
        self._stripe = Stripe(settings, context.connection_id)

    @hookimpl
    def check(self, request: CheckRequest) -> CheckResult:  # noqa: ARG002
        """The account, and the permissions that the key lacks."""
        return checking.check(self._stripe, self._settings)

    @hookimpl
    def ranges(self, request: RangesRequest) -> RangesResult:
        """Spans of creation time with a like number of objects, as many as the settings say."""
        reader: Reader[SourceRecord] = self._reader(request.stream, _nothing)
        parts = reader.ranges(request.since, self._settings.backfill_ranges)
        return RangesResult(cursors=tuple(cursors.encode(part) for part in parts))

    @hookimpl
    def fetch_customers(self, request: FetchRequest) -> Page[Customer]:
        """Customers, then those that an event speaks of."""
        translate = functools.partial(customer_from_stripe, settings=self._settings)
        return self._reader(Stream.CUSTOMERS, translate).page(request)

    @hookimpl
    def fetch_products(self, request: FetchRequest) -> Page[Product]:
        """Products, then those that an event speaks of."""
        return self._reader(Stream.PRODUCTS, product_from_stripe).page(request)

    @hookimpl
    def fetch_orders(self, request: FetchRequest) -> Page[Order]:
        """Invoices, then credit notes, then those that an event speaks of."""
        return self._reader(Stream.ORDERS, self._order).page(request)

    @hookimpl
    def push_exemption_status(self, request: PushRequest) -> PushResult:
        """Customers, each read first and written only where it differs."""
        results = push_customers(
            self._stripe,
            request.items,
            self._settings,
            dry_run=request.dry_run,
            cancelled=self._context.cancelled,
        )
        return PushResult(results=tuple(results))

    @hookimpl
    def receive_webhook(self, request: WebhookRequest) -> WebhookResult:
        """The object that a genuine event speaks of."""
        chosen = self._settings
        return webhook.receive(
            request, chosen.webhook_secrets, account=chosen.stripe_account, live=chosen.live
        )

    @hookimpl
    def close(self, request: CloseRequest) -> None:  # noqa: ARG002
        """Close the connections."""
        self._stripe.close()

    def _reader(self, stream: Stream, translate: Callable[[Json], S | None]) -> Reader[S]:
        return Reader(self._stripe, of_stream(stream, self._settings), self._context, translate)

    def _order(self, row: Json) -> Order | None:
        """An invoice or credit note with all lines; Stripe sends only the first ten along."""
        order = order_from_stripe(row, self._settings)
        if order is None or not row["lines"].get("has_more"):
            return order
        try:
            lines = self._all_lines(row)
        except Gone:
            return None  # a draft, deleted a moment ago: an event will tell
        return order_from_stripe({**row, "lines": {"data": lines}}, self._settings)

    def _all_lines(self, row: Json) -> list[Json]:
        lines = list(row["lines"]["data"])
        resource = CREDIT_NOTES if is_credit_note(row["id"]) else INVOICES
        has_more = True
        while has_more:
            path = f"{resource.path}/{row['id']}/lines"
            more, has_more = self._stripe.list(path, after=lines[-1]["id"])
            lines += more
        return lines


def _nothing(_row: Json) -> None:
    """What is made of a row where none is read."""
