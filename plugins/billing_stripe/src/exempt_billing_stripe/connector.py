"""One connection to one Stripe account."""

from __future__ import annotations

import functools

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
    WebhookRequest,
    WebhookResult,
    hookimpl,
)
from exempt_billing_stripe import checking, cursors, history, webhook
from exempt_billing_stripe.api import Gone, Json, Stripe
from exempt_billing_stripe.push import push_customers
from exempt_billing_stripe.reading import Reader, window
from exempt_billing_stripe.settings import StripeSettings
from exempt_billing_stripe.streams import ALL, CUSTOMERS, INVOICES, PRODUCTS
from exempt_billing_stripe.translate import (
    customer_from_stripe,
    order_from_stripe,
    product_from_stripe,
)

_RESOURCES = {each.stream: each for each in ALL}


class StripeConnector(Connector):
    """Reads customers, products and invoices; writes the exemption status of customers."""

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
        """Equal spans of creation time, as many as the settings say."""
        now = self._context.now()
        resource = _RESOURCES[request.stream]
        wanted = window(resource, request.since, now)
        parts = history.divide(self._stripe, resource, wanted, now, self._settings.backfill_ranges)
        return RangesResult(cursors=tuple(cursors.encode(part) for part in parts))

    @hookimpl
    def fetch_customers(self, request: FetchRequest) -> Page[Customer]:
        """Customers, then those that an event speaks of."""
        translate = functools.partial(customer_from_stripe, settings=self._settings)
        return Reader(self._stripe, CUSTOMERS, self._context, translate).page(request)

    @hookimpl
    def fetch_products(self, request: FetchRequest) -> Page[Product]:
        """Products, then those that an event speaks of."""
        return Reader(self._stripe, PRODUCTS, self._context, product_from_stripe).page(request)

    @hookimpl
    def fetch_orders(self, request: FetchRequest) -> Page[Order]:
        """Invoices, then those that an event speaks of."""
        return Reader(self._stripe, INVOICES, self._context, self._order).page(request)

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
        return webhook.receive(request, self._settings.webhook_secrets)

    @hookimpl
    def close(self, request: CloseRequest) -> None:  # noqa: ARG002
        """Close the connections."""
        self._stripe.close()

    def _order(self, row: Json) -> Order | None:
        """An invoice with all lines; Stripe sends only the first ten along."""
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
        has_more = True
        while has_more:
            path = f"invoices/{row['id']}/lines"
            more, has_more = self._stripe.list(path, after=lines[-1]["id"])
            lines += more
        return lines
