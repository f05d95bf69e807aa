"""What tests may do to the sandbox's ERP, as its own people would."""

from __future__ import annotations

import datetime as dt
from typing import Any

from exempt import Address, Customer, Order, Product, SandboxControls, SourceRecord, Stream
from exempt_erp_generic.sandbox.books import KEYS, Books, Row

_SPOILT = {Stream.CUSTOMERS: "name", Stream.PRODUCTS: "name", Stream.ORDERS: "date"}


class Controls(SandboxControls):
    """Changes of the books, at their own clock."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def put(self, record: SourceRecord) -> None:
        """Make a row of *record*, or change the one with its number."""
        stream, row = _row(record)
        with self._books.lock:
            self._books.put(stream, row)

    def delete(self, stream: Stream, external_id: str) -> None:
        """Delete a row."""
        with self._books.lock:
            self._books.delete(stream, external_id)

    def spoil(self, stream: Stream, external_id: str) -> None:
        """Take from a row what no record can be without."""
        with self._books.lock:
            self._books.put(stream, {KEYS[stream]: external_id, _SPOILT[stream]: None})

    def clear(self) -> None:
        """Delete every row."""
        with self._books.lock:
            self._books.clear()

    def advance(self, by: dt.timedelta) -> None:
        """Move the ERP's clock on."""
        with self._books.lock:
            self._books.advance(by)


def _row(record: SourceRecord) -> tuple[str, Row]:
    match record:
        case Customer():
            return "customers", _customer(record)
        case Order():
            return "orders", _order(record)
        case Product():
            return "products", {
                "sku": record.external_id,
                "name": record.name,
                "price": 1.0,
                "tax_category": record.tax_code,
                "active": record.active,
            }
    raise NotImplementedError(type(record).__name__)


def _customer(record: Customer) -> Row:
    return {
        "no": record.external_id,
        "name": record.name,
        "email": record.email,
        "address": _place(record.billing_address),
        "tax_exempt": bool(record.exempt),
        "exempt_percent": 100 if record.exempt else 0,
        "exemption_no": record.exemption_number,
        "exemption_code": record.exemption_code,
        "exemptions": [],
    }


def _order(record: Order) -> Row:
    taxable = record.tax_applicable is not False
    return {
        "no": record.external_id,
        "customer_no": record.customer_external_id,
        "date": record.order_date.isoformat(),
        "rental_from": _day(record.event_start_date),
        "rental_to": _day(record.event_end_date),
        "status": "cancelled" if record.voided else "closed" if record.closed else "open",
        "ship_to": _place(record.ship_to),
        "currency": record.currency,
        "subtotal": float(record.total),
        "taxable": taxable,
        "exempt_percent": 0 if taxable else 100,
        "certificate_no": record.certificate_number,
        "po_number": record.purchase_order_number,
        "lines": [
            {
                "line": line.line_id,
                "item": line.product_external_id,
                "quantity": 1,
                "amount": float(line.amount),
            }
            for line in record.lines
        ],
    }


def _day(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None


def _place(address: Address | None) -> dict[str, Any]:
    return {
        "street": address.line1 if address else None,
        "city": address.city if address else None,
        "region": address.state if address else None,
        "zip": address.postal_code if address else None,
        "country": address.country if address else None,
    }
