"""A forecast over the API: the day, its range, and what would change it."""

from __future__ import annotations

import datetime as dt

import pytest

from exempt.services.decide import decide_orders
from exempt.services.policy import Policy
from support.api import ApiHouse, Program
from support.nexus import sale
from support.records import NOW, TODAY
from support.stores import connected, save_orders

PATH = "/nexus/exposures/US-KS/forecast"


@pytest.fixture
def weekly(house: ApiHouse) -> ApiHouse:
    """2,100 dollars a week in Kansas since New Year."""
    connection = connected(house.store, "erp")
    rows = [
        sale(f"K-{back}", "KS", str(TODAY - back * dt.timedelta(days=7)), 2_100)
        for back in range(46)
    ]
    saved = save_orders(house.store, connection, *rows)
    with house.store.writing() as tx:
        decide_orders(tx, connection, saved.touched, Policy(), NOW)
    return house


@pytest.fixture
def mine(weekly: ApiHouse) -> Program:
    """A program of the company that sold."""
    return weekly.program(company="northwind")


def test_a_forecast_in_full(mine: Program) -> None:
    told = mine.get(PATH).json()
    found = told["forecast"]
    assert (told["company"], told["jurisdiction"], told["on"]) == (
        "northwind", "US-KS", str(TODAY),
    )  # fmt: skip
    assert (found["outlook"], found["status"], found["percent"]) == (
        "expected", "approaching", "96.6",
    )  # fmt: skip
    assert found["earliest"] <= found["day"] <= found["latest"]
    assert found["months"][0]["amount"] == "8400.00"
    assert (told["then"], told["what_if"], told["collectable"]) == (None, [], None)


def test_what_is_supposed_stands_beside_it(mine: Program) -> None:
    told = mine.get(f"{PATH}?what_if=line%20500000&what_if=-10%25").json()
    assert told["what_if"] == ["line 500000", "-10%"]
    assert (told["forecast"]["outlook"], told["then"]["outlook"]) == ("expected", "not_expected")
    assert told["then"]["percent"] == "19.3"


def test_as_it_was_on_a_day(mine: Program) -> None:
    told = mine.get(f"{PATH}?on=2026-06-30").json()
    assert (told["on"], told["forecast"]["percent"]) == ("2026-06-30", "52.5")


def test_what_certificates_could_change(mine: Program) -> None:
    told = mine.get("/nexus/exposures/US-GA/forecast").json()
    assert told["forecast"]["outlook"] == "too_little"
    assert told["collectable"] == {
        "since": "2026-01-01", "through": str(TODAY), "amount": "0.00", "orders": 0,
        "all_orders_seen": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "name", "detail"),
    [
        pytest.param("what_if=sale%205&what_if=banana", "what_if.1", "write one of", id="no words"),
        pytest.param("what_if=", "what_if.0", "", id="nothing"),
        pytest.param("what_if=line%205000&what_if=line%206000", "what_if", "give one", id="two"),
    ],
)
def test_what_cannot_be_supposed_is_named(
    mine: Program, query: str, name: str, detail: str
) -> None:
    told = mine.get(f"{PATH}?{query}")
    assert told.status_code == 422
    (error,) = told.json()["errors"]
    assert error["parameter"].startswith(name)
    assert detail in error["detail"]


def test_certificates_for_more_than_counts_are_refused(mine: Program) -> None:
    told = mine.get("/nexus/exposures/US-GA/forecast?what_if=resale%205")
    assert told.status_code == 409
    assert "only 0.00 USD count now" in told.json()["detail"]


def test_of_several_companies_one_is_named(weekly: ApiHouse, erp: Program) -> None:
    assert erp.get(PATH).status_code == 409
    told = erp.get(f"{PATH}?company=acme").json()
    assert (told["company"], told["forecast"]["outlook"]) == ("acme", "too_little")
