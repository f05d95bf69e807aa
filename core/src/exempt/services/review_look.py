"""One certificate that waits for review, with all that whoever reviews it goes by."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from exempt.model.certificate import AttachedFile, Certificate, Change, ExemptionReason
from exempt.model.customer import CustomerCard
from exempt.model.paper import Paper, Reading
from exempt.model.requesting import Submission
from exempt.rules import claims
from exempt.rules.comparing import Compared, Names, compare
from exempt.rules.objections import Objection
from exempt.rules.review_case import Case, Check
from exempt.rules.review_checks import review_checks
from exempt.rules.status import CertificateStatus, certificate_status
from exempt.rules.validity import Proposal
from exempt.services.certificates import Act
from exempt.services.objecting import objections
from exempt.services.ports import Store, Transaction
from exempt.services.request_ports import RequestRow
from exempt.services.review_ports import OpenOrders, WaitingRow
from exempt.services.reviewing import Companies, none_such, sellers_of
from exempt.services.rows import CertificateFilter, Subject

ORDERS_SHOWN = 10
PREVIOUS_MOST = 200


class SeenFile(NamedTuple):
    """A file of the certificate; without a paper it can only be opened."""

    file: AttachedFile
    paper: Paper | None
    reading: Reading | None


class Previous(NamedTuple):
    """Another certificate of its customers for one of its states."""

    certificate: Certificate
    status: CertificateStatus


class Looked(NamedTuple):
    """All that there is to see.

    Attributes:
        compared: Each field, as entered and as read.
        checks: See `exempt.rules.review_checks`.
        objections: What the states' rules have against it, by jurisdiction.
        law: What each state's rule says of its end.
        previous: The newest first.
        orders: The open orders that it might cover.
        history: The oldest change first.
    """

    row: WaitingRow
    certificate: Certificate
    customers: Sequence[CustomerCard]
    sellers: Sequence[str]
    submission: Submission | None
    request: RequestRow | None
    files: Sequence[SeenFile]
    compared: Sequence[Compared]
    checks: Sequence[Check]
    objections: Mapping[str, Sequence[Objection]]
    law: Mapping[str, Proposal]
    previous: Sequence[Previous]
    orders: OpenOrders
    history: Sequence[Change]

    @property
    def title(self) -> str:
        """Whose it is."""
        return ", ".join(card.name for card in self.customers)


def look(
    store: Store,
    certificate_id: int,
    act: Act,
    *,
    company_ids: Companies = None,
    soon_days: int = 30,
) -> Looked:
    """Everything about one certificate, whether it waits or was reviewed.

    Raises:
        NotFoundError: There is none, or it belongs to another company.
    """
    with store.reading() as tx:
        row = tx.reviews.row(certificate_id)
        if row is None or (company_ids is not None and row.company_id not in company_ids):
            raise none_such(certificate_id)
        (certificate,) = tx.certificates.find([certificate_id])
        submission = tx.submissions.of_certificate(certificate_id)
        files = seen_files(tx, certificate)
        cards = tx.cards.find(certificate.customer_ids)
        sellers = sellers_of(tx, row.company_id)
        others = _others(tx, certificate, act.at.date(), soon_days)
        places = [one.jurisdiction for one in certificate.jurisdictions]
        request = tx.requests.get(submission.request_id) if submission else None
        orders = tx.reviews.open_orders(certificate.customer_ids, places, ORDERS_SHOWN)
        history = tx.history.of(Subject.CERTIFICATE, certificate_id)
    compared = compare(
        certificate,
        [each.reading for each in files],
        Names([card.name for card in cards], sellers),
        submission.answers if submission else None,
    )
    against = objections(certificate, act.policy, act.at.date())
    case = Case(
        certificate,
        act.at.date(),
        papers=[each.paper for each in files],
        readings=[each.reading for each in files],
        compared=compared,
        objections=against,
        signature=submission.signature if submission else None,
        asked=[ExemptionReason(each) for each in request.reasons] if request else (),
        others=[each.certificate for each in others],
    )
    return Looked(
        row=row,
        certificate=certificate,
        customers=cards,
        sellers=sellers,
        submission=submission,
        request=request,
        files=files,
        compared=compared,
        checks=review_checks(case),
        objections=against,
        law=claims.proposals(certificate, act.policy.pack, act.policy.review_after_years),
        previous=others,
        orders=orders,
        history=history,
    )


def seen_files(tx: Transaction, certificate: Certificate) -> list[SeenFile]:
    """Its files, and what is known of each."""
    return [
        SeenFile(file, tx.papers.get(file.sha256), tx.papers.reading(file.sha256))
        for file in certificate.files
    ]


def _others(
    tx: Transaction, certificate: Certificate, on: dt.date, soon_days: int
) -> list[Previous]:
    """Other certificates of its customers for one of its states, the newest first."""
    places = {one.jurisdiction for one in certificate.jurisdictions}
    found: dict[int, Certificate] = {}
    for customer_id in certificate.customer_ids:
        filters = CertificateFilter(customer_id=customer_id, descending=True, limit=PREVIOUS_MOST)
        page = tx.search.certificates(filters, on, soon_days)
        found |= {
            each.id: each
            for each in page.certificates
            if each.id != certificate.id
            and places & {one.jurisdiction for one in each.jurisdictions}
        }
    newest = sorted(found.values(), key=lambda each: each.id, reverse=True)
    return [Previous(each, certificate_status(each, on, soon_days)) for each in newest]
