"""Tryton 8, its REST API, read in ``trytond/protocols/rest.py`` of trytond 8.2.

Lists are arrays: ``d`` is a domain as JSON in base64url, ``o`` an order, ``p``
and ``s`` offset and limit, ``f`` a field (several). Fields of a linked record
come as ``{"address": {"city": …}}``. Decimals, days and moments are tables with
a ``__class__``.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
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

KEY = "application-key-4711"
ROOT = "/northwind/rest"


class Tryton(Vendor):
    """One database."""

    base_path = ROOT

    def __init__(self) -> None:
        super().__init__()
        self.models: dict[str, list[Row]] = {
            "party.party": [_party(number) for number in range(1, CUSTOMERS + 1)],
            "sale.sale": [_sale(number) for number in range(1, ORDERS + 1)],
            "product.product": [_product(number) for number in range(1, 4)],
            "ir.attachment": [],
        }

    def find(self, model: str, key: int) -> Row:
        """The record with that identifier."""
        for row in self.models[model]:
            if row["id"] == key:
                return row
        raise Refused(404)

    def touch(self, model: str, key: int) -> None:
        """Change a record."""
        self.find(model, key)["write_date"] = _moment(TOUCHED)

    def answer(self, call: Call) -> Reply:
        """The answer to *call*."""
        if call.headers.get("authorization", "").lower() != f"bearer {KEY}":
            raise Refused(401)
        match = re.fullmatch(rf"{ROOT}/model/([\w.]+)(?:/(\d+))?", call.path)
        if not match or match[1] not in self.models:
            raise Refused(404)
        model, key = match[1], match[2]
        if key is None:
            return self._created(model, call) if call.method == "POST" else self._list(model, call)
        row = self.find(model, int(key))
        if call.method == "PUT":
            sent = call.json()
            if unknown := sent.keys() - row.keys():
                raise Refused(400, [{"type": "KeyError", "args": [min(unknown)]}])
            row |= sent
        return Reply(_picked(row, call))

    def _list(self, model: str, call: Call) -> Reply:
        rows = self.models[model]
        domain = _decoded(call.query.get("d")) or []
        one_of = domain[1:] if domain[:1] == ["OR"] else []
        rows = [row for row in rows if not one_of or any(_holds(row, *c) for c in one_of)]
        for condition in domain if not one_of else []:
            rows = [row for row in rows if _holds(row, *condition)]
        if order := _decoded(call.query.get("o")):
            rows = sorted(rows, key=lambda row: tuple(str(row.get(name)) for name, _ in order))
        offset = int(call.query.get("p", "0"))
        limit = int(call.query["s"]) if "s" in call.query else len(rows)
        return Reply([_picked(row, call) for row in rows[offset : offset + limit]])

    def _created(self, model: str, call: Call) -> Reply:
        sent = call.json()
        base64.b64decode(sent["data"]["base64"], validate=True)
        row = {"id": len(self.models[model]) + 1, **sent}
        self.models[model].append(row)
        return Reply({"id": row["id"], "__name__": model})


def _decoded(text: str | None) -> Any:
    return json.loads(base64.urlsafe_b64decode(text)) if text else None


def _moment(moment: dt.datetime) -> Row:
    names = ("year", "month", "day", "hour", "minute", "second", "microsecond")
    return {"__class__": "datetime", **{name: getattr(moment, name) for name in names}}


def _day(year: int, month: int, day: int) -> Row:
    return {"__class__": "date", "year": year, "month": month, "day": day}


def _decimal(text: str) -> Row:
    return {"__class__": "Decimal", "decimal": text}


def _party(number: int) -> Row:
    return {
        "id": number,
        "name": f"Customer {number}",
        "code": f"C{number}",
        "email": f"ap{number}@buyer.example",
        "active": True,
        "customer_tax_rule": None,
        "addresses": [
            {
                "id": 10 + number,
                "street": f"{number} Main St",
                "city": "Austin",
                "postal_code": "78701",
                "subdivision": {"id": 1, "code": "US-TX"},
                "country": {"id": 2, "code": "US"},
            }
        ],
        "create_date": _moment(changed(number)),
        "write_date": None if number == 4 else _moment(changed(number)),
    }


def _sale(number: int) -> Row:
    return {
        "id": number,
        "number": f"S{number}",
        "party": {"id": number},
        "sale_date": _day(2026, 10, number),
        "reference": f"PO-{number}",
        "state": "processing",
        "currency": {"id": 1, "code": "USD"},
        "untaxed_amount": _decimal("1234.57"),
        "tax_amount": _decimal("101.85"),
        "shipment_address": {
            "id": 90,
            "street": "1 Elm St",
            "city": "Fresno",
            "postal_code": "93721",
            "subdivision": {"id": 3, "code": "US-CA"},
            "country": {"id": 2, "code": "US"},
        },
        "lines": [{"id": 40 + number, "amount": _decimal("1234.57"), "product": {"id": 1}}],
        "create_date": _moment(changed(1)),
        "write_date": _moment(changed(number)),
    }


def _product(number: int) -> Row:
    return {
        "id": number,
        "rec_name": f"Item {number}",
        "active": True,
        "create_date": _moment(changed(1)),
        "write_date": _moment(changed(number)),
    }


def _picked(row: Row, call: Call) -> Row:
    """The fields that ``f`` names; a dot leads into a linked record, or into each of several."""
    found: Row = {"id": row["id"], "__name__": "…"}
    for path in call.lists.get("f", []):
        _pick(found, row, path.split("."))
    return found


def _pick(found: Row, row: Row, path: list[str]) -> None:
    name, *rest = path
    if name not in row:
        raise Refused(400, [{"type": "KeyError", "args": [name]}])
    value = row[name]
    if isinstance(value, list):
        several = found.setdefault(name, [{"id": one["id"]} for one in value])
        for kept, one in zip(several, value, strict=True):
            _pick(kept, one, rest or ["id"])
    elif isinstance(value, dict) and "__class__" not in value:
        if rest:
            _pick(found.setdefault(name, {"id": value["id"]}), value, rest)
        else:
            found.setdefault(name, value["id"])
    else:
        found[name] = value


def _holds(row: Row, field: str, sign: str, value: Any) -> bool:
    found: Any = row.get(field)
    if sign == ">=":
        names = ("year", "month", "day", "hour", "minute", "second", "microsecond")
        left, right = ([one.get(name, 0) for name in names] for one in (found or {}, value))
        return found is not None and left >= right
    if sign == "=":
        return bool(found == value)
    raise Refused(400, [{"type": "ValueError", "args": [sign]}])
