"""The recipe for NetSuite against a server of its shape."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest

from exempt import AuthError, FetchRequest, RateLimited
from support.vendors import tokens
from support.vendors.base import ORDERS
from support.vendors.netsuite import KEY_ID, TOKEN, NetSuite, pem
from support.vendors.recipes import RecipeContract

_KINDS = {"customers": "customer", "orders": "salesOrder"}


class TestNetSuite(RecipeContract):
    name = "netsuite"
    secret = ("auth.private_key", pem())
    customer: ClassVar[dict[str, Any]] = {
        "name": "Customer 2",
        "number": "C2",
        "email": "ap2@buyer.example",
        "billing_address.jurisdiction": "US-TX",
        "updated_at": dt.datetime(2026, 10, 2, 10, tzinfo=dt.UTC),
    }
    order: ClassVar[dict[str, Any]] = {
        "updated_at": dt.datetime(2026, 10, 2, 10, tzinfo=dt.UTC),
        "customer_external_id": "2",
        "number": "SO2",
        "order_date": dt.date(2026, 10, 2),
        "currency": "USD",
        "total": Decimal("1234.57"),
        "tax": Decimal("101.85"),
        "closed": False,
        "ship_to.jurisdiction": "US-CA",
        "lines.0.amount": Decimal("1234.57"),
    }
    exempt: ClassVar[dict[str, Any]] = {
        "custentity_exempt_states": "TX",
        "custentity_exempt_number": "TX-4711",
        "custentity_exempt_reason": "resale",
        "custentity_exempt_until": "2027-01-31",
    }
    taxable: ClassVar[dict[str, Any]] = {
        "custentity_exempt_states": "",
        "custentity_exempt_number": None,
        "custentity_exempt_reason": None,
        "custentity_exempt_until": None,
    }

    @pytest.fixture
    def vendor(self) -> NetSuite:
        return NetSuite()

    def settings(self, url: str) -> dict[str, Any]:
        parts = urlsplit(url)
        return {
            "auth__token_url": f"{parts.scheme}://{parts.netloc}{TOKEN}",
            "auth__client_id": tokens.CLIENT,
            "auth__key_id": KEY_ID,
            "time_zone": "UTC",
        }

    def id_of(self, stream: str, number: int) -> str:
        return str(number)

    def touch(self, vendor: NetSuite, stream: str, number: int) -> None:
        vendor.touch(_KINDS[stream], str(number))

    def written(self, vendor: NetSuite, external_id: str) -> dict[str, Any]:
        row = vendor.find("customer", external_id)
        return {name: row[name] for name in row if name.startswith("custentity_")}

    def test_wrong_credentials(self, url: str) -> None:
        """A key that is well formed, but not the one of the certificate."""
        with (
            self.opened(url, auth__private_key=pem("another")) as erp,
            pytest.raises(AuthError) as caught,
        ):
            erp.fetch_customers(FetchRequest())
        assert "PRIVATE" not in str(caught.value)

    def test_lines_on_several_pages_are_all_read(self, url: str) -> None:
        with self.opened(url, orders__lines__paging__size=2) as erp:
            orders = erp.fetch_orders(FetchRequest()).records
        assert [len(order.lines) for order in orders] == [1] * ORDERS

    @pytest.mark.parametrize("status", [400, 429])
    def test_the_limit_of_calls_at_once_is_no_refusal(
        self, url: str, vendor: NetSuite, monkeypatch: pytest.MonkeyPatch, status: int
    ) -> None:
        busy = replace(vendor.too_busy(), status=status)
        monkeypatch.setattr(vendor, "too_busy", lambda: busy)
        with self.opened(url) as erp:
            erp.fetch_customers(FetchRequest(page_size=1))
            vendor.busy = 9
            with pytest.raises(RateLimited):
                erp.fetch_customers(FetchRequest())
