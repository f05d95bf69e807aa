"""The recipe for Business Central against a server of its shape."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest

from exempt import Outcome
from support.vendors import tokens
from support.vendors.business_central import TOKEN, BusinessCentral, guid
from support.vendors.recipes import RecipeContract, exempt_in_texas

_SETS = {"customers": ("customers", 1), "orders": ("salesOrders", 2), "products": ("items", 4)}


class TestBusinessCentral(RecipeContract):
    name = "business_central"
    secret = ("auth.client_secret", tokens.SECRET)
    missing = guid(1, 999)
    files = True
    customer: ClassVar[dict[str, Any]] = {
        "name": "Customer 2",
        "number": "C10002",
        "exempt": False,
        "billing_address.jurisdiction": "US-TX",
        "updated_at": dt.datetime(2026, 10, 2, 10, 0, 0, 123_000, tzinfo=dt.UTC),
    }
    order: ClassVar[dict[str, Any]] = {
        "updated_at": dt.datetime(2026, 10, 2, 10, tzinfo=dt.UTC),
        "customer_external_id": guid(1, 2),
        "order_date": dt.date(2026, 10, 2),
        "total": Decimal("1234.57"),
        "tax": Decimal("101.85"),
        "tax_applicable": True,
        "ship_to.jurisdiction": "US-CA",
        "lines.0.amount": Decimal("1234.57"),
    }
    exempt: ClassVar[dict[str, Any]] = {"taxLiable": False}
    taxable: ClassVar[dict[str, Any]] = {"taxLiable": True}

    @pytest.fixture
    def vendor(self) -> BusinessCentral:
        return BusinessCentral()

    def settings(self, url: str) -> dict[str, Any]:
        parts = urlsplit(url)
        token_url = f"{parts.scheme}://{parts.netloc}{TOKEN}"
        return {"auth__token_url": token_url, "auth__client_id": tokens.CLIENT}

    def id_of(self, stream: str, number: int) -> str:
        return guid(_SETS[stream][1], number)

    def touch(self, vendor: BusinessCentral, stream: str, number: int) -> None:
        name, kind = _SETS[stream]
        vendor.touch(name, guid(kind, number))

    def written(self, vendor: BusinessCentral, external_id: str) -> dict[str, Any]:
        return {"taxLiable": vendor.find("customers", external_id)["taxLiable"]}

    def filed(self, vendor: BusinessCentral, external_id: str) -> list[tuple[str, bytes]]:
        rows = [r for r in vendor.sets["documentAttachments"] if r["parentId"] == external_id]
        return [(row["fileName"], vendor.contents[row["id"]]) for row in rows]

    def test_somebody_elses_change_in_between_is_a_conflict(
        self, url: str, vendor: BusinessCentral, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answer = vendor.answer

        def and_then_change(call: Any) -> Any:
            reply = answer(call)
            if call.method == "GET":
                vendor.touch("customers", guid(1, 2))
            return reply

        monkeypatch.setattr(vendor, "answer", and_then_change)
        assert self.push(url, exempt_in_texas(guid(1, 2))).outcome is Outcome.CONFLICT

    def test_a_file_that_was_begun_and_not_finished_is_sent_again(
        self, url: str, vendor: BusinessCentral
    ) -> None:
        vendor.sets["documentAttachments"].append(
            {"id": guid(9, 1), "fileName": "x", "parentId": guid(1, 2), "parentType": "Customer"}
            | {"byteSize": 0}
        )
        vendor.contents[guid(9, 1)] = b""
        self.test_the_certificate_is_filed_once_more(url, vendor)

    def test_the_certificate_is_filed_once_more(self, url: str, vendor: BusinessCentral) -> None:
        from support.vendors.recipes import PDF, Certificate

        for _ in range(2):
            self.push(url, exempt_in_texas(guid(1, 2), Certificate()))
        assert [b for _, b in self.filed(vendor, guid(1, 2)) if b] == [PDF]

    def test_the_token_goes_to_the_api_and_the_secret_to_the_token_server_only(
        self, url: str, vendor: BusinessCentral
    ) -> None:
        self.push(url, exempt_in_texas(guid(1, 2)))
        for call in vendor.calls:
            held = call.content.decode("latin-1") + str(call.headers)
            assert (tokens.SECRET in held) == (call.path == TOKEN)
