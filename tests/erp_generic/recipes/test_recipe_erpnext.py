"""The recipe for ERPNext against a server of its shape."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, ClassVar

import pytest

from support.vendors.erpnext import KEY, ErpNext
from support.vendors.recipes import RecipeContract

_KINDS = {"customers": "Customer", "orders": "Sales Order"}


class TestErpNext(RecipeContract):
    name = "erpnext"
    secret = ("auth.value", KEY)
    more: ClassVar[dict[str, Any]] = {"time_zone": "UTC"}
    missing = "CUST-99999"
    files = True
    customer: ClassVar[dict[str, Any]] = {
        "name": "Customer 2",
        "exempt": False,
        "billing_address.jurisdiction": "US-TX",
        "updated_at": dt.datetime(2026, 10, 2, 10, tzinfo=dt.UTC),
    }
    order: ClassVar[dict[str, Any]] = {
        "updated_at": dt.datetime(2026, 10, 2, 10, tzinfo=dt.UTC),
        "customer_external_id": "CUST-00002",
        "order_date": dt.date(2026, 10, 2),
        "total": Decimal("1234.57"),
        "tax": Decimal("101.85"),
        "tax_applicable": True,
        "ship_to.jurisdiction": "US-CA",
        "voided": False,
    }
    exempt: ClassVar[dict[str, Any]] = {"exempt_from_sales_tax": 1}
    taxable: ClassVar[dict[str, Any]] = {"exempt_from_sales_tax": 0}

    @pytest.fixture
    def vendor(self) -> ErpNext:
        return ErpNext()

    def id_of(self, stream: str, number: int) -> str:
        form = {"customers": "CUST-{:05d}", "orders": "SAL-ORD-2026-{:05d}"}[stream]
        return form.format(number)

    def touch(self, vendor: ErpNext, stream: str, number: int) -> None:
        vendor.touch(_KINDS[stream], self.id_of(stream, number))

    def written(self, vendor: ErpNext, external_id: str) -> dict[str, Any]:
        row = vendor.find("Customer", external_id)
        return {"exempt_from_sales_tax": row["exempt_from_sales_tax"]}

    def filed(self, vendor: ErpNext, external_id: str) -> list[tuple[str, bytes]]:
        rows = [r for r in vendor.types["File"] if r["attached_to_name"] == external_id]
        assert all(row["is_private"] for row in rows)
        return [(row["file_name"], vendor.contents[row["name"]]) for row in rows]
