"""The portal's form without a script: drafts, files, what is amiss, sending, and what is shown."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from exempt.model.certificate import ExemptionReason
from exempt.model.forms import IdentificationType
from exempt.model.requesting import SubmissionState
from exempt.services import submissions
from exempt.services.certificates import review
from support.portal import LOCKED, PDF, URL, Guest, PortalHouse, portal_house
from support.records import DAY, TODAY
from support.stores import enter

HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00"
GOOD: dict[str, Any] = {
    "number_TX": "12345678901",
    "exemption_reason": "resale",
    "effective_date": "2026-11-01",
}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[PortalHouse]:
    with portal_house(tmp_path) as made:
        yield made


@pytest.fixture
def asked(house: PortalHouse) -> int:
    return house.ask()[0]


@pytest.fixture
def guest(house: PortalHouse, asked: int) -> Guest:
    """Somebody who looks at the form of the request *asked*."""
    with house.store.writing() as tx:
        from exempt.services.links import make_link

        token = make_link(tx, asked, house.now, 30)
    guest = house.guest(token)
    guest.get("/portal")
    return guest


def errors(page: str) -> list[str]:
    """The sentences beside fields."""
    found = re.findall(r'<p class="p-error"[^>]*>(.*?)</p>', page, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", "", each).lstrip("! ").split()) for each in found]


# --- what is asked ---------------------------------------------------------------------------


def test_the_page_says_who_asks_for_what_and_why(house: PortalHouse) -> None:
    with house.store.writing() as tx:
        enter(tx, house.customer_id, "CA", expiration_date=TODAY - 20 * DAY)
        enter(tx, house.customer_id, "NY")
    page = house.guest(house.ask("TX", "CA", "NY")[1]).get("/portal").text

    for said in (
        "Northwind",
        "tax@northwind.example",
        "Missing",
        "Expired Oct 31, 2026",
        "On file",
    ):
        assert said in page
    assert re.findall(r'value="(US-\w\w)" checked', page) == ["US-TX", "US-CA"]


def test_the_reason_that_staff_expect_is_chosen(house: PortalHouse) -> None:
    from exempt.services.request_ports import Asking

    guest = house.guest(house.ask(asking=Asking(reasons=("charitable",)))[1])
    guest.get("/portal")

    assert guest.fields["exemption_reason"] == "charitable"


def test_each_number_is_asked_for_in_the_words_of_its_state(house: PortalHouse) -> None:
    page = house.guest(house.ask("AZ", "TX")[1]).get("/portal").text

    assert "TPT license number: 8 digits." in page
    assert "Texas sales tax permit number: 11 digits." in page


# --- drafts ----------------------------------------------------------------------------------


def test_what_was_saved_is_there_when_somebody_comes_back(
    house: PortalHouse, guest: Guest, asked: int
) -> None:
    saved = guest.send(action="save", **GOOD, note="Hello")

    again = house.guest(house.ask()[1])
    assert (saved.status_code, saved.headers["location"]) == (303, "/portal?saved=1")
    assert "Saved. You can close this page" in guest.get("/portal?saved=1").text
    assert guest.fields["note"] == "Hello"
    assert guest.fields["number:US-TX"] == "12345678901"
    assert house.sent(asked)[0].state is SubmissionState.DRAFT
    again.get("/portal")
    assert again.fields["note"] == "", "another request has a draft of its own"


def test_a_state_is_added_from_the_list(guest: Guest) -> None:
    guest.send(action="add_state", add_state="US-OH")
    guest.get("/portal")

    assert guest.fields["jurisdictions"] == ["US-TX", "US-OH"]
    assert 'name="number:US-OH"' in guest.page


def test_what_two_windows_change_is_not_lost(guest: Guest) -> None:
    stale = guest.page
    guest.send(action="save", note="first")
    guest.page = stale

    answer = guest.send(action="save", note="second")

    assert answer.status_code == 409
    assert "changed in another window" in answer.text
    assert guest.fields["note"] == "second"
    assert guest.send(action="save").status_code == 303
    guest.get("/portal")
    assert guest.fields["note"] == "second"


def test_somebody_may_start_again(house: PortalHouse, guest: Guest, asked: int) -> None:
    guest.send(action="save", note="first")
    guest.get("/portal")
    guest.send(action="discard")
    guest.get("/portal")

    assert guest.fields["note"] == ""
    assert house.sent(asked)[0].state is SubmissionState.WITHDRAWN


@pytest.mark.parametrize(
    ("name", "typed", "kept"),
    [
        pytest.param("effective_date", "3/31/2026", "2026-03-31", id="as Americans write it"),
        pytest.param("effective_date", " 2026-03-31 ", "2026-03-31", id="as browsers send it"),
        pytest.param("note", "a\x00b\u202ec\r\nd", "abc\nd", id="what cannot be seen is left out"),
        pytest.param("number_TX", "  1-2 3 ", "1-2 3", id="without blanks around it"),
    ],
)
def test_what_is_typed_is_understood(guest: Guest, name: str, typed: str, kept: str) -> None:
    guest.send(action="save", **{name: typed})
    guest.get("/portal")

    assert guest.fields[name.replace("number_TX", "number:US-TX")] == kept


@pytest.mark.parametrize(
    ("name", "typed", "sentence"),
    [
        pytest.param("effective_date", "soon", "Write a date as", id="no date"),
        pytest.param("effective_date", "2/30/2026", "Write a date as", id="no such day"),
        pytest.param("expiration_date", "1899-01-01", "Write a date as", id="too long ago"),
        pytest.param("number_TX", "123-45-6789", "Social Security", id="never kept"),
        pytest.param("number_TX", "1" * 101, "up to 100", id="a long number"),
        pytest.param("exemption_reason", "because", "Choose one of the list", id="no such reason"),
        pytest.param("reason_text", "x" * 201, "too long", id="a long reason"),
    ],
)
def test_what_is_not_understood_is_said_beside_its_field_and_stays(
    guest: Guest, name: str, typed: str, sentence: str
) -> None:
    answer = guest.send(action="save", note="Hello", **{name: typed})

    assert answer.status_code == 422
    assert any(sentence in each for each in errors(answer.text))
    assert guest.fields["note"] == "Hello"
    if name != "exemption_reason":  # a list has no place for it
        assert guest.fields[name.replace("number_TX", "number:US-TX")] == typed


def test_nothing_outside_the_form_is_taken(house: PortalHouse, guest: Guest, asked: int) -> None:
    guest.call(
        "POST",
        "/portal",
        data={
            **guest.fields,
            "action": "drop:99999999999999999999",
            "jurisdictions": ["US-TX", "US-ZZ", "FR-75", "<b>"],
            "number:XX": "1",
            "field:Not A Key": "1",
            "draft": "-1",
            "version": "²",
            "form_kind": "mtc",
            "signed_date": "2020-01-01",
        },
    )
    said = house.sent(asked)[0].answers

    assert said.jurisdictions == ("US-TX",)
    assert (said.numbers, said.fields, said.signed_date) == ({}, {}, None)
    assert said.form_kind == "single_state"


# --- files -----------------------------------------------------------------------------------


def test_files_are_added_and_removed_without_a_script(guest: Guest) -> None:
    guest.send(action="add_files", files=[("page 1.pdf", PDF), ("page 2.pdf", PDF + b"2")])
    page = guest.get("/portal").text
    (first, _) = re.findall(r'value="(drop:\d+)"', page)
    guest.send(action=first)
    page = guest.get("/portal").text

    assert "page 1.pdf" not in page
    assert "page 2.pdf" in page


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        pytest.param("a.pdf", LOCKED, "protected by a password", id="encrypted"),
        pytest.param("IMG_1.HEIC", HEIC, "On an iPhone choose Settings", id="HEIC"),
        pytest.param("a.pdf", b"<html>", "Only PDF, JPEG and PNG", id="a web page"),
        pytest.param("a.pdf", b"", "The file is empty", id="empty"),
    ],
)
def test_a_refused_file_is_told_in_a_sentence_and_costs_nothing_else(
    house: PortalHouse, guest: Guest, asked: int, name: str, content: bytes, sentence: str
) -> None:
    answer = guest.send(action="send", **GOOD, files=[("good.pdf", PDF), (name, content)])

    assert answer.status_code == 422
    assert any(name in each and sentence in each for each in errors(answer.text))
    (draft,) = house.sent(asked)
    assert [file.name for file in draft.files] == ["good.pdf"]
    assert draft.answers.numbers == {"US-TX": "12345678901"}


def test_files_go_up_by_parts_and_belong_to_the_draft(
    house: PortalHouse, guest: Guest, asked: int
) -> None:
    begun = guest.script(
        "POST",
        "/portal/uploads",
        Upload_Length=str(len(PDF)),
        Upload_Metadata="filename c2Nhbi5wZGY=",
    )
    where = begun.headers["location"]
    part = {"Content_Type": "application/offset+octet-stream"}
    first = guest.script("PATCH", where, PDF[:9], Upload_Offset="0", **part)
    seen = guest.script("HEAD", where)
    last = guest.script("PATCH", where, PDF[9:], Upload_Offset="9", **part)

    assert (begun.status_code, first.status_code, last.status_code) == (201, 204, 204)
    assert seen.headers["upload-offset"] == "9"
    (draft,) = house.sent(asked)
    assert [(file.name, str(file.id)) for file in draft.files] == [
        ("scan.pdf", last.headers["upload-file"])
    ]
    assert guest.send(action="send", **GOOD).headers["location"].startswith("/portal/sent")


def test_the_script_is_told_of_the_draft_that_it_saved(guest: Guest) -> None:
    first = guest.send(action="keep", note="Hello").json()
    stale = guest.send(action="keep", note="Bye", effective_date="soon")

    assert (first["version"], first["wrong"]) == (2, {})
    assert (stale.status_code, stale.json()) == (409, {"conflict": True})


# --- sending ---------------------------------------------------------------------------------


def test_sent_at_once_with_its_file_it_waits_for_review(
    house: PortalHouse, guest: Guest, asked: int
) -> None:
    answer = guest.send(action="send", files=[("scan.pdf", PDF)], **GOOD)
    page = guest.get(answer.headers["location"]).text

    (sent,) = house.sent(asked)
    assert (sent.state, sent.answers.exemption_reason) == (
        SubmissionState.WAITING,
        ExemptionReason.RESALE,
    )
    assert "We received it for <strong>Texas</strong>" in page
    assert "Nothing else is missing" in page
    assert "ap@lonestar.example" in page
    assert "Sent, being checked" in guest.get("/portal").text


def test_what_is_still_missing_is_said_and_can_be_added(house: PortalHouse) -> None:
    guest = house.guest(house.ask("TX", "CA")[1])
    guest.get("/portal")
    answer = guest.send(action="send", files=[("a.pdf", PDF)], jurisdictions=["US-TX"], **GOOD)

    assert "Still missing: California" in guest.get(answer.headers["location"]).text
    page = guest.get("/portal?add=1").text
    assert re.findall(r'value="(US-\w\w)" checked', page) == ["US-CA"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        pytest.param({"jurisdictions": []}, "Choose at least one state", id="no state"),
        pytest.param({"exemption_reason": ""}, "Choose why", id="no reason"),
        pytest.param({"effective_date": ""}, "takes effect", id="no first day"),
        pytest.param({"number_TX": ""}, "Enter your number", id="no number"),
        pytest.param({"expiration_date": "2026-10-01"}, "before the first one", id="ends first"),
        pytest.param({"single_use": "yes"}, "purchase order", id="no order number"),
        pytest.param(
            {"identification_type": "fein", "number_TX": "1"}, "A FEIN has 9 digits", id="FEIN"
        ),
    ],
)
def test_what_is_amiss_keeps_it_from_being_sent(
    house: PortalHouse, guest: Guest, asked: int, changes: dict[str, Any], sentence: str
) -> None:
    told = {**GOOD, **changes}
    answer = guest.send(action="send", files=[("scan.pdf", PDF)], **told)

    assert answer.status_code == 422
    assert any(sentence in each for each in errors(answer.text))
    assert answer.text.count("Please check: ") == 1
    assert house.sent(asked)[0].state is SubmissionState.DRAFT


def test_one_purchase_is_bound_to_its_order(house: PortalHouse, guest: Guest, asked: int) -> None:
    guest.send(action="send", files=[("scan.pdf", PDF)], single_use="yes",
               purchase_order_number="PO 7", **GOOD)  # fmt: skip

    with house.store.reading() as tx:
        (sent,) = tx.submissions.of_requests([asked])
        made = tx.certificates.get(sent.certificate_id or 0)
    assert made is not None
    assert made.order_numbers == ("PO 7",)
    assert made.jurisdictions[0].identification_type is IdentificationType.STATE_TAX_ID


def test_a_doubled_click_sends_one_and_both_are_thanked(
    house: PortalHouse, guest: Guest, asked: int
) -> None:
    form = {**guest.fields, **GOOD, "number:US-TX": "12345678901", "action": "send"}

    async def click() -> list[httpx.Response]:
        there = httpx.ASGITransport(house.app)
        async with httpx.AsyncClient(
            transport=there, base_url=URL, cookies=guest.cookies
        ) as client:
            calls = [client.post("/portal", data=form, files=[("files", ("a.pdf", PDF))])
                     for _ in range(3)]  # fmt: skip
            return list(await asyncio.gather(*calls))

    answers = asyncio.run(click())

    places = {each.headers.get("location") for each in answers}
    assert [each.status_code for each in answers] == [303] * 3
    assert len(places) == 1
    with house.store.reading() as tx:
        assert len(tx.cards.certificates_of(house.customer_id)) == 1


# --- what was given --------------------------------------------------------------------------


def test_what_was_given_is_listed_handed_out_and_taken_back(guest: Guest) -> None:
    guest.send(action="send", files=[("scan.pdf", PDF)], **GOOD)
    guest.get("/portal")
    page = guest.get("/portal/certificates/1").text
    (address,) = re.findall(r'href="(/portal/files/\w+)"', page)
    file = guest.get(address)

    assert (file.content, file.headers["content-disposition"][:10]) == (PDF, "attachment")
    assert guest.send("/portal/certificates/1").status_code == 303
    assert "Missing" in guest.get("/portal").text or "Not accepted" in guest.page
    assert guest.get("/portal/certificates/1").text.count("Take this certificate back") == 0


def test_why_it_was_rejected_is_said(house: PortalHouse, guest: Guest) -> None:
    guest.send(action="send", files=[("scan.pdf", PDF)], **GOOD)
    review(house.store, 1, house.act(), rejections=submissions.why_taken_back())

    assert "Not accepted" in guest.get("/portal?add=1").text
    assert submissions.TAKEN_BACK in guest.get("/portal/certificates/1").text
