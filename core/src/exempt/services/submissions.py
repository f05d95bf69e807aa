"""What customers send in through the link of a request: drafted, sent, taken back.

A request has one draft at a time, whoever is in the portal through whichever
of its links; what was sent changes no more.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from typing import NamedTuple

from exempt.errors import ConflictError, NotFoundError, RefusedError
from exempt.model.certificate import (
    AttachedFile,
    Certificate,
    Rejection,
    RejectionCode,
    ReviewStatus,
)
from exempt.model.requesting import (
    Answers,
    Signature,
    Submission,
    SubmissionState,
    SubmissionWay,
    SubmittedFile,
)
from exempt.rules import claims
from exempt.rules.answers import Amiss, amiss, blocking, details_of
from exempt.rules.request_states import Step, may, state_of
from exempt.services import certificates, request_steps
from exempt.services.certificates import Act
from exempt.services.files import Kept
from exempt.services.job_ports import JobKind
from exempt.services.listing_ports import Next, SubmissionFilter
from exempt.services.ports import Store, Transaction
from exempt.services.request_ports import RequestRow
from exempt.services.submission_ports import SubmissionView

SOURCE = "portal"

FILES_MAX = 20
"""Files of one certificate."""

FULL = f"There are {FILES_MAX} files already. Remove one, or send these first."

SENT_MAX = 50
"""Certificates sent in answer to one request: more is somebody's mischief."""

TAKEN_BACK = "The customer took it back."


class Draft(NamedTuple):
    """A draft as whoever changes it has seen it; id 0 and version 0 = there was none."""

    id: int = 0
    version: int = 0


class NotYetError(RefusedError):
    """It cannot be sent as it is; ``amiss`` says what is to be mended."""

    def __init__(self, found: Sequence[Amiss]) -> None:
        super().__init__("it cannot be sent as it is: " + " ".join(a.sentence for a in found))
        self.amiss = tuple(found)


class ClosedError(RefusedError):
    """Nothing can be sent in answer to the request any more."""


# --- drafts ------------------------------------------------------------------------------


def draft_of(tx: Transaction, request_id: int) -> Submission | None:
    """The draft of a request, if there is one."""
    found = [each for each in tx.submissions.of_requests([request_id]) if _is_draft(each)]
    return found[-1] if found else None


def following(tx: Transaction, filters: SubmissionFilter, part: Next) -> list[int]:
    """The ids of the next ones that fit, in the order that *part* asks for."""
    return tx.listing.submissions(filters, part)


def views(tx: Transaction, submission_ids: Sequence[int]) -> list[SubmissionView]:
    """Those with these ids, as far as there are any, in this order."""
    return tx.submissions.views(submission_ids)


def start(store: Store, request_id: int, way: SubmissionWay, at: dt.datetime) -> Submission:
    """The draft of a request; an empty one is made where there is none.

    Raises:
        ClosedError: Nothing can be sent any more.
    """
    with store.writing() as tx:
        return _draft(tx, request_id, way, at)


def save_draft(
    store: Store,
    request_id: int,
    way: SubmissionWay,
    answers: Answers,
    at: dt.datetime,
    *,
    seen: Draft,
) -> Submission:
    """Keep what was filled in so far; the draft is made where *seen* says that there was none.

    Raises:
        ConflictError: It was changed since, or sent, or there is one by now.
        ClosedError: Nothing can be sent any more.
    """
    with store.writing() as tx:
        draft = _draft(tx, request_id, way, at)
        if (draft.way, draft.answers) == (way, answers):
            return draft  # the same once more, as a doubled click sends it
        fresh = seen == Draft() and draft.answers == Answers()
        if not fresh and seen != Draft(draft.id, draft.version):
            raise _conflict()
        if not tx.submissions.save(draft.id, way, answers, at, seen=draft.version):
            raise _conflict()
        return _get(tx, draft.id)


