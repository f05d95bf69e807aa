"""Customer cards, contacts, and fields that a seller adds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from exempt.model.address import state_of
from exempt.model.custom import CustomField
from exempt.model.customer import (
    CARD_TITLES,
    Contact,
    CustomerCard,
    CustomerDetails,
    card_title,
    invisible,
    lacks_for_engine,
    lacks_recommended,
    usable_email,
)
from support.records import NOW

READY = {
    "name": "Acme",
    "line1": "1 Main St",
    "city": "Austin",
    "state": "TX",
    "country": "US",
    "postal_code": "78701",
}


def details(**fields: Any) -> CustomerDetails:
    return CustomerDetails(**{"name": "Acme", **fields})


# --- e-mail ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "usable"),
    [
        ("ap@acme.example", True),
        ("a.p+tax@mail.acme.example", True),
        ("o'hara@acme.example", True),
        ("büro@straße.example", True),
        (None, False),
        ("", False),
        ("acme.example", False),
        ("ap@acme", False),
        ("ap at acme.example", False),
        ("a@b@acme.example", False),
        ("ap@acme.example, tax@acme.example", False),
        ("Ann <ap@acme.example>", False),
        ("ap@acme..example", False),
        (".ap@acme.example", False),
        ("ap.@acme.example", False),
        ("ap@-acme.example", False),
        ("ap@.acme.example", False),
        ("ap@acme.e", False),
        (f"{'a' * 65}@acme.example", False),
        (f"ap@{'a' * 250}.example", False),
    ],
)
def test_whether_mail_could_be_sent(address: str | None, usable: bool) -> None:
    assert usable_email(address) is usable


def test_a_contact_has_a_mailbox_or_none() -> None:
    assert Contact(name="Ann", email="ann@acme.example").role == "other"
    assert Contact(name="Ann").email is None
    with pytest.raises(ValidationError, match="no e-mail address: write one"):
        Contact(name="Ann", email="ann")


# --- a card ------------------------------------------------------------------------------


def test_only_a_name_is_needed() -> None:
    card = details()
    assert (card.bill_to, card.ship_to, card.flagged, card.jurisdiction) == (
        True,
        True,
        False,
        None,
    )
    with pytest.raises(ValidationError):
        CustomerDetails(name=" ")


@pytest.mark.parametrize(
    ("fields", "flagged"),
    [
        ({}, False),
        ({"exemption_number": "E-1"}, True),
        ({"exemption_code": "G"}, True),
        ({"exemption_number": "E-1", "exemption_code": "G"}, True),
        ({"exempt": True}, True),
        ({"exemption_number": " ", "exemption_code": ""}, False),
    ],
)
def test_either_number_or_code_claims_exemption(fields: dict[str, Any], flagged: bool) -> None:
    assert details(**fields).flagged is flagged


def test_blanks_are_nothing() -> None:
    card = details(number=" ", city="  ", country=" ", phone="")
    assert (card.number, card.city, card.country, card.phone) == (None, None, None, None)
    assert details(number=" C-1 ").number == "C-1"
    assert details(number="007").number == "007", "leading zeros stay"
    with pytest.raises(ValidationError):
        details(number=7)


@pytest.mark.parametrize(
    ("country", "state", "kept"),
    [
        ("US", "texas", "TX"),
        ("usa", "Tex", None),
        ("United States", " TX ", "TX"),
        (None, "Texas", "TX"),
        (None, "Bavaria", "Bavaria"),
        ("DE", "Texas", "Texas"),
        ("US", "", None),
    ],
)
def test_states_are_kept_as_codes(country: str | None, state: str, kept: str | None) -> None:
    if state == "Tex":
        with pytest.raises(ValidationError, match="unknown state"):
            details(country=country, state=state)
    else:
        assert details(country=country, state=state).state == kept


def test_a_state_needs_a_country_to_be_a_jurisdiction() -> None:
    assert details(country="US", state="tx").jurisdiction == "US-TX"
    assert details(country="DE", state="Bavaria").jurisdiction is None
    assert details(country="CA", state="on").jurisdiction == "CA-ON"
    assert state_of("Ontario", "CA") == "Ontario"


def test_zones_stand_in_order_and_once() -> None:
    assert details(ship_to_zones=("TX", "ca", "US-TX")).ship_to_zones == ("US-CA", "US-TX")


@pytest.mark.parametrize("blank", [*READY])
def test_what_a_tax_engine_wants(blank: str) -> None:
    assert lacks_for_engine(CustomerDetails(**READY)) == ()
    if blank != "name":
        assert lacks_for_engine(CustomerDetails(**{**READY, blank: None})) == (blank,)


@pytest.mark.parametrize(
    ("fields", "lacking"),
    [
        ({}, ("number", "email")),
        ({"number": "1"}, ("email",)),
        ({"number": "1", "email": "ap at x"}, ("email",)),
        ({"number": "1", "email": "ap@x.example"}, ()),
    ],
)
def test_what_a_card_should_have(fields: dict[str, Any], lacking: tuple[str, ...]) -> None:
    assert lacks_recommended(details(**fields)) == lacking


def test_the_part_of_a_card_that_is_edited() -> None:
    card = CustomerCard(id=1, company_id=1, made_at=NOW, name="Acme", number="1", version=3)
    assert card.details == details(number="1")


def test_every_field_has_a_title() -> None:
    assert set(CustomerDetails.model_fields) - {"custom"} <= set(CARD_TITLES)


# --- fields that a seller adds -----------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "text", "kept"),
    [
        ("text", " West ", "West"),
        ("text", "  ", None),
        ("number", "1200.50", "1200.50"),
        ("number", "1,200.50", "1200.50"),
        ("number", "-12", "-12"),
        ("number", "1e3", "1000"),
        ("date", "2026-01-31", "2026-01-31"),
        ("yes_no", "Y", "yes"),
        ("yes_no", "TRUE", "yes"),
        ("yes_no", "0", "no"),
    ],
)
def test_a_value_is_kept_in_one_form(kind: str, text: str, kept: str | None) -> None:
    assert CustomField(title="F", kind=kind).read(text) == kept


@pytest.mark.parametrize(
    ("kind", "text", "why"),
    [
        ("number", "12,5", "write a number"),
        ("number", "a lot", "write a number"),
        ("number", "NaN", "write a number"),
        ("number", "1e99", "write a number"),
        ("number", "12345,678", "write a number"),
        ("date", "45123", "write a date as YYYY-MM-DD"),
        ("date", "1/2/2026", "write a date as YYYY-MM-DD"),
        ("yes_no", "maybe", "write yes or no"),
    ],
)
def test_a_value_that_is_refused(kind: str, text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        CustomField(title="F", kind=kind).read(text)


def test_a_choice_is_one_of_its_choices() -> None:
    field = CustomField(title="Region", kind="choice", choices=("West", "East"))
    assert field.read("east") == "East"
    with pytest.raises(ValueError, match="write one of West, East"):
        field.read("North")


@pytest.mark.parametrize("fields", [{"kind": "choice"}, {"kind": "text", "choices": ("A",)}])
def test_choices_belong_to_a_choice(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="choices belong to the kind choice"):
        CustomField(title="F", **fields)


@given(st.sampled_from(["text", "number", "date", "yes_no"]), st.text(max_size=30))
def test_what_is_kept_is_kept_again(kind: str, text: str) -> None:
    field = CustomField(title="F", kind=kind)
    try:
        kept = field.read(text)
    except ValueError:
        return
    assert kept is None or field.read(kept) == kept


@pytest.mark.parametrize(
    ("text", "is_so"),
    [
        ("C-1001", False),
        ("Søren & Co 7", False),
        ("C\n1", True),
        ("C\t1", True),
        ("C\u20281", True),
        ("C\u200b1", True),
        ("\u202eC1", True),
    ],
)
def test_what_cannot_be_seen(text: str, is_so: bool) -> None:
    assert invisible(text) is is_so


@pytest.mark.parametrize(
    ("field", "title"),
    [
        ("email", "A/P e-mail"),
        ("custom.region", "region"),
        ("merged.email", "A/P e-mail of the merged card"),
        ("merged", "merged"),
        ("flagged_exempt", "counts as exempt"),
    ],
)
def test_what_a_field_of_a_history_is_called(field: str, title: str) -> None:
    assert card_title(field) == title


@pytest.mark.parametrize(
    ("email", "bounced", "reached"),
    [
        pytest.param("ap@acme.example", None, True, id="nothing came back"),
        pytest.param("ap@acme.example", "ap@acme.example", False, id="it came back"),
        pytest.param("AP@Acme.example", "ap@acme.example", False, id="capitals do not count"),
        pytest.param("tax@acme.example", "ap@acme.example", True, id="from another address"),
        pytest.param("acme", None, False, id="no address"),
        pytest.param(None, None, False, id="none at all"),
    ],
)
def test_where_mail_reaches_a_customer(
    email: str | None, bounced: str | None, reached: bool
) -> None:
    card = CustomerCard(id=1, company_id=1, made_at=NOW, name="Acme", email=email,
                        bounced_email=bounced)  # fmt: skip
    assert card.mailbox == (email if reached else None)
