"""Exposures, thresholds and registrations over HTTP."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from exempt.services.decide import decide_orders
from exempt.services.policy import Policy
from support.api import ApiHouse, Program
from support.nexus import refreshed, sale
from support.records import NOW
from support.stores import connected, save_orders


def sell(house: ApiHouse, *orders: Any, company: str = "northwind") -> None:
    """Let a company's ERP bring orders."""
    row = connected(house.store, f"erp-{company}", company=company)
    saved = save_orders(house.store, row, *orders)
    with house.store.writing() as tx:
        decide_orders(tx, row, saved.touched, Policy(), NOW)


@pytest.fixture
def selling(house: ApiHouse) -> ApiHouse:
    """Northwind is over the line in Kansas with K-2; Acme sold there, too."""
    sell(
        house,
        sale("K-1", "KS", "2026-03-10", 90_000),
        sale("K-2", "KS", "2026-06-15", 20_000.55),
        sale("G-1", "GA", "2026-04-01", 85_000),
        sale("G-2", "GA", "2026-04-02", 9_000, marketplace="amazon"),
        sale("W-1", "KS", "2026-06-16", 700, currency="EUR"),
    )
    sell(house, sale("A-1", "KS", "2026-03-10", 70_000), company="acme")
    return house


def test_the_list_says_window_threshold_totals_percent_and_whether_it_is_met(
    selling: ApiHouse,
) -> None:
    told = selling.program(company="northwind").get("/nexus/exposures").json()["data"]
    assert [each["jurisdiction"] for each in told] == ["US-KS", "US-GA"]
    kansas = told[0]
    assert (kansas["status"], kansas["met"], kansas["percent"]) == ("met", True, "110.0")
    assert kansas["threshold"]["amount"] == "100000"
    assert kansas["threshold"]["window"] == "previous_or_current_calendar_year"
    assert kansas["windows"][0] == {
        "name": "2026",
        "first_day": "2026-01-01",
        "last_day": "2026-12-31",
        "amount": "110000.55",
        "transactions": 2,
        "percent": "110.0",
        "reached": True,
        "counts_from": "2026-01-01",
    }
    assert kansas["spell"]["crossed_by"]["number"] == "K-2"
    assert kansas["spell"]["collect_from"] == "2026-06-16"
    assert kansas["needs_registration"] is True
    assert kansas["set_aside"] == [
        {"currency": "EUR", "since": "2026-06-01", "amount": "700.00", "transactions": 1}
    ]
    georgia = told[1]["sales"][0]
    assert (georgia["direct"], georgia["marketplace"]) == ("85000.00", "9000.00")


def test_refreshed_at_tells_when_the_crossing_was_worked_out(selling: ApiHouse) -> None:
    program = selling.program(company="northwind")
    refreshed(selling.store, now=NOW)
    selling.later(hours=1)

    def moment() -> dt.datetime:
        said = program.get("/nexus/exposures").json()["data"][0]["refreshed_at"]
        return dt.datetime.fromisoformat(said)

    assert moment() == NOW
    sell(selling, sale("K-3", "KS", "2026-07-01", 5))
    assert moment() == selling.now  # worked out for this answer, as sales came since


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("?company=acme", [("acme", "US-KS")], id="of a company"),
        pytest.param("?status=approaching", [("northwind", "US-GA")], id="by status"),
        pytest.param("?on=2026-03-31&company=northwind", [("northwind", "US-KS")], id="of a day"),
    ],
)
def test_the_list_is_narrowed(query: str, found: list[Any], selling: ApiHouse) -> None:
    told = selling.program().get(f"/nexus/exposures{query}").json()["data"]
    assert [(each["company"], each["jurisdiction"]) for each in told] == found


def test_every_jurisdiction_is_there_when_asked_for(selling: ApiHouse) -> None:
    told = selling.program(company="acme").get("/nexus/exposures?everything=true").json()["data"]
    assert len(told) == 52
    assert {each["company"] for each in told} == {"acme"}


def test_one_in_full(selling: ApiHouse) -> None:
    acme = selling.program(company="acme", name="acme")
    assert acme.get("/nexus/exposures/KS").json()["windows"][0]["amount"] == "70000.00"
    mine = selling.program(company="northwind")
    told = mine.get("/nexus/exposures/US-KS").json()
    assert [each["amount"] for each in told["windows_in_full"][0]["months"]][2:6] == [
        "90000.00", "0.00", "0.00", "20000.55",
    ]  # fmt: skip
    assert told["spells"][0]["crossed_by"]["number"] == "K-2"
    assert mine.get("/nexus/exposures/US-IL").json()["versions"][0]["source"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("/nexus/exposures/XX", 422, id="no state"),
        pytest.param("/nexus/exposures/US-KS", 409, id="several companies, and none named"),
        pytest.param("/nexus/exposures/US-KS?company=nobodys", 404, id="no such company"),
        pytest.param("/nexus/exposures/US-KS/orders?company=acme&window=1999", 404, id="no window"),
        pytest.param("/nexus/exposures/US-KS/orders?company=acme&after=x", 422, id="no end"),
        pytest.param("/nexus/thresholds?jurisdiction=XX", 422, id="no state's threshold"),
    ],
)
def test_what_cannot_be_answered(path: str, status: int, selling: ApiHouse) -> None:
    assert selling.program().get(path).status_code == status


