# This file extends localstripe (https://pypi.org/project/localstripe), which is
# free software under the GNU General Public License, version 3 or later; so is
# this file. It is a test program: it is part of no distribution of Exempt, is
# imported by nothing, and runs only as a process of its own.
#
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs localstripe on 127.0.0.1 with what the tests need and it lacks.

``python tests/peers/stripe_peer.py PORT`` serves until it is killed and prints
``ready PORT`` as soon as it answers; port 0 is a free one.

Added to localstripe 1.15.10: ``tax_exempt``; ``shipping`` on creation; lists
newest first, with ``created`` and ``ending_before``, events with ``types``;
one-off invoices, in the shape of today's API, frozen and numbered when finalized; events
for changed and deleted products; idempotency keys; metadata removed by an empty
value; the error code ``resource_missing``; the account; and faults on demand:
``POST /_config/faults`` with ``{"status": 429, "headers": {"Retry-After": "1"}}``
answers so to the next call.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from aiohttp import web
from localstripe import resources, server
from localstripe.errors import UserError
from localstripe.resources import Customer, Event, Invoice, InvoiceLineItem, Product, StripeObject

Json = dict[str, Any]

LISTED = {
    "/v1/customers": "customer",
    "/v1/products": "product",
    "/v1/invoices": "invoice",
    "/v1/credit_notes": "credit_note",
    "/v1/events": "event",
}
ANSWERED: dict[str, tuple[tuple[str, bytes], bytes]] = {}
FAULTS: list[Json] = []
BEGAN = {"account": {"id": "acct_peer", "object": "account"}, "invoices": 0}


# --- customers and products ------------------------------------------------------------

_create_customer = Customer.__init__
_update_object = StripeObject._update
_delete_object = StripeObject.__dict__["_api_delete"].__func__
_update_class = StripeObject.__dict__["_api_update"].__func__


def create_customer(
    self: Any, *, tax_exempt: str = "none", shipping: Json | None = None, **data: Any
) -> None:
    self.tax_exempt = _known_status(tax_exempt)
    _create_customer(self, **data)
    self.shipping = shipping


def update_object(self: Any, **data: Any) -> None:
    if "tax_exempt" in data:
        data["tax_exempt"] = _known_status(data["tax_exempt"])
    _update_object(self, **data)
    if getattr(self, "metadata", None):
        self.metadata = {key: value for key, value in self.metadata.items() if value != ""}


def _known_status(value: str) -> str:
    if value not in {"", "none", "exempt", "reverse"}:
        raise UserError(400, "Invalid tax_exempt: must be one of none, exempt, or reverse")
    return value or "none"


def update_product(cls: Any, id: str, **data: Any) -> Any:  # noqa: A002 - localstripe's name
    product = _update_class(cls, id, **data)
    resources.schedule_webhook(Event("product.updated", product))
    return product


def delete_product(cls: Any, id: str) -> Any:  # noqa: A002
    resources.schedule_webhook(Event("product.deleted", cls._api_retrieve(id)))
    return _delete_object(cls, id)


# --- invoices --------------------------------------------------------------------------


def frozen(name: str) -> property:
    """The customer's *name* as it is now, or as it was when the invoice was finalized."""

    def value(self: Any) -> Any:
        kept = getattr(self, "_frozen", None)
        return kept[name] if kept else getattr(Customer._api_retrieve(self.customer), name)

    return property(value)


def create_invoice(cls: Any, subscription: str | None = None, **data: Any) -> Any:
    """Of a subscription as before; without one, of the customer's pending items."""
    if subscription:
        return cls._get_next_invoice(subscription=subscription, **data)
    data.pop("pending_invoice_items_behavior", None)
    return cls(**data)


def finalize(id: str, **_more: Any) -> Any:  # noqa: A002
    invoice = Invoice._api_retrieve(id)
    if invoice.status != "draft":
        raise UserError(400, "This invoice is already finalized")
    customer = Customer._api_retrieve(invoice.customer)
    invoice._frozen = {
        name: getattr(customer, name) for name in ("address", "shipping", "tax_exempt")
    }
    invoice._finalize()
    BEGAN["invoices"] += 1
    invoice.number = f"PEER-{BEGAN['invoices']:04}"
    invoice.effective_at = invoice.status_transitions["finalized_at"]
    resources.schedule_webhook(Event("invoice.finalized", invoice))
    return invoice


def total_taxes(self: Any) -> list[Json]:
    amounts = self.total_tax_amounts
    return [{"amount": each["amount"], "tax_behavior": "exclusive"} for each in amounts]


def line_taxes(self: Any) -> list[Json]:
    amounts = self.tax_amounts if self.tax_rates else []
    return [{"amount": each["amount"], "tax_behavior": "exclusive"} for each in amounts]


