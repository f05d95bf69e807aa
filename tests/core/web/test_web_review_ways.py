"""The three ways through the pages of review, and what comes back when something is amiss."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from exempt.model.access import Role
from exempt.model.requesting import SubmissionState
from exempt.services import certificates, reviewing
from support.browsing import Browser, Premises, premises_in
from support.review_pages import accept, fields_of, post
from support.reviews import Office
from support.world import World


@pytest.fixture
def premises(tmp_path: Path) -> Iterator[Premises]:
    with premises_in(tmp_path) as made:
        yield made


@pytest.fixture
def office(premises: Premises) -> Office:
    return Office(World(premises.store), premises.documents)


@pytest.fixture
def dana(premises: Premises) -> Browser:
    """A reviewer of all companies."""
    return premises.staff(Role.REVIEWER)


# --- the three ways ----------------------------------------------------------------------


def test_accepting_goes_on_to_the_next_one(office: Office, dana: Browser) -> None:
    sent, other = office.send_in(), office.enter()
    answer = accept(dana, sent.certificate_id)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/review/{other}")
    assert office.state(sent) is SubmissionState.ACCEPTED
    assert office.certificate(sent.certificate_id).version == 2
    answer = accept(dana, other)
    assert answer.headers["location"] == "/review"


def test_what_was_typed_is_accepted(office: Office, dana: Browser) -> None:
    sent = office.send_in()
    accept(
        dana,
        sent.certificate_id,
        **{
            "US-TX.exemption_number": "32099999999",
            "US-TX.reason": "manufacturing",
            "US-TX.expiration_date": "",
            "order_numbers": "PO-1, PO-2",
            "notes": "called them",
            "add_state": "US-NM",
            "anyway": "1",
        },
    )
    now = office.certificate(sent.certificate_id)
    texas, mexico = sorted(now.jurisdictions, key=lambda one: one.jurisdiction, reverse=True)
    assert now.review_status == "accepted"
    assert (texas.exemption_number, texas.validated_reason) == ("32099999999", "manufacturing")
    assert (texas.exemption_reason, texas.expiration_date) == ("resale", None)
    assert (now.order_numbers, now.notes) == (("PO-1", "PO-2"), "called them")
    assert (mexico.jurisdiction, mexico.exemption_number) == ("US-NM", None)


def test_a_state_can_be_left_out_but_not_all(office: Office, dana: Browser) -> None:
    sent = office.send_in(None, "TX", "CA", form_kind="mtc")
    answer = accept(dana, sent.certificate_id, drop=["US-TX", "US-CA"])
    assert answer.status_code == 422
    assert "Keep at least one state." in answer.text
    accept(dana, sent.certificate_id, drop=["US-CA"])
    assert [one.jurisdiction for one in office.certificate(sent.certificate_id).jurisdictions] == [
        "US-TX"
    ]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("US-TX.expiration_date", "soon", "Write a date as YYYY-MM-DD."),
        ("US-TX.exemption_number", "123-45-6789", "Social Security number"),
        ("US-TX.reason", "because", "Choose one of the list."),
        ("signed_date", "", "This cannot be empty."),
        ("order_numbers", "PO-1, PO-1", "An order number is named twice"),
    ],
)
def test_what_is_typed_wrong_is_said_beside_the_field(
    office: Office, dana: Browser, name: str, value: str, words: str
) -> None:
    sent = office.send_in()
    answer = accept(dana, sent.certificate_id, **{name: value, "number": "kept as typed"})
    assert answer.status_code == 422
    assert words in answer.text
    assert 'value="kept as typed"' in answer.text
    assert office.state(sent) is SubmissionState.WAITING


def test_what_a_state_refuses_can_be_accepted_all_the_same(office: Office, dana: Browser) -> None:
    sent = office.send_in()
    answer = accept(dana, sent.certificate_id, kind="single_use")
    assert answer.status_code == 422
    assert "names no order" in answer.text
    assert "Accept it all the same" in answer.text
    assert "--anyway" not in answer.text
    answer = accept(dana, sent.certificate_id, kind="single_use", anyway="1")
    assert answer.status_code == 303


def test_rejecting_tells_the_customer(office: Office, dana: Browser) -> None:
    sent = office.send_in()
    path = f"/review/{sent.certificate_id}"
    reasons = {"because": ["not_signed", "other"], "text-other": "Sign page 2.", "tell": "1"}
    shown = post(dana, f"{path}/told", **reasons)
    assert "What the customer is told" in shown.text
    assert "It is not signed, or not dated." in shown.text
    answer = post(dana, f"{path}/reject", seen=1, **reasons)
    assert answer.headers["location"] == "/review"
    assert office.state(sent) is SubmissionState.REJECTED
    office.post()
    (mail,) = [each for each in office.mail.remote.sent if each.purpose == "rejection"]
    assert "Sign page 2." in mail.text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Choose at least one reason"),
        ({"because": "other"}, "Say in words what the other reason is"),
        ({"because": "nonsense"}, "Choose from the reasons of the list"),
        ({"because": "expired", "text-expired": "x" * 501}, "500 characters"),
    ],
    ids=["none", "other without words", "an unknown one", "too many words"],
)
def test_a_rejection_needs_a_reason(
    office: Office, dana: Browser, fields: dict[str, str], words: str
) -> None:
    sent = office.send_in()
    answer = post(dana, f"/review/{sent.certificate_id}/reject", seen=1, **fields)
    assert answer.status_code == 422
    assert words in answer.text
    assert "r-open" in answer.text
    part = dana.send(
        "POST",
        f"/review/{sent.certificate_id}/told",
        content=urlencode(fields),
        content_type="application/x-www-form-urlencoded",
        x_part="yes",
    )
    assert words in part.text
    assert "<html" not in part.text


def test_who_is_too_late_learns_who_was_quicker(office: Office, dana: Browser) -> None:
    sent = office.send_in()
    page = fields_of(dana.get(f"/review/{sent.certificate_id}").text)
    reviewing.accept(office.world.store, sent.certificate_id or 0, office.act("bob"), seen=1)
    for way in ("accept", "reject"):
        answer = post(dana, f"/review/{sent.certificate_id}/{way}", **page, because="expired")
        assert answer.status_code == 409
        assert "is accepted already: bob did so at 12:00 UTC" in answer.text
    noted = office.details(sent.certificate_id, notes="x")
    certificates.edit(office.world.store, sent.certificate_id or 0, noted, office.act(), seen=2)
    answer = post(dana, f"/review/{sent.certificate_id}/save", **{**page, "notes": "mine"})
    assert answer.status_code == 409