def test_the_orders_behind_a_figure_come_in_parts(selling: ApiHouse) -> None:
    program = selling.program(company="northwind")
    path, found = "/nexus/exposures/US-KS/orders?limit=1", []
    told = program.get(path).json()
    while True:
        found += told["data"]
        if told["next"] is None:
            break
        told = program.get(f"{path}&after={told['next']}").json()
    assert [each["number"] for each in found] == ["K-1", "K-2", "W-1"]
    assert [each["counts"] for each in found] == ["90000.00", "20000.55", "0"]  # EUR: set aside


def test_of_related_companies_the_sum_is_told_and_not_their_orders(house: ApiHouse) -> None:
    sell(house, sale("N-1", "CA", "2026-03-10", 450_000))
    sell(house, sale("A-1", "CA", "2026-03-09", 60_000), company="acme")
    with house.store.writing() as tx:
        tx.connections.company("acme", "Acme", "northwind")
    acme = house.program(company="acme", name="acme")
    told = acme.get("/nexus/exposures/US-CA").json()
    assert (told["met"], told["windows"][0]["amount"]) == (True, "510000.00")
    assert (told["with_companies"], told["spell"]["crossed_by"]) == ([], None)
    assert told["spells"][0]["crossed_by"] is None
    orders = acme.get("/nexus/exposures/US-CA/orders").json()["data"]
    assert [each["number"] for each in orders] == ["A-1"]
    whole = house.program(name="whole").get("/nexus/exposures/US-CA?company=acme").json()
    assert whole["with_companies"] == ["northwind"]
    assert whole["spell"]["crossed_by"]["number"] == "N-1"


def test_what_a_marketplace_sold_is_there_when_asked_for(selling: ApiHouse) -> None:
    program = selling.program(company="northwind")
    path = "/nexus/exposures/US-GA/orders"
    numbers = [each["number"] for each in program.get(path).json()["data"]]
    every = [each["number"] for each in program.get(f"{path}?everything=true").json()["data"]]
    assert (numbers, every) == (["G-1"], ["G-1", "G-2"])


def test_thresholds_have_every_version_or_one_of_a_day(erp: Program) -> None:
    every = erp.get("/nexus/thresholds").json()
    assert len({each["jurisdiction"] for each in every["data"]}) == 52
    illinois = erp.get("/nexus/thresholds?jurisdiction=IL").json()["data"]
    assert [each["transactions"] for each in illinois] == [200, None]
    on = erp.get("/nexus/thresholds?jurisdiction=IL&on=2025-06-01").json()["data"]
    assert [each["in_force_from"] for each in on] == ["2018-10-01"]


# --- registrations ---------------------------------------------------------------------


def register(program: Program, *states: str, **more: Any) -> Any:
    rows = [{"jurisdiction": state, "registered_from": "2026-01-01", **more} for state in states]
    return program.post("/nexus/registrations", {"company": "northwind", "registrations": rows})


def test_registrations_are_kept_in_one_save_or_not_at_all(erp: Program) -> None:
    made = register(erp, "TX", "US-OH", number="P-1")
    assert made.status_code == 201
    assert [
        (each["id"], each["jurisdiction"], each["in_force"]) for each in made.json()["data"]
    ] == [
        (1, "US-TX", True),
        (2, "US-OH", True),
    ]
    again = register(erp, "NV", "TX")
    assert again.status_code == 409
    assert "Texas: is registered since 2026-01-01" in again.json()["detail"]
    assert len(erp.get("/nexus/registrations").json()["data"]) == 2


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        pytest.param({"jurisdiction": "CA-ON"}, "/registrations/0/jurisdiction", id="abroad"),
        pytest.param({"registered_through": "2025-01-01"}, "/registrations/0/registered_through",
                     id="ends before it begins"),
        pytest.param({"number": "9" * 101}, "/registrations/0/number", id="too long a number"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named(changes: dict[str, Any], pointer: str, erp: Program) -> None:
    told = register(erp, "TX", **changes)
    assert told.status_code == 422
    assert pointer in [each["pointer"] for each in told.json()["errors"]]


def test_a_mistake_is_taken_back_and_stays_on_file(erp: Program) -> None:
    register(erp, "TX")
    assert erp("DELETE", "/nexus/registrations/1").status_code == 204
    assert erp.get("/nexus/registrations").json()["data"] == []
    (kept,) = erp.get("/nexus/registrations?removed=true&jurisdiction=TX").json()["data"]
    assert kept["removed_by"] == "api:erp"
    assert erp.get("/nexus/registrations/1").json() == kept
    assert erp("DELETE", "/nexus/registrations/1").status_code == 409


def test_registrations_come_in_parts(erp: Program) -> None:
    register(erp, "TX", "OH", "NV")
    first = erp.get("/nexus/registrations?limit=2").json()
    rest = erp.get(f"/nexus/registrations?limit=2&after={first['next']}").json()
    assert [each["id"] for each in first["data"] + rest["data"]] == [1, 2, 3]
    assert rest["next"] is None
