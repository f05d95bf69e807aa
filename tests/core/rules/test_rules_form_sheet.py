from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

import pytest

from exempt.model.requesting import Answers, Signature
from exempt.rules.form_definitions import shipped_book
from exempt.rules.form_sheet import FormSheet, canonical, form_sheet

SIGNATURE = Signature(
    name="Mary Neill",
    title="Controller",
    consent="2026-11",
    data_sha256="0" * 64,
    signed_at=dt.datetime(2026, 3, 1, 23, 30, tzinfo=dt.timezone(-dt.timedelta(hours=5))),
    address="203.0.113.7",
    agent="Firefox",
)


def sheet(
    form: str = "f0003", signature: Signature | None = SIGNATURE, **answers: Any
) -> FormSheet:
    found = shipped_book().get(form)
    assert found is not None
    given: dict[str, Any] = {
        "jurisdictions": ("US-OH",), "numbers": {"": "12345678"}, "exemption_reason": "resale",
    } | answers  # fmt: skip
    return form_sheet(
        found,
        Answers.model_validate(given),
        seller=("Acme Inc.", "1 Factory Road"),
        buyer=("Northwind LLC", "12 Main Street", "Columbus, OH"),
        signature=signature,
    )


def facts(found: FormSheet) -> dict[str, str]:
    return {name: value for _, rows in found.parts for name, value in rows}


@pytest.mark.parametrize(
    ("changes", "name", "value"),
    [
        pytest.param({}, "Buyer", "Northwind LLC", id="the buyer as known"),
        pytest.param({"fields": {"buyer_name": "North"}}, "Buyer", "North", id="as filled in"),
        pytest.param({}, "Address of the buyer", "12 Main Street\nColumbus, OH", id="address"),
        pytest.param({}, "Reason for exemption", "G · Resale", id="the Streamlined letter"),
        pytest.param({"form": "us_ky"}, "Reason for exemption", "Resale", id="none elsewhere"),
        pytest.param({"fields": {"business_type": "13"}}, "Type of business",
                     "13 · Wholesale trade", id="a choice with its label"),
        pytest.param({"exemption_reason": "other", "reason_text": "Art"}, "In other words", "Art",
                     id="in the customer's words"),
        pytest.param({"effective_date": "2026-03-01"}, "Effective date", "March 1, 2026", id="day"),
        pytest.param({"expiration_date": "2027-12-31"}, "Expiration date", "December 31, 2027",
                     id="end"),
    ],
)  # fmt: skip
def test_what_stands_on_it(changes: dict[str, Any], name: str, value: str) -> None:
    assert facts(sheet(**changes))[name] == value


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({}, "Effective date"),
        ({"exemption_reason": None}, "Reason for exemption"),
        ({"fields": {"permit_number": "1"}}, "Number of the direct pay permit"),
        ({}, "Type of business"),
    ],
)
def test_what_was_not_said_does_not_stand_there(changes: dict[str, Any], name: str) -> None:
    assert name not in facts(sheet(**changes))


@pytest.mark.parametrize(
    ("changes", "row"),
    [
        ({}, ("Ohio", "12345678", "State tax number")),
        ({"numbers": {}}, ("Ohio", "–", "–")),
        ({"issued_by": "US-OH"}, ("Ohio", "12345678", "State tax number")),
        ({"issued_by": "US-KY"}, ("Ohio", "12345678", "State tax number, issued by Kentucky")),
        ({"identification_type": "fein"},
         ("Ohio", "12345678", "Federal employer identification number")),
    ],
)  # fmt: skip
def test_a_state_and_its_number(changes: dict[str, Any], row: tuple[str, ...]) -> None:
    assert sheet(**changes).states == (("State", "Number", "Kind of number"), row)


@pytest.mark.parametrize(
    ("changes", "ticked"),
    [
        ({}, "Blanket certificate: for all purchases from its first day on"),
        ({"purchase_order_number": "PO-7"},
         "Blanket certificate: for all purchases from its first day on"),
        ({"single_use": True, "purchase_order_number": "PO-7"},
         "Single purchase certificate, order PO-7"),
        ({"single_use": True}, "Single purchase certificate"),
    ],
)  # fmt: skip
def test_one_box_is_ticked(changes: dict[str, Any], ticked: str) -> None:
    assert [box.label for box in sheet(**changes).ticks if box.ticked] == [ticked]


def test_the_moment_is_said_in_utc() -> None:
    found = sheet()
    assert dict(found.signed)["Date signed"] == "March 2, 2026"
    assert dict(found.evidence)["Moment"] == "2026-03-02 04:30:00 UTC"
    assert dict(found.evidence)["Signer"] == "Mary Neill, Controller"


def test_what_is_not_known_of_a_signature_is_said_so() -> None:
    bare = SIGNATURE.model_copy(update={"address": "", "agent": "", "title": ""})
    evidence = dict(sheet(signature=bare).evidence)
    assert evidence["Network address"] == evidence["Browser"] == "not known"
    assert evidence["Signer"] == "Mary Neill"


def test_a_preview_has_no_evidence() -> None:
    found = sheet(signature=None)
    assert found.evidence == ()
    assert set(dict(found.signed).values()) == {""}


def test_the_data_can_be_hashed_anew() -> None:
    answers = Answers(jurisdictions=("US-OH",), fields={"b": "é", "a": "1"})
    text = canonical(answers)
    assert json.loads(text) == answers.model_dump(mode="json")
    assert text.isascii()
    assert text.index('"a"') < text.index('"b"')
    expected = hashlib.sha256(text.encode()).hexdigest()
    assert hashlib.sha256(canonical(answers.model_copy()).encode()).hexdigest() == expected


@pytest.mark.parametrize(
    ("form", "number", "heading"),
    [
        ("f0003", "Form F0003", "Streamlined Sales Tax certificate of exemption"),
        ("mtc", "MTC", "Uniform sales and use tax resale certificate (multijurisdiction)"),
        ("us_ct", "", "Connecticut Sales and Use Tax Resale Certificate"),
    ],
)
def test_its_head_names_the_form(form: str, number: str, heading: str) -> None:
    found = sheet(form)
    assert (found.number, found.heading) == (number, heading)
    assert found.foot.startswith("Data of ")
