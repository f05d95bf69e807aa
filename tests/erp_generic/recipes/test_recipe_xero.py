"""The recipe for Xero against a server of its shape."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest

from support.vendors import tokens
from support.vendors.recipes import RecipeContract
from support.vendors.xero import REFRESH, TENANT, TOKEN, Xero, guid

_SETS = {"customers": ("Contacts", 1), "orders": ("Invoices", 2)}


class TestXero(RecipeContract):
    name = "xero"
    secret = ("auth.client_secret", tokens.SECRET)
    missing = guid(1, 999)
    files = True
    customer: ClassVar[dict[str, Any]] = {
        "name": "Customer 2",
        "number": "C2",
        "exempt": False,
        "billing_address.jurisdiction": "US-TX",
        "billing_address.country": "US",
        "updated_at": dt.datetime(2026, 10, 2, 10, tzinfo=dt.UTC),
    }
    order: ClassVar[dict[str, Any]] = {
        "updated_at": dt.datetime(2026, 10, 2, 10, tzinfo=dt.UTC),
        "customer_external_id": guid(1, 2),
        "number": "INV-0002",
        "order_date": dt.date(2026, 10, 2),
        "total": Decimal("1234.57"),
        "tax": Decimal("101.85"),
        "closed": False,
        "lines.0.product_external_id": "A1",
    }
    exempt: ClassVar[dict[str, Any]] = {"AccountsReceivableTaxType": "NONE"}
    taxable: ClassVar[dict[str, Any]] = {"AccountsReceivableTaxType": "OUTPUT"}

    @pytest.fixture
    def vendor(self) -> Xero:
        return Xero()

    @pytest.fixture(autouse=True)
    def _one_token(self, vendor: Xero, monkeypatch: pytest.MonkeyPatch) -> None:
        """Connectors of these tests begin with the token of the settings, as new processes do."""
        monkeypatch.setattr(vendor, "rotates", False)

    def settings(self, url: str) -> dict[str, Any]:
        parts = urlsplit(url)
        return {
            "auth__token_url": f"{parts.scheme}://{parts.netloc}{TOKEN}",
            "auth__client_id": tokens.CLIENT,
            "auth__refresh_token": REFRESH,
            "headers__Xero-Tenant-Id": TENANT,
        }

    def id_of(self, stream: str, number: int) -> str:
        return guid(_SETS[stream][1], number)

    def touch(self, vendor: Xero, stream: str, number: int) -> None:
        vendor.touch(_SETS[stream][0], self.id_of(stream, number))

    def written(self, vendor: Xero, external_id: str) -> dict[str, Any]:
        row = vendor.find("Contacts", external_id)
        return {"AccountsReceivableTaxType": row["AccountsReceivableTaxType"]}

    def filed(self, vendor: Xero, external_id: str) -> list[tuple[str, bytes]]:
        return vendor.files.get(external_id, [])
