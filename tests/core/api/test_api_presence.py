"""Physical nexus for programs: people by state, presences, warnings."""

from __future__ import annotations

from typing import Any

import pytest

from exempt.services.nexus_warnings import raise_employee_warnings
from exempt.services.policy import Policy
from support.api import ApiHouse, Program
from support.records import DAY, NOW
from support.staff import hire
from support.stores import connected

DEPOT = {"jurisdiction": "TX", "kind": "property", "effective_date": "2024-03-01"}


@pytest.fixture
def staffed(house: ApiHouse) -> ApiHouse:
    """Northwind has Ana in Texas, who lives in Oklahoma, and Ben, who left California."""
    hr = connected(house.store, "gusto")
    people = [
        hire("E-1", "TX", "OK", label="Ana Ruiz"),
        hire("E-2", "CA", end_date=NOW.date() - 9 * DAY),
        hire("E-3", None),
    ]
    with house.store.writing() as tx:
        tx.sources.save_employees(hr, people, NOW)
    raise_employee_warnings(house.store, Policy(), lambda: house.now)
    return house


def add(program: Program, *rows: dict[str, Any], **more: Any) -> Any:
    return program.post("/nexus/presences", {"company": "northwind", "presences": rows, **more})


# --- people ------------------------------------------------------------------------------


def test_people_by_state_without_their_names(staffed: ApiHouse, erp: Program) -> None:
    """B14."""
    told = erp.get("/nexus/employees").json()
    assert [(each["jurisdiction"], each["current"]) for each in told["data"]] == [
        ("US-OK", 1),
        ("US-TX", 1),
    ]
    oklahoma = told["data"][0]
    assert (oklahoma["at_home"], oklahoma["at_work"], oklahoma["since"]) == (1, 0, "2024-03-01")
    assert (oklahoma["nexus_since"], oklahoma["levies_sales_tax"]) == (None, True)
    assert oklahoma["warning_id"] is not None
    assert (oklahoma["people"], told["unplaced"]) == (None, 1)
    assert "Ana" not in str(told)
    past = erp.get("/nexus/employees?past=true").json()["data"]
    assert (past[0]["jurisdiction"], past[0]["past"]) == ("US-CA", 1)


def test_each_person_in_one_state(staffed: ApiHouse, erp: Program) -> None:
    (texas,) = erp.get("/nexus/employees?jurisdiction=TX").json()["data"]
    (ana,) = texas["people"]
    assert (ana["employee_ids"], ana["label"], ana["when"]) == (["E-1"], "Ana Ruiz", "now")
    assert [(p["kind"], p["from_day"], p["connection"]) for p in ana["places"]] == [
        ("work", "2024-03-01", "gusto")
    ]


def test_another_companys_people_are_not_told(staffed: ApiHouse) -> None:
    acme = staffed.program(company="acme")
    assert acme.get("/nexus/employees").json() == {"data": [], "unplaced": 0}
    assert acme.get("/nexus/employees?company=northwind").status_code == 404
    assert acme.get("/nexus/warnings").json()["data"] == []


# --- presences ---------------------------------------------------------------------------


def test_several_in_one_call(house: ApiHouse, erp: Program) -> None:
    """B42."""
    told = add(erp, DEPOT, {**DEPOT, "jurisdiction": "CA", "notes": "FBA"})
    assert told.status_code == 201, told.text
    texas, california = told.json()["data"]
    assert (texas["jurisdiction"], texas["company"], texas["made_by"]) == (
        "US-TX",
        "northwind",
        "api:erp",
    )
    assert (california["notes"], california["in_force"]) == ("FBA", True)
    assert [one["id"] for one in erp.get("/nexus/presences").json()["data"]] == [1, 2]
    listed = erp.get("/nexus/presences?jurisdiction=CA").json()
    assert (listed["data"], listed["next"]) == ([california], None)
    assert erp.get("/nexus/presences?company=acme").json()["data"] == []


def test_all_or_none_and_each_mistake_by_its_place(house: ApiHouse, erp: Program) -> None:
    add(erp, DEPOT)
    told = add(erp, {**DEPOT, "jurisdiction": "CA"}, DEPOT)
    assert told.status_code == 422
    (error,) = told.json()["errors"]
    assert (error["pointer"], error["detail"]) == (
        "/presences/1",
        "is kept already, as presence 1",
    )
    unknown = add(erp, {**DEPOT, "jurisdiction": "CA-ON"}).json()
    assert [each["pointer"] for each in unknown["errors"]] == ["/presences/0/jurisdiction"]
    assert len(erp.get("/nexus/presences").json()["data"]) == 1


