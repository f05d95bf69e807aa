"""Whoever works for one company learns nothing of another, and writes only what is defined."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from exempt.model.access import Role
from support.api import LONE_STAR, ApiHouse, api_house, certificate
from support.browsing import Premises, premises_in
from support.records import customer
from support.stores import connected, save_customers


@pytest.fixture
def premises(tmp_path: Path) -> Iterator[Premises]:
    with premises_in(tmp_path) as here:
        yield here


@pytest.fixture
def house(tmp_path: Path) -> Iterator[ApiHouse]:
    with api_house(tmp_path) as here:
        yield here


def test_customers_of_other_companies_are_not_named_to_a_reviewer_of_one(
    premises: Premises,
) -> None:
    """Whether one by its id, or one of those that a name fits."""
    other = connected(premises.store, "twin", company="acme")
    save_customers(premises.store, other, customer("T-1", name="Customer C-1"))
    reviewer = premises.staff(Role.REVIEWER, "northwind")
    page = reviewer.get("/requests/new?customer=Customer C-1")
    assert page.headers["location"].endswith(f"id:{premises.ids['C-1']}")
    theirs = reviewer.get(f"/requests/new?customer=id:{premises.ids['A-1']}")
    nobody = reviewer.get("/requests/new?customer=id:99")
    assert (theirs.status_code, nobody.status_code) == (404, 404)
    told = theirs.text.replace(f"id:{premises.ids['A-1']}", "id:99")
    assert told == nobody.text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/users/{id}"),
        ("POST", "/users/{id}/disable"),
        ("POST", "/keys/{id}/revoke"),
        ("GET", "/requests/{id}"),
        ("GET", "/review/{id}"),
        ("GET", "/certificates/{id}/print"),
    ],
)
@pytest.mark.parametrize("number", [2**31, 2**63, 10**40])
def test_an_id_beyond_all_counting_is_nobody(
    method: str, path: str, number: int, premises: Premises
) -> None:
    boss = premises.staff(Role.ADMINISTRATOR)
    assert boss.send(method, path.format(id=number)).status_code == 404


def test_a_shop_writes_no_field_that_is_not_defined(house: ApiHouse) -> None:
    shop = house.program()
    told = {
        "company": "northwind",
        "customer": {"number": "S-1", "name": "Shopper", "custom": {"credit": "endless"}},
        "jurisdictions": ["US-TX"],
    }
    assert shop.post("/storefront/certificates", told).status_code == 422
    assert shop.get("/customers?number=S-1").json()["data"] == []


def test_a_link_to_a_file_does_not_tell_what_another_company_calls_it(house: ApiHouse) -> None:
    boss, url = house.program(), ""
    for company, name in (("northwind", "Deal of Northwind.pdf"), ("acme", "Of Acme.pdf")):
        told = {**LONE_STAR, "company": company, "number": company}
        customer_id = boss.post("/customers", told).json()["id"]
        entered = boss.post("/certificates", certificate(customer_id)).json()["id"]
        file = {"file": (name, b"%PDF-1.4 the same form")}
        sha256 = boss.post(f"/certificates/{entered}/files", files=file).json()["sha256"]
        url = f"/files/{sha256}/url"
    link = house.program(company="acme", name="acme's").post(url, {}).json()["url"]
    answer = house.program(name="nobody").outside(link)
    assert answer.status_code == 200
    assert "Of Acme.pdf" in answer.headers["content-disposition"]
