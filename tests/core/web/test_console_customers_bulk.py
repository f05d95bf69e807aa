"""Customers that are ticked: saved as a file, and asked for their certificates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="needs exempt[web]")

from exempt.model.access import Role
from support.browsing import Premises
from support.customer_pages import customers_house, send
from support.stores import everything, rows


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Premises]:
    """Northwind's customers."""
    with customers_house(tmp_path) as house:
        yield house


def test_those_that_are_ticked_are_asked_once_it_was_shown_who(house: Premises) -> None:
    dana = house.staff(Role.REVIEWER)
    assert 'value="request"' in dana.get("/customers").text
    ids = [house.ids[each] for each in ("C-1001", "C-1002", "C-1003")]
    before = everything(house.store)
    page = send(dana, "/customers/bulk", ids=ids, do="request").text
    assert everything(house.store) == before, "nobody is asked so far"
    assert "Of 3 customers" in page
    going, _, left = page.partition("left out")
    assert "Lone Star" in going
    assert "Bluebonnet" in left
    assert "No usable e-mail address" in left
    assert "Cactus" not in page, "it claims nothing"
    assert "1 of those chosen needs no certificate" in page
    (chosen,) = re.findall(r'name="chosen" value="([0-9,]+)"', page)
    requests = "SELECT customer_id FROM request"
    asked = len(rows(house.store, requests))
    theirs = house.staff(Role.ADMINISTRATOR, "acme")
    send(theirs, "/customers/bulk/request", chosen=chosen)
    assert len(rows(house.store, requests)) == asked, "another company's are not asked"
    done = send(dana, "/customers/bulk/request", chosen=chosen)
    assert done.headers["location"] == "/requests"
    assert len(rows(house.store, requests)) == asked + 1
    again = send(dana, "/customers/bulk", ids=ids, do="request").text
    assert "Nobody is to be asked" in again
    assert "Asked already" in again


def test_all_that_fit_are_meant_where_somebody_says_so(house: Premises) -> None:
    dana = house.staff(Role.REVIEWER)
    page = send(dana, "/customers/bulk", all="yes", query="words=Lone+Star", do="request").text
    assert "Bluebonnet" not in page
    (total,) = re.findall(r'class="many">(\d+) in all', dana.get("/customers?words=Lone+Star").text)
    assert f"Of {total} customers" in page
    assert send(dana, "/customers/bulk", do="request").headers["location"] == "/customers"


def test_a_file_of_those_that_are_ticked_anybody_may_have(house: Premises) -> None:
    viewer = house.staff(Role.VIEWER)
    assert 'value="request"' not in viewer.get("/customers").text
    ids = [house.ids["C-1003"], house.ids["C-1002"]]
    there = send(viewer, "/customers/bulk", ids=ids, do="export").headers["location"]
    saved = viewer.get(there).text
    assert len(saved.splitlines()) == 3
    assert "Cactus" in saved
    theirs = house.staff(Role.REVIEWER, "acme")
    assert len(theirs.get(there).text.splitlines()) == 1
    assert send(viewer, "/customers/bulk", ids=ids, do="request").status_code == 403
    assert send(viewer, "/customers/bulk/request", chosen="1").status_code == 403
