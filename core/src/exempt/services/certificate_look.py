"""One certificate with all that whoever looks at it wants to know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from exempt.model.access import Caller
from exempt.model.certificate import Certificate
from exempt.model.custom import CustomField
from exempt.model.customer import CustomerCard
from exempt.rules.certificate_words import Told, told
from exempt.rules.objections import Objection, ObjectionSeverity
from exempt.rules.rejections import sentence
from exempt.rules.status import CertificateStatus
from exempt.services import entries, scoped, sheet
from exempt.services.certificates import Act
from exempt.services.entries import EntryRow
from exempt.services.order_ports import OrderFilter, OrderPage
from exempt.services.policy import Policy
from exempt.services.ports import Store, Transaction
from exempt.services.review_look import SeenFile, seen_files
from exempt.services.rows import Subject
from exempt.services.sheet import Looked

ORDERS_SHOWN = 6


class Objected(NamedTuple):
    """What a state's rule has against it, and where that is written."""

    jurisdiction: str
    objections: Sequence[Objection]
    source: str

    @property
    def refuses(self) -> bool:
        """Whether the certificate fails as it stands."""
        return any(each.severity is ObjectionSeverity.REFUSE for each in self.objections)


class CertificateLook(NamedTuple):
    """All that there is to see.

    Attributes:
        cards: Its customers.
        companies: The names of theirs.
        sources: Where the rule of each state is written.
        orders: Those that go by it, the newest.
        history: What happened, the newest first.
        request_id: The request that its customer answered with it.
    """

    looked: Looked
    cards: Sequence[CustomerCard]
    companies: Sequence[str]
    files: Sequence[SeenFile]
    objections: Sequence[Objected]
    sources: Mapping[str, str]
    orders: OrderPage
    entries: Sequence[EntryRow]
    history: Sequence[Told]
    request_id: int | None = None

    @property
    def certificate(self) -> Certificate:
        """Itself."""
        return self.looked.certificate

    @property
    def status(self) -> CertificateStatus:
        """Of the whole certificate, today."""
        return self.looked.status

    @property
    def title(self) -> str:
        """Whose it is."""
        return ", ".join(card.name for card in self.cards)

    @property
    def rejected(self) -> list[str]:
        """Why it was rejected, a sentence a reason."""
        return [sentence(each) for each in self.certificate.rejections]


def look(
    store: Store,
    certificate_id: int,
    caller: Caller,
    act: Act,
    *,
    soon_days: int,
    fields: Mapping[str, CustomField],
) -> CertificateLook:
    """Everything about one certificate; *fields* are the seller's own.

    Raises:
        NotFoundError: There is none that the caller sees.
    """
    with store.reading() as tx:
        certificate = scoped.certificate(tx, certificate_id, caller)
        looked = sheet.look(tx, certificate, act.at.date(), soon_days, act.policy)
        cards = tx.cards.find(certificate.customer_ids)
        wanted = OrderFilter(
            certificate_id=certificate_id, company_ids=caller.company_ids, limit=ORDERS_SHOWN
        )
        titles = {key: field.title for key, field in fields.items()}
        sent = tx.submissions.of_certificate(certificate_id)
        return CertificateLook(
            looked=looked,
            cards=cards,
            companies=_companies(tx, cards),
            files=seen_files(tx, certificate),
            objections=list(_objected(looked)),
            sources=_sources(act.policy, certificate),
            orders=tx.orders.page(wanted),
            entries=entries.listed(tx, Subject.CERTIFICATE, certificate_id),
            history=told(looked.history, _names(tx, looked, cards), titles),
            request_id=sent.request_id if sent else None,
        )


def _companies(tx: Transaction, cards: Sequence[CustomerCard]) -> list[str]:
    mine = {card.company_id for card in cards}
    return [row.name for row in tx.cards.companies() if row.id in mine]


def _names(tx: Transaction, looked: Looked, cards: Sequence[CustomerCard]) -> dict[str, str]:
    """The names of all customers that it ever had, by their ids as text."""
    said = [
        text
        for change in looked.history
        if change.field == "customer_ids"
        for text in f"{change.old or ''}, {change.new or ''}".split(", ")
    ]
    more = {int(text) for text in said if text.isdecimal()} - {card.id for card in cards}
    return {str(card.id): card.name for card in (*cards, *tx.cards.find(sorted(more)))}


def _objected(looked: Looked) -> Iterator[Objected]:
    written = _sources(looked.policy, looked.certificate)
    for place, against in looked.objections.items():
        yield Objected(place, against, written.get(place, ""))


def _sources(policy: Policy, certificate: Certificate) -> dict[str, str]:
    """Where the rule of each of its states is written."""
    rules = (policy.pack.state(one.jurisdiction) for one in certificate.jurisdictions)
    return {rule.jurisdiction: rule.source for rule in rules if rule}
