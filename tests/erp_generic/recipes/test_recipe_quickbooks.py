"""The recipe for QuickBooks Online against a server of its shape."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest

from exempt import Outcome
from support.vendors import tokens
from support.vendors.quickbooks import REFRESH, TOKEN, QuickBooks
from support.vendors.recipes import RecipeContract, exempt_in_texas

_SETS = {"customers": "Customer", "orders": "Invoice"}


class TestQuickBooks(RecipeContract):
    name = "quickbooks"
    secret = ("auth.client_secret", tokens.SECRET)
    files = True
    customer: ClassVar[dict[str, Any]] = {
        "name": "Customer 2",
        "email": "ap2@buyer.example",
        "exempt": False,
        "billing_address.jurisdiction": "US-TX",
        "updated_at": dt.datetime(2026, 10, 2, 10, tzinfo=dt.UTC),
    }
    order: ClassVar[dict[str, Any]] = {
        "updated_at": dt.datetime(2026, 10, 2, 10, tzinfo=dt.UTC),
        "customer_external_id": "2",
        "kind": "invoice",
        "number": "1002",
        "order_date": dt.date(2026, 10, 2),
        "total": Decimal("1234.57"),
        "tax": Decimal("101.85"),
        "tax_applicable": True,
        "ship_to.jurisdiction": "US-CA",
        "lines.0.product_external_id": "1",
    }
    exempt: ClassVar[dict[str, Any]] = {
        "Taxable": False,
        "ResaleNum": "TX-4711",
        "TaxExemptionReasonId": "9",
    }
    taxable: ClassVar[dict[str, Any]] = {"Taxable": True}

    @pytest.fixture
    def vendor(self) -> QuickBooks:
        return QuickBooks()

    def settings(self, url: str) -> dict[str, Any]:
        parts = urlsplit(url)
        return {
            "auth__token_url": f"{parts.scheme}://{parts.netloc}{TOKEN}",
            "auth__client_id": tokens.CLIENT,
            "auth__refresh_token": REFRESH,
        }

    @pytest.fixture(autouse=True)
    def _one_token(self, vendor: QuickBooks, monkeypatch: pytest.MonkeyPatch) -> None:
        """Connectors of these tests begin with the token of the settings, as new processes do."""
        monkeypatch.setattr(vendor, "rotates", False)

    def id_of(self, stream: str, number: int) -> str:
        return str(number)

    def touch(self, vendor: QuickBooks, stream: str, number: int) -> None:
        vendor.touch(_SETS[stream], str(number))

    def written(self, vendor: QuickBooks, external_id: str) -> dict[str, Any]:
        row = vendor.find("Customer", external_id)
        names = ("Taxable", "ResaleNum", "TaxExemptionReasonId")
        return {name: row[name] for name in names if name in row}

    def filed(self, vendor: QuickBooks, external_id: str) -> list[tuple[str, bytes]]:
        held = []
        for row in vendor.sets["Attachable"]:
            assert row["AttachableRef"][0]["EntityRef"] == {"type": "Customer", "value": "2"}
            held.append((row["FileName"], vendor.contents[row["Id"]]))
        return held

    def test_a_stale_sync_token_is_a_conflict(
        self, url: str, vendor: QuickBooks, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answer = vendor.answer

        def and_then_change(call: Any) -> Any:
            reply = answer(call)
            if call.path.endswith("/query"):
                reply = type(reply)({**reply.body, "QueryResponse": _copied(reply.body)})
                vendor.touch("Customer", "2")
            return reply

        monkeypatch.setattr(vendor, "answer", and_then_change)
        result = self.push(url, exempt_in_texas("2"))
        assert result.outcome is Outcome.CONFLICT
        assert "Stale Object Error" in result.message

    def test_a_new_refresh_token_is_kept_before_it_is_used(
        self, url: str, vendor: QuickBooks, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from exempt.testing import StillContext

        kept: list[str] = []
        monkeypatch.setattr(vendor, "rotates", True)
        monkeypatch.setattr(
            StillContext,
            "rotate_secret",
            lambda _self, setting, old, new: kept.extend(
                [setting, old.get_secret_value(), new.get_secret_value()]
            ),
        )
        self.push(url, exempt_in_texas("2"))
        assert kept == ["auth.refresh_token", REFRESH, vendor.refresh_tokens[-1]]


def _copied(body: Any) -> Any:
    import copy

    return copy.deepcopy(body["QueryResponse"])
