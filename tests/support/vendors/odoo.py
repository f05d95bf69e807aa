"""Odoo 19, the JSON-2 API, as odoo.com/documentation/19.0 describes it.

Every call is a POST to ``/json/2/<model>/<method>`` with named arguments, one
transaction each. Moments are UTC without an offset; what is empty is false.
``web_search_read`` follows links as its specification asks.
"""

from __future__ import annotations

import base64
import re
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

KEY = "6578616d706c65206a736f6e20617069206b6579"
DATABASE = "northwind"


class Odoo(Vendor):
    """One database."""

    base_path = "/json/2"

    def __init__(self) -> None:
        super().__init__()
        self.models: dict[str, list[Row]] = {
            "res.partner": [_partner(number) for number in range(1, CUSTOMERS + 1)],
            "sale.order": [_order(number) for number in range(1, ORDERS + 1)],
            "product.product": [_product(number) for number in range(1, 4)],
            "ir.attachment": [],
        }

    def find(self, model: str, key: int) -> Row:
        """The record with that identifier."""
        for row in self.models[model]:
            if row["id"] == key:
                return row
        raise Refused(404, _error("odoo.exceptions.MissingError", "Record does not exist"))

    def touch(self, model: str, key: int) -> None:
        """Change a record."""
        self.find(model, key)["write_date"] = f"{TOUCHED:%Y-%m-%d %H:%M:%S}"

    def answer(self, call: Call) -> Reply:
        """The answer to *call*."""
        if call.headers.get("authorization", "").lower() != f"bearer {KEY}":
            raise Refused(401, _error("werkzeug.exceptions.Unauthorized", "Invalid apikey"))
        if call.headers.get("x-odoo-database") != DATABASE:
            raise Refused(404, _error("werkzeug.exceptions.NotFound", "no database"))
        match = re.fullmatch(r"/json/2/([\w.]+)/(\w+)", call.path)
        if call.method != "POST" or not match or match[1] not in self.models:
            raise Refused(404, _error("werkzeug.exceptions.NotFound", "no such model"))
        model, method = match.groups()
        if method == "web_search_read":
            return Reply(self._read(model, **call.json()))
        if method == "write":
            return Reply(self._written(model, **call.json()))
        if method == "create":
            return Reply([self._created(model, row) for row in call.json()["vals_list"]])
        raise Refused(404, _error("builtins.AttributeError", f"no method {method}"))

    def _read(
        self,
        model: str,
        domain: list[list[Any]],
        specification: Row,
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
    ) -> Row:
        rows = self.models[model]
        for field, sign, value in domain:
            rows = [row for row in rows if _holds(row.get(field), sign, value)]
        if order:
            rows = sorted(rows, key=lambda row: (row.get("write_date", ""), row["id"]))
        page = rows[offset : None if limit is None else offset + limit]
        return {"length": len(rows), "records": [_picked(row, specification) for row in page]}

    def _written(self, model: str, ids: list[int], vals: Row) -> bool:
        for key in ids:
            row = self.find(model, key)
            if unknown := vals.keys() - row.keys():
                raise Refused(422, _error("builtins.ValueError", f"Invalid field {min(unknown)}"))
            row |= vals
        return True

    def _created(self, model: str, values: Row) -> int:
        row = {"id": len(self.models[model]) + 1, **values}
        base64.b64decode(row["datas"], validate=True)
        self.models[model].append(row)
        return int(row["id"])


def _partner(number: int) -> Row:
    return {
        "id": number,
        "name": f"Customer {number}",
        "ref": f"C{number}",
        "email": False,
        "vat": False,
        "active": True,
        "customer_rank": 1,
        "street": f"{number} Main St",
        "street2": False,
        "city": "Austin",
        "zip": "78701",
        "state_id": {"id": 52, "code": "TX", "display_name": "Texas (US)"},
        "country_id": {"id": 233, "code": "US"},
        "parent_id": False,
        "property_account_position_id": False,
        "x_exempt_states": False,
        "x_exempt_number": False,
        "x_exempt_until": False,
        "write_date": f"{changed(number):%Y-%m-%d %H:%M:%S}",
    }


def _order(number: int) -> Row:
    return {
        "id": number,
        "name": f"S{number:05d}",
        "state": "sale",
        "partner_id": {"id": number},
        "partner_shipping_id": {
            "id": 90 + number,
            "street": "1 Elm St",
            "city": "Fresno",
            "zip": "93721",
            "state_id": {"id": 13, "code": "CA"},
            "country_id": {"id": 233, "code": "US"},
        },
        "date_order": f"2026-10-{number + 1:02d} 02:30:00",  # the evening before in Chicago
        "client_order_ref": f"PO-{number}",
        "currency_id": {"id": 1, "name": "USD"},
        "amount_untaxed": 1234.57,
        "amount_tax": 101.85,
        "locked": False,
        "order_line": [
            {
                "id": 10 + number,
                "product_id": {"id": 1},
                "price_subtotal": 1234.57,
                "price_tax": 101.85,
                "display_type": False,
            },
            {
                "id": 20 + number,
                "product_id": False,
                "price_subtotal": 0.0,
                "price_tax": 0.0,
                "display_type": "line_note",
            },
        ],
        "write_date": f"{changed(number):%Y-%m-%d %H:%M:%S}",
    }


def _product(number: int) -> Row:
    return {
        "id": number,
        "name": f"Item {number}",
        "active": True,
        "write_date": f"{changed(number):%Y-%m-%d %H:%M:%S}",
    }


def _error(name: str, message: str) -> Row:
    return {"name": name, "message": message, "arguments": [message], "context": {}, "debug": ""}


def _picked(row: Row, specification: Row) -> Row:
    found: Row = {"id": row["id"]}
    for name, inner in specification.items():
        if name not in row:
            raise Refused(422, _error("builtins.ValueError", f"Invalid field {name}"))
        value = row[name]
        if isinstance(value, dict):
            value = _picked(value, inner["fields"]) if "fields" in inner else value["id"]
        elif isinstance(value, list):
            value = [_picked(one, inner.get("fields", {})) for one in value]
        found[name] = value
    return found


def _holds(found: Any, sign: str, value: Any) -> bool:
    if isinstance(found, dict):
        found = found["id"]
    if sign == "=":
        return bool(found == value)
    if sign == "in":
        return found in value
    if sign in {">=", ">"}:
        return found is not False and bool(found >= value if sign == ">=" else found > value)
    raise Refused(422, _error("builtins.ValueError", f"Invalid operator {sign}"))