def line_pricing(self: Any) -> Json | None:
    if not self.plan:
        return None
    return {"type": "price_details", "price_details": {"product": self.plan.product}}


def extend_resources() -> None:
    """Give localstripe's classes what they lack."""
    Customer.__init__ = create_customer
    StripeObject._update = update_object
    Product._api_update = classmethod(update_product)
    Product._api_delete = classmethod(delete_product)
    Invoice._api_create = classmethod(create_invoice)
    Invoice.customer_address = frozen("address")
    Invoice.customer_shipping = frozen("shipping")
    Invoice.customer_tax_exempt = frozen("tax_exempt")
    Invoice.total_excluding_tax = property(lambda self: self.subtotal)
    Invoice.total_taxes = property(total_taxes)
    Invoice.number = Invoice.effective_at = None
    InvoiceLineItem.taxes = property(line_taxes)
    InvoiceLineItem.pricing = property(line_pricing)
    # It pickles everything into one file for all its runs, on every change.
    resources.Store.dump_to_disk = lambda _self: None


# --- lists -----------------------------------------------------------------------------


def listing(kind: str, query: Json, url: str) -> Json:
    """A list as Stripe gives it: newest first, filtered, in pages."""
    created = query.pop("created", {})
    types = query.pop("types", None) or [query.pop("type", None)]
    rows = [row for key, row in resources.store.items() if key.startswith(f"{kind}:")]
    rows.sort(key=lambda row: row.created)
    rows = [
        row
        for row in reversed(rows)
        if all(_compare(row.created, name, int(value)) for name, value in created.items())
        and (types == [None] or getattr(row, "type", None) in types)
    ]
    limit = int(query.pop("limit", 10))
    ids = [row.id for row in rows]
    if "starting_after" in query:
        rows = rows[_index(ids, query.pop("starting_after"), "starting_after") + 1 :]
    if "ending_before" in query:
        rows = rows[: _index(ids, query.pop("ending_before"), "ending_before")][-limit:]
    query.pop("expand", None)
    if query:
        raise UserError(400, f"Received unknown parameters: {', '.join(query)}")
    data = [row._export() for row in rows[:limit]]
    return {"object": "list", "url": url, "has_more": len(rows) > limit, "data": data}


def _compare(created: int, name: str, value: int) -> bool:
    return {
        "gt": created > value,
        "gte": created >= value,
        "lt": created < value,
        "lte": created <= value,
    }[name]


def _index(ids: list[str], anchor: str, param: str) -> int:
    if anchor not in ids:
        error = {"code": "resource_missing", "param": param}
        raise UserError(400, f"No such object: '{anchor}'", error)
    return ids.index(anchor)


# --- the way of a call -----------------------------------------------------------------


@web.middleware
async def like_stripe(request: web.Request, handler: Any) -> web.StreamResponse:
    """Faults, lists, idempotency keys, and the code of a missing object."""
    if FAULTS and request.path.startswith("/v1/"):
        fault = FAULTS.pop(0)
        return web.json_response({"error": {}}, status=fault["status"], headers=fault["headers"])
    if request.method == "GET" and request.path in LISTED:
        query = server.unflatten_data(request.query)
        return web.json_response(listing(LISTED[request.path], query, request.path))
    try:
        return await _once(request, handler)
    except UserError as error:
        if error.code == 404:
            error.body["error"] |= {"code": "resource_missing", "param": "id"}
        raise


async def _once(request: web.Request, handler: Any) -> web.StreamResponse:
    """Answer a key that is known as the first time."""
    key = request.headers.get("Idempotency-Key")
    if request.method != "POST" or not key:
        return await handler(request)
    call = (request.path, await request.read())
    known, body = ANSWERED.get(key, (call, None))
    if known != call:
        error = UserError(400, "Keys can only be used with the same parameters")
        error.body["error"]["type"] = "idempotency_error"
        raise error
    if body is not None:
        return web.Response(
            body=body, content_type="application/json", headers={"Idempotent-Replayed": "true"}
        )
    answer = await handler(request)
    ANSWERED[key] = (call, answer.body)
    return answer


async def add_fault(request: web.Request) -> web.Response:
    FAULTS.append({"headers": {}, **json.loads(await request.read())})
    return web.Response()


async def account(_request: web.Request) -> web.Response:
    return web.json_response(BEGAN["account"])


async def serve(port: int) -> None:
    """Serve for ever."""
    extend_resources()
    server.app.middlewares.append(like_stripe)
    server.app.router.add_post("/_config/faults", add_fault)
    server.app.router.add_get("/v1/account", account)
    server.app.router.add_post("/v1/invoices/{id}/finalize", server.api_extra(finalize, ""))
    runner = web.AppRunner(server.app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    print("ready", runner.addresses[0][1], flush=True)  # noqa: T201 - the starter waits for it
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
