"""Ask customers for the certificates that their orders lack."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from exempt.errors import RefusedError
from exempt.model.customer import CustomerCard
from exempt.model.messages import Purpose
from exempt.rules.wanted import levies, serves_all_orders
from exempt.services.owed_mails import About, owe_mail
from exempt.services.ports import Store, Transaction
from exempt.services.post import Post
from exempt.services.rows import ConnectionRow, Uncovered

AT_ONCE = 200
"""How many customers are asked in one transaction, so that others need not wait long."""


class Asked(NamedTuple):
    """Whom a run of requests went to, and whom it could not go to."""

    sent: list[Uncovered]
    without_email: list[Uncovered]
    already_asked: list[Uncovered]
    without_mail: list[Uncovered]
    excluded: list[Uncovered]


def lacking(
    tx: Transaction, on: dt.date, company_ids: Collection[int] | None = None
) -> list[Uncovered]:
    """Whom to ask on the day *on*, by name, and for which states.

    Who claims an exemption that nothing on file covers: by an order, or by its
    flag or that of its billing customer for the states that its goods go to. For
    a ship-to customer its billing customer is asked, whose certificate covers it.
    With *company_ids* just those of these companies.
    """
    found = _billing_customers(tx, _each(tx, on))
    just = [one for one in found if company_ids is None or one.company_id in company_ids]
    return _by_name(_with_asked(tx, just, on))


def lacking_around(tx: Transaction, card: CustomerCard, on: dt.date) -> list[Uncovered]:
    """Whom to ask for what a customer and its ship-to customers lack on the day *on*, by name."""
    found = _billing_customers(tx, _each(tx, on, {card.id, *ship_tos_of(card)}))
    return _by_name(_with_asked(tx, list(found), on))


def lacking_among(tx: Transaction, customer_ids: Collection[int], on: dt.date) -> list[Uncovered]:
    """Whom of these to ask for what they and their ship-to customers lack, by name."""
    around = {*customer_ids}
    for card in tx.cards.find(customer_ids):
        around |= {*ship_tos_of(card)}
    found = _billing_customers(tx, _each(tx, on, around))
    mine = [one for one in found if one.customer_id in customer_ids]
    return _by_name(_with_asked(tx, mine, on))


def ship_tos_of(card: CustomerCard) -> list[int]:
    """Its ship-to customers, but for those whose ship-to it is: two linked both ways are none."""
    return [each for each in card.ship_to_ids if each not in card.bill_to_ids]


def _by_name(found: Iterable[Uncovered]) -> list[Uncovered]:
    return sorted(found, key=lambda one: (one.name, one.customer_id))


def _with_asked(tx: Transaction, found: Sequence[Uncovered], on: dt.date) -> list[Uncovered]:
    """These, with the states that they are asked for already; what has expired by *on* is not."""
    at = dt.datetime.combine(on, dt.time(), dt.UTC)
    asked = tx.requests.places({one.customer_id for one in found}, at)
    return [one._replace(asked=asked.get(one.customer_id, ())) for one in found]


def _each(
    tx: Transaction, on: dt.date, customer_ids: Collection[int] | None = None
) -> dict[int, Uncovered]:
    """What each customer lacks itself, by its id."""
    found = {one.customer_id: one for one in tx.decisions.uncovered(customer_ids)}
    claims = tx.decisions.claimed(customer_ids)
    held = tx.certificates.coverages([one.customer_id for one in claims])
    for claim in claims:
        covered = {
            c.jurisdiction for c in held.get(claim.customer_id, ()) if serves_all_orders(c, on)
        }
        one = found.get(claim.customer_id, claim._replace(jurisdictions=()))
        missing = {p for p in claim.jurisdictions if levies(p) and p not in covered}
        if missing - {*one.jurisdictions}:
            places = tuple(sorted({*one.jurisdictions, *missing}))
            found[claim.customer_id] = one._replace(jurisdictions=places)
    return found


def _billing_customers(tx: Transaction, found: Mapping[int, Uncovered]) -> Iterable[Uncovered]:
    """*found*, with what ship-to customers lack as what their billing customers lack.

    A location is asked itself where mail reaches it, and not its billing customer.
    """
    moved = asked_instead(tx, found)
    if not moved:
        return found.values()
    joined = {each: one for each, one in found.items() if each not in moved}
    for each, card in moved.items():
        one = found[each]
        before = joined.get(card.id) or one._replace(
            customer_id=card.id,
            number=card.number,
            name=card.name,
            email=card.email,
            jurisdictions=(),
            orders=0,
            asked=(),
            excluded_from_mailings=card.excluded_from_mailings,
            bounced_email=card.bounced_email,
        )
        joined[card.id] = before._replace(
            jurisdictions=tuple(sorted({*before.jurisdictions, *one.jurisdictions})),
            orders=before.orders + one.orders,
        )
    return joined.values()


def asked_instead(
    tx: Transaction, found: Mapping[int, Uncovered | CustomerCard]
) -> dict[int, CustomerCard]:
    """Of customers, by id: for ship-to customers the billing customer that is written to."""
    return {
        each: card
        for each, card in _billing_customer_of(tx, found).items()
        if reached_by_mail(card) or not reached_by_mail(found[each])
    }


def _billing_customer_of(tx: Transaction, customer_ids: Collection[int]) -> dict[int, CustomerCard]:
    """By ship-to customer: its billing customer.

    Of several it is one that claims or holds certificates, then one that mail
    reaches, then the one that was known first.
    """
    links = {(link.bill_to_id, link.ship_to_id) for link in tx.cards.ship_tos(customer_ids)}
    above: dict[int, set[int]] = defaultdict(set)
    for bill_to, ship_to in links:
        if ship_to in customer_ids and (ship_to, bill_to) not in links:
            above[ship_to].add(bill_to)
    if not above:
        return {}
    cards = {card.id: card for card in tx.cards.find(set().union(*above.values()))}
    several = {each for ids in above.values() if len(ids) > 1 for each in ids}
    held = tx.certificates.coverages(several)

    def claims(card: CustomerCard) -> bool:
        own = any(each.customer_id == card.id for each in held.get(card.id, ()))
        return own or card.flagged_exempt or bool(card.resale_certificate_number)

    def rank(card: CustomerCard) -> tuple[bool, bool, int]:
        return not claims(card), not reached_by_mail(card), card.id

    return {each: min((cards[i] for i in ids), key=rank) for each, ids in above.items()}


def reached_by_mail(one: Uncovered | CustomerCard) -> bool:
    """Whether mail may be sent to a customer, and could be."""
    return bool(one.mailbox) and not one.excluded_from_mailings


def ask(
    store: Store,
    through: Mapping[int, ConnectionRow],
    at: dt.datetime,
    *,
    only: Collection[int] | None = None,
    post: Post = Post(),  # noqa: B008 - immutable
) -> Asked:
    """Owe a mail to each customer who lacks a certificate and was not asked yet; see `lacking`.

    On the day of a notice that a state ends, that state is not asked for as well.
    Whoever is named in *only* is written to although a mail to it came back.

    Args:
        through: The connection that sends mail for each company, by the
            company's id; customers of other companies are not asked.
        at: The moment of asking.
        only: Just these customer ids.
        post: How mails and links are made.

    Raises:
        RefusedError: A customer named in *only* lacks no certificate, or nobody
            may be asked at all.
    """
    post.refuse_unless_enabled()
    done = Asked([], [], [], [], [])
    ids = []
    with store.reading() if only is None else store.writing() as tx:
        told = tx.requests.told(at.date())
        for one in _to_ask(tx, at.date(), only):
            left_out = _left_out(_but_for(one, told), through, done)
            if left_out is None:
                ids.append(one.customer_id)
            else:
                left_out.append(one)
    for start in range(0, len(ids), AT_ONCE):
        with store.writing() as tx:
            tx.alone(sorted(through))
            told = tx.requests.told(at.date())
            for one in lacking_among(tx, ids[start : start + AT_ONCE], at.date()):
                each = _but_for(one, told)
                left_out = _left_out(each, through, done)
                if left_out is None:
                    _owe_mail(tx, through[each.company_id], each, at, post)
                (done.sent if left_out is None else left_out).append(each)
    return done


def _to_ask(tx: Transaction, on: dt.date, only: Collection[int] | None) -> list[Uncovered]:
    """Who lacks a certificate, or who of these, whose addresses are tried again."""
    if only is None:
        return lacking(tx, on)
    tx.cards.try_again(only)
    found = [one for one in lacking(tx, on) if one.customer_id in only]
    if unknown := sorted(set(only) - {one.customer_id for one in found}):
        msg = f"customer id:{unknown[0]} lacks no certificate: see exempt requests list"
        raise RefusedError(msg)
    return found


def _but_for(one: Uncovered, told: Mapping[int, tuple[str, ...]]) -> Uncovered:
    """Somebody, who is not asked today for what it was told of today."""
    return one._replace(asked=(*one.asked, *told.get(one.customer_id, ())))


def _left_out(
    one: Uncovered, through: Mapping[int, ConnectionRow], done: Asked
) -> list[Uncovered] | None:
    """Where somebody is listed who is not asked."""
    if set(one.jurisdictions) <= set(one.asked):
        return done.already_asked
    if one.excluded_from_mailings:
        return done.excluded
    if not one.mailbox:
        return done.without_email
    return done.without_mail if one.company_id not in through else None


def _owe_mail(
    tx: Transaction, through: ConnectionRow, one: Uncovered, at: dt.datetime, post: Post
) -> None:
    missing = [place for place in one.jurisdictions if place not in one.asked]
    request_id = tx.requests.add(one.customer_id, one.email or "", missing, at)
    request = tx.requests.get(request_id)
    assert request is not None  # noqa: S101 - it was just made
    about = About(places=tuple(missing))
    owe_mail(tx, request, Purpose.REQUEST, about, at, through=through, post=post)