def test_a_call_that_is_repeated_adds_nothing_twice(house: ApiHouse, erp: Program) -> None:
    body = {"company": "northwind", "presences": [DEPOT]}
    headers = {"Idempotency-Key": "k-1"}
    first = erp.post("/nexus/presences", body, headers=headers)
    again = erp.post("/nexus/presences", body, headers=headers)
    assert (first.status_code, again.json()) == (201, first.json())
    assert len(erp.get("/nexus/presences").json()["data"]) == 1


def test_a_presence_is_changed_ended_and_taken_back(house: ApiHouse, erp: Program) -> None:
    add(erp, DEPOT)
    body = {"effective_date": "2023-01-01", "end_date": "2025-12-31", "notes": "Waco"}
    told = erp("PUT", "/nexus/presences/1", json=body).json()
    assert (told["effective_date"], told["end_date"], told["notes"]) == tuple(body.values())
    assert told["in_force"] is False
    told = erp("PUT", "/nexus/presences/1", json={**body, "end_date": None}).json()
    assert told["end_date"] is None
    wrong = {**body, "end_date": "2022-01-01"}
    assert erp("PUT", "/nexus/presences/1", json=wrong).status_code == 409
    assert erp("DELETE", "/nexus/presences/1").status_code == 204
    assert erp.get("/nexus/presences").json()["data"] == []
    (gone,) = erp.get("/nexus/presences?removed=true").json()["data"]
    assert (gone["removed_by"], erp.get("/nexus/presences/1").json()) == ("api:erp", gone)
    assert erp("DELETE", "/nexus/presences/1").status_code == 409


def test_a_key_of_one_company_adds_to_that(house: ApiHouse) -> None:
    acme = house.program(company="acme")
    assert add(acme, DEPOT).status_code == 404
    told = acme.post("/nexus/presences", {"presences": [DEPOT]})
    assert told.json()["data"][0]["company"] == "acme"


def test_parts_of_a_list(house: ApiHouse, erp: Program) -> None:
    add(erp, *({**DEPOT, "notes": str(n)} for n in range(5)))
    first = erp.get("/nexus/presences?limit=3").json()
    rest = erp.get(f"/nexus/presences?limit=3&after={first['next']}").json()
    assert [each["id"] for each in first["data"] + rest["data"]] == [1, 2, 3, 4, 5]
    assert rest["next"] is None


# --- warnings ----------------------------------------------------------------------------


def test_warnings_are_listed_read_confirmed_and_dismissed(staffed: ApiHouse, erp: Program) -> None:
    """B20, B22."""
    california, oklahoma, texas = erp.get("/nexus/warnings").json()["data"]
    assert texas["said"] == "Texas: 1 employee, since 2024-03-01."
    assert (texas["kind"], texas["state"], texas["read_at"]) == ("employee", "open", None)
    read = erp.post(f"/nexus/warnings/{texas['id']}/read").json()
    assert (read["read_by"], read["state"]) == ("api:erp", "open")
    told = erp.post(f"/nexus/warnings/{texas['id']}/confirm", {"notes": "Ana"}).json()
    assert told["warning"]["state"] == "confirmed"
    assert (told["presence"]["kind"], told["presence"]["effective_date"]) == (
        "employee",
        "2024-03-01",
    )
    assert told["presence"]["warning_id"] == texas["id"]
    dismissed = erp.post(f"/nexus/warnings/{oklahoma['id']}/dismiss", {"reason": "a visit"}).json()
    assert (dismissed["state"], dismissed["reason"]) == ("dismissed", "a visit")
    again = erp.post(f"/nexus/warnings/{oklahoma['id']}/confirm", {})
    assert again.status_code == 409
    assert "api:erp dismissed it on 2026-11-20: a visit" in again.json()["detail"]
    left = erp.get("/nexus/warnings?state=open&kind=employee").json()["data"]
    assert left == [california]
    assert erp.get(f"/nexus/warnings/{california['id']}").json() == california


def test_a_warning_is_dismissed_for_a_reason(staffed: ApiHouse, erp: Program) -> None:
    told = erp.post("/nexus/warnings/1/dismiss", {"reason": " "})
    assert [each["pointer"] for each in told.json()["errors"]] == ["/reason"]
