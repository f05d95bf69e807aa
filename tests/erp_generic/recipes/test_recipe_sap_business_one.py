"""The recipe for SAP Business One against a server of its shape."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, ClassVar

import pytest

from exempt.testing import read_all, records
from support.vendors.base import CUSTOMERS
from support.vendors.recipes import RecipeContract
from support.vendors.sap_b1 import LOGIN, SapB1

_SETS = {"customers": "BusinessPartners", "orders": "Orders"}


class TestSapBusinessOne(RecipeContract):
    name = "sap_business_one"
    secret = ("auth.password", LOGIN["Password"])
    more: ClassVar[dict[str, Any]] = {"auth__body__CompanyDB": LOGIN["CompanyDB"]}
    missing = "C99999"
    files = True
    customer: ClassVar[dict[str, Any]] = {
        "name": "Customer 2",
        "exempt": False,
        "billing_address.jurisdiction": "US-TX",
        "ship_to.0.jurisdiction": "US-CA",
        "updated_at": dt.datetime(2026, 10, 2, 4, tzinfo=dt.UTC),
    }
    order: ClassVar[dict[str, Any]] = {
        "customer_external_id": "C20002",
        "number": "502",
        "order_date": dt.date(2026, 10, 2),
        "currency": "USD",
        "total": Decimal("1234.57"),
        "tax": Decimal("101.85"),
        "ship_to.jurisdiction": "US-CA",
        "lines.1.amount": Decimal("234.57"),
        "lines.1.line_id": "1",
    }
    exempt: ClassVar[dict[str, Any]] = {"VatLiable": "vExempted"}
    taxable: ClassVar[dict[str, Any]] = {"VatLiable": "vLiable"}

    @pytest.fixture
    def vendor(self) -> SapB1:
        return SapB1()

    def id_of(self, stream: str, number: int) -> str:
        return f"C{20_000 + number}" if stream == "customers" else str(number)

    def touch(self, vendor: SapB1, stream: str, number: int) -> None:
        vendor.touch(_SETS[stream], self.id_of(stream, number))

    def written(self, vendor: SapB1, external_id: str) -> dict[str, Any]:
        return {"VatLiable": vendor.find("BusinessPartners", external_id)["VatLiable"]}

    def filed(self, vendor: SapB1, external_id: str) -> list[tuple[str, bytes]]:
        notes = [row for row in vendor.sets["Activities"] if row["CardCode"] == external_id]
        return [file for row in notes for file in vendor.attachments[row["AttachmentEntry"]]]

    def test_a_session_that_ran_out_is_renewed_once(self, url: str, vendor: SapB1) -> None:
        with self.opened(url) as erp:
            read_all(erp.fetch_orders)
            vendor.sessions += 1  # what was given out is no longer good
            assert len(records(read_all(erp.fetch_customers))) == CUSTOMERS
        logins = [call for call in vendor.calls if call.path.endswith("/Login")]
        assert len(logins) == 2
        assert vendor.calls[-1].path.endswith("/Logout")

    def test_suppliers_are_left_out(self, url: str) -> None:
        with self.opened(url) as erp:
            ids = {r.external_id for r in records(read_all(erp.fetch_customers))}
        assert "C20050" not in ids
