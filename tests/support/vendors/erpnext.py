"""ERPNext 15 on Frappe, as docs.frappe.io describes its REST API.

Lists are arrays in ``data``, by ``limit_start`` and ``limit_page_length`` (20
by default), ``filters`` and ``fields`` are JSON. Moments are in the site's time
zone, without an offset. Uploads are multipart, to ``method/upload_file``.
"""

from __future__ import annotations

import json
from typing import Any

from support.vendors.base import (
    CUSTOMERS,
    ORDERS,
    TOUCHED,
    Call,
    Refused,
    Reply,
    Row,
    Vendor,
    changed,
)

KEY = "token key-4711:secret-4711"


class ErpNext(Vendor):
    """One site."""

    base_path = "/api"

    def __init__(self) -> None:
        super().__init__()
        self.types: dict[str, list[Row]] = {
            "Customer": [_customer(number) for number in range(1, CUSTOMERS + 1)],
            "Sales Order": [_order(number) for number in range(1, ORDERS + 1)],
            "Item": [_item(number) for number in range(1, 4)],
            "File": [],
        }
        self.contents: dict[str, bytes] = {}

    def find(self, kind: str, name: str) -> Row:
        """The document with that name."""
        for row in self.types.get(kind, []):
            if row["name"] == name:
                return row
        raise Refused(404, {"exc_type": "DoesNotExistError", "exception": f"{kind} not found"})

    def touch(self, kind: str, name: str) -> None:
        """Change a document."""
        self.find(kind, name)["modified"] = _moment(TOUCHED)

    def answer(self, call: Call) -> Reply:
        """The answer to *call*."""
        if call.headers.get("authorization") != KEY:
            raise Refused(401, {"exc_type": "AuthenticationError"})
        *_, kind, name = ["", *call.path.removeprefix("/api/").split("/", 2), ""][:4]
        if call.path == "/api/method/upload_file":
            return self._uploaded(call)
        if not call.path.startswith("/api/resource/") or kind not in self.types:
            raise Refused(404, {"exc_type": "DoesNotExistError"})
        if not name:
            return Reply({"data": self._list(kind, call)})
        row = self.find(kind, name)
        if call.method == "PUT":
            self._update(row, call.json())
        return Reply({"data": row})

    def _list(self, kind: str, call: Call) -> list[Row]:
        query = call.query
        rows = self.types[kind]
        for field, sign, value in json.loads(query.get("filters", "[]")):
            rows = [row for row in rows if _holds(row.get(field), sign, value)]
        if query.get("order_by", "").startswith("modified asc"):
            rows = sorted(rows, key=lambda row: row["modified"])
        fields = json.loads(query.get("fields", '["name"]'))
        start = int(query.get("limit_start", "0"))
        size = int(query.get("limit_page_length", "20"))
        return [_picked(row, fields) for row in rows[start : start + size]]

    def _update(self, row: Row, sent: Row) -> None:
        row |= {name: value for name, value in sent.items() if name in row}  # others are ignored

    def _uploaded(self, call: Call) -> Reply:
        parts = {part.name: part for part in call.parts()}
        target = {
            "attached_to_doctype": parts["doctype"].content.decode(),
            "attached_to_name": parts["docname"].content.decode(),
        }
        self.find(target["attached_to_doctype"], target["attached_to_name"])
        file = parts["file"]
        name = f"file-{len(self.contents) + 1}"
        row = {
            "name": name,
            "file_name": file.file_name,
            "is_private": int(parts["is_private"].content),
            "modified": _moment(TOUCHED),
            **target,
        }
        self.types["File"].append(row)
        self.contents[name] = file.content
        return Reply({"message": row})


def _moment(moment: Any) -> str:
    """In the site's time zone, which is UTC here."""
    return f"{moment:%Y-%m-%d %H:%M:%S.%f}"


def _customer(number: int) -> Row:
    return {
        "name": f"CUST-{number:05d}",
        "customer_name": f"Customer {number}",
        "tax_id": None,
        "email_id": f"ap{number}@buyer.example",
        "exempt_from_sales_tax": 0,
        "disabled": 0,
        "modified": _moment(changed(number)),
        "customer_primary_address.address_line1": f"{number} Main St",
        "customer_primary_address.city": "Austin",
        "customer_primary_address.state": "Texas",
        "customer_primary_address.pincode": "78701",
    }


def _order(number: int) -> Row:
    return {
        "name": f"SAL-ORD-2026-{number:05d}",
        "customer": f"CUST-{number:05d}",
        "transaction_date": f"2026-10-{number:02d}",
        "currency": "USD",
        "net_total": 1234.57,
        "total_taxes_and_charges": 101.85,
        "exempt_from_sales_tax": 0,
        "po_no": f"PO-{number}",
        "status": "To Deliver and Bill",
        "docstatus": 1,
        "modified": _moment(changed(number)),
        "shipping_address_name.address_line1": "1 Elm St",
        "shipping_address_name.city": "Fresno",
        "shipping_address_name.state": "California",
        "shipping_address_name.pincode": "93721",
    }


def _item(number: int) -> Row:
    return {
        "name": f"ITEM-{number}",
        "item_name": f"Item {number}",
        "product_tax_category": None,
        "disabled": 0,
        "modified": _moment(changed(number)),
    }


def _picked(row: Row, fields: list[str]) -> Row:
    """The fields asked for; one of a linked document takes the name after ``as``."""
    if "*" in fields:
        return {name: value for name, value in row.items() if "." not in name}
    found: Row = {}
    for field in fields:
        path, _, alias = field.partition(" as ")
        if path not in row:
            raise Refused(417, {"exc_type": "DataError", "exception": f"no field {path}"})
        found[alias or path] = row[path]
    return found


def _holds(found: Any, sign: str, value: Any) -> bool:
    if sign == ">=":
        return str(found) >= str(value)
    if sign == "=":
        return bool(found == value)
    raise Refused(417, {"exc_type": "ValidationError", "exception": f"no operator {sign}"})
