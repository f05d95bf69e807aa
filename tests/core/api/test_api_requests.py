"""Requests through the API: made, found, cancelled and sent again; started by a shop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from exempt.model.access import Right
from exempt.model.checking import Capability
from exempt.services.links import follow
from exempt.services.post import Post
from support.api import LONE_STAR, ApiHouse, Program, api_house, certificate, sent_in
from support.stores import connected, rows

SHOPPER: dict[str, Any] = {
    "company": "northwind",
    "customer": {"number": "SHOP-7", "name": "Shopper Inc.", "email": "ap@shopper.example"},
    "jurisdictions": ["US-TX"],
    "reasons": ["resale"],
}


@pytest.fixture
def customer(house: ApiHouse, erp: Program) -> int:
    """Lone Star, with a mailbox that mail can be sent to."""
    connected(house.store, "mail", capabilities=[Capability.REQUESTS])
    return int(erp.post("/customers", LONE_STAR).json()["id"])


def asked(customer: int, **changes: Any) -> dict[str, Any]:
    return {"customer_id": customer, "jurisdictions": ["US-TX"], **changes}


def test_a_link_is_in_the_answer_at_once_and_works(
    house: ApiHouse, erp: Program, customer: int
) -> None:
    told = erp.post("/requests", asked(customer, way="link", reasons=["resale"]))
    assert told.status_code == 201
    made = told.json()
    assert made["state"] == "not_opened"
    assert made["link"].startswith("https://exempt.example/r/")
    assert told.headers["cache-control"] == "no-store"
    token = made["link"].rpartition("/")[2]
    assert follow(house.store, token, house.now) is not None
    found = erp.get(f"/requests/{made['id']}").json()
    assert found["state"] == "opened"
    assert token not in str(found)
    assert token not in str(rows(house.store, "SELECT * FROM request_link"))


def test_by_mail_the_mail_is_owed_and_no_link_is_told(
    house: ApiHouse, erp: Program, customer: int
) -> None:
    made = erp.post("/requests", asked(customer)).json()
    assert (made["way"], made["link"], made["recipient"]) == ("mail", None, "ap@lonestar.example")
    assert made["made_by"] == "api:erp"
    owed = rows(house.store, "SELECT target, external_id FROM delivery")
    assert owed == [("mail", str(made["id"]))]


def test_what_the_prompt_of_a_decision_offers_sends_the_request(
    house: ApiHouse, erp: Program, customer: int
) -> None:
    question = {"customer": {"id": customer}, "ship_to": {"country": "US", "state": "TX"}}
    prompt = erp.post("/decisions", question).json()["prompt"]
    assert prompt["lack"] == "missing"
    yes = prompt["yes"]
    told = erp(yes["method"], yes["href"].removeprefix("/api/v1"), json=yes["body"])
    assert told.status_code == 201
    assert told.json()["jurisdictions"] == ["US-TX"]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        pytest.param({"customer_id": 99}, "/customer_id", id="nobody"),
        pytest.param({"jurisdictions": ["US-OR"]}, "/jurisdictions", id="a state without the tax"),
        pytest.param({"jurisdictions": []}, "/jurisdictions", id="no state"),
        pytest.param({"jurisdictions": ["Texxas"]}, "/jurisdictions/0", id="no state at all"),
        pytest.param({"recipient": "nobody"}, "/recipient", id="no address"),
        pytest.param({"reasons": ["fun"]}, "/reasons/0", id="no reason of ours"),
        pytest.param({"message": "x" * 2001}, "/message", id="too long a message"),
    ],
)
def test_what_cannot_be_asked_is_told_by_field(
    changes: dict[str, Any], pointer: str, erp: Program, customer: int
) -> None:
    told = erp.post("/requests", asked(customer, **changes))
    assert told.status_code == 422
    assert told.json()["errors"][0]["pointer"] == pointer


def test_the_same_is_not_asked_twice(erp: Program, customer: int) -> None:
    assert erp.post("/requests", asked(customer)).status_code == 201
    told = erp.post("/requests", asked(customer))
    assert told.status_code == 422
    assert "send that request again" in told.json()["detail"]


def test_a_request_is_cancelled_once_and_its_link_works_no_more(
    house: ApiHouse, erp: Program, customer: int
) -> None:
    made = erp.post("/requests", asked(customer, way="link")).json()
    told = erp.post(f"/requests/{made['id']}/cancel")
    assert (told.status_code, told.json()["state"]) == (200, "cancelled")
    assert told.json()["closed_by"] == "api:erp"
    assert follow(house.store, made["link"].rpartition("/")[2], house.now) is None
    assert erp.post(f"/requests/{made['id']}/cancel").status_code == 409


def test_a_request_is_sent_again_by_another_link(
    house: ApiHouse, erp: Program, customer: int
) -> None:
    made = erp.post("/requests", asked(customer, way="link")).json()
    told = erp.post(f"/requests/{made['id']}/resend", {"way": "link", "only_this": True})
    assert told.status_code == 200
    assert told.json()["link"] != made["link"]
    assert follow(house.store, made["link"].rpartition("/")[2], house.now) is None
    assert follow(house.store, told.json()["link"].rpartition("/")[2], house.now) is not None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("", [1, 2, 3], id="all"),
        pytest.param("?state=not_opened", [2], id="not opened"),
        pytest.param("?state=expired", [1], id="expired by now"),
        pytest.param("?state=submitted", [3], id="submitted"),
        pytest.param("?customer_id=2", [3], id="of a customer"),
        pytest.param("?company=acme", [3], id="of a company"),
    ],
)
def test_requests_by_filter(
    query: str, found: list[int], house: ApiHouse, erp: Program, customer: int
) -> None:
    erp.post("/requests", asked(customer, way="link"))
    house.later(days=31)
    erp.post("/requests", asked(customer, jurisdictions=["US-CA"], way="link"))
    erp.post("/customers", {**LONE_STAR, "company": "acme"})
    sent_in(house, 2)
    told = erp.get(f"/requests{query}")
    assert [one["id"] for one in told.json()["data"]] == found


def test_where_requests_are_switched_off_nobody_is_asked(tmp_path: Path) -> None:
    post = Post(url="https://exempt.example", enabled=False)
    with api_house(tmp_path, requests_enabled=False, post=post) as house:
        erp = house.program()
        customer = erp.post("/customers", LONE_STAR).json()["id"]
        for path, body in (
            ("/requests", asked(customer)),
            ("/requests/1/resend", {}),
            ("/storefront/certificates", SHOPPER),
        ):
            told = erp.post(path, body)
            assert told.status_code == 403
            assert told.json()["type"] == "urn:exempt:problem:requests-disabled"
        question = {"customer": {"id": customer}, "ship_to": {"country": "US", "state": "TX"}}
        assert erp.post("/decisions", question).json()["prompt"] is None


# --- a shop ----------------------------------------------------------------------------------


def test_a_shop_starts_a_certificate_before_the_first_order(house: ApiHouse) -> None:
    shop = house.program({Right.REQUEST}, name="shop")
    told = shop.post("/storefront/certificates", SHOPPER)
    assert told.status_code == 201
    started = told.json()
    assert started["customer_made"]
    assert follow(house.store, started["link"].rpartition("/")[2], house.now) is not None
    reader = house.program({Right.READ}, name="reader")
    card = reader.get(f"/customers/{started['customer_id']}").json()
    assert (card["number"], card["company"]) == ("SHOP-7", "northwind")
    assert reader.get(told.headers["location"].removeprefix("/api/v1")).json()["reasons"] == [
        "resale"
    ]


def test_who_comes_again_gets_another_link_of_the_same_request(house: ApiHouse) -> None:
    shop = house.program({Right.REQUEST}, name="shop")
    first, again = (shop.post("/storefront/certificates", SHOPPER).json() for _ in range(2))
    assert again["request_id"] == first["request_id"]
    assert again["link"] != first["link"]
    assert not again["customer_made"]


def test_a_shop_changes_no_customer_that_is_known(house: ApiHouse, erp: Program) -> None:
    erp.post("/customers", {**LONE_STAR, "number": "SHOP-7"})
    shop = house.program({Right.REQUEST}, name="shop")
    started = shop.post("/storefront/certificates", SHOPPER).json()
    assert not started["customer_made"]
    card = erp.get(f"/customers/{started['customer_id']}").json()
    assert (card["name"], card["email"]) == (LONE_STAR["name"], LONE_STAR["email"])


def test_who_is_covered_already_is_not_asked(erp: Program) -> None:
    card = erp.post("/customers", {**LONE_STAR, "number": "SHOP-7"}).json()
    assert erp.post("/certificates", certificate(card["id"])).status_code == 201
    told = erp.post("/storefront/certificates", SHOPPER)
    assert told.status_code == 422
    assert [each["pointer"] for each in told.json()["errors"]] == ["/jurisdictions"]
