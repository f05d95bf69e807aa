"""Builders for the tests of erp_generic: an ordinary connection, of which a test changes a part."""

from __future__ import annotations

import copy
import json
from typing import Any

import httpx

from exempt import Connector, ItemResult, PushItem, PushRequest
from exempt.testing import StillContext
from exempt_erp_generic import exempt_connectors
from exempt_erp_generic.settings import ErpSettings

URL = "https://erp.example/api"
ORDER = f"{URL}/orders/SO-1"
SECRET = "canary-secret"

ORDERS: dict[str, Any] = {
    "path": "orders",
    "records": "data",
    "paging": {"kind": "none"},
    "fields": {
        "external_id": "no",
        "updated_at": "changed",
        "customer_external_id": "customer",
        "order_date": "date",
        "total": "total",
    },
}
CUSTOMERS: dict[str, Any] = {
    "path": "customers",
    "records": "data",
    "paging": {"kind": "none"},
    "fields": {"external_id": "no", "name": "name"},
}
PUSH_ORDER: dict[str, Any] = {
    "path": "orders/{external_id}",
    "body": {"taxable": "{tax_applicable}", "certificate": "{certificate_number}"},
}


def table(**changes: Any) -> dict[str, Any]:
    """The settings as a table; a change with dots in its name goes deeper (``orders__paging``)."""
    found: dict[str, Any] = {
        "base_url": URL,
        "auth": {"kind": "bearer", "token": SECRET},
        "currency": "USD",
        "country": "US",
        "orders": copy.deepcopy(ORDERS),
    }
    for path, value in changes.items():
        *parents, last = path.split("__")
        place = found
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = copy.deepcopy(value)
    return found


def settings(**changes: Any) -> ErpSettings:
    """The settings, valid; see `table`."""
    return ErpSettings.model_validate(table(**changes))


def connector(context: StillContext | None = None, **changes: Any) -> Connector:
    """A fresh connector; see `table`."""
    (info,) = exempt_connectors()
    return info.open(settings(**changes), context or StillContext())


def order_row(number: int, **changes: Any) -> dict[str, Any]:
    """An order as the ERP gives it, changed *number* minutes after noon of 2026-11-01."""
    hours, minutes = divmod(number, 60)
    return {
        "no": f"SO-{number}",
        "changed": f"2026-11-01T{12 + hours:02}:{minutes:02}:00Z",
        "customer": "C-1",
        "date": "2026-11-01",
        "total": 100.25,
    } | changes


def item(**changes: Any) -> PushItem:
    """An order that shall be exempt by certificate 77."""
    ordinary: dict[str, Any] = {
        "key": "push-1",
        "target": "order",
        "external_id": "SO-1",
        "version": 1,
        "tax_applicable": False,
        "certificate_number": "77",
        "jurisdictions": [
            {
                "jurisdiction": "TX",
                "exempt": True,
                "certificate_number": "77",
                "exemption_reason": "resale",
                "exemption_number": "1-23",
                "signed_date": "2026-01-02",
                "expiration_date": "2027-01-31",
            }
        ],
    }
    return PushItem.model_validate(ordinary | changes)


def as_json(body: Any, status: int = 200, **headers: str) -> httpx.Response:
    """An answer as JSON."""
    headers = {"Content-Type": "application/json"} | headers
    return httpx.Response(status, content=json.dumps(body).encode(), headers=headers)


def push(
    *items: PushItem, dry_run: bool = False, context: StillContext | None = None, **changes: Any
) -> list[ItemResult]:
    """The results of writing *items*; *changes* are those of ``push.orders``."""
    erp = connector(context, push__orders=PUSH_ORDER | changes, reasons={"resale": "G"})
    request = PushRequest(items=items or (item(),), dry_run=dry_run)
    return list(erp.push_exemption_status(request).results)


def push_one(*items: PushItem, **changes: Any) -> ItemResult:
    """The only result; see `push`."""
    (result,) = push(*items, **changes)
    return result
