"""What became of a certificate, in sentences."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from exempt.model.certificate import Change
from exempt.rules.certificate_words import field_title, fields_called, said_of, told, value_words
from support.records import NOW

NAMES = {"1": "Acme", "2": "Bolt"}


def change(field: str, old: str | None, new: str | None, **more: Any) -> Change:
    fields = {"changed_at": NOW, "changed_by": "anna", **more}
    return Change(field=field, old=old, new=new, **fields)


@pytest.mark.parametrize(
    ("field", "old", "new", "sentence"),
    [
        ("review_status", None, "pending", "Entered; it waits for review"),
        ("review_status", None, "accepted", "Entered, and accepted at once"),
        ("review_status", "pending", "rejected", "Rejected"),
        ("rejections", None, "not_signed; other: Torn.", "Because: not signed; other: Torn."),
        ("rejections", "not_signed", None, ""),
        ("archived_date", None, "2026-11-20", "Archived"),
        ("archived_date", "2026-11-20", None, "Taken out of the archive"),
        ("file", None, "a, b.pdf, sha256 00", "File added: a, b.pdf"),
        ("file", "a.pdf, sha256 00", "b.pdf, sha256 11", "File replaced: a.pdf → b.pdf"),
        ("comment 3", None, "Hello.", "Comment added: Hello."),
        ("US-TX", None, "covered", "Texas added"),
        ("US-TX", "covered", None, "Texas left out"),
        ("US-TX.expiration_date", None, "2027-01-01", "Texas, expires: 2027-01-01"),
        ("US-TX.exemption_number", None, "32-1", "Texas, number: 32-1"),
        ("US-TX.issued_by", None, "US-CA", "Texas, number given by: California"),
        ("US-TX.validated_reason", "x", "direct_pay", "Texas, validated reason: x → direct pay"),
        ("number", "7", None, "Number emptied; it was 7"),
        ("exempt_percentage", "100", "50", "Exempt percentage: 100 % → 50 %"),
        ("customer_ids", "1, 9", "1, 2", "Customers: Acme, id:9 → Acme, Bolt"),
        ("custom.region", None, "West", "Sales region: West"),
        ("custom.old_one", None, "x", "Old one: x"),
        ("notes", None, "n" * 401, f"Notes: {'n' * 400}…"),
    ],
)  # fmt: skip
def test_said_of(field: str, old: str | None, new: str | None, sentence: str) -> None:
    assert said_of(change(field, old, new), NAMES, {"region": "Sales region"}) == sentence


@pytest.mark.parametrize(
    ("field", "title"),
    [
        ("US-TX", "Texas"),
        ("US-TX.expiration_date", "Texas, expires"),
        ("exemption_reason", "Claimed reason"),
        ("custom.region", "Sales region"),
        ("order_numbers", "Orders it is bound to"),
    ],
)
def test_a_field_has_a_title(field: str, title: str) -> None:
    assert field_title(field, {"region": "Sales region"}) == title


@pytest.mark.parametrize(
    ("words", "fields"),
    [
        ("texas, EXPIRES", ["US-TX.expiration_date"]),
        ("Claimed reason", ["exemption_reason"]),
        ("sales region", ["custom.region"]),
        ("no title has this", []),
    ],
)
def test_a_field_is_found_by_its_title(words: str, fields: list[str]) -> None:
    found = fields_called(words, {"region": "Sales region"})
    assert [each for each in found if not each.endswith(".exemption_reason")] == fields


def test_a_state_is_found_with_its_fields() -> None:
    found = fields_called("texas")
    assert found[0] == "US-TX"
    assert {each.partition(".")[0] for each in found} == {"US-TX"}
    assert "US-TX.expiration_date" in found


def test_values_are_told_whole_and_of_customers_without_names_by_id() -> None:
    assert value_words("US-TX.identification_type", "state_tax_id") == "state tax id"
    assert value_words("notes", "n" * 401) == "n" * 401
    assert value_words("customer_ids", "1, 9", {"1": "Acme"}) == "Acme, id:9"
    assert value_words("customer_ids", "9") == "id:9"
    assert not value_words("notes", None)


def test_what_somebody_did_at_once_is_told_together_and_the_newest_first() -> None:
    later = {"changed_at": NOW + dt.timedelta(hours=1), "changed_by": "bert"}
    changes = [
        change("number", None, "7"),
        change("US-TX", None, "covered"),
        change("review_status", None, "accepted"),
        change("file", None, "a.pdf, sha256 00"),
        change("notes", None, "Call them.", **later),
        change("US-TX", "covered", None, **later),
        change("US-TX.exemption_number", "32-1", None, **later),
    ]
    found = [(one.changed_by, one.said) for one in told(changes)]
    assert found == [
        ("bert", "Notes: Call them. Texas left out."),
        ("anna", "Entered, and accepted at once. File added: a.pdf."),
    ]
