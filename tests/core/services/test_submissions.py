"""What customers send in: drafts, what makes a certificate of one, races, and taking back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from exempt.errors import ConflictError, RefusedError
from exempt.model.certificate import CertificateKind, ReviewStatus
from exempt.model.forms import FormKind
from exempt.model.requesting import (
    Answers,
    Signature,
    SubmissionState,
    SubmissionWay,
)
from exempt.services import request_steps, submissions
from exempt.services.rows import Subject
from exempt.services.submissions import ClosedError, Draft, NotYetError
from support.portal import PortalHouse, portal_house
from support.records import NOW, TODAY
from support.sendings import FORM, GOOD, MADE, SCAN, UPLOAD, certificate, drafted, sent, state_of

SIGNATURE = Signature(name="Zoë Ng", consent="1", data_sha256="c" * 64, signed_at=NOW)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[PortalHouse]:
    with portal_house(tmp_path) as made:
        yield made


# --- drafts ------------------------------------------------------------------------------


def test_a_request_has_one_draft_at_a_time(house: PortalHouse) -> None:
    request_id, _ = house.ask()

    begun = [submissions.start(house.store, request_id, way, NOW).id for way in (UPLOAD, FORM)]

    assert begun[0] == begun[1]


def test_a_draft_that_was_changed_elsewhere_is_not_overwritten(house: PortalHouse) -> None:
    request_id, _ = house.ask()
    first = drafted(house, request_id)
    here = Draft(first.id, first.version)
    other = GOOD.model_copy(update={"note": "from another window"})
    submissions.save_draft(house.store, request_id, UPLOAD, other, NOW, seen=here)

    with pytest.raises(ConflictError, match="another window"):
        mine = GOOD.model_copy(update={"note": "from here"})
        submissions.save_draft(house.store, request_id, UPLOAD, mine, NOW, seen=here)

    assert house.sent(request_id)[0].answers == other


def test_the_same_words_saved_twice_are_no_conflict(house: PortalHouse) -> None:
    request_id, _ = house.ask()

    saved = [drafted(house, request_id) for _ in range(2)]

    assert saved[0].version == saved[1].version == 2


def test_a_draft_that_was_begun_by_a_file_takes_the_words_of_a_page_without_one(
    house: PortalHouse,
) -> None:
    request_id, _ = house.ask()
    begun = submissions.start(house.store, request_id, UPLOAD, NOW)
    submissions.add_file(house.store, begun.id, SCAN, NOW)

    saved = submissions.save_draft(house.store, request_id, UPLOAD, GOOD, NOW, seen=Draft())

    assert (saved.id, saved.answers, len(saved.files)) == (begun.id, GOOD, 1)


def test_what_was_sent_is_no_draft_for_a_page_that_still_shows_it(house: PortalHouse) -> None:
    request_id, _ = house.ask("TX", "CA")
    done = sent(house, request_id)

    with pytest.raises(ConflictError):
        changed = GOOD.model_copy(update={"note": "late"})
        seen = Draft(done.id, done.version)
        submissions.save_draft(house.store, request_id, UPLOAD, changed, NOW, seen=seen)

    assert [each.state for each in house.sent(request_id)] == [SubmissionState.WAITING]


def test_a_file_counts_once_and_there_are_no_more_than_twenty(house: PortalHouse) -> None:
    request_id, _ = house.ask()
    draft = submissions.start(house.store, request_id, UPLOAD, NOW)
    ids = {submissions.add_file(house.store, draft.id, SCAN, NOW).id for _ in range(2)}
    for number in range(1, 20):
        file = SCAN._replace(name=f"{number}.pdf")
        submissions.add_file(house.store, draft.id, file, NOW)

    assert len(ids) == 1
    with pytest.raises(RefusedError, match="20 files already"):
        submissions.add_file(house.store, draft.id, SCAN._replace(name="20.pdf"), NOW)


def test_what_was_sent_takes_no_file(house: PortalHouse) -> None:
    request_id, _ = house.ask()
    done = sent(house, request_id)

    with pytest.raises(ConflictError):
        submissions.add_file(house.store, done.id, MADE, NOW)
    assert not submissions.drop_file(house.store, done.id, done.files[0].id)


@pytest.mark.parametrize("end", ["cancelled", "expired", "unknown"])
def test_nothing_is_drafted_once_a_request_is_over(house: PortalHouse, end: str) -> None:
    request_id, _ = house.ask()
    if end == "cancelled":
        request_steps.cancelled(house.store, request_id, house.act())
    at = house.now.replace(year=2027) if end == "expired" else house.now

    with pytest.raises(ClosedError):
        submissions.start(house.store, 99 if end == "unknown" else request_id, UPLOAD, at)


def test_there_is_an_end_to_what_is_sent_in_answer_to_one_request(
    house: PortalHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submissions, "SENT_MAX", 1)
    request_id, _ = house.ask("TX", "CA")
    sent(house, request_id)

    with pytest.raises(ClosedError, match="were sent already"):
        submissions.start(house.store, request_id, UPLOAD, NOW)


# --- sending -----------------------------------------------------------------------------


def test_what_is_sent_becomes_a_pending_certificate_with_its_files(house: PortalHouse) -> None:
    request_id, _ = house.ask()
    said = GOOD.model_copy(
        update={"single_use": True, "purchase_order_number": "PO 7", "note": "Hello."}
    )

    done = sent(house, request_id, said)
    made = certificate(house, done)

    assert (done.state, done.submitted_at) == (SubmissionState.WAITING, NOW)
    assert (made.review_status, made.source) == (ReviewStatus.PENDING, "portal")
    assert made.entered_by == "portal:ap@lonestar.example"
    assert (made.kind, made.order_numbers) == (CertificateKind.SINGLE_USE, ("PO 7",))
    assert [(file.name, file.sha256, file.added_by) for file in made.files] == [
        ("scan.pdf", "a" * 64, "portal:ap@lonestar.example")
    ]
    assert made.notes == "The customer's note: Hello."
    assert state_of(house, request_id) == "submitted"
    with house.store.reading() as tx:
        told = {each.field for each in tx.history.of(Subject.CERTIFICATE, made.id)}
    assert {"review_status", "file"} <= told


def test_an_end_that_follows_from_the_law_is_filled_in(house: PortalHouse) -> None:
    request_id, _ = house.ask("CT")
    said = GOOD.model_copy(update={"jurisdictions": ("US-CT",), "numbers": {"": "1234567"}})

    made = certificate(house, sent(house, request_id, said))

    assert str(made.jurisdictions[0].expiration_date) == "2029-11-20"


def test_what_was_filled_in_and_signed_comes_with_its_pdf(house: PortalHouse) -> None:
    request_id, _ = house.ask()
    said = GOOD.model_copy(
        update={"form_kind": FormKind.MTC, "effective_date": TODAY.replace(day=1)}
    )
    draft = drafted(house, request_id, said, FORM)

    done = submissions.submit(
        house.store, draft.id, house.act(), seen=draft.version, signature=SIGNATURE, form=MADE
    )
    made = certificate(house, done)

    assert done.signature == SIGNATURE
    assert [file.name for file in made.files] == ["ST-120 signed.pdf"]
    assert (made.form_kind, made.signed_date) == (FormKind.MTC, TODAY)


@pytest.mark.parametrize(
    ("way", "answers", "fields"),
    [
        pytest.param(UPLOAD, GOOD, ["files"], id="without a document"),
        pytest.param(FORM, GOOD, ["signature"], id="without a signature"),
        pytest.param(
            FORM,
            Answers(),
            ["signature", "jurisdictions", "exemption_reason", "effective_date"],
            id="empty",
        ),
    ],
)
def test_nothing_incomplete_is_sent(
    house: PortalHouse, way: SubmissionWay, answers: Answers, fields: list[str]
) -> None:
    request_id, _ = house.ask()
    draft = submissions.save_draft(house.store, request_id, way, answers, NOW, seen=Draft())

    with pytest.raises(NotYetError) as refused:
        submissions.submit(house.store, draft.id, house.act(), seen=draft.version)

    assert [each.field for each in refused.value.amiss] == fields
    assert state_of(house, request_id) != "submitted"
    with house.store.reading() as tx:
        assert tx.cards.certificates_of(house.customer_id) == []


def test_who_sends_what_was_changed_meanwhile_sends_nothing(house: PortalHouse) -> None:
    request_id, _ = house.ask()
    draft = drafted(house, request_id)

    with pytest.raises(ConflictError):
        submissions.submit(house.store, draft.id, house.act(), seen=draft.version - 1)

    assert house.sent(request_id)[0].state is SubmissionState.DRAFT
    with house.store.reading() as tx:
        assert tx.cards.certificates_of(house.customer_id) == []


def test_of_two_who_send_one_draft_both_see_one_certificate(house: PortalHouse) -> None:
    request_id, _ = house.ask()
    draft = drafted(house, request_id)

    done = [
        submissions.submit(house.store, draft.id, house.act(), seen=draft.version) for _ in range(2)
    ]

    assert done[0].certificate_id == done[1].certificate_id
    with house.store.reading() as tx:
        assert len(tx.cards.certificates_of(house.customer_id)) == 1


def test_a_doubled_click_that_made_a_second_draft_makes_no_second_certificate(
    house: PortalHouse,
) -> None:
    request_id, _ = house.ask()

    first, second = sent(house, request_id), sent(house, request_id)

    assert second == first
    states = [each.state for each in house.sent(request_id)]
    assert states == [SubmissionState.WAITING, SubmissionState.WITHDRAWN]


def test_another_document_with_the_same_words_is_another_certificate(house: PortalHouse) -> None:
    request_id, _ = house.ask("TX", "CA")
    first = sent(house, request_id)
    draft = drafted(house, request_id, GOOD, UPLOAD, MADE)

    second = submissions.submit(house.store, draft.id, house.act(), seen=draft.version)

    assert second.certificate_id != first.certificate_id


@pytest.mark.parametrize("state", [ReviewStatus.ACCEPTED, ReviewStatus.REJECTED])
def test_a_page_that_is_left_open_sends_nothing_twice(
    house: PortalHouse, state: ReviewStatus
) -> None:
    request_id, _ = house.ask()
    done = sent(house, request_id)
    with house.store.writing() as tx:
        tx.submissions.reviewed(done.id, SubmissionState(state.value), NOW, "dana")

    later = submissions.submit(house.store, done.id, house.act(), seen=done.version)

    assert later.certificate_id == done.certificate_id
    assert later.state == state.value


def test_what_was_given_up_is_not_sent(house: PortalHouse) -> None:
    request_id, _ = house.ask()
    draft = drafted(house, request_id)

    assert submissions.discard(house.store, draft.id, NOW)
    with pytest.raises(ConflictError):
        submissions.submit(house.store, draft.id, house.act(), seen=draft.version)
