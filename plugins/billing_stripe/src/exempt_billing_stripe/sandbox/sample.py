"""The sample company as Stripe would show it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

from exempt.testing import sample
from exempt_billing_stripe.sandbox.books import Books, Json

_SINCE = dt.date(2025, 1, 6)
_TAX_RATE = Decimal("0.08")
_TAX_CODES = {"PLAN-PRO": "txcd_10103001", "TOOL-RENT": "txcd_20030000"}
_STILL_OPEN = sample.TODAY - dt.timedelta(days=20)


def fill(books: Books, copies: int) -> None:
    """Put account, products, *copies* of each customer and of each invoice into *books*."""
    books.account = {
        "id": "acct_1Northwind",
        "object": "account",
        "country": "US",
        "business_profile": {"name": sample.COMPANY},
        "settings": {"dashboard": {"display_name": sample.COMPANY, "timezone": "Etc/UTC"}},
    }
    for item in sample.ITEMS:
        books.load("product", _product(item))
    for number in range(1, copies + 1):
        mark = "" if number == 1 else f"-{number}"
        for row in _customers(mark):
            books.load("customer", row)
        for sale in sample.BILLING_SALES:
            books.load("invoice", _invoice(sale, mark))


def credit_all(books: Books) -> None:
    """Credit the first line of each invoice, a day after it was made."""
    for invoice in books.all("invoice"):
        books.load("credit_note", credit_note(invoice))


def credit_note(invoice: Json) -> Json:
    """The first line of *invoice* given back."""
    line = invoice["lines"]["data"][0]
    taxes = [{key: tax[key] for key in ("amount", "tax_behavior", "type")} for tax in line["taxes"]]
    credited = {
        "id": f"cnli_{invoice['id']}",
        "object": "credit_note_line_item",
        "amount": line["amount"],
        "discount_amounts": [],
        "invoice_line_item": line["id"],
        "quantity": line["quantity"],
        "taxes": taxes,
        "type": "invoice_line_item",
    }
    created = invoice["created"] + 86400
    return {
        "id": invoice["id"].replace("in_", "cn_"),
        "object": "credit_note",
        "created": created,
        "currency": invoice["currency"],
        "customer": invoice["customer"],
        "effective_at": created,
        "invoice": invoice["id"],
        "lines": {"object": "list", "data": [credited], "has_more": False},
        "livemode": False,
        "metadata": {},
        "number": f"{invoice['number']}-CN-01",
        "shipping_cost": None,
        "status": "issued",
        "total": line["amount"] + sum(tax["amount"] for tax in taxes),
        "total_excluding_tax": line["amount"],
        "total_taxes": taxes,
    }


def _at(day: dt.date, hour: int = 12) -> int:
    return int(dt.datetime.combine(day, dt.time(hour), tzinfo=dt.UTC).timestamp())


def _product(item: sample.Item) -> Json:
    return {
        "id": _product_id(item.sku),
        "object": "product",
        "active": True,
        "created": _at(_SINCE),
        "livemode": False,
        "metadata": {"sku": item.sku},
        "name": item.name,
        "tax_code": _TAX_CODES.get(item.sku),
        "updated": _at(_SINCE),
    }


def _customers(mark: str) -> Iterator[Json]:
    for week, buyer in enumerate(sample.BUYERS):
        address = _address(buyer.place)
        user, _, host = (buyer.email or "").partition("@")
        yield {
            "id": _customer_id(buyer.number, mark),
            "object": "customer",
            "address": address,
            "created": _at(_SINCE + dt.timedelta(weeks=week)),
            "email": f"{user}{mark}@{host}" if buyer.email else None,
            "livemode": False,
            "metadata": {"customer_number": buyer.number + mark},
            "name": buyer.name + (f" ({mark[1:]})" if mark else ""),
            "shipping": {"name": buyer.name, "phone": None, "address": address},
            "tax_exempt": "exempt" if buyer.exempt else "none",
        }


def _invoice(sale: sample.Sale, mark: str) -> Json:
    created = _at(sale.day)
    lines = [
        _line(f"il_{sale.number}{mark}_{n}", sku, quantity, taxed=sale.taxed)
        for n, (sku, quantity) in enumerate(sale.quantities, start=1)
    ]
    net = sum(line["amount"] for line in lines)
    taxes = [tax for line in lines for tax in line["taxes"]]
    paid = sale.day < _STILL_OPEN
    buyer = sample.BUYER[sale.buyer]
    return {
        "id": f"in_{sale.number.removeprefix('INV-')}{mark}",
        "object": "invoice",
        "created": created,
        "currency": "usd",
        "custom_fields": None,
        "customer": _customer_id(sale.buyer, mark),
        "customer_address": _address(buyer.place),
        "customer_shipping": {"name": buyer.name, "address": _address(sale.ship_to)},
        "customer_tax_exempt": "none" if sale.taxed else "exempt",
        "effective_at": created,
        "lines": {"object": "list", "data": lines, "has_more": False},
        "livemode": False,
        "metadata": {},
        "number": sale.number + mark,
        "shipping_details": None,
        "status": "paid" if paid else "open",
        "status_transitions": {"finalized_at": created, "paid_at": created if paid else None},
        "subtotal": net,
        "total": net + sum(tax["amount"] for tax in taxes),
        "total_excluding_tax": net,
        "total_taxes": taxes,
    }


def _line(line_id: str, sku: str, quantity: int, *, taxed: bool) -> Json:
    amount = int(sample.ITEM[sku].price * 100) * quantity
    tax = {
        "amount": int(amount * _TAX_RATE) if taxed else 0,
        "tax_behavior": "exclusive",
        "taxability_reason": "standard_rated" if taxed else "customer_exempt",
        "taxable_amount": amount if taxed else 0,
        "type": "tax_rate_details",
    }
    return {
        "id": line_id,
        "object": "line_item",
        "amount": amount,
        "currency": "usd",
        "description": sample.ITEM[sku].name,
        "discount_amounts": [],
        "pricing": {"type": "price_details", "price_details": {"product": _product_id(sku)}},
        "quantity": quantity,
        "taxes": [tax],
    }


def _customer_id(number: str, mark: str) -> str:
    return f"cus_{number.replace('-', '')}{mark}"


def _product_id(sku: str) -> str:
    return f"prod_{sku.replace('-', '')}"


def _address(place: sample.Place) -> Json:
    return {
        "line1": place.line1,
        "line2": None,
        "city": place.city,
        "state": place.state,
        "postal_code": place.postal_code,
        "country": place.country,
    }
