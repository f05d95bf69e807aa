"""What customers send in: listed, accepted and rejected."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated

from fastapi import Query
from pydantic import Field

from exempt.model.access import Right
from exempt.model.certificate import CertificateDetails, Rejection
from exempt.model.record import ExternalId
from exempt.model.requesting import Answers, Signature, SubmissionState, SubmissionWay
from exempt.services import (
    certificate_lists,
    certificates,
    companies,
    reviewing,
    scoped,
    submissions,
)
from exempt.services.listing_ports import SubmissionFilter
from exempt.services.ports import Transaction
from exempt.services.submission_ports import SubmissionView
from exempt.web.api.bodies import Body
from exempt.web.api.calls import Call, Called
from exempt.web.api.operations import Id, Operations
from exempt.web.api.paging import Listed, Part, listed

operations = Operations("Submissions", "What customers send in, and its review.")


class SubmittedFileShown(Body):
    """A file that was sent in."""

    name: str
    media_type: str
    sha256: str
    size: int


class Submission(Body):
    """What a customer sent in; drafts are theirs alone.

    Attributes:
        certificate_id: The certificate that was made of it; its version is the ETag.
        way: Whether a document was handed in, or filled in and signed.
        answers: What the customer filled in.
        signature: How it was signed on-line; null = it was not.
    """

    id: int
    request_id: int
    customer_id: int
    customer_name: str
    company: str
    certificate_id: int | None
    state: SubmissionState
    way: SubmissionWay
    answers: Answers
    signature: Signature | None
    files: tuple[SubmittedFileShown, ...]
    submitted_at: dt.datetime | None
    reviewed_at: dt.datetime | None
    reviewed_by: str | None


class SubmissionList(Listed[Submission]):
    """A part of a list of submissions, in the order of their ids."""


class SubmissionQuery(Part):
    """Which submissions are wanted; what is left out does not matter."""

    company: ExternalId | None = Field(None, description="Of this company, by its key.")
    customer_id: Annotated[int, Field(ge=1, le=2**53)] | None = Field(
        None, description="Of this customer."
    )
    request_id: Annotated[int, Field(ge=1, le=2**53)] | None = Field(
        None, description="In answer to this request."
    )
    state: SubmissionState | None = Field(None, description="Where it stands.")


class Acceptance(Body):
    """How something is accepted.

    Attributes:
        details: What the certificate is to say from now on; null = what it says.
        anyway: Accept it although a state's rule refuses it as it stands.
    """

    details: CertificateDetails | None = None
    anyway: bool = False


class Refusal(Body):
    """Why something is rejected: the customer is told in a mail, with a link to mend it.

    Attributes:
        tell: Whether the customer is told.
    """

    rejections: Annotated[tuple[Rejection, ...], Field(min_length=1, max_length=20)]
    tell: bool = True


@operations.get("/submissions", Right.READ, 404)
def list_submissions(call: Called, query: Annotated[SubmissionQuery, Query()]) -> SubmissionList:
    """List what customers sent in."""
    with call.store.reading() as tx:
        keys = [query.company] if query.company else []
        filters = SubmissionFilter(
            company_ids=scoped.company_ids(tx, keys, call.caller),
            customer_id=query.customer_id,
            request_id=query.request_id,
            state=query.state,
        )
        ids = submissions.following(tx, filters, query.wanted)
        return SubmissionList(**listed(call, query, ids, int, lambda ids: _all(tx, ids)))


def _all(tx: Transaction, ids: Sequence[int]) -> list[Submission]:
    keys = companies.keys(tx)
    return [_shown(view, keys[view.company_id]) for view in submissions.views(tx, ids)]


def _shown(view: SubmissionView, company: str) -> Submission:
    one = view.submission
    return Submission(
        id=one.id,
        request_id=one.request_id,
        customer_id=one.customer_id,
        customer_name=view.customer_name,
        company=company,
        certificate_id=one.certificate_id,
        state=one.state,
        way=one.way,
        answers=one.answers,
        signature=one.signature,
        files=tuple(
            SubmittedFileShown(
                name=file.name, media_type=file.media_type, sha256=file.sha256, size=file.size
            )
            for file in one.files
        ),
        submitted_at=one.submitted_at,
        reviewed_at=one.reviewed_at,
        reviewed_by=one.reviewed_by,
    )


@operations.get("/submissions/{submission_id}", Right.READ, 404)
def get_submission(call: Called, submission_id: Id) -> Submission:
    """Something that a customer sent in; its ETag is that of its certificate."""
    return _answer(call, submission_id)


def _answer(call: Call, submission_id: int) -> Submission:
    with call.store.reading() as tx:
        view = scoped.submission(tx, submission_id, call.caller)
        for certificate in certificate_lists.find(tx, [view.submission.certificate_id or 0]):
            call.version(certificate.version)
        return _all(tx, [submission_id])[0]


def _certificate_of(call: Call, submission_id: int) -> tuple[int, int]:
    """The certificate that was made of a submission, and the version that was seen."""
    with call.store.reading() as tx:
        sent = scoped.submission(tx, submission_id, call.caller).submission
        made = certificates.get(tx, sent.certificate_id or 0)
    seen = call.seen()
    return made.id, made.version if seen is None else seen


@operations.post("/submissions/{submission_id}/accept", Right.REVIEW, 404, changes=True)
def accept_submission(call: Called, submission_id: Id, told: Acceptance) -> Submission:
    """Accept what waits, as it is or with other details.

    Open orders are decided anew, and their sources are told, with the document.
    """
    certificate_id, seen = _certificate_of(call, submission_id)
    reviewing.accept(
        call.store,
        certificate_id,
        call.act,
        seen=seen,
        details=told.details,
        anyway=told.anyway,
        company_ids=call.caller.company_ids,
    )
    return _answer(call, submission_id)


@operations.post("/submissions/{submission_id}/reject", Right.REVIEW, 404, changes=True)
def reject_submission(call: Called, submission_id: Id, told: Refusal) -> Submission:
    """Reject what waits, for these reasons."""
    certificate_id, seen = _certificate_of(call, submission_id)
    reviewing.reject(
        call.store,
        certificate_id,
        told.rejections,
        call.act,
        seen=seen,
        tell=told.tell,
        company_ids=call.caller.company_ids,
    )
    return _answer(call, submission_id)
