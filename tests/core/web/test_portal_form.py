"""Filling in a form on-line and signing it; and what hostile text does to the portal's pages."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from exempt.model.requesting import SubmissionState, SubmissionWay
from exempt.services import submissions
from exempt.web.portal import words
from exempt.web.portal.signing import FORM_KEY
from support.portal import PDF, Guest, PortalHouse, portal_house

HOSTILE = """"'><img src=x onerror=alert(1)><script>alert(2)</script>{{ 7*7 }}"""
BUYER: dict[str, Any] = {
    "field:buyer_name": "Lone Star Supply Co.",
    "field:buyer_address": "1 Main St\nAustin, TX 78701",
    "number:US-TX": "12345678901",
    "effective_date": "2026-11-20",
}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[PortalHouse]:
    with portal_house(tmp_path) as made:
        yield made


def filled_in(house: PortalHouse, *states: str, **changes: Any) -> tuple[int, Guest]:
    """Somebody at the second step, for resale in Texas."""
    request_id, token = house.ask(*states)
    guest = house.guest(token)
    guest.get("/portal?way=form")
    answer = guest.send(action="form", **{"exemption_reason": "resale", **changes})
    assert answer.headers["location"] == "/portal/form"
    guest.get("/portal/form")
    return request_id, guest


def complete(guest: Guest, **changes: Any) -> dict[str, Any]:
    """All that the form asks, in some words."""
    asked = {name: "Bolts" for name in guest.fields if name.startswith("field:")}
    return {**asked, **BUYER, "field:form": guest.fields["field:form"], **changes}


def signing(house: PortalHouse, **changes: Any) -> tuple[int, Guest]:
    """Somebody who has filled in all of it, and may sign."""
    request_id, guest = filled_in(house, **changes)
    answer = guest.send("/portal/form", action="sign", **complete(guest))
    assert answer.headers.get("location") == "/portal/sign", answer.text
    guest.get("/portal/sign")
    return request_id, guest


def test_no_question_of_a_form_has_the_key_under_which_its_choice_is_kept(
    house: PortalHouse,
) -> None:
    keys = {question.key for form in house.site.forms.forms for question in form.questions}

    assert FORM_KEY not in keys


def test_of_one_state_its_own_form_is_proposed_and_others_can_be_chosen(
    house: PortalHouse,
) -> None:
    request_id, guest = filled_in(house, "TX")
    own = guest.fields["field:form"]

    guest.send("/portal/form", action="choose", **{"field:form": "mtc"})
    guest.get("/portal/form")

    assert (own, guest.fields["field:form"]) == ("tx_01_339", "mtc")
    assert house.sent(request_id)[0].answers.form_kind == "mtc"


def test_a_form_that_a_state_does_not_take_cannot_be_chosen(house: PortalHouse) -> None:
    _, guest = filled_in(house, "TX")

    guest.send("/portal/form", action="choose", **{"field:form": "f0003"})
    guest.get("/portal/form")

    assert guest.fields["field:form"] == "tx_01_339"


def test_states_without_a_common_form_are_told_so(house: PortalHouse) -> None:
    _, guest = filled_in(house, "NY", "TX")

    answer = guest.send("/portal/form", action="sign")

    assert answer.status_code == 422
    assert words.NO_FORM in answer.text


def test_what_a_form_asks_must_be_answered(house: PortalHouse) -> None:
    _, guest = filled_in(house, "TX")

    answer = guest.send("/portal/form", action="sign", **{"field:buyer_name": ""})

    assert answer.status_code == 422
    assert "please fill this in." in answer.text
    assert house.guest().get("/portal/sign").status_code == 410
    assert guest.get("/portal/sign").headers["location"] == "/portal/form"


def test_the_preview_is_a_pdf_that_nothing_can_run_in(house: PortalHouse) -> None:
    _, guest = signing(house)

    answer = guest.get("/portal/preview")

    assert answer.headers["content-type"] == "application/pdf"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert b"PREVIEW" in answer.content


