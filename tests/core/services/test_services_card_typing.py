"""A card as it is typed: what is taken, what is wrong and where, what stays as it was."""

from __future__ import annotations

from typing import Any

import pytest

from exempt.errors import RefusedError
from exempt.model.custom import CustomField, CustomKind
from exempt.model.customer import INVISIBLE, Contact, ContactRole, CustomerCard
from exempt.services.card_typing import FieldsError, Typed, details_of, refused_as, typed_of
from support.records import NOW

DEFINED = {
    "since": CustomField(title="Customer since", kind=CustomKind.DATE),
    "rep": CustomField(title="Sales rep"),
}


def card(**changes: Any) -> CustomerCard:
    fields: dict[str, Any] = {"name": "Acme", "id": 1, "company_id": 1, "made_at": NOW}
    return CustomerCard(**{**fields, **changes})


def typed(**texts: str) -> Typed:
    return Typed({"name": "Acme", **texts})


def problems(typed: Typed, before: CustomerCard | None = None) -> dict[str, str]:
    with pytest.raises(FieldsError) as caught:
        details_of(typed, DEFINED, before)
    return caught.value.problems


def test_a_form_shows_a_card_and_gives_the_same_back() -> None:
    before = card(
        number="C-1",
        email="ap@acme.example",
        country="US",
        state="TX",
        exempt=True,
        contacts=(Contact(name="Ada", role=ContactRole.TAX, phone="5"),),
        custom={"rep": "Ann"},
        ship_to_zones=("US-CA",),
    )
    assert details_of(typed_of(before), DEFINED, before) == before.details


WRONG = {
    "no name": ({"name": " "}, "name", "Name: write what the customer is called"),
    "no address": ({"email": "ap"}, "email", "A/P e-mail: write an address such as ap@example.com"),
    "a state that is none": (
        {"country": "US", "state": "ZZ"},
        "state",
        "State: unknown state in country 'US': use a two-letter code such as 'TX'",
    ),
    "a country that is none": (
        {"country": "Texas"},
        "country",
        "Country: write two letters, such as US",
    ),
    "a name that is too long": (
        {"name": "x" * 501},
        "name",
        "Name: write 500 characters at most",
    ),
    "a NUL": (
        {"city": "A\0"},
        "city",
        "City: has a character that cannot be kept: type it anew, without that",
    ),
    "a number with something unseen": (
        {"number": "C\u200b1"},
        "number",
        f"Customer number: has {INVISIBLE}",
    ),
}


@pytest.mark.parametrize(("texts", "field", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_of_its_field(texts: dict[str, str], field: str, said: str) -> None:
    assert problems(typed(**texts)) == {field: said}


def test_all_that_is_wrong_is_said_at_once() -> None:
    wrong = Typed(
        {"name": "", "email": "x", "country": "Texas"},
        contacts=[{"role": "tax", "name": "", "email": "nobody", "phone": ""}],
        custom={"since": "some day"},
    )
    found = problems(wrong)
    assert set(found) == {
        *("name", "email", "country", "contacts-0-name", "contacts-0-email", "custom-since"),
    }
    assert found["custom-since"].startswith("Customer since: ")


def test_an_address_that_stood_there_before_stays() -> None:
    before = card(email="see the fax")
    assert details_of(typed(email="see the fax"), DEFINED, before).email == "see the fax"


def test_a_state_of_the_united_states_brings_its_country() -> None:
    assert details_of(typed(state="Texas"), {}).country == "US"
    assert details_of(typed(state="Bavaria"), {}).country is None


def test_rows_of_contacts_without_anything_are_none() -> None:
    rows = [
        {"role": "tax", "name": "", "email": "", "phone": ""},
        {"role": "tax", "name": "Ada", "email": "", "phone": "5"},
    ]
    found = details_of(Typed({"name": "Acme"}, contacts=rows), {})
    assert found.contacts == (Contact(name="Ada", role=ContactRole.TAX, phone="5"),)


def test_what_a_source_owns_stays_whatever_is_typed() -> None:
    before = card(name="Of the source", city="Austin")
    found = details_of(
        Typed({"name": "Typed", "city": "Waco"}, ["bill_to"]), {}, before, {"name", "address"}
    )
    assert (found.name, found.city) == ("Of the source", "Austin")


def test_an_own_field_that_is_defined_no_more_stays() -> None:
    before = card(custom={"old": "x", "rep": "Ann"})
    found = details_of(Typed({"name": "Acme"}, custom={"rep": ""}), DEFINED, before)
    assert found.custom == {"old": "x"}


def test_what_a_service_refuses_is_put_to_its_field() -> None:
    error = RefusedError("customer number C-1: is that of id:7 already: edit that one")
    said = "Customer number: is that of id:7 already: edit that one"
    assert refused_as(error, typed(number="C-1")) == {"number": said}
    assert refused_as(RefusedError("something else"), typed()) == {"name": "Something else"}
