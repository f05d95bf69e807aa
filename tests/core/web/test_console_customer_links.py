"""What belongs together, said by forms: ship-tos, records of sources, cards of one customer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="needs exempt[web]")


from exempt.model.access import Role
from support.browsing import Browser, Premises
from support.customer_pages import card, customers_house, send


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Premises]:
    """Northwind's customers, for tests that change something."""
    with customers_house(tmp_path) as house:
        yield house


@pytest.fixture
def dana(house: Premises) -> Browser:
    return house.staff(Role.REVIEWER)


def test_states_are_added_and_removed(house: Premises, dana: Browser) -> None:
    """E16."""
    path = f"/customers/{house.ids['C-7']}/zones"
    for state in ("US-CA", "US-NY"):
        assert send(dana, path, state=state).status_code == 303
    assert card(house, "C-7").ship_to_zones == ("US-CA", "US-NY", "US-TX")
    assert send(dana, f"{path}/remove", state="US-NY").status_code == 303
    assert card(house, "C-7").ship_to_zones == ("US-CA", "US-TX")
    assert send(dana, path, state="nowhere").status_code == 422
    assert send(dana, f"{path}/remove", state="US-NY").status_code == 422


def test_a_customer_number_is_linked_both_ways_and_unlinked(house: Premises, dana: Browser) -> None:
    """E17."""
    here = house.ids["C-7"]
    path = f"/customers/{here}/ship-to"
    assert send(dana, f"{path}/link", words="C-1002").status_code == 303
    assert "Its billing customer" in dana.get(f"/customers/{house.ids['C-1002']}/ship-to").text
    other = f"/customers/{house.ids['C-1003']}/ship-to/link"
    assert send(dana, other, words="C-7", **{"as": "bill_to"}).status_code == 303
    assert card(house, "C-7").ship_to_ids == (house.ids["C-1002"], house.ids["C-1003"])
    assert send(dana, f"{path}/unlink", other=house.ids["C-1002"]).status_code == 303
    assert card(house, "C-7").ship_to_ids == (house.ids["C-1003"],)
    again = send(dana, f"{path}/link", words="C-1003")
    assert (again.status_code, "is a ship-to customer of" in again.text) == (422, True)
    for words, said in (("", "Write the number"), ("C-99", "there is none"), ("C-7", "its own")):
        answer = send(dana, f"{path}/link", words=words)
        assert (answer.status_code, said in answer.text) == (422, True)


def test_a_record_of_a_source_is_linked_and_given_a_card_of_its_own(
    house: Premises, dana: Browser
) -> None:
    here = house.ids["Lone Star Industrial Supply"]
    form = {"connection": "books", "external_id": "cus_3"}
    assert send(dana, f"/customers/{here}/sources/link", **form).status_code == 303
    page = dana.get(f"/customers/{here}/sources").text
    assert "Put by" in page
    done = send(dana, f"/customers/{here}/sources/split", **form)
    made = int(re.sub(r"\D", "", done.headers["location"]))
    assert made not in {here, house.ids["C-1003"]}
    assert (
        send(dana, f"/customers/{here}/sources/link", connection="x", external_id="").status_code
        == 422
    )


def test_look_alikes_are_listed_until_somebody_says_that_they_are_two(
    house: Premises, dana: Browser
) -> None:
    pair = [house.ids["C-1001"], house.ids["Lone Star Industrial Supply"]]
    page = dana.get("/customers/look-alikes").text
    assert f"/customers/{pair[0]}/merge?other=id:{pair[1]}" in page
    assert "No pair fits" in dana.get("/customers/look-alikes?words=zzz").text
    assert send(dana, "/customers/look-alikes/not-same", id=pair).status_code == 303
    assert "No two customers look alike" in dana.get("/customers/look-alikes").text
    assert send(dana, "/customers/look-alikes/not-same", id="x").status_code == 422
    same = send(dana, "/customers/look-alikes/not-same", id=[pair[0], pair[0]])
    assert (same.status_code, "is the same card" in same.text) == (422, True)


def test_a_merged_card_leads_to_the_one_that_stands_for_it(house: Premises) -> None:
    dana, keep, other = house.staff(Role.REVIEWER), house.ids["C-7"], house.ids["C-1002"]
    page = dana.get(f"/customers/{keep}/merge?other=id:{other}").text
    seen = re.search(r'name="seen" value="(\d+)".*name="seen_other" value="(\d+)"', page)
    assert seen
    done = send(dana, f"/customers/{keep}/merge", other=other, seen=seen[1], seen_other=seen[2])
    assert done.headers["location"] == f"/customers/{keep}"
    assert dana.get(f"/customers/{other}").headers["location"] == f"/customers/{keep}"
    assert dana.get(f"/customers/{other}/sources").headers["location"].endswith("/sources")
    assert "Cards merged into this one" in dana.get(f"/customers/{keep}/sources").text


def test_what_was_changed_since_is_not_merged(house: Premises, dana: Browser) -> None:
    keep, other = house.ids["C-7"], house.ids["C-1002"]
    answer = send(dana, f"/customers/{keep}/merge", other=other, seen=1, seen_other=99)
    assert answer.status_code == 422
    assert "One of the two was changed meanwhile" in answer.text
    assert card(house, "C-1002").id == other
