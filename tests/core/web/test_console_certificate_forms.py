"""Entering and changing a certificate by a form: kept, refused, insisted on, two at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="needs exempt[web]")

from exempt.model.access import Role
from exempt.model.certificate import CertificateKind, ReviewStatus
from support.certificate_pages import edited, form_of, made_in, paper, stored, text, upload
from support.pages import Whole
from support.registered import Register

V, R = Role.VIEWER, Role.REVIEWER


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Whole, Register]]:
    """One that nobody changes."""
    yield from made_in(tmp_path_factory.mktemp("whole"))


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Whole, Register]]:
    yield from made_in(tmp_path)


@pytest.fixture
def whole(both: tuple[Whole, Register]) -> Whole:
    return both[0]


@pytest.fixture
def register(both: tuple[Whole, Register]) -> Register:
    return both[1]


def test_a_form_that_is_sent_as_it_is_changes_nothing(whole: Whole, register: Register) -> None:
    """A25."""
    for number in register.ids.values():
        before = stored(whole, number)
        assert edited(whole, number, anyway="yes").status_code == 303
        assert stored(whole, number) == before


def test_everything_can_be_changed_at_once(whole: Whole, register: Register) -> None:
    """A22 to A24."""
    number = register.ids["LASTS"]
    changes = {
        "number": "L-2",
        "form_kind": "mtc",
        "kind": "single_use",
        "order_numbers": "SO-1, SO-2",
        "exempt_percentage": "50",
        "apply_tax": "yes",
        "notes": "Two\r\nlines",
        "add_customer": "C-1005",
        "drop_customer": str(stored(whole, number).customer_ids[0]),
        "drop": "US-NV",
        "state": ["US-CA", "US-NV", "US-UT"],
        "US-CA.validated_reason": "charitable",
        "US-CA.verified_date": "2026-11-01",
        "US-CA.issued_by": "US-TX",
        "US-CA.notes": "Seen.",
        "US-UT.exemption_reason": "resale",
        "US-UT.expiration_date": "2027-01-01",
        "anyway": "yes",
    }
    answer = edited(whole, number, **changes)
    assert answer.status_code == 303, text(answer)
    now = stored(whole, number)
    assert (now.number, now.kind, now.order_numbers) == ("L-2", "single_use", ("SO-1", "SO-2"))
    assert now.exempt_percentage == 50
    assert (now.apply_tax, now.notes) == (True, "Two\nlines")
    assert [one.jurisdiction for one in now.jurisdictions] == ["US-CA", "US-UT"]
    first = now.jurisdictions[0]
    assert (first.reason, first.issued_by, first.notes) == ("charitable", "US-TX", "Seen.")
    said = text(whole.call("GET", f"/certificates/{number}", R))
    for words in (
        "Nevada left out.",
        "Utah added.",
        "Notes: Ask for Ms. Neill.",
        "Number: LASTS → L-2.",
    ):
        assert words in said, words
    assert "Lone Star Industrial Supply LLC, The Very" in said, "the customers it had"
    assert "Nevada, effective" not in said


def test_a_state_is_added_without_a_script(whole: Whole, register: Register) -> None:
    number = register.ids["SOON"]
    answer = edited(whole, number, do="add", add_state="US-OK", notes="kept")
    assert answer.status_code == 200
    sent = form_of(answer.text)
    assert sent["state"] == ["US-TX", "US-OK"]
    assert (sent["US-OK.exemption_reason"], sent["notes"]) == ("resale", "kept")
    assert len(stored(whole, number).jurisdictions) == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"signed_date": ""}, "This cannot be empty."),
        ({"exempt_percentage": "0"}, "greater than 0"),
        ({"US-TX.exemption_reason": ""}, "Choose one of the list."),
        ({"US-TX.expiration_date": "2001-01-01"}, "before it takes effect"),
        ({"drop": "US-TX"}, "Keep at least one state."),
        ({"add_customer": "nobody"}, "there is no"),
        ({"notes": "x" * 10_001}, "10000"),
        ({"form_kind": "paper"}, "Choose one of the list."),
    ],
)
def test_what_is_wrong_is_told_and_what_was_typed_kept(
    looked_at: tuple[Whole, Register], changes: dict[str, str], sentence: str
) -> None:
    whole, register = looked_at
    number = register.ids["SOON"]
    answer = edited(whole, number, **{"order_numbers": "typed-1", **changes})
    assert answer.status_code == 422
    assert sentence in text(answer)
    assert "typed-1" in answer.text
    assert stored(whole, number).version == 1


def test_what_a_states_rule_refuses_can_be_insisted_on(whole: Whole, register: Register) -> None:
    number = register.ids["SOON"]
    answer = edited(whole, number, kind="single_use")
    assert answer.status_code == 422
    assert "It cannot be accepted as it stands." in text(answer)
    assert "Take it all the same" in text(answer)
    assert edited(whole, number, kind="single_use", anyway="yes").status_code == 303
    assert stored(whole, number).kind is CertificateKind.SINGLE_USE


def test_of_two_who_edit_at_once_the_second_sees_what_the_first_did_and_keeps_what_was_typed(
    whole: Whole, register: Register
) -> None:
    """A25."""
    number = register.ids["SOON"]
    sent = form_of(whole.call("GET", f"/certificates/{number}/edit", R).text)
    assert edited(whole, number, notes="theirs", number="T-1").status_code == 303
    mine = {**sent, "notes": "mine", "US-TX.notes": "mine, too"}
    answer = whole.post(f"/certificates/{number}/edit", mine, R)
    assert answer.status_code == 409
    said = text(answer)
    assert "Somebody else changed it while you edited." in said
    assert "Number: SOON → T-1. Notes: theirs." in said
    assert "Somebody else left there: T-1" in said
    again = form_of(answer.text)
    assert (again["notes"], again["US-TX.notes"], again["seen"]) == ("mine", "mine, too", ["2"])
    assert stored(whole, number).notes == "theirs"
    assert whole.post(f"/certificates/{number}/edit", again, R).status_code == 303
    now = stored(whole, number)
    assert (now.notes, now.number) == ("mine", "SOON")


# --- a new one ---------------------------------------------------------------------------

NEW = {
    "customer": "C-1002",
    "form_kind": "single_state",
    "kind": "blanket",
    "exempt_percentage": "100",
    "signed_date": "2026-10-01",
    "all.exemption_reason": "resale",
    "all.exemption_number": "32000000001",
    "review_status": "accepted",
}


def test_a_new_one_is_entered_with_its_file_for_several_states(
    whole: Whole, register: Register
) -> None:
    sent: dict[str, Any] = {
        **NEW,
        "US-OK.exemption_number": "OK-9",
        "US-OK.expiration_date": "2027-05-01",
    }
    answer = upload(
        *(whole, "/certificates/new", "scan.pdf", paper(buyer="Scan")),
        **(sent | {"state": ["US-NM", "US-OK"], "anyway": "yes"}),
    )
    assert answer.status_code == 303, text(answer)
    now = stored(whole, int(answer.headers["location"].rpartition("/")[2]))
    assert [one.exemption_number for one in now.jurisdictions] == ["32000000001", "OK-9"]
    assert now.jurisdictions[1].expiration_date is not None
    assert [file.name for file in now.files] == ["scan.pdf"]
    assert now.review_status is ReviewStatus.ACCEPTED


def test_an_end_that_follows_from_the_law_is_filled_in_unless_it_is_not_wanted(
    whole: Whole, register: Register
) -> None:
    ends = []
    for more in ({}, {"no_end": "yes"}):
        sent = {**NEW, "state": "US-CT", "anyway": "yes", "review_status": "pending", **more}
        answer = whole.post("/certificates/new", sent, R)
        now = stored(whole, int(answer.headers["location"].rpartition("/")[2]))
        assert now.review_status is ReviewStatus.PENDING
        ends.append(now.jurisdictions[0].expiration_date)
    assert ends[0] is not None
    assert ends[1] is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"customer": ""}, "customer-error"),
        ({"customer": "nobody"}, "customer-error"),
        ({"state": []}, "state-error"),
        ({"all.exemption_reason": ""}, "all-exemption_reason-error"),
        ({"signed_date": "soon"}, "signed_date-error"),
        ({"US-TX.expiration_date": "2001-01-01"}, "wrong"),
    ],
)
def test_what_is_wrong_with_a_new_one_is_told_beside_its_field(
    looked_at: tuple[Whole, Register], changes: dict[str, Any], field: str
) -> None:
    whole = looked_at[0]
    sent = {**NEW, "state": ["US-TX"], "number": "typed-1", **changes}
    answer = whole.post("/certificates/new", sent, R)
    assert answer.status_code == 422
    assert f'id="{field}"' in answer.text
    assert "typed-1" in answer.text
    assert "32000000001" in answer.text


def test_states_may_get_numbers_of_their_own(looked_at: tuple[Whole, Register]) -> None:
    sent: dict[str, Any] = {**NEW, "state": ["US-TX", "US-CA"], "do": "each"}
    answer = looked_at[0].post("/certificates/new", sent, R)
    assert answer.status_code == 200
    assert 'name="US-CA.exemption_number"' in answer.text
    assert 'name="US-NV.exemption_number"' not in answer.text


def test_a_new_one_of_a_customer_that_is_named_in_the_address(
    looked_at: tuple[Whole, Register],
) -> None:
    answer = looked_at[0].call("GET", "/certificates/new?customer=id:2", R)
    assert 'value="id:2"' in answer.text
    assert "Bluebonnet Independent School District" in text(answer)
    assert looked_at[0].call("GET", "/certificates/new", V).status_code == 403
