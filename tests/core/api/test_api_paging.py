"""Lists of the API: a part at a time, stable while things are entered, and by filters."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from support.api import LONE_STAR, ApiHouse, Program, certificate, sent_in, with_order
from support.stores import connected


def make(program: Program, number: int, **changes: Any) -> int:
    told = {**LONE_STAR, "number": str(number), "name": f"Customer {number}", **changes}
    return int(program.post("/customers", told).json()["id"])


def ids(program: Program, path: str) -> list[int]:
    return [one["id"] for one in program.get(path).json()["data"]]


def walked(program: Program, path: str) -> list[list[int]]:
    """The ids of each part of a list."""
    parts: list[list[int]] = []
    after = ""
    while True:
        told = program.get(f"{path}&after={after}" if after else path).json()
        parts.append([one["id"] for one in told["data"]])
        if told["next"] is None:
            return parts
        after = told["next"]


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 6, 200])
def test_parts_joined_are_the_list_whatever_their_size(limit: int, erp: Program) -> None:
    made = [make(erp, number) for number in range(5)]
    parts = walked(erp, f"/customers?limit={limit}")
    assert [each for part in parts for each in part] == made
    assert all(len(part) == limit for part in parts[:-1])
    assert parts[-1]


def test_an_empty_list_is_one_empty_part(erp: Program) -> None:
    told = erp.get("/certificates")
    assert told.json() == {"data": [], "next": None}
    assert "link" not in told.headers


def test_what_is_entered_or_renamed_meanwhile_moves_nothing(erp: Program) -> None:
    made = [make(erp, number) for number in range(4)]
    first = erp.get("/customers?limit=2").json()
    make(erp, 9, name="Aardvark")
    make(erp, 3, name="Aaa")  # renamed, so that it would come first by name
    rest = erp.get(f"/customers?limit=3&after={first['next']}").json()
    seen = [one["id"] for part in (first, rest) for one in part["data"]]
    assert seen[:4] == made
    assert len(seen) == len(set(seen)) == 5
    assert rest["next"] is None


def test_the_next_part_is_linked_with_the_filters(erp: Program) -> None:
    for number in range(3):
        make(erp, number)
    told = erp.get("/customers?limit=1&words=customer&jurisdiction=US-TX")
    link, _, rel = told.headers["link"].partition(";")
    assert rel.strip() == 'rel="next"'
    address = urlsplit(link.strip("<>"))
    assert address.path == "/api/v1/customers"
    assert parse_qs(address.query) == {
        "limit": ["1"],
        "words": ["customer"],
        "jurisdiction": ["US-TX"],
        "after": [told.json()["next"]],
    }


@pytest.fixture
def several(erp: Program) -> dict[str, int]:
    """Certificates that differ, by what is particular of each."""
    held = {name: make(erp, number) for number, name in enumerate(("first", "second"))}
    held["acme"] = make(erp, 7, company="acme")
    place = certificate(1)["jurisdictions"][0]
    told = {
        "plain": certificate(held["first"]),
        "pending": certificate(held["first"], review_status="pending"),
        "of second": certificate(held["second"], number="Z-99"),
        "of acme": certificate(held["acme"]),
        "expired": certificate(
            held["first"],
            jurisdictions=[{**place, "expiration_date": "2026-06-30"}],
        ),
        "ends soon": certificate(
            held["first"],
            jurisdictions=[{**place, "expiration_date": "2026-12-01"}],
        ),
        "for a charity": certificate(
            held["first"],
            jurisdictions=[{**place, "exemption_reason": "charitable"}],
        ),
        "elsewhere": certificate(
            held["first"],
            jurisdictions=[{**place, "jurisdiction": "US-CA"}],
        ),
    }
    made = {}
    for name, body in told.items():
        answer = erp.post("/certificates", {**body, "anyway": True})
        assert answer.status_code == 201, answer.text
        made[name] = answer.json()["id"]
    return made


@pytest.mark.parametrize(
    ("query", "names"),
    [
        pytest.param("company=acme", {"of acme"}, id="of a company"),
        pytest.param("customer_id=2", {"of second"}, id="of a customer"),
        pytest.param("jurisdiction=CA", {"elsewhere"}, id="for a state"),
        pytest.param("exemption_reason=charitable", {"for a charity"}, id="for a reason"),
        pytest.param("status=expired", {"expired"}, id="expired"),
        pytest.param("status=expired&status=expiring_soon", {"expired", "ends soon"}, id="several"),
        pytest.param("status=pending", {"pending"}, id="pending by its status"),
        pytest.param("review_status=pending", {"pending"}, id="pending by its review"),
        pytest.param("expires_from=2026-12-01", {"ends soon"}, id="ends that day or later"),
        pytest.param("expires_to=2026-06-30", {"expired"}, id="ends that day or earlier"),
        pytest.param("words=z-99", {"of second"}, id="by a number on it"),
        pytest.param("words=customer+1", {"of second"}, id="by a customer's name"),
        pytest.param("status=expired&jurisdiction=US-CA", set(), id="by two that do not meet"),
    ],
)
def test_certificates_by_filter(
    query: str, names: set[str], several: dict[str, int], erp: Program
) -> None:
    assert ids(erp, f"/certificates?{query}") == sorted(several[name] for name in names)
    assert ids(erp, f"/certificates?{query}&limit=1") == sorted(several[name] for name in names)[:1]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        pytest.param("", {"plain", "pending", "expired", "ends soon"}, id="all"),
        pytest.param("?active=true", {"plain", "ends soon"}, id="active"),
        pytest.param("?active=false", {"pending", "expired"}, id="the others"),
    ],
)
def test_certificates_of_a_customer(
    query: str, names: set[str], several: dict[str, int], erp: Program
) -> None:
    others = {several[name] for name in ("for a charity", "elsewhere")}
    found = set(ids(erp, f"/customers/1/certificates{query}")) - others
    assert found == {several[name] for name in names}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("number=1001", [1, 2], id="by number"),
        pytest.param("number=1001&company=acme", [2], id="by number, of a company"),
        pytest.param("connection=erp&external_id=C-1", [1], id="by its id in a source"),
        pytest.param("connection=erp&external_id=C-9", [], id="by one that is none"),
        pytest.param("connection=crm&external_id=C-1", [], id="of another source"),
        pytest.param("lacking=certificate", [1, 2], id="without a certificate"),
        pytest.param("flagged=false", [3], id="not exempt"),
        pytest.param("jurisdiction=US-CA", [3], id="in a state"),
        pytest.param("words=zebra", [3], id="by a part of the name"),
        pytest.param("lacking=email", [3], id="without an e-mail"),
    ],
)
def test_customers_by_filter(query: str, found: list[int], house: ApiHouse, erp: Program) -> None:
    make(erp, 1001)
    make(erp, 1001, company="acme")
    make(erp, 3, name="Zebra Inc.", exempt=False, state="CA", email=None)
    with_order(house)
    assert ids(erp, f"/customers?{query}") == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("", [1, 2], id="all"),
        pytest.param("?customer_id=2", [2], id="of a customer"),
        pytest.param("?request_id=1", [1], id="of a request"),
        pytest.param("?state=waiting", [1, 2], id="that wait"),
        pytest.param("?state=accepted", [], id="that were accepted"),
        pytest.param("?company=acme", [2], id="of a company"),
    ],
)
def test_submissions_by_filter(query: str, found: list[int], house: ApiHouse, erp: Program) -> None:
    make(erp, 1)
    make(erp, 2, company="acme")
    for customer_id in (1, 2):
        sent_in(house, customer_id)
    assert ids(erp, f"/submissions{query}") == found


def test_products_and_connections_of_the_companies_that_a_key_is_for(
    house: ApiHouse, erp: Program
) -> None:
    with_order(house)
    connected(house.store, "pos", company="acme")
    acme = house.program(company="acme", name="acme")
    assert [one["external_id"] for one in erp.get("/products").json()["data"]] == ["P-1"]
    assert acme.get("/products").json()["data"] == []
    assert [one["name"] for one in erp.get("/connections").json()["data"]] == ["erp", "pos"]
    assert [one["name"] for one in acme.get("/connections").json()["data"]] == ["pos"]
    one = erp.get("/connections/erp").json()
    assert (one["company"], one["owed"], one["paused_reason"]) == ("northwind", 0, None)
    assert erp.get("/products?connection=pos").json()["data"] == []
    assert [one["key"] for one in acme.get("/companies").json()["data"]] == ["acme"]
