"""All that is known of a customer, gathered for whoever shows its card."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import NamedTuple

from exempt.data import jurisdictions
from exempt.model.certificate import Certificate, Change, Coverage
from exempt.model.customer import CustomerCard, lacks_for_engine, lacks_recommended
from exempt.rules.decision import choose
from exempt.rules.status import CertificateStatus, certificate_status
from exempt.rules.wanted import levies, serves_all_orders
from exempt.services import cards
from exempt.services.ports import Transaction
from exempt.services.requests import lacking_around, ship_tos_of
from exempt.services.rows import (
    CompanyRow,
    ConnectionRow,
    CustomerRecord,
    Exposure,
    ShipToLink,
    Subject,
    Uncovered,
)

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
        to_ask: Whom to ask for what it and its ship-to customers lack; see `lacking`.
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
    to_ask: list[Uncovered]
    engine_lacks: tuple[str, ...]
    recommended_lacks: tuple[str, ...]
    history: list[Change]

    @property
    def active_certificates(self) -> int:
        """How many of its own certificates are active."""
        return sum(status in IN_FORCE for _certificate, status in self.certificates)

    @property
    def free_form(self) -> str | None:
        """The free-form number that prevails: its own, else that of a billing customer."""
        above = (self.others[each] for each in self.card.bill_to_ids)
        numbers = (card.resale_certificate_number for card in (self.card, *above))
        return next(filter(None, numbers), None)


class ShipTos(NamedTuple):
    """Where the goods of a customer go.

    Attributes:
        links: With its ship-to and its billing customers, a row for each that says so.
        others: The cards that the links name, by id.
        places: The jurisdictions that its own goods go to, from wherever that is known.
    """

    card: CustomerCard
    links: list[ShipToLink]
    others: Mapping[int, CustomerCard]
    places: list[str]


class Sources(NamedTuple):
    """The records of sources on a card.

    Attributes:
        connections: All of its company.
        owners: By field of the card: the source that has the last word on it.
        merged: The cards that were merged into it.
    """

    card: CustomerCard
    records: list[CustomerRecord]
    connections: list[ConnectionRow]
    owners: Mapping[str, str]
    merged: list[CustomerCard]


class Counts(NamedTuple):
    """How many a card has of what hangs on it; records that are deleted aside."""

    certificates: int
    comments: int
    records: int


def counts(tx: Transaction, customer_id: int) -> Counts:
    """How many there are of each."""
    return Counts(
        len(tx.cards.certificates_of(customer_id)),
        len(tx.entries.of(Subject.CUSTOMER, customer_id)),
        sum(not each.deleted for each in tx.cards.records([customer_id])),
    )


def ship_tos(tx: Transaction, customer_id: int) -> ShipTos:
    """Look up where the goods of a customer go.

    Raises:
        NotFoundError: There is no such card.
    """
    card = cards.get(tx, customer_id)
    links = tx.cards.ship_tos([card.id])
    places = sorted(tx.cards.places([card.id]).get(card.id, ()))
    return ShipTos(card, links, _others(tx, card, links), places)


def sources(tx: Transaction, customer_id: int) -> Sources:
    """Look up which records of sources are on a card.

    Raises:
        NotFoundError: There is no such card.
    """
    card = cards.get(tx, customer_id)
    return Sources(
        card,
        tx.cards.records([card.id]),
        [row for row in tx.connections.all() if row.company_id == card.company_id],
        cards.owners(tx, card.id),
        tx.cards.find(tx.cards.merged_into(card.id)),
    )


def exposure(tx: Transaction, card: CustomerCard) -> list[Exposure]:
    """What was sold to a customer and its ship-to customers, by state and decision."""
    return tx.cards.exposure([card.id, *ship_tos_of(card)])


def changes(tx: Transaction, customer_id: int) -> list[tuple[int, Change]]:
    """What became of a card and of those that were merged into it, each with its id.

    The oldest change comes first.
    """
    found = [
        (each, change)
        for each in (*tx.cards.merged_into(customer_id), customer_id)
        for change in cards.changes(tx, each)
    ]
    return sorted(found, key=lambda one: one[1].changed_at)


def look_at(tx: Transaction, customer_id: int, on: dt.date, soon_days: int) -> LookedCard:
    """Gather what is known of a customer on the day *on*.

    Raises:
        NotFoundError: There is no such card.
    """
    card = cards.get(tx, customer_id)
    links = tx.cards.ship_tos([card.id])
    companies = {company.id: company for company in tx.cards.companies()}
    family = [card.id, *ship_tos_of(card)]
    ids = tx.cards.certificates_of(card.id)
    sold = exposure(tx, card)
    held = tx.certificates.coverages(family)
    return LookedCard(
        card=card,
        company=companies[card.company_id],
        records=tx.cards.records([card.id]),
        links=links,
        others=_others(tx, card, links),
        certificates=[
            (one, certificate_status(one, on, soon_days)) for one in tx.certificates.find(ids)
        ],
        states=_states(
            {each: _serving(held.get(each, ()), on) for each in family},
            tx.cards.places(family),
            {one.jurisdiction for one in sold if one.jurisdiction in jurisdictions()},
        ),
        exposure=sold,
        to_ask=lacking_around(tx, card, on),
        engine_lacks=lacks_for_engine(card),
        recommended_lacks=lacks_recommended(card),
        history=[change for _card_id, change in changes(tx, card.id)],
    )


def _others(
    tx: Transaction, card: CustomerCard, links: Collection[ShipToLink]
) -> dict[int, CustomerCard]:
    """The cards that links of *card* name, by id."""
    linked = {each for link in links for each in (link.bill_to_id, link.ship_to_id)} - {card.id}
    return {other.id: other for other in tx.cards.find(linked)}


def _serving(held: Collection[Coverage], on: dt.date) -> dict[str, Coverage]:
    """By state what covers any order of the day *on*."""
    fit = defaultdict(list)
    for coverage in held:
        if serves_all_orders(coverage, on):
            fit[coverage.jurisdiction].append(coverage)
    return {place: used for place, there in fit.items() if (used := choose(there))}


def _states(
    serving: Mapping[int, Mapping[str, Coverage]],
    goods_go_to: Mapping[int, Collection[str]],
    sold_to: Collection[str | None],
) -> list[CoveredState]:
    """What covers a customer, the first of *serving*, or else all of its ship-tos there."""
    card = next(iter(serving))
    places = {*filter(None, sold_to), *serving[card], *itertools.chain(*goods_go_to.values())}
    states = []
    for place in sorted(places):
        there = [each for each in serving if place in goods_go_to.get(each, ())]
        of_ship_tos = [] if card in there else [serving[each].get(place) for each in there]
        theirs = of_ship_tos[0] if of_ship_tos and all(of_ship_tos) else None
        states.append(CoveredState(place, serving[card].get(place) or theirs, levies(place)))
    return states
