"""The recipe for Shopify against a server of its shape."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest

from exempt import FetchRequest, Outcome, RateLimited
from exempt.testing import read_all, records
from support.vendors import tokens
from support.vendors.base import CUSTOMERS, Vendor
from support.vendors.recipes import RecipeContract, exempt_in_texas, recipe
from support.vendors.shopify import TOKEN, Shopify, gid

_KINDS = {"customers": "Customer", "orders": "Order"}


class TestShopify(RecipeContract):
    name = "shopify"
    secret = ("auth.client_secret", tokens.SECRET)
    missing = gid("Customer", 999)
    customer: ClassVar[dict[str, Any]] = {
        "name": "Customer 2",
        "email": "ap2@buyer.example",
        "exempt": False,
        "billing_address.jurisdiction": "US-TX",
        "updated_at": dt.datetime(2026, 10, 2, 10, tzinfo=dt.UTC),
    }
    order: ClassVar[dict[str, Any]] = {
        "updated_at": dt.datetime(2026, 10, 2, 10, tzinfo=dt.UTC),
        "customer_external_id": gid("Customer", 2),
        "number": "#1002",
        "order_date": dt.date(2026, 10, 2),
        "total": Decimal("1234.57"),
        "tax": Decimal("101.85"),
        "tax_applicable": True,
        "voided": False,
        "ship_to.jurisdiction": "US-CA",
        "lines": (),
    }
    exempt: ClassVar[dict[str, Any]] = {
        "taxExempt": False,
        "taxExemptions": ["US_TX_RESELLER_EXEMPTION"],
    }
    taxable: ClassVar[dict[str, Any]] = {"taxExempt": False, "taxExemptions": []}

    @pytest.fixture
    def vendor(self) -> Shopify:
        return Shopify()

    def settings(self, url: str) -> dict[str, Any]:
        parts = urlsplit(url)
        token_url = f"{parts.scheme}://{parts.netloc}{TOKEN}"
        return {"auth__token_url": token_url, "auth__client_id": tokens.CLIENT}

    def id_of(self, stream: str, number: int) -> str:
        return gid(_KINDS[stream], number)

    def touch(self, vendor: Shopify, stream: str, number: int) -> None:
        vendor.touch(stream, self.id_of(stream, number))

    def written(self, vendor: Shopify, external_id: str) -> dict[str, Any]:
        node = vendor.find("customers", external_id)
        assert node
        return {name: node[name] for name in ("taxExempt", "taxExemptions")}

    def test_an_answer_that_asks_for_patience_loses_nothing(self, url: str, vendor: Vendor) -> None:
        """It stands in a 200, so the core waits and not the HTTP client."""
        with self.opened(url) as erp:
            erp.fetch_customers(FetchRequest(page_size=1))
            vendor.busy = 1
            with pytest.raises(RateLimited):
                erp.fetch_customers(FetchRequest())
            assert len(records(read_all(erp.fetch_customers))) == CUSTOMERS

    def test_a_jurisdiction_that_shopify_has_no_exemption_for_is_refused(self, url: str) -> None:
        item = exempt_in_texas(gid("Customer", 2))
        elsewhere = item.jurisdictions[0].model_copy(update={"jurisdiction": "US-PR"})
        result = self.push(url, item.model_copy(update={"jurisdictions": (elsewhere,)}))
        assert result.outcome is Outcome.REJECTED
        assert "US_PR_RESELLER_EXEMPTION is no TaxExemption" in result.message

    def test_a_flag_for_all_states_gives_way_to_the_states(self, url: str, vendor: Shopify) -> None:
        node = vendor.find("customers", gid("Customer", 2))
        assert node
        node |= {"taxExempt": True, "taxExemptions": ["US_TX_RESELLER_EXEMPTION"]}
        assert self.push(url, exempt_in_texas(gid("Customer", 2))).outcome is Outcome.APPLIED
        assert self.written(vendor, gid("Customer", 2)) == self.exempt

    @pytest.mark.parametrize("stream", ["customers", "orders", "products"])
    def test_a_full_page_costs_no_more_than_a_query_may(self, url: str, stream: str) -> None:
        with self.opened(url) as erp:
            assert getattr(erp, f"fetch_{stream}")(FetchRequest()).records

    @pytest.mark.parametrize("stream", ["customers", "orders", "products"])
    def test_every_field_that_is_mapped_is_asked_for(self, stream: str) -> None:
        """The server gives whole objects; the vendor gives what the query names."""
        table = recipe(self.name)[stream]
        asked = table["body"]["query"]
        paths = [
            name
            for field in _texts([table["fields"], table.get("lines", {})])
            for name in field.replace("`", " ").split(" ")[0].split(".")
        ]
        ignored = {"length(taxExemptions)", ""}
        assert [name for name in paths if name not in ignored and name not in asked] == []


def _texts(node: Any) -> list[str]:
    """Every path below a table of fields."""
    if isinstance(node, str):
        return [node]
    if isinstance(node, list):
        return [text for each in node for text in _texts(each)]
    return [
        text
        for key, value in node.items()
        if key not in {"map", "const", "formats"}
        for text in _texts(value)
    ]
