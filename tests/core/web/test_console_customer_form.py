"""Customers entered, edited and removed by forms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="needs exempt[web]")


from exempt.model.access import Role
from exempt.services import cards
from support.browsing import Browser, Premises
from support.cards import card_of
from support.customer_pages import card, customers_house, fields_of, send
from support.records import act


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Premises]:
    """Northwind's customers, for tests that change something."""
    with customers_house(tmp_path) as house:
        yield house


@pytest.fixture
def dana(house: Premises) -> Browser:
    return house.staff(Role.REVIEWER)


def test_a_customer_is_added_to_the_company_that_is_chosen(house: Premises, dana: Browser) -> None:
    answer = send(
        dana, "/customers/new", company="west", name="New  Co", number="N-1", email="ap@new.example"
    )
    assert answer.status_code == 303
    made = card_of(house.store, int(answer.headers["location"].rpartition("/")[2]))
    assert (made.name, made.company_id) == ("New Co", house.companies["west"])
    assert (made.bill_to, made.ship_to) == (False, False)


def test_only_the_name_is_needed_and_what_lacks_is_told(house: Premises) -> None:
    only = house.staff(Role.REVIEWER, "west")
    answer = send(only, "/customers/new", name="Bare")
    assert answer.status_code == 303
    told = Browser(house, only.cookies | dict(answer.cookies)).get(answer.headers["location"])
    assert "Recommended, and not there: customer number, A/P e-mail." in told.text
    assert "Not ready for a tax engine" in told.text


def test_a_new_customer_that_cannot_be_comes_back_as_typed(house: Premises, dana: Browser) -> None:
    answer = send(dana, "/customers/new", company="", name="New", number="N-1", email="nobody")
    assert answer.status_code == 422
    assert "choose whose customer it is" in answer.text
    answer = send(
        dana, "/customers/new", company="n", name="New", number="c-1001", email="x@y.example"
    )
    assert answer.status_code == 422
    assert "is that of id:" in answer.text
    assert 'value="c-1001"' in answer.text
    assert 'value="x@y.example"' in answer.text
    assert re.search(r'id="number"[^>]*aria-invalid="true"', answer.text)


def test_an_edit_keeps_what_the_form_does_not_show(house: Premises, dana: Browser) -> None:
    before = card(house, "Lone Star Industrial Supply")
    answer = send(dana, f"/customers/{before.id}/edit", **fields_of(before, name="Lone Star Ltd"))
    assert answer.headers["location"] == f"/customers/{before.id}"
    after = card_of(house.store, before.id)
    assert (after.name, after.ship_to_zones) == ("Lone Star Ltd", ("US-NM",))


def test_of_two_who_edit_at_once_one_is_told_and_loses_nothing(
    house: Premises, dana: Browser
) -> None:
    before = card(house, "C-7")
    theirs = before.details.model_copy(update={"name": "Mute and Daughters", "line1": "1 Elm"})
    cards.edit(house.store, before.id, theirs, act(by="theo"))
    mine = fields_of(before, name="Mute Ltd", city="Waco")
    answer = send(dana, f"/customers/{before.id}/edit", **mine)
    assert answer.status_code == 409
    assert "Somebody changed this customer while you did" in answer.text
    assert "theo: Name: Mute &amp; Sons → Mute and Daughters" in answer.text
    assert "Somebody else left there: Mute and Daughters" in answer.text
    assert 'value="Mute Ltd"' in answer.text
    assert 'value="1 Elm"' in answer.text  # which only one of the two changed
    assert answer.text.count("Somebody else left there") == 1
    assert card_of(house.store, before.id).name == "Mute and Daughters"
    seen = re.search(r'name="seen" value="(\d+)"', answer.text)
    assert seen
    again = send(dana, f"/customers/{before.id}/edit", **(mine | {"seen": seen[1]}))
    assert again.status_code == 303
    assert (card_of(house.store, before.id).name, card(house, "C-7").city) == ("Mute Ltd", "Waco")


def test_what_a_source_owns_cannot_be_typed_over(house: Premises, dana: Browser) -> None:
    with house.store.writing() as tx:
        (books,) = [row for row in tx.connections.all() if row.name == "books"]
        tx.cards.set_owns(books.id, {"name"})
    before = card(house, "C-1002")
    page = dana.get(f"/customers/{before.id}/edit").text
    assert re.search(r'id="name"[^>]* disabled', page)
    assert "books has the last word on it." in page
    answer = send(
        dana, f"/customers/{before.id}/edit", **fields_of(before, name="Mine", city="Waco")
    )
    assert answer.status_code == 303
    after = card_of(house.store, before.id)
    assert (after.name, after.city) == ("Bluebonnet Schools", "Waco")


def test_contacts_are_rows_of_the_form(house: Premises, dana: Browser) -> None:
    before = card(house, "C-7")
    rows = {
        "contact_name": ["Ada", ""],
        "contact_role": ["tax", "other"],
        "contact_email": ["ada@mute.example", ""],
        "contact_phone": ["", ""],
    }
    assert (
        send(dana, f"/customers/{before.id}/edit", **fields_of(before), **rows).status_code == 303
    )
    (contact,) = card(house, "C-7").contacts
    assert (contact.name, contact.role.value, contact.email) == ("Ada", "tax", "ada@mute.example")
    wrong = rows | {"contact_email": ["nobody", ""]}
    again = fields_of(card(house, "C-7"))
    answer = send(dana, f"/customers/{before.id}/edit", **again, **wrong)
    assert (answer.status_code, "Contact 1: write an e-mail address" in answer.text) == (422, True)


def test_a_customer_on_which_something_hangs_is_not_removed(house: Premises, dana: Browser) -> None:
    answers = [
        send(dana, f"/customers/{found.id}/remove", seen=found.version)
        for found in (card(house, "C-7"), card(house, "C-1001"))
    ]
    assert [answer.status_code for answer in answers] == [303, 422]
    assert "hangs on it" in answers[1].text
    assert dana.get(f"/customers/{house.ids['C-7']}").status_code == 404
    stale = send(dana, f"/customers/{house.ids['W-1']}/remove", seen=9)
    assert stale.status_code == 409


def test_a_claim_that_a_source_makes_stays(house: Premises, dana: Browser) -> None:
    found = card(house, "C-1002")
    assert send(dana, f"/customers/{found.id}/unclaim").status_code == 303
    assert card(house, "C-1002").flagged_exempt
