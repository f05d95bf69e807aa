"""What a customer would be told of a rejection, before it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from exempt.model.certificate import Certificate, Rejection
from exempt.model.customer import CustomerCard
from exempt.model.messages import Purpose
from exempt.model.requesting import RequestState
from exempt.rules.rejections import sentence
from exempt.services import companies
from exempt.services.owed_mails import About, Letter, recipient_of, unreachable, worded
from exempt.services.ports import Transaction
from exempt.services.post import Post, mailer_of
from exempt.services.request_ports import RequestRow


class Preview(NamedTuple):
    """The mail; ``why_not`` says why none goes out."""

    to: str = ""
    subject: str = ""
    text: str = ""
    why_not: str = ""


def preview(
    tx: Transaction,
    certificate: Certificate,
    rejections: Sequence[Rejection],
    at: dt.datetime,
    post: Post,
) -> Preview:
    """The mail that tells a customer why a certificate cannot be accepted."""
    submission = tx.submissions.of_certificate(certificate.id)
    known = tx.requests.get(submission.request_id) if submission else None
    ids = [known.customer_id] if known else certificate.customer_ids
    cards = [card for card in tx.cards.find(ids) if not unreachable(card, known)]
    if not cards:
        return Preview(why_not="No mail reaches this customer: see its e-mail address.")
    request = known or _new(tx, certificate, cards[0], at)
    if mailer_of(tx, request) is None:
        return Preview(why_not="No connection sends mail for this company.")
    about = About(rejections=tuple(sentence(each) for each in rejections))
    letter = Letter(request, cards[0], Purpose.REJECTION, about, at.date())
    mail = worded(tx, letter, "preview", post)
    return Preview(recipient_of(cards[0], request), mail.subject, mail.text)


def _new(
    tx: Transaction, certificate: Certificate, card: CustomerCard, at: dt.datetime
) -> RequestRow:
    """The request that would be made for it."""
    names = companies.names(tx)
    return RequestRow(
        id=0,
        customer_id=card.id,
        customer_name=card.name,
        recipient=card.email or "",
        jurisdictions=tuple(one.jurisdiction for one in certificate.jurisdictions),
        state=RequestState.NOT_OPENED.value,
        created_at=at,
        company_id=card.company_id,
        company=names[card.company_id],
    )
