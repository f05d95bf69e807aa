"""The recipe for Odoo against a server of its shape."""

from __future__ import annotations

import base64
import datetime as dt
from decimal import Decimal
from typing import Any, ClassVar

import pytest

from support.vendors.odoo import DATABASE, KEY, Odoo
from support.vendors.recipes import RecipeContract

_MODELS = {"customers": "res.partner", "orders": "sale.order"}


class TestOdoo(RecipeContract):
    name = "odoo"
    secret = ("auth.token", KEY)
    more: ClassVar[dict[str, Any]] = {"headers__X-Odoo-Database": DATABASE}
    files = True
    customer: ClassVar[dict[str, Any]] = {
        "name": "Customer 2",
        "number": "C2",
        "email": None,
        "exempt": False,
        "billing_address.jurisdiction": "US-TX",
        "updated_at": dt.datetime(2026, 10, 2, 10, tzinfo=dt.UTC),
    }
    order: ClassVar[dict[str, Any]] = {
        "updated_at": dt.datetime(2026, 10, 2, 10, tzinfo=dt.UTC),
        "customer_external_id": "2",
        "number": "S00002",
        "order_date": dt.date(2026, 10, 2),
        "currency": "USD",
        "total": Decimal("1234.57"),
        "tax": Decimal("101.85"),
        "ship_to.jurisdiction": "US-CA",
        "lines.0.product_external_id": "1",
    }
    exempt: ClassVar[dict[str, Any]] = {"property_account_position_id": 3}
    taxable: ClassVar[dict[str, Any]] = {"property_account_position_id": False}

    @pytest.fixture
    def vendor(self) -> Odoo:
        return Odoo()

    def id_of(self, stream: str, number: int) -> str:
        return str(number)

    def touch(self, vendor: Odoo, stream: str, number: int) -> None:
        vendor.touch(_MODELS[stream], number)

    def written(self, vendor: Odoo, external_id: str) -> dict[str, Any]:
        row = vendor.find("res.partner", int(external_id))
        return {name: row[name] for name in ("property_account_position_id",)}

    def filed(self, vendor: Odoo, external_id: str) -> list[tuple[str, bytes]]:
        rows = [r for r in vendor.models["ir.attachment"] if r["res_id"] == int(external_id)]
        return [(row["name"], base64.b64decode(row["datas"])) for row in rows]
