"""No order becomes exempt by somebody who may not accept certificates."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from exempt.model.access import Right
from support.api import LONE_STAR, ApiHouse, api_house, certificate

QUESTION: dict[str, Any] = {
    "customer": {"number": "1001"},
    "company": "northwind",
    "ship_to": {"country": "US", "state": "CA", "postal_code": "90001"},
    "order_date": "2026-11-20",
}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[ApiHouse]:
    with api_house(tmp_path) as here:
        yield here


def in_california() -> dict[str, Any]:
    """The certificate, as whoever changes it would have it."""
    wanted = certificate(1)
    del wanted["review_status"]
    wanted["jurisdictions"][0] |= {"jurisdiction": "US-CA", "effective_date": "2026-01-01"}
    return wanted


def test_a_key_that_cannot_review_changes_no_accepted_certificate(house: ApiHouse) -> None:
    boss = house.program()
    boss.post("/customers", LONE_STAR)
    boss.post("/certificates", certificate(1))
    clerk = house.program({Right.READ, Right.EDIT, Right.DECIDE}, name="clerk")
    assert clerk.put("/certificates/1", in_california(), '"1"').status_code == 403
    assert clerk.post("/decisions", QUESTION).json()["exempt"] is False
    assert boss.put("/certificates/1", in_california(), '"1"').status_code == 200
    assert clerk.post("/decisions", QUESTION).json()["exempt"] is True


def test_it_brings_back_no_accepted_certificate_that_was_archived(house: ApiHouse) -> None:
    boss = house.program()
    boss.post("/customers", LONE_STAR)
    boss.post("/certificates", certificate(1))
    clerk = house.program({Right.READ, Right.EDIT}, name="clerk")
    seen = {"If-Match": "*"}
    assert clerk.post("/certificates/1/archive", headers=seen).status_code == 200
    assert clerk.post("/certificates/1/unarchive", headers=seen).status_code == 403
    assert boss.post("/certificates/1/unarchive", headers=seen).status_code == 200


def test_what_is_pending_it_may_still_mend(house: ApiHouse) -> None:
    boss = house.program()
    boss.post("/customers", LONE_STAR)
    boss.post("/certificates", certificate(1, review_status="pending"))
    clerk = house.program({Right.READ, Right.EDIT, Right.DECIDE}, name="clerk")
    assert clerk.put("/certificates/1", in_california(), '"1"').status_code == 200
    assert clerk.post("/decisions", QUESTION).json()["exempt"] is False
