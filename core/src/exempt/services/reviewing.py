"""Review: what waits, accepted or rejected; the request it answers moves on with it.

The queue is every pending certificate, the oldest first, whether a customer
sent it in through a link, a shop did by the API, or staff entered it as
pending. So nothing waits where nobody looks.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from exempt.errors import ConflictError, NotFoundError, RefusedError
from exempt.model.certificate import (
    Certificate,
    CertificateDetails,
    Rejection,
    RejectionCode,
    ReviewStatus,
)
from exempt.model.paper import FieldName
from exempt.model.requesting import RequestState, SubmissionState
from exempt.rules.comparing import Names, compare
from exempt.services.certificates import Act, Done, review_in
from exempt.services.owed_mails import unreachable
from exempt.services.ports import Store, Transaction
from exempt.services.request_ports import Asking
from exempt.services.request_steps import reviewed, tell_rejected
from exempt.services.review_ports import QueueFilter, QueuePage, WaitingRow
from exempt.services.rows import Subject

Companies = Collection[int] | None
"""The companies that whoever asks sees; None = all."""


class Item(NamedTuple):
    """A line of the queue.

    Attributes:
        disagree: The fields in which the document says something else than was entered.
        read: Whether its documents were read.
        days: How many days it has waited.
    """

    row: WaitingRow
    disagree: tuple[FieldName, ...]
    read: bool
    days: int


class Queue(NamedTuple):
    """A part of the queue; see `QueuePage`."""

    items: list[Item]
    page: QueuePage


class Reviewed(NamedTuple):
    """What was done, and the request by which the customer is told of a rejection, if it is."""

    done: Done
    told_by: int | None = None


def queue(store: Store, filters: QueueFilter, act: Act) -> Queue:
    """What waits for review, the oldest first, with what disagrees in each."""
    with store.reading() as tx:
        page = tx.reviews.page(filters)
        found = tx.certificates.find([row.certificate_id for row in page.rows])
        details = {certificate.id: certificate for certificate in found}
        readings = tx.reviews.readings({sha for row in page.rows for sha in row.sha256s})
        sellers = {row.company_id: sellers_of(tx, row.company_id) for row in page.rows}
    items = []
    for row in page.rows:
        seen = [readings.get(sha256) for sha256 in row.sha256s]
        names = Names([row.customer_name], sellers[row.company_id])
        fields = [c.field for c in compare(details[row.certificate_id], seen, names) if c.disagrees]
        read = any(reading is not None for reading in seen)
        items.append(Item(row, tuple(dict.fromkeys(fields)), read, (act.at - row.since).days))
    return Queue(items, page)


def count(store: Store, company_ids: Companies = None) -> int:
    """How many certificates wait for review."""
    with store.reading() as tx:
        return tx.reviews.count(company_ids)


def next_after(store: Store, certificate_id: int | None, filters: QueueFilter) -> int | None:
    """The certificate that waits behind this one, or else the oldest; None = none waits."""
    with store.reading() as tx:
        return tx.reviews.next_after(certificate_id, filters)


def accept(
    store: Store,
    certificate_id: int,
    act: Act,
    *,
    seen: int,
    details: CertificateDetails | None = None,
    anyway: bool = False,
    company_ids: Companies = None,
) -> Reviewed:
    """Accept what waits, as it is or with other *details*: all of it, or nothing.

    Open orders are decided anew, and what follows is owed to their sources,
    with the document.

    Args:
        store: Where it is kept.
        certificate_id: What is accepted.
        act: Who accepts it.
        seen: The version that they looked at.
        details: What it is to say from now on.
        anyway: Accept it although a state's rule refuses it as it stands.
        company_ids: The companies that they see.

    Raises:
        ConflictError: Somebody reviewed or changed it meanwhile.
        RefusedError: A state's rule refuses it.
        NotFoundError: There is no such certificate.
    """
    with store.writing() as tx:
        waiting(tx, certificate_id, company_ids)
        if details is not None:
            _see(tx, certificate_id, details.customer_ids, company_ids)
        done = review_in(tx, certificate_id, act, details=details, seen=seen, anyway=anyway)
        return Reviewed(done, follow(tx, done.certificate, act))


def reject(
    store: Store,
    certificate_id: int,
    rejections: Sequence[Rejection],
    act: Act,
    *,
    seen: int,
    tell: bool = True,
    company_ids: Companies = None,
) -> Reviewed:
    """Reject what waits, for these reasons; the customer is told them, with a link to mend it.

    What did not come through a link is asked for by a new request, whose first
    mail tells them. Without *tell* nobody is written to; a request that it
    answers can be answered again all the same.

    Raises:
        ConflictError: Somebody reviewed or changed it meanwhile.
        RefusedError: No reason is given, or one that says nothing.
        NotFoundError: There is no such certificate.
    """
    check_rejections(rejections)
    with store.writing() as tx:
        waiting(tx, certificate_id, company_ids)
        done = review_in(tx, certificate_id, act, rejections=rejections, seen=seen)
        return Reviewed(done, follow(tx, done.certificate, act, tell=tell))


def review(
    store: Store,
    certificate_id: int,
    act: Act,
    *,
    rejections: Sequence[Rejection] = (),
    seen: int | None = None,
    anyway: bool = False,
    tell: bool | None = None,
) -> Reviewed:
    """Accept or reject any certificate, also one that was reviewed before.

    *tell* says whether the customer is told of a rejection; None = where it
    waits for it, because it sent something in through a link.

    Raises:
        ConflictError: Somebody changed it since *seen*.
        RefusedError: It is so already, or a state's rule refuses it.
        NotFoundError: There is no such certificate.
    """
    with store.writing() as tx:
        done = review_in(tx, certificate_id, act, rejections=rejections, seen=seen, anyway=anyway)
        return Reviewed(done, follow(tx, done.certificate, act, tell=tell))


def check_rejections(rejections: Sequence[Rejection]) -> None:
    """See that a customer learns from them what is wrong.

    Raises:
        RefusedError: They do not.
    """
    if not rejections:
        msg = "choose at least one reason: it is what the customer is told"
        raise RefusedError(msg)
    if any(each.code is RejectionCode.OTHER and not each.text for each in rejections):
        msg = "say in words what the other reason is: it is what the customer is told"
        raise RefusedError(msg)


def follow(
    tx: Transaction, certificate: Certificate, act: Act, *, tell: bool | None = None
) -> int | None:
    """Let the submission and its request move on with a certificate that was reviewed.

    Returns:
        The request by which the customer is told of the rejection; None = nobody is.
    """
    accepted = certificate.review_status is ReviewStatus.ACCEPTED
    state = SubmissionState.ACCEPTED if accepted else SubmissionState.REJECTED
    submission = tx.submissions.of_certificate(certificate.id)
    if submission is None or not tx.submissions.reviewed(submission.id, state, act.at, act.by):
        return _ask_anew(tx, certificate, act) if tell and not accepted else None
    request = tx.requests.get(submission.request_id)
    # Of several certificates in answer to one request another may have been rejected before.
    if accepted or (request and RequestState(request.state) is RequestState.SUBMITTED):
        reviewed(tx, submission.request_id, accepted=accepted, at=act.at, by=act.by)
    if accepted or tell is False:
        return None
    told = tell_rejected(tx, submission.request_id, certificate.rejections, act)
    return submission.request_id if told else None


def _ask_anew(tx: Transaction, certificate: Certificate, act: Act) -> int | None:
    """Ask for another one by a request whose first mail says what is wrong with this one."""
    for card in tx.cards.find(certificate.customer_ids):
        if unreachable(card):
            continue
        reasons = dict.fromkeys(one.reason.value for one in certificate.jurisdictions)
        request_id = tx.requests.add(
            card.id,
            card.email or "",
            [one.jurisdiction for one in certificate.jurisdictions],
            act.at,
            asking=Asking(reasons=tuple(reasons), made_by=act.by),
        )
        if tell_rejected(tx, request_id, certificate.rejections, act):
            made = tx.requests.get(request_id)
            assert made is not None  # noqa: S101 - of a moment ago
            tx.requests.move(made, RequestState.REJECTED, act.at)
            return request_id
        tx.requests.withdraw(request_id)
    return None


def waiting(tx: Transaction, certificate_id: int, company_ids: Companies) -> WaitingRow:
    """The certificate, if it still waits; nobody else reviews in its company meanwhile.

    Raises:
        ConflictError: It was reviewed, and by whom.
        NotFoundError: There is none, or it belongs to another company.
    """
    row = tx.reviews.row(certificate_id)
    if row is None or (company_ids is not None and row.company_id not in company_ids):
        raise none_such(certificate_id)
    tx.alone([row.company_id])
    (certificate,) = tx.certificates.find([certificate_id])
    if certificate.review_status is not ReviewStatus.PENDING:
        changes = tx.history.of(Subject.CERTIFICATE, certificate_id)
        last = next((each for each in reversed(changes) if each.field == "review_status"), None)
        who = f"{last.changed_by} did so at {last.changed_at:%H:%M} UTC" if last else "just now"
        done = certificate.review_status.value
        msg = f"certificate {certificate_id}: is {done} already: {who}: nothing was changed"
        raise ConflictError(msg)
    return row


def none_such(certificate_id: int) -> NotFoundError:
    """What is said of a certificate that does not exist, or that is not theirs to see."""
    return NotFoundError(f"certificate {certificate_id}: there is none: see /review")


def sellers_of(tx: Transaction, company_id: int) -> list[str]:
    """The names under which a company sells: its own, and those of the companies above it."""
    rows = {row.id: row for row in tx.cards.companies()}
    names: list[str] = []
    here: int | None = company_id
    while here is not None and here in rows:
        names.append(rows[here].name)
        here = rows[here].parent_id
    return names


def _see(
    tx: Transaction, certificate_id: int, customer_ids: Collection[int], company_ids: Companies
) -> None:
    """Refuse customers of companies that are not theirs to see."""
    if company_ids is not None and not tx.sources.companies_of(customer_ids) <= set(company_ids):
        raise none_such(certificate_id)
