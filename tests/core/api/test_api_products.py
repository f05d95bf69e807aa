"""Products over the API: what they are, said for many at once, and what nobody has said."""

from __future__ import annotations

from typing import Any

import pytest

from support.api import ApiHouse, Program
from support.records import NOW, line, order, product
from support.stores import connected, save_orders


@pytest.fixture
def shelf(house: ApiHouse) -> ApiHouse:
    """HAMMER, sold for 100; APP in the list; Acme's NUT."""
    erp = connected(house.store, "erp")
    pos = connected(house.store, "pos", company="acme")
    save_orders(house.store, erp, order(lines=(line(product_external_id="HAMMER"),)))
    with house.store.writing() as tx:
        app = product("APP", name="Pro plan", tax_code="txcd_10103001")
        tx.sources.save_products(erp, [app], NOW)
        tx.sources.save_products(pos, [product("NUT")], NOW)
    return house


def assign(program: Program, *ids: int, category: str | None = "candy") -> Any:
    """Assign these."""
    return program.post(
        "/product-assignments", {"product_ids": list(ids), "tax_category": category}
    )


def test_products_with_what_is_known_of_them(shelf: ApiHouse, erp: Program) -> None:
    first, *_ = erp.get("/products").json()["data"]
    assert first == {
        "id": 1,
        "connection": "erp",
        "external_id": "HAMMER",
        "name": None,
        "tax_code": None,
        "active": None,
        "first_seen_at": "2026-11-20T12:00:00Z",
        "tax_category": None,
        "assigned_at": None,
        "assigned_by": None,
        "assigned_why": None,
    }


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("", ["HAMMER", "APP", "NUT"], id="all"),
        pytest.param("?company=acme", ["NUT"], id="of a company"),
        pytest.param("?connection=erp", ["HAMMER", "APP"], id="of a connection"),
        pytest.param("?mapped=true", ["APP"], id="with a category"),
        pytest.param("?mapped=false", ["HAMMER", "NUT"], id="without"),
        pytest.param("?tax_category=candy", ["APP"], id="with this one"),
        pytest.param("?q=pro%20plan", ["APP"], id="by words"),
    ],
)
def test_products_by_filter(shelf: ApiHouse, erp: Program, query: str, found: list[str]) -> None:
    assign(erp, 2)
    assert [one["external_id"] for one in erp.get(f"/products{query}").json()["data"]] == found


def test_a_part_at_a_time(shelf: ApiHouse, erp: Program) -> None:
    first = erp.get("/products?limit=2").json()
    rest = erp.get(f"/products?limit=2&after={first['next']}").json()
    assert [one["external_id"] for one in first["data"] + rest["data"]] == ["HAMMER", "APP", "NUT"]
    assert rest["next"] is None


def test_one_product_what_was_sold_of_it_and_who_taxes_it(shelf: ApiHouse, erp: Program) -> None:
    one = erp.get("/products/1").json()
    assert (one["orders"], one["amounts"], one["proposal"]) == (1, {"USD": "100.00"}, None)
    app = erp.get("/products/2").json()
    assert app["proposal"] == {
        "tax_category": "saas_business",
        "confidence": "medium",
        "reason": "txcd_10103001 is Stripe's code for it",
    }
    assert app["taxability"] == []
    assign(erp, 2, category="saas_business")
    app = erp.get("/products/2").json()
    florida = next(row for row in app["taxability"] if row["jurisdiction"] == "US-FL")
    assert (florida["taxed"], florida["why"], florida["confidence"]) == (False, "listed", "high")
    assert florida["source"].startswith("Florida Department of Revenue")
    assert (app["proposal"], app["assigned_by"]) == (None, "api:erp")


def test_many_are_assigned_at_once_and_counted_anew(shelf: ApiHouse, erp: Program) -> None:
    done = assign(erp, 1, 2, category="saas_business")
    assert (done.status_code, done.json()) == (
        200,
        {"product_ids": [1, 2], "counted_anew": ["erp"]},
    )
    assert assign(erp, 1, category=None).json()["product_ids"] == [1]
    assert assign(erp, 1, category=None).json()["product_ids"] == []


@pytest.mark.parametrize(
    ("ids", "category", "pointers"),
    [
        pytest.param([1, 99, 2, 98], "candy", ["/product_ids/1", "/product_ids/3"], id="no such"),
        pytest.param([1, 3], "candy", ["/product_ids/1"], id="another company's"),
        pytest.param([1], "candi", ["/tax_category"], id="no such category"),
        pytest.param([1], "food", ["/tax_category"], id="a type"),
        pytest.param([], "candy", ["/product_ids"], id="none"),
    ],
)
def test_all_are_assigned_or_none(
    shelf: ApiHouse, ids: list[int], category: str, pointers: list[str]
) -> None:
    mine = shelf.program(company="northwind")
    refused = assign(mine, *ids, category=category)
    assert refused.status_code == 422
    assert [each["pointer"] for each in refused.json()["errors"]] == pointers
    assert mine.get("/products?mapped=true").json()["data"] == []


def test_an_assignment_that_is_repeated_with_its_key_is_done_once(
    shelf: ApiHouse, erp: Program
) -> None:
    body = {"product_ids": [1], "tax_category": "candy"}
    told = [
        erp.post("/product-assignments", body, headers={"Idempotency-Key": "k-1"}) for _ in range(2)
    ]
    assert [each.json()["product_ids"] for each in told] == [[1], [1]]


def test_what_nobody_has_assigned_is_counted_by_company(shelf: ApiHouse, erp: Program) -> None:
    assert erp.get("/unmapped-products").json() == {
        "products": 3,
        "orders": 1,
        "amounts": {"USD": "100.00"},
    }
    acme = shelf.program(company="acme", name="acme")
    assert acme.get("/unmapped-products").json()["products"] == 1
    assert acme.get("/unmapped-products?company=northwind").status_code == 404


def test_the_pick_list_with_whether_a_state_taxes_each(erp: Program) -> None:
    types = erp.get("/tax-categories").json()["data"]
    assert len(types) >= 8
    assert types[0]["tax_categories"][0]["taxed"] is None
    (food,) = erp.get("/tax-categories?product_type=food&jurisdiction=US-FL").json()["data"]
    known = {one["tax_category"]: one["taxed"] for one in food["tax_categories"]}
    assert (known["groceries"]["taxed"], known["candy"]["taxed"]) == (False, True)
    assert (known["snacks"]["why"], known["snacks"]["source"]) == ("unknown", None)
    assert erp.get("/tax-categories?product_type=nothing").json()["data"] == []