def add_file(store: Store, submission_id: int, kept: Kept, at: dt.datetime) -> SubmittedFile:
    """Put a file that is kept already to a draft; the same one twice counts once.

    Raises:
        RefusedError: It has files enough.
        ConflictError: It is no draft any more.
    """
    with store.writing() as tx:
        draft = _get(tx, submission_id)
        for file in draft.files:
            if (file.sha256, file.name) == (kept.sha256, kept.name):
                return file
        if len(draft.files) >= FILES_MAX:
            raise RefusedError(FULL)
        file = SubmittedFile(**kept._asdict(), added_at=at)
        file_id = tx.submissions.add_file(submission_id, file)
        if file_id is None:
            raise _conflict()
        return file.model_copy(update={"id": file_id})


def drop_file(store: Store, submission_id: int, file_id: int) -> bool:
    """Take a file from a draft; False when there is none."""
    with store.writing() as tx:
        return tx.submissions.drop_file(submission_id, file_id)


def discard(store: Store, submission_id: int, at: dt.datetime) -> bool:
    """Give a draft up; False when it is none any more."""
    with store.writing() as tx:
        return tx.submissions.discard(submission_id, at)


# --- sending -----------------------------------------------------------------------------


def digest(answers: Answers) -> str:
    """The SHA-256 of what is signed: the answers as canonical JSON."""
    said = json.dumps(answers.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(said.encode()).hexdigest()


def lacking(submission: Submission, act: Act, *, signed: bool = False) -> tuple[Amiss, ...]:
    """What is amiss with a draft; a document or a signature is part of it."""
    policy, on = act.policy, act.at.date()
    found = amiss(submission.answers, policy.pack, on, policy.review_after_years)
    if submission.way is SubmissionWay.UPLOAD and not submission.files:
        return (Amiss("files", "Add the certificate: a PDF, or a photo of it."), *found)
    if submission.way is SubmissionWay.FORM and not signed:
        return (Amiss("signature", "Sign the certificate."), *found)
    return found


def submit(
    store: Store,
    submission_id: int,
    act: Act,
    *,
    seen: int,
    signature: Signature | None = None,
    form: Kept | None = None,
) -> Submission:
    """Send a draft in: it becomes a pending certificate, and the request moves on.

    What was sent already comes back as it is: of two who send at once one wins,
    and the other sees the same.

    Args:
        store: Where it is.
        submission_id: The draft.
        act: Who sends it (``portal:`` and the address that the link was mailed to), and when.
        seen: The version of the draft that they saw.
        signature: Of what was filled in on-line.
        form: The PDF that was made of that.

    Raises:
        NotYetError: Something is missing, or a state refuses it as it is.
        ConflictError: The draft was changed since, or given up.
        ClosedError: Nothing can be sent any more.
    """
    with store.writing() as tx:
        # One after the other in a company; and looked at only then.
        tx.alone(tx.sources.companies_of([_get(tx, submission_id).customer_id]))
        draft = _get(tx, submission_id)
        if draft.state not in {SubmissionState.DRAFT, SubmissionState.WITHDRAWN}:
            return draft
        if twin := _sent_already(tx, draft):
            tx.submissions.discard(draft.id, act.at)
            return twin
        _still_open(tx, draft.request_id, act.at)
        if found := blocking(lacking(draft, act, signed=signature is not None)):
            raise NotYetError(found)
        # First, so that the request counts as answered by this, and not by what is on file.
        request_steps.submitted(tx, draft.request_id, act.at, places=draft.answers.jurisdictions)
        _sign(tx, draft, form, act)
        certificate = _enter(tx, _get(tx, draft.id), act)
        if not tx.submissions.submit(draft.id, certificate.id, signature, act.at, seen=seen):
            raise _conflict()
        tx.jobs.ask(JobKind.READING)
        return _get(tx, draft.id)


def _sent_already(tx: Transaction, draft: Submission) -> Submission | None:
    """What was sent with the same words and files, as a doubled click sends it."""
    mine = _told(draft)
    for other in tx.submissions.of_requests([draft.request_id]):
        if other.state is SubmissionState.WAITING and _told(other) == mine:
            return other
    return None


def _told(submission: Submission) -> tuple[SubmissionWay, Answers, frozenset[str]]:
    hashes = frozenset(file.sha256 for file in submission.files)
    form = submission.way is SubmissionWay.FORM  # its PDF is made anew each time
    return submission.way, submission.answers, frozenset() if form else hashes


def _sign(tx: Transaction, draft: Submission, form: Kept | None, act: Act) -> None:
    if form is None:
        return
    if tx.submissions.add_file(draft.id, SubmittedFile(**form._asdict(), added_at=act.at)) is None:
        raise _conflict()


def _enter(tx: Transaction, draft: Submission, act: Act) -> Certificate:
    answers, on = draft.answers, act.at.date()
    if draft.way is SubmissionWay.FORM:
        answers = answers.model_copy(update={"signed_date": on})
    details = details_of(answers, draft.customer_id, on)
    assert details is not None  # noqa: S101 - otherwise something blocks it
    policy = act.policy
    done = certificates.enter(
        tx,
        claims.with_certain_ends(details, policy.pack, policy.review_after_years),
        act,
        review_status=ReviewStatus.PENDING,
        source=SOURCE,
        files=[_attached(file, act) for file in draft.files],
    )
    return done.certificate


def _attached(file: SubmittedFile, act: Act) -> AttachedFile:
    kept = file.model_dump(include={"name", "media_type", "sha256", "size"})
    return AttachedFile(**kept, added_at=act.at, added_by=act.by)


# --- taking back -------------------------------------------------------------------------


def take_back(store: Store, certificate_id: int, customer_id: int, act: Act) -> None:
    """Let a certificate that was given by mistake count no more.

    One that waits is rejected; one that was accepted is archived, and covers no
    order from that day on.

    Raises:
        NotFoundError: The customer has no such certificate, or shares it with others.
        RefusedError: It does not count anyway.
    """
    with store.reading() as tx:
        certificate = tx.certificates.get(certificate_id)
        submission = tx.submissions.of_certificate(certificate_id)
    if certificate is None or certificate.customer_ids != (customer_id,):
        msg = f"certificate {certificate_id}: there is none of yours"
        raise NotFoundError(msg)
    if certificate.review_status is ReviewStatus.ACCEPTED:
        certificates.archive(store, certificate_id, act, seen=certificate.version)
        return
    if certificate.review_status is ReviewStatus.REJECTED:
        msg = f"certificate {certificate_id}: was rejected already"
        raise RefusedError(msg)
    with store.writing() as tx:
        if submission is not None and not tx.submissions.reviewed(
            submission.id, SubmissionState.WITHDRAWN, act.at, act.by
        ):
            raise _conflict()
        certificates.review_in(
            tx, certificate_id, act, rejections=why_taken_back(), seen=certificate.version
        )
        if submission is not None:
            request_steps.taken_back(tx, submission.request_id, act.at)


def why_taken_back() -> tuple[Rejection, ...]:
    """What stands on a certificate that was taken back before it was reviewed."""
    return (Rejection(code=RejectionCode.OTHER, text=TAKEN_BACK),)


# --- shared ------------------------------------------------------------------------------


def _draft(tx: Transaction, request_id: int, way: SubmissionWay, at: dt.datetime) -> Submission:
    request = _still_open(tx, request_id, at)
    known = draft_of(tx, request_id)
    if known is not None:
        return known
    if len(tx.submissions.of_requests([request_id])) >= SENT_MAX:
        msg = f"{SENT_MAX} certificates were sent already: answer our mail to send more"
        raise ClosedError(msg)
    return _get(tx, tx.submissions.start(request_id, request.customer_id, way, at))


def _still_open(tx: Transaction, request_id: int, at: dt.datetime) -> RequestRow:
    request = tx.requests.get(request_id)
    if request is None or not may(state_of(request, at), Step.SUBMIT):
        msg = f"request {request_id}: nothing can be sent in answer to it any more"
        raise ClosedError(msg)
    return request


def _get(tx: Transaction, submission_id: int) -> Submission:
    found = tx.submissions.get(submission_id)
    if found is None:
        msg = f"submission {submission_id}: there is none"
        raise NotFoundError(msg)
    return found


def _is_draft(submission: Submission) -> bool:
    return submission.state is SubmissionState.DRAFT


def _conflict() -> ConflictError:
    return ConflictError("It was changed in another window meanwhile: look at it again.")