def test_what_is_signed_is_sent_with_the_pdf_that_was_made_of_it(house: PortalHouse) -> None:
    request_id, guest = signing(house)
    draft = house.sent(request_id)[0]

    answer = guest.send("/portal/sign", name="Zoë Ng", title="Buyer", consent="yes")

    (sent,) = house.sent(request_id)
    assert answer.headers["location"] == f"/portal/sent?number={sent.id}"
    assert (sent.state, sent.way) == (SubmissionState.WAITING, SubmissionWay.FORM)
    assert sent.signature is not None
    assert (sent.signature.name, sent.signature.title) == ("Zoë Ng", "Buyer")
    assert sent.signature.consent == words.CONSENT
    assert sent.signature.data_sha256 == submissions.digest(draft.answers)
    assert sent.signature.address == "203.0.113.9"
    with house.site.documents.open(sent.files[0].sha256) as made:
        assert "Zoë Ng" in made.read().decode()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        pytest.param({"name": "", "consent": "yes"}, "Type your full name", id="no name"),
        pytest.param({"name": "Zoë Ng"}, "Tick that you agree", id="no consent"),
        pytest.param({"name": "Z" * 201, "consent": "yes"}, "too long", id="a long name"),
    ],
)
def test_without_name_and_consent_nothing_is_signed(
    house: PortalHouse, changes: dict[str, str], sentence: str
) -> None:
    request_id, guest = signing(house)

    answer = guest.send("/portal/sign", **changes)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert house.sent(request_id)[0].state is SubmissionState.DRAFT


def test_what_was_changed_meanwhile_is_shown_anew_and_not_signed(house: PortalHouse) -> None:
    request_id, guest = signing(house)
    other = guest.page
    guest.get("/portal/form")
    guest.send("/portal/form", action="save", note="something else")
    guest.page = other

    answer = guest.send("/portal/sign", name="Zoë Ng", consent="yes")

    assert answer.status_code == 409
    assert house.sent(request_id)[0].state is SubmissionState.DRAFT
    guest.page = answer.text
    assert guest.send("/portal/sign", name="Zoë Ng", consent="yes").status_code == 303


def test_signing_twice_sends_one(house: PortalHouse) -> None:
    request_id, guest = signing(house)
    page = guest.page

    places = []
    for _ in range(2):
        guest.page = page
        answer = guest.send("/portal/sign", name="Zoë Ng", consent="yes")
        places.append(answer.headers["location"])

    assert places[0] == places[1]
    assert len(house.sent(request_id)) == 1


def test_without_a_printer_only_files_are_taken(tmp_path: Path) -> None:
    with portal_house(tmp_path, form_printer=None) as house:
        guest = house.guest(house.ask()[1])

        assert "Fill in and sign" not in guest.get("/portal").text
        assert guest.get("/portal/form").headers["location"] == "/portal"


# --- hostile text ----------------------------------------------------------------------------


class _Elements(HTMLParser):
    """Which elements a page has, and which attributes that could run something."""

    def __init__(self) -> None:
        super().__init__()
        self.bad: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag == "img" or (
            tag == "script" and not (named.get("src") or "").startswith("/static/")
        ):
            self.bad.append(tag)
        self.bad += [name for name in named if name.startswith("on") or name == "style"]


def injected(page: str) -> list[str]:
    """What in a page is not ours."""
    parser = _Elements()
    parser.feed(page)
    return [*parser.bad, *(["49"] if "{49}" in page or "}49" in page else [])]


def test_hostile_text_in_every_field_injects_nothing(house: PortalHouse) -> None:
    request_id, guest = filled_in(house, "TX")
    hostile = {name: HOSTILE for name in guest.fields if name.startswith(("field:", "number:"))}
    plain = ("note", "purchase_order_number", "reason_text")
    told = {**hostile, **dict.fromkeys(plain, HOSTILE), "field:form": "tx_01_339"}

    pages = [guest.send("/portal/form", action="sign", single_use="yes", **told).text]
    pages += [guest.get(path).text for path in ("/portal/form", "/portal/sign", "/portal")]
    guest.get("/portal?way=upload")
    sent = guest.send(action="send", files=[(f"{HOSTILE}.pdf", PDF)], effective_date=HOSTILE)
    pages += [sent.text, guest.send("/portal/sign", name=HOSTILE, title=HOSTILE).text]
    guest.get("/portal?way=upload")
    sent = guest.send(action="send", effective_date="2026-11-20")
    pages += [guest.get(sent.headers.get("location", "/portal")).text]
    pages += [guest.get(path).text for path in ("/portal?add=1", "/portal/certificates/1")]

    assert HOSTILE in house.sent(request_id)[0].answers.note
    assert [injected(page) for page in pages] == [[]] * len(pages)


def test_the_names_that_we_have_inject_nothing(house: PortalHouse) -> None:
    page = house.guest(house.ask()[1]).get("/portal").text

    assert "Lone Star &lt;b&gt;Supply&lt;/b&gt;" in page
