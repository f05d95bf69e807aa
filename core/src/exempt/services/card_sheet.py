"""All that is known of a customer, gathered for whoever shows its card."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from exempt.data import jurisdictions
from exempt.model.certificate import Certificate, Change, Coverage
from exempt.model.customer import CustomerCard, lacks_for_engine, lacks_recommended
from exempt.rules.decision import choose
from exempt.rules.status import CertificateStatus, certificate_status
from exempt.rules.wanted import levies, serves_all_orders
from exempt.services import cards
from exempt.services.ports import Transaction
from exempt.services.rows import CompanyRow, CustomerRecord, Exposure, ShipToLink, Subject

IN_FORCE = frozenset({CertificateStatus.ACTIVE, CertificateStatus.EXPIRING_SOON})
"""The statuses of a certificate that counts as active on a card."""


class CoveredState(NamedTuple):
    """A state that goods of a customer go to, and what covers it on the day.

    ``needed`` is false where no sales tax is levied.
    """

    jurisdiction: str
    coverage: Coverage | None
    needed: bool


class LookedCard(NamedTuple):
    """A card and what hangs on it, on one day.

    Attributes:
        certificates: Its own, with their statuses.
        states: Where its goods and those of its ship-to customers go, or went.
        exposure: Its sales and those of its ship-to customers, by state.
        others: The cards that its ship-to links name, by id.
        engine_lacks: What a tax engine would want to know; see `lacks_for_engine`.
        history: Who changed what, with that of cards that were merged into it.
    """

    card: CustomerCard
    company: CompanyRow
    records: list[CustomerRecord]
    links: list[ShipToLink]
    others: Mapping[int, CustomerCard]
    certificates: list[tuple[Certificate, CertificateStatus]]
    states: list[CoveredState]
    exposure: list[Exposure]
    engine_lacks: tuple[str, ...]
    recommended_lacks: tuple[str, ...]
    history: list[Change]

    @property
    def active_certificates(self) -> int:
        """How many of its own certificates are active."""
        return sum(status in IN_FORCE for _certificate, status in self.certificates)


def look_at(tx: Transaction, customer_id: int, on: dt.date, soon_days: int) -> LookedCard:
    """Gather what is known of a customer on the day *on*.

    Raises:
        NotFoundError: There is no such card.
    """
    card = cards.get(tx, customer_id)
    links = tx.cards.ship_tos([card.id])
    linked = {each for link in links for each in (link.bill_to_id, link.ship_to_id)} - {card.id}
    companies = {company.id: company for company in tx.cards.companies()}
    held = tx.certificates.coverages([card.id]).get(card.id, [])
    ids = tx.cards.certificates_of(card.id)
    changes = [
        change
        for each in (*tx.cards.merged_into(card.id), card.id)
        for change in tx.history.of(Subject.CUSTOMER, each)
    ]
    exposure = tx.cards.exposure([card.id, *card.ship_to_ids])
    return LookedCard(
        card=card,
        company=companies[card.company_id],
        records=tx.cards.records([card.id]),
        links=links,
        others={other.id: other for other in tx.cards.find(linked)},
        certificates=[
            (one, certificate_status(one, on, soon_days)) for one in tx.certificates.find(ids)
        ],
        states=_states(
            held,
            on,
            {
                *(one.jurisdiction for one in exposure if one.jurisdiction in jurisdictions()),
                *itertools.chain(*tx.cards.places([card.id, *card.ship_to_ids]).values()),
            },
        ),
        exposure=exposure,
        engine_lacks=lacks_for_engine(card),
        recommended_lacks=lacks_recommended(card),
        history=sorted(changes, key=lambda change: change.changed_at),
    )


def _states(
    held: Sequence[Coverage], on: dt.date, places: Collection[str | None]
) -> list[CoveredState]:
    serving = [coverage for coverage in held if serves_all_orders(coverage, on)]
    states = {*filter(None, places), *(coverage.jurisdiction for coverage in serving)}
    return [
        CoveredState(place, choose([c for c in serving if c.jurisdiction == place]), levies(place))
        for place in sorted(states)
    ]
