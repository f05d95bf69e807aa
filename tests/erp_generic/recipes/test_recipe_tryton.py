"""The recipe for Tryton against a server of its shape."""

from __future__ import annotations

import base64
import datetime as dt
from decimal import Decimal
from typing import Any, ClassVar

import pytest

from support.vendors.recipes import RecipeContract
from support.vendors.tryton import KEY, Tryton

_MODELS = {"customers": "party.party", "orders": "sale.sale"}


class TestTryton(RecipeContract):
    name = "tryton"
    secret = ("auth.token", KEY)
    files = True
    customer: ClassVar[dict[str, Any]] = {
        "name": "Customer 2",
        "number": "C2",
        "exempt": False,
        "billing_address.jurisdiction": "US-TX",
        "updated_at": dt.datetime(2026, 10, 2, 10, tzinfo=dt.UTC),
    }
    order: ClassVar[dict[str, Any]] = {
        "updated_at": dt.datetime(2026, 10, 2, 10, tzinfo=dt.UTC),
        "customer_external_id": "2",
        "number": "S2",
        "order_date": dt.date(2026, 10, 2),
        "currency": "USD",
        "total": Decimal("1234.57"),
        "tax": Decimal("101.85"),
        "tax_applicable": True,
        "ship_to.jurisdiction": "US-CA",
        "lines.0.product_external_id": "1",
    }
    exempt: ClassVar[dict[str, Any]] = {"customer_tax_rule": 3}
    taxable: ClassVar[dict[str, Any]] = {"customer_tax_rule": 1}

    @pytest.fixture
    def vendor(self) -> Tryton:
        return Tryton()

    def id_of(self, stream: str, number: int) -> str:
        return str(number)

    def touch(self, vendor: Tryton, stream: str, number: int) -> None:
        vendor.touch(_MODELS[stream], number)

    def written(self, vendor: Tryton, external_id: str) -> dict[str, Any]:
        row = vendor.find("party.party", int(external_id))
        return {"customer_tax_rule": row["customer_tax_rule"]}

    def filed(self, vendor: Tryton, external_id: str) -> list[tuple[str, bytes]]:
        owner = f"party.party,{external_id}"
        rows = [row for row in vendor.models["ir.attachment"] if row["resource"] == owner]
        return [(row["name"], base64.b64decode(row["data"]["base64"])) for row in rows]
