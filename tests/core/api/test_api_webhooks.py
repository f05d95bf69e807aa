"""Webhooks of ours, as programs set them up."""

from __future__ import annotations

from typing import Any

import pytest

from support.api import LONE_STAR, ApiHouse, Program, certificate
from support.stores import rows

NEW: dict[str, Any] = {
    "url": "https://erp.example.com/hooks",
    "kinds": ["certificate.accepted", "request.submitted"],
}


def test_a_webhook_is_added_and_its_secret_told_once(house: ApiHouse, erp: Program) -> None:
    made = erp.post("/webhooks", NEW)
    assert (made.status_code, made.headers["location"]) == (201, "/api/v1/webhooks/1")
    secret = made.json()["secret"]
    assert secret.startswith("whsec_")
    found = erp.get("/webhooks/1")
    assert "secret" not in found.json()
    assert found.json()["company"] is None
    assert secret not in str(rows(house.store, "SELECT * FROM event_endpoint"))


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        pytest.param({"url": "ftp://erp.example.com"}, "/url", id="no address to call"),
        pytest.param({"kinds": []}, "/kinds", id="of nothing"),
        pytest.param({"kinds": ["certificate.sung"]}, "/kinds/0", id="of what never happens"),
    ],
)
def test_what_cannot_be_added(changes: dict[str, Any], pointer: str, erp: Program) -> None:
    told = erp.post("/webhooks", {**NEW, **changes})
    assert told.status_code == 422
    assert told.json()["errors"][0]["pointer"] == pointer


def test_what_happens_is_owed_to_it_until_it_rests(erp: Program) -> None:
    erp.post("/webhooks", NEW)
    customer = erp.post("/customers", LONE_STAR).json()["id"]
    erp.post("/certificates", certificate(customer))
    (owed,) = erp.get("/webhooks/1/calls").json()["data"]
    assert (owed["kind"], owed["state"], owed["attempts"]) == ("certificate.accepted", "pending", 0)
    assert erp.post("/webhooks/1/disable").json()["disabled_at"] is not None
    assert erp.post("/webhooks/1/enable").json()["disabled_at"] is None
    assert erp("DELETE", "/webhooks/1").status_code == 204
    assert erp.get("/webhooks").json()["data"] == []


def test_a_key_for_one_company_adds_for_that_one(house: ApiHouse, erp: Program) -> None:
    erp.post("/webhooks", NEW)
    acme = house.program(company="acme", name="acme")
    made = acme.post("/webhooks", NEW).json()
    assert made["company"] == "acme"
    assert [one["id"] for one in acme.get("/webhooks").json()["data"]] == [made["id"]]
    assert acme.get("/webhooks/1").status_code == 404  # of all companies
    assert acme.post("/webhooks", {**NEW, "company": "northwind"}).status_code == 404
