"""Ask customers for the certificates that their orders lack."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from exempt.data import jurisdiction_name
from exempt.errors import RefusedError
from exempt.model.customer import CustomerCard
from exempt.model.messages import Purpose, SendRequest
from exempt.rules.wanted import idempotency_key, levies, serves_all_orders
from exempt.services.ports import Store, Transaction
from exempt.services.rows import ConnectionRow, DeliveryTarget, RequestRow, Uncovered

_TEXT = """\
Hello {name},

we have sold to you without sales tax, or you have asked us to, but we hold no
valid exemption certificate for:

{places}

Please send us a completed and signed certificate for each of them. You can
answer this mail and attach the certificate as a PDF or a photo.
{link}
Until we have it, we must add sales tax to your orders there.

Thank you,
{company}
"""


class Asked(NamedTuple):
    """Whom a run of requests went to, and whom it could not go to."""

    sent: list[Uncovered]
    without_email: list[Uncovered]
    already_asked: list[Uncovered]
    without_mail: list[Uncovered]
    excluded: list[Uncovered]


class Needless(NamedTuple):
    """A request that is not to go out, and why, for people."""

    why: str


def lacking(
    tx: Transaction, on: dt.date, company_ids: Collection[int] | None = None
) -> list[Uncovered]:
    """Whom to ask on the day *on*, by name, and for which states.

    Who claims an exemption that nothing on file covers: by an order, or by its
    flag or that of its billing customer for the states that its goods go to. For
    a ship-to customer its billing customer is asked, whose certificate covers it.
    With *company_ids* just those of these companies.
    """
    asked = _billing_customers(tx, _each(tx, on))
    return _by_name(one for one in asked if company_ids is None or one.company_id in company_ids)


def lacking_around(tx: Transaction, card: CustomerCard, on: dt.date) -> list[Uncovered]:
    """Whom to ask for what a customer and its ship-to customers lack on the day *on*, by name."""
    return _by_name(_billing_customers(tx, _each(tx, on, {card.id, *ship_tos_of(card)})))


def ship_tos_of(card: CustomerCard) -> list[int]:
    """Its ship-to customers, but for those whose ship-to it is: two linked both ways are none."""
    return [each for each in card.ship_to_ids if each not in card.bill_to_ids]


def _by_name(found: Iterable[Uncovered]) -> list[Uncovered]:
    return sorted(found, key=lambda one: (one.name, one.customer_id))


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
    asked = tx.requests.places({card.id for card in moved.values()})
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
            asked=asked.get(card.id, ()),
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


def needless_requests(tx: Transaction, on: dt.date) -> frozenset[str]:
    """Ids of requests none of whose states lacks a certificate any more; notices aside."""
    missing = {(one.customer_id, place) for one in lacking(tx, on) for place in one.jurisdictions}
    return frozenset(
        str(row.id)
        for row in tx.requests.all()
        if row.purpose == Purpose.REQUEST
        and row.state != "withdrawn"
        and missing.isdisjoint((row.customer_id, place) for place in row.jurisdictions)
    )


def as_of_now(tx: Transaction, request: RequestRow, message: SendRequest) -> SendRequest | Needless:
    """The mail of a request that has not gone out, by what the customer's card says now."""
    (card,) = tx.cards.find([request.customer_id])
    if why := unreachable(card):
        return why
    if tx.requests.mailed(card.id).issuperset(request.jurisdictions):
        return Needless("asked by another request already")
    return message.model_copy(update={"to": (card.email or "",)})


def unreachable(card: CustomerCard) -> Needless | None:
    """Why no mail goes to a customer that was to get one."""
    if card.excluded_from_mailings:
        return Needless("excluded from mailings meanwhile")
    if not card.mailbox:
        return Needless("no usable e-mail address any more")
    return None


def ask(
    store: Store,
    through: Mapping[int, ConnectionRow],
    at: dt.datetime,
    *,
    only: Collection[int] | None = None,
    portal_url: str | None = None,
) -> Asked:
    """Owe a mail to each customer who lacks a certificate and was not asked yet; see `lacking`.

    On the day of a notice that a state ends, that state is not asked for as well.
    Whoever is named in *only* is written to although a mail to it came back.

    Args:
        through: The connection that sends mail for each company, by the
            company's id; customers of other companies are not asked.
        at: The moment of asking.
        only: Just these customer ids.
        portal_url: Where customers upload; without one they answer the mail.

    Raises:
        RefusedError: A customer named in *only* lacks no certificate.
    """
    asked = Asked([], [], [], [], [])
    with store.writing() as tx:
        tx.alone(sorted(through))
        if only is not None:
            tx.cards.try_again(only)
        to_ask = lacking(tx, at.date())
        if only is not None:
            unknown = sorted(set(only) - {one.customer_id for one in to_ask})
            if unknown:
                msg = f"customer id:{unknown[0]} lacks no certificate: see exempt requests list"
                raise RefusedError(msg)
            to_ask = [one for one in to_ask if one.customer_id in only]
        told = tx.requests.told(at.date())
        for each in to_ask:
            one = each._replace(asked=(*each.asked, *told.get(each.customer_id, ())))
            if set(one.jurisdictions) <= set(one.asked):
                asked.already_asked.append(one)
            elif one.excluded_from_mailings:
                asked.excluded.append(one)
            elif not one.mailbox:
                asked.without_email.append(one)
            elif one.company_id not in through:
                asked.without_mail.append(one)
            else:
                _owe_mail(tx, through[one.company_id], one, at, portal_url)
                asked.sent.append(one)
    return asked


def _owe_mail(
    tx: Transaction, through: ConnectionRow, one: Uncovered, at: dt.datetime, portal_url: str | None
) -> None:
    missing = [place for place in one.jurisdictions if place not in one.asked]
    request_id = tx.requests.add(one.customer_id, one.email or "", missing, at)
    key = idempotency_key(tx.installation, "request", request_id)
    message = _worded(key, one, missing, portal_url)
    owed = (str(request_id), 1, message.model_dump_json())
    tx.deliveries.owe(through.id, DeliveryTarget.MAIL, [owed], at)


def _worded(
    key: str, one: Uncovered, missing: Sequence[str], portal_url: str | None
) -> SendRequest:
    """The mail to one customer."""
    return SendRequest(
        key=key,
        purpose=Purpose.REQUEST,
        to=(one.email or "",),
        subject=" ".join(f"{one.company}: we need your exemption certificate".split()),
        text=_TEXT.format(
            name=one.name,
            places="\n".join(f"  - {jurisdiction_name(place)}" for place in missing),
            link=f"You can also upload it at {portal_url}.\n" if portal_url else "",
            company=one.company,
        ),
    )
