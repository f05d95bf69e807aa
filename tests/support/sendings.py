"""Submissions for tests: drafted, sent, and what became of them."""

from __future__ import annotations

from exempt.model.certificate import Certificate, ExemptionReason
from exempt.model.requesting import Answers, Submission, SubmissionWay
from exempt.services import request_steps, submissions
from exempt.services.files import Kept
from exempt.services.submissions import Draft
from support.portal import PortalHouse
from support.records import NOW, TODAY

UPLOAD, FORM = SubmissionWay.UPLOAD, SubmissionWay.FORM
SCAN = Kept("scan.pdf", "application/pdf", "a" * 64, 7)
MADE = Kept("ST-120 signed.pdf", "application/pdf", "b" * 64, 9)
GOOD = Answers(
    jurisdictions=("US-TX",),
    numbers={"US-TX": "12345678901"},
    exemption_reason=ExemptionReason.RESALE,
    effective_date=TODAY,
)


def drafted(
    house: PortalHouse,
    request_id: int,
    answers: Answers = GOOD,
    way: SubmissionWay = UPLOAD,
    *files: Kept,
) -> Submission:
    """A draft with a file, ready to be sent."""
    saved = submissions.save_draft(house.store, request_id, way, answers, NOW, seen=Draft())
    for file in files or ((SCAN,) if way is UPLOAD else ()):
        submissions.add_file(house.store, saved.id, file, NOW)
    return saved


def sent(house: PortalHouse, request_id: int, answers: Answers = GOOD) -> Submission:
    """A draft, and sent at once."""
    draft = drafted(house, request_id, answers)
    return submissions.submit(house.store, draft.id, house.act(), seen=draft.version)


def certificate(house: PortalHouse, submission: Submission) -> Certificate:
    """What was made of it."""
    assert submission.certificate_id is not None
    with house.store.reading() as tx:
        found = tx.certificates.get(submission.certificate_id)
    assert found is not None
    return found


def state_of(house: PortalHouse, request_id: int) -> str:
    """Where a request stands."""
    with house.store.reading() as tx:
        return request_steps.get(tx, request_id).state
