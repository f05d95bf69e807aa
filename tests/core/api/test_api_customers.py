"""Customers through the API, as an ERP sees them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from exempt.model.custom import CustomField
from support.api import LONE_STAR, ApiHouse, Program, api_house, certificate, with_order
from support.stores import rows


def made(erp: Program, **changes: Any) -> dict[str, Any]:
    told = erp.post("/customers", {**LONE_STAR, **changes})
    assert told.status_code in {200, 201}, told.text
    found: dict[str, Any] = told.json()
    return found


def test_a_customer_is_made_once_and_brought_up_to_date_after_that(erp: Program) -> None:
    first = erp.post("/customers", LONE_STAR)
    assert (first.status_code, first.headers["location"]) == (201, "/api/v1/customers/1")
    again = erp.post("/customers", {"company": "northwind", "number": " 1001", "name": "Lone Star"})
    assert (again.status_code, again.json()["id"], again.json()["name"]) == (200, 1, "Lone Star")
    assert again.json()["email"] == LONE_STAR["email"]  # what is left out stays
    emptied = erp.post(
        "/customers", {"company": "northwind", "number": "1001", "name": "Lone Star", "email": None}
    )
    assert emptied.json()["email"] is None


def test_many_at_once_make_one_customer(house: ApiHouse, erp: Program) -> None:
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: erp.post("/customers", LONE_STAR), range(8)))
    assert sorted(each.status_code for each in told) == [200] * 7 + [201]
    assert rows(house.store, "SELECT count(*) FROM customer") == [(1,)]


def test_without_a_number_each_is_another(erp: Program) -> None:
    told = {"company": "northwind", "name": "Walk-in"}
    assert [erp.post("/customers", told).status_code for _ in range(2)] == [201, 201]


def test_the_card_shows_what_an_erp_wants_to_see(erp: Program) -> None:
    card = made(erp, code="LS")
    erp.post("/certificates", certificate(card["id"]))
    erp.post("/certificates", certificate(card["id"], review_status="pending"))
    found = erp.get("/customers?number=1001").json()["data"][0]
    wanted = ("name", "state", "active_certificates", "number", "company", "code")
    assert [found[name] for name in wanted] == [
        "Lone Star Supply Co.",
        "TX",
        1,
        "1001",
        "northwind",
        "LS",
    ]


def test_which_company_is_to_be_named_where_there_are_several(
    house: ApiHouse, erp: Program
) -> None:
    told = erp.post("/customers", {"name": "Whose?"})
    assert (told.status_code, told.json()["type"]) == (409, "urn:exempt:problem:refused")
    assert "--" not in told.json()["detail"]
    acme = house.program(company="acme", name="acme")
    assert acme.post("/customers", {"name": "Ours"}).json()["company"] == "acme"


def test_a_change_names_the_version_that_was_seen(erp: Program) -> None:
    card = made(erp)
    path, told = f"/customers/{card['id']}", {"name": "New", "number": "1001"}
    missing = erp.put(path, told)
    assert (missing.status_code, missing.json()["type"]) == (
        428,
        "urn:exempt:problem:precondition-required",
    )
    assert erp.put(path, told, "3").status_code == 422
    assert erp.put(path, told, 'W/"1"').status_code == 422
    changed = erp.put(path, told, '"1"')
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert changed.json()["email"] is None  # all of it is replaced
    late = erp.put(path, {"name": "Late"}, '"1"')
    assert (late.status_code, late.json()["type"]) == (412, "urn:exempt:problem:changed-meanwhile")
    assert "api:erp changed" in late.json()["detail"]
    assert erp.put(path, {"name": "Whatever"}, "*").status_code == 200


def test_the_sellers_own_fields_are_read_as_the_settings_define_them(tmp_path: Path) -> None:
    fields = {"region": CustomField(title="Region", kind="choice", choices=("North", "South"))}
    with api_house(tmp_path, customer_fields=fields) as house:
        erp = house.program()
        assert made(erp, custom={"region": "north"})["custom"] == {"region": "North"}
        for custom in ({"region": "west"}, {"colour": "blue"}):
            told = erp.post("/customers", {**LONE_STAR, "custom": custom})
            assert told.status_code == 422
            assert told.json()["errors"][0]["pointer"] == "/custom"
        edited = erp.put("/customers/1", {"name": "New", "custom": {"region": "North"}}, '"1"')
        assert edited.json()["custom"] == {"region": "North"}


def test_a_ship_to_is_linked_and_covered_and_unlinked(erp: Program) -> None:
    bill_to, store = made(erp)["id"], made(erp, number="1001-A", name="The store", exempt=False)
    erp.post("/certificates", certificate(bill_to))
    path = f"/customers/{bill_to}/ship-tos/{store['id']}"
    for _ in range(2):  # the same again changes nothing
        linked = erp("PUT", path)
        assert linked.status_code == 200
        assert [one["number"] for one in linked.json()["customers"]] == ["1001-A"]
    valid = erp.get(f"/customers/{store['id']}/certificates/valid?region=TX").json()["data"]
    assert [(one["certificate_id"], one["customer_id"]) for one in valid] == [(1, bill_to)]
    assert erp.get(f"/customers/{bill_to}").json()["ship_to_ids"] == [store["id"]]
    assert erp("DELETE", path).json()["customers"] == []
    assert erp("DELETE", path).status_code == 404
    assert erp("PUT", f"/customers/{bill_to}/ship-tos/{bill_to}").status_code == 409


def test_coverage_and_exposure_state_by_state(house: ApiHouse, erp: Program) -> None:
    customer_id = made(erp)["id"]
    with_order(house)
    assert [
        (one["jurisdiction"], one["covered"], one["needed"])
        for one in erp.get(f"/customers/{customer_id}/coverage").json()["data"]
    ] == [("US-TX", False, True)]
    erp.post("/certificates", certificate(customer_id))
    (state,) = erp.get(f"/customers/{customer_id}/coverage").json()["data"]
    assert (state["covered"], state["certificate_id"]) == (True, 1)
    (sold,) = erp.get(f"/customers/{customer_id}/exposure").json()["data"]
    assert (sold["orders"], sold["total"], sold["currency"], sold["tax_applicable"]) == (
        1,
        "100.00",
        "USD",
        False,
    )


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("region=TX", [2, 1], id="the one that expires first comes first"),
        pytest.param("region=US-TX&country=US", [2, 1], id="by its code"),
        pytest.param("region=TX&date=2027-06-01", [1], id="when one has expired"),
        pytest.param("region=TX&date=2026-02-28", [], id="before they were signed"),
        pytest.param("region=CA", [], id="elsewhere"),
        pytest.param("region=ON&country=CA", [], id="in another country"),
    ],
)
def test_valid_certificates_by_region_and_day(query: str, found: list[int], erp: Program) -> None:
    customer_id = made(erp)["id"]
    place = certificate(1)["jurisdictions"][0]
    ending = [{**place, "expiration_date": "2027-01-31"}]
    for told in (
        certificate(customer_id),
        certificate(customer_id, jurisdictions=ending),
        certificate(customer_id, review_status="pending"),
        certificate(customer_id, kind="single_use", order_numbers=["SO-1"]),
    ):
        assert erp.post("/certificates", told).status_code == 201
    valid = erp.get(f"/customers/{customer_id}/certificates/valid?{query}").json()["data"]
    assert [one["certificate_id"] for one in valid] == found
