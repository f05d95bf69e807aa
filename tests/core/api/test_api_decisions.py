"""Decisions through the API: while an order is entered, and of those that are known."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from exempt.model.access import Right
from exempt.model.sources import NotTaxedReason
from support.api import LONE_STAR, ApiHouse, Program, certificate, with_order
from support.records import address, line

TEXAS = {"country": "US", "state": "TX"}


def question(**changes: Any) -> dict[str, Any]:
    lines = [{"line_id": "1", "amount": "10.00"}, {"line_id": "2", "amount": "5.00"}]
    return {"customer": {"number": "1001"}, "ship_to": TEXAS, "lines": lines, **changes}


@pytest.fixture
def till(house: ApiHouse, erp: Program) -> Program:
    """A program that may only decide, where Lone Star is known."""
    erp.post("/customers", LONE_STAR)
    return house.program({Right.DECIDE}, name="till")


def test_a_certificate_on_file_is_found_and_told(till: Program, erp: Program) -> None:
    erp.post("/certificates", certificate(1))
    told = till.post("/decisions", question()).json()
    assert (told["exempt"], told["tax_applicable"], told["exempt_percentage"]) == (
        True,
        False,
        "100.00",
    )
    assert told["certificate"] == {
        "id": 1,
        "number": "N-1",
        "status": "active",
        "expiration_date": None,
    }
    assert told["verdict"] == "Exempt. Certificate N-1 covers Texas on 2026-11-20."
    assert [one["not_taxed_reason"] for one in told["lines"]] == ["customer_exempt"] * 2
    assert told["prompt"] is None


def test_where_one_is_missing_the_prompt_says_what_to_do(till: Program) -> None:
    told = till.post("/decisions", question()).json()
    assert told["tax_applicable"]
    assert told["prompt"]["lack"] == "missing"
    assert told["prompt"]["yes"] == {
        "method": "POST",
        "href": "/api/v1/requests",
        "body": {"customer_id": 1, "jurisdictions": ["US-TX"]},
    }


@pytest.mark.parametrize(
    ("changes", "status", "pointer"),
    [
        pytest.param({"customer": {}}, 422, "/customer", id="no name"),
        pytest.param({"customer": {"id": 1, "number": "1"}}, 422, "/customer", id="two names"),
        pytest.param({"order_date": "tomorrow"}, 422, "/order_date", id="no date"),
        pytest.param({"lines": [{"amount": "1"}]}, 422, "/lines/0/line_id", id="no line id"),
        pytest.param({"total": "1"}, 422, "/total", id="a field nobody knows"),
        pytest.param({"company": "nobody"}, 404, None, id="no such company"),
        pytest.param(
            {"customer": {"external_id": "C-1", "connection": "none"}}, 404, None, id="no source"
        ),
    ],
)
def test_a_question_that_is_wrong(
    changes: dict[str, Any], status: int, pointer: str | None, till: Program
) -> None:
    told = till.post("/decisions", question(**changes))
    assert told.status_code == status
    if pointer is not None:
        assert told.json()["errors"][0]["pointer"] == pointer


def test_a_number_that_two_companies_use_is_asked_about(till: Program, erp: Program) -> None:
    erp.post("/customers", {**LONE_STAR, "company": "acme"})
    told = till.post("/decisions", question())
    assert (told.status_code, told.json()["errors"][0]["pointer"]) == (422, "/customer")
    assert till.post("/decisions", question(company="acme")).status_code == 200


def test_what_was_decided_for_an_order_is_told_with_its_lines_and_the_prompt(
    house: ApiHouse, erp: Program
) -> None:
    erp.post("/customers", LONE_STAR)
    lines = (line("1"), line("2", not_taxed_reason=NotTaxedReason.PRODUCT_NOT_TAXED))
    order_id = with_order(house, lines=lines)
    told = erp.get(f"/orders/{order_id}/decision").json()
    assert (told["external_id"], told["connection"], told["ground"]) == (
        "O-1",
        "erp",
        "no_certificate",
    )
    assert [one["not_taxed_reason"] for one in told["lines"]] == [None, "product_not_taxed"]
    assert told["prompt"]["yes"]["body"] == {"customer_id": 1, "jurisdictions": ["US-TX"]}
    assert erp.get("/orders/decision?connection=erp&external_id=O-1").json() == told
    erp.post("/certificates", certificate(1))
    exempt = erp.get(f"/orders/{order_id}/decision").json()
    assert exempt["certificate"]["number"] == "N-1"
    assert exempt["prompt"] is None
    assert [one["finding"] for one in exempt["steps"]] == ["chosen"]


def test_a_single_use_certificate_exempts_the_transaction(house: ApiHouse, erp: Program) -> None:
    erp.post("/customers", LONE_STAR)
    single = certificate(1, kind="single_use", order_numbers=["O-1"], exempt_percentage="100")
    assert erp.post("/certificates", single).status_code == 201
    order_id = with_order(house, lines=(line("1"),))
    told = erp.get(f"/orders/{order_id}/decision").json()
    assert told["lines"] == [{"line_id": "1", "not_taxed_reason": "transaction_exempt"}]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"ship_to": None}, id="no ship-to"),
        pytest.param({"ship_to": address("OR")}, id="no sales tax there"),
        pytest.param({"ship_to": address("ON", "CA")}, id="another country"),
        pytest.param({"total": Decimal("-5.00")}, id="a credit"),
    ],
)
def test_every_order_has_its_decision_told(
    changes: dict[str, Any], house: ApiHouse, erp: Program
) -> None:
    told = erp.get(f"/orders/{with_order(house, **changes)}/decision")
    assert told.status_code == 200, told.text


def test_of_a_cancelled_order_nothing_is_decided(house: ApiHouse, erp: Program) -> None:
    told = erp.get(f"/orders/{with_order(house, voided=True)}/decision")
    assert (told.status_code, told.json()["type"]) == (409, "urn:exempt:problem:refused")
