"""Visits of the portal: begun by a followed link, they go on while something is done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from exempt.model.certificate import Certificate
from exempt.model.customer import CustomerCard
from exempt.model.requesting import RequestState, Submission, SubmissionState
from exempt.rules.holdings import Holding, holdings
from exempt.rules.request_states import Step, may, state_of
from exempt.services.ports import Store, Transaction
from exempt.services.request_ports import RequestRow
from exempt.services.rows import CompanyRow
from exempt.services.secret_ports import hashed, new_token
from exempt.services.submission_ports import LinkRow

IDLE = dt.timedelta(hours=1)
"""How long somebody may do nothing in the portal before the link must be followed again."""


class Visit(NamedTuple):
    """Somebody in the portal, and what there is of theirs.

    Attributes:
        state: Of the request, at this moment.
        sent: What was sent in answer to this request and to others, oldest first.
        certificates: Those of the customer, and of no other one.
    """

    request: RequestRow
    state: RequestState
    company: CompanyRow
    card: CustomerCard
    sent: Sequence[Submission]
    certificates: Sequence[Certificate]

    @property
    def may_send(self) -> bool:
        """Whether something can be sent in."""
        return may(self.state, Step.SUBMIT)

    @property
    def draft(self) -> Submission | None:
        """What is being filled in."""
        mine = [each for each in self.sent if each.request_id == self.request.id]
        return next((s for s in reversed(mine) if s.state is SubmissionState.DRAFT), None)

    @property
    def by(self) -> str:
        """As whom whoever got the mail stands in histories."""
        return f"portal:{self.request.recipient}"

    def holdings(self, on: dt.date, soon_days: int) -> tuple[Holding, ...]:
        """What there is for each state of the request."""
        return holdings(self.certificates, self.request.jurisdictions, on, soon_days)


def begin(store: Store, link: LinkRow, at: dt.datetime) -> str:
    """Let whoever followed a link in; returns the secret by which they are known from now on."""
    visit_id = new_token()
    with store.writing() as tx:
        tx.links.enter(hashed(visit_id), link.id, at)
    return visit_id


def current(store: Store, visit_id: str, at: dt.datetime) -> Visit | None:
    """The visit with this secret, which goes on by that; None = there is none, or no more."""
    id_hash = hashed(visit_id)
    with store.reading() as tx:
        link = tx.links.entered(id_hash, at - IDLE)
        visit = _visit(tx, link, at) if link is not None and link.works(at) else None
    if visit is not None:
        with store.writing() as tx:
            tx.links.seen(id_hash, at)
    return visit


def again(store: Store, visit: Visit) -> Visit:
    """The visit with what was sent in by now."""
    with store.reading() as tx:
        return visit._replace(sent=tx.submissions.of_customers([visit.card.id]))


def _visit(tx: Transaction, link: LinkRow, at: dt.datetime) -> Visit | None:
    request = tx.requests.get(link.request_id)
    if request is None or not may(state_of(request, at), Step.OPEN):
        return None
    (card,) = tx.cards.find([request.customer_id])
    company = next(each for each in tx.cards.companies() if each.id == card.company_id)
    held = tx.certificates.find(tx.cards.certificates_of(card.id))
    return Visit(
        request,
        state_of(request, at),
        company,
        card,
        tx.submissions.of_customers([card.id]),
        [each for each in held if each.customer_ids == (card.id,)],
    )
