"""What tests may do in the sandbox's account, as its own people would."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Sequence
from decimal import Decimal

from exempt import (
    Address,
    Customer,
    Order,
    OrderKind,
    OrderLine,
    Product,
    SandboxControls,
    SourceRecord,
    Stream,
    WebhookRequest,
)
from exempt_billing_stripe.orders import SHIPPING_LINE
from exempt_billing_stripe.sandbox.books import Books, Clock, Json
from exempt_billing_stripe.streams import is_credit_note

_UNREADABLE: dict[str, Json] = {
    "customer": {"address": {"country": "Nowhere"}},
    "product": {"name": None},
    "invoice": {"currency": None},
    "credit_note": {"currency": None},
}


class Controls(SandboxControls):
    """Changes the books. The clock stands still from the first change on."""

    def __init__(self, books: Books, webhook_secret: str) -> None:
        self._books = books
        self._secret = webhook_secret

    def put(self, record: SourceRecord) -> None:
        """Make or change a customer, a product, an invoice, or a credit note of one."""
        self._hold()
        match record:
            case Customer():
                self._put("customer", record.external_id, _customer(record))
            case Product():
                self._put("product", record.external_id, _product(record))
            case Order(kind=OrderKind.CREDIT):
                self._put("credit_note", record.external_id, self._credit_note(record))
            case Order():
                self._put("invoice", record.external_id, _invoice(record))
            case _:
                raise NotImplementedError

    def delete(self, stream: Stream, external_id: str) -> None:
        """Delete an object; of a credit note that is to void it, which is all that Stripe knows."""
        self._hold()
        kind = _kind(stream, external_id)
        if kind == "credit_note":
            self._books.change(kind, external_id, {"status": "void"})
        else:
            for row in self._books.all("credit_note") if kind == "invoice" else ():
                if row["invoice"] == external_id:  # there is none without its invoice
                    self._books.delete("credit_note", row["id"])
            self._books.delete(kind, external_id)

    def spoil(self, stream: Stream, external_id: str) -> None:
        """Give an object a value that Stripe would never have taken."""
        self._hold()
        kind = _kind(stream, external_id)
        self._books.change(kind, external_id, _UNREADABLE[kind])

    def clear(self) -> None:
        """Delete everything."""
        self._hold()
        self._books.clear()

    def advance(self, by: dt.timedelta) -> None:
        """Move the clock on."""
        self._clock().advance(by)

    def webhook(
        self, stream: Stream, external_ids: Sequence[str], at: dt.datetime
    ) -> WebhookRequest:
        """An event about the first of *external_ids*: Stripe sends one for each object."""
        kind, moment = _kind(stream, external_ids[0]), int(at.timestamp())
        event = {
            "id": f"evt_{external_ids[0]}_{moment}",
            "object": "event",
            "type": f"{kind}.updated",
            "created": moment,
            "livemode": False,
            "data": {"object": {"id": external_ids[0], "object": kind}},
        }
        body = json.dumps(event).encode()
        signed = f"{moment}.".encode() + body
        signature = hmac.new(self._secret.encode(), signed, hashlib.sha256).hexdigest()
        headers = {"stripe-signature": f"t={moment},v1={signature}"}
        return WebhookRequest(body=body, headers=headers, received_at=at)

    def _clock(self) -> Clock:
        clock = self._books.clock
        assert isinstance(clock, Clock)  # noqa: S101 - the sandbox made it
        return clock

    def _hold(self) -> None:
        self._clock().stand_still()

    def _put(self, kind: str, external_id: str, fields: Json) -> None:
        if self._books.holds(kind, external_id):
            self._books.change(kind, external_id, fields)
        else:
            kept = {key: value for key, value in fields.get("metadata", {}).items() if value}
            row = {"id": external_id, "object": kind, "livemode": False, **fields}
            self._books.create(kind, {**row, "metadata": kept})

    def _credit_note(self, order: Order) -> Json:
        """Of any one invoice of the same customer: an order does not say of which."""
        invoice = self._books.invoice_of(order.customer_external_id)
        return {**_amounts(order, sign=-1), "invoice": invoice, "status": _note_status(order)}


def _kind(stream: Stream, external_id: str) -> str:
    if stream is Stream.ORDERS:
        return "credit_note" if is_credit_note(external_id) else "invoice"
    return stream.value.removesuffix("s")


def _customer(record: Customer) -> Json:
    flag = {True: "exempt", False: "none", None: None}[record.exempt]
    ship_to = record.ship_to[0] if record.ship_to else None
    tax_id = {"type": "us_ein", "value": record.tax_id}
    return {
        "name": record.name,
        "email": record.email,
        "address": _address(record.billing_address),
        "shipping": {"name": record.name, "address": _address(ship_to)} if ship_to else None,
        "tax_exempt": flag,
        "tax_ids": {"object": "list", "has_more": False, "data": [tax_id] if record.tax_id else []},
        "metadata": {"customer_number": record.number or ""},
    }


def _product(record: Product) -> Json:
    return {"name": record.name, "tax_code": record.tax_code, "active": record.active}


def _invoice(order: Order) -> Json:
    exempt = {True: "none", False: "exempt", None: None}[order.tax_applicable]
    purchase_order = {"name": "PO Number", "value": order.purchase_order_number}
    status = "void" if order.voided else "paid" if order.closed else "open"
    return {
        **_amounts(order),
        "custom_fields": [purchase_order] if order.purchase_order_number else None,
        "customer_address": None,
        "customer_shipping": {"address": _address(order.ship_to)},
        "customer_tax_exempt": exempt,
        "status": status,
    }


def _note_status(order: Order) -> str:
    return "void" if order.voided else "issued"


def _amounts(order: Order, sign: int = 1) -> Json:
    """What invoices and credit notes have in common."""
    noon = dt.datetime.combine(order.order_date, dt.time(12), tzinfo=dt.UTC)
    taxes = [] if order.tax is None else [_tax(order.tax * sign)]
    shipping = next((each for each in order.lines if each.line_id == SHIPPING_LINE), None)
    return {
        "currency": order.currency.lower(),
        "customer": order.customer_external_id,
        "effective_at": int(noon.timestamp()),
        "lines": {
            "object": "list",
            "has_more": False,
            "data": [_line(each, sign) for each in order.lines if each is not shipping],
        },
        "number": order.number,
        "shipping_cost": _shipping(shipping, sign) if shipping else None,
        "total": _cents((order.total + (order.tax or 0)) * sign),
        "total_excluding_tax": _cents(order.total * sign),
        "total_taxes": None if order.tax is None else taxes,
    }


def _line(line: OrderLine, sign: int) -> Json:
    product = {"product": line.product_external_id}
    return {
        "id": line.line_id,
        "amount": _cents(line.amount * sign),
        "discount_amounts": [],
        "pricing": {"type": "price_details", "price_details": product},
        "taxes": None if line.tax is None else [_tax(line.tax * sign)],
    }


def _shipping(line: OrderLine, sign: int) -> Json:
    tax = (line.tax or Decimal(0)) * sign
    return {"amount_subtotal": _cents(line.amount * sign), "amount_tax": _cents(tax)}


def _tax(amount: Decimal) -> Json:
    said = "standard_rated" if amount else "customer_exempt"
    return {"amount": _cents(amount), "tax_behavior": "exclusive", "taxability_reason": said}


def _cents(amount: Decimal) -> int:
    return int(amount.scaleb(2))


def _address(address: Address | None) -> Json | None:
    if address is None:
        return None
    names = ("line1", "line2", "city", "state", "postal_code", "country")
    return {name: getattr(address, name, None) for name in names}
