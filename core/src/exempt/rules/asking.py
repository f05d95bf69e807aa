"""The answer to whoever enters an order: the decision, in words, and what to ask the customer.

Source: aACE's help page on CertCapture: on order entry the certificate's status
is asked for, and for a new customer, a missing or an expired certificate
whoever enters the order is asked whether to send a request; "no" goes on without.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from exempt.data import jurisdiction_name
from exempt.model.asking import (
    Action,
    Answer,
    Holder,
    Lack,
    LineAnswer,
    Looked,
    OnFile,
    Prompt,
    Question,
)
from exempt.model.certificate import CertificateKind, Coverage
from exempt.model.decision import Decision, Facts, Finding, Ground, Profile
from exempt.rules.decision import LookedAt, Weighed, number_to_show, rule_name, weigh
from exempt.rules.explain import by_certificate, by_ground, headed, looked
from exempt.rules.lines import reason_of
from exempt.rules.matching import number_key
from exempt.rules.status import CertificateStatus

_ALL = Decimal(100)
REQUESTS = "/api/v1/requests"

_LACKS = {
    Finding.EXPIRED: Lack.EXPIRED,
    Finding.LAPSED: Lack.EXPIRED,
    Finding.PENDING_REVIEW: Lack.PENDING_REVIEW,
    Finding.REJECTED: Lack.REJECTED,
}
_WORTH_SAYING = (Lack.PENDING_REVIEW, Lack.EXPIRED, Lack.REJECTED)
_USED = {Finding.CHOSEN, Finding.CHOSEN_BY_HAND}
_TEXTS = {
    Lack.MISSING: "No certificate on file covers {place}. Ask the customer for one?",
    Lack.EXPIRED: "The certificate for {place} has expired. Ask the customer for a new one?",
    Lack.REJECTED: "The certificate for {place} was rejected. Ask the customer for another one?",
    Lack.PENDING_REVIEW: "A certificate for {place} waits for review. Until then tax applies.",
    Lack.NEW_CUSTOMER: (
        "This customer is not known yet, so tax applies. Enter the customer, and ask for a"
        " certificate?"
    ),
}


def answer(
    question: Question,
    holder: Holder | None,
    *,
    on: dt.date,
    profile: Profile = Profile.DEFAULT,
    soon_days: int = 30,
    requests: bool = True,
) -> Answer:
    """Whether the order of *question* is to be taxed.

    Args:
        question: The order, as far as it is entered.
        holder: Its billing customer and what it may use; None = not known.
        on: Today; the order's day where the question has none.
        profile: Which rule to go by.
        soon_days: How many days before its end a certificate is expiring soon.
        requests: Whether customers can be asked for certificates at all.
    """
    facts = _facts(question, holder, on)
    weighed = weigh(facts, holder.held if holder else (), profile)
    ground, number, exempt_part, chosen, found = weighed
    return Answer(
        exempt=exempt_part == _ALL,
        tax_applicable=exempt_part < _ALL,
        exempt_percentage=exempt_part,
        ground=ground,
        rule=rule_name(profile),
        jurisdiction=facts.jurisdiction,
        order_date=facts.order_date,
        customer_id=holder.card.customer_id if holder else None,
        certificate=_chosen(chosen, number, facts.order_date, soon_days) if chosen else None,
        verdict=_verdict(weighed, facts),
        steps=tuple(map(_looked, found)),
        lines=_lines(question, weighed),
        prompt=_prompt(weighed, facts, holder) if requests else None,
    )


def on_file(decision: Decision, soon_days: int) -> OnFile | None:
    """The certificate by which an order was decided, as it stood on the order's day."""
    used = next((each for each in decision.steps if each.finding in _USED), None)
    if used is None:
        return None
    ends = [end for end in (used.expiration_date, used.held_through) if end]
    return _as_on_file(
        used.certificate_id,
        used.certificate_number,
        min(ends, default=None),
        decision.order_date,
        soon_days,
    )


def _verdict(weighed: Weighed, facts: Facts) -> str:
    if weighed.chosen is None:
        why = by_ground(weighed.ground, facts, weighed.number)
    else:
        why = by_certificate(weighed.number, facts, apply_tax=weighed.chosen.apply_tax)
    return headed(weighed.exempt_part, why)


def _looked(at: LookedAt) -> Looked:
    coverage = at.coverage
    return Looked(
        certificate_id=coverage.certificate_id,
        jurisdiction=coverage.jurisdiction,
        finding=at.finding,
        sentence=looked(coverage, number_to_show(coverage), at.finding),
    )


def _facts(question: Question, holder: Holder | None, on: dt.date) -> Facts:
    place = question.ship_to
    card = holder.card if holder else None
    bound = holder is not None and any(coverage.order_numbers for coverage in holder.held)
    return Facts(
        order_date=question.order_date or on,
        jurisdiction=place.jurisdiction if place else None,
        country=place.country if place else None,
        customer_known=card is not None,
        claimed=question.tax_applicable is False or (card is not None and card.flagged_exempt),
        free_form_number=(card.resale_certificate_number or None) if card else None,
        order_numbers=_numbers(question) if bound else (),
    )


def _numbers(question: Question) -> tuple[str, ...]:
    names = (question.number, question.purchase_order_number)
    return tuple(sorted({key for name in names if (key := number_key(name))}))


def _chosen(chosen: Coverage, number: str | None, on: dt.date, soon_days: int) -> OnFile:
    return _as_on_file(chosen.certificate_id, number or "", chosen.last_date, on, soon_days)


def _as_on_file(
    certificate_id: int, number: str, end: dt.date | None, on: dt.date, soon_days: int
) -> OnFile:
    soon = end is not None and (end - on).days <= soon_days
    return OnFile(
        id=certificate_id,
        number=number,
        status=CertificateStatus.EXPIRING_SOON if soon else CertificateStatus.ACTIVE,
        expiration_date=end,
    )


def _lines(question: Question, weighed: Weighed) -> tuple[LineAnswer, ...]:
    exempt = weighed.exempt_part == _ALL
    single_use = weighed.chosen is not None and weighed.chosen.kind is CertificateKind.SINGLE_USE
    return tuple(
        LineAnswer(
            line_id=line.line_id,
            not_taxed_reason=reason_of(
                line, weighed.ground, exempt=exempt, just_this_sale=single_use
            ),
        )
        for line in question.lines
    )


def _prompt(weighed: Weighed, facts: Facts, holder: Holder | None) -> Prompt | None:
    """What to ask, where a certificate could change the decision."""
    if holder is None:
        text = _TEXTS[Lack.NEW_CUSTOMER]
        return Prompt(lack=Lack.NEW_CUSTOMER, text=text, why_not="the customer is not known yet")
    lack, place = _lack(weighed, facts), facts.jurisdiction
    if lack is None or place is None:
        return None
    text = _TEXTS[lack].format(place=jurisdiction_name(place))
    if lack is Lack.PENDING_REVIEW:
        return Prompt(lack=lack, text=text, why_not="one was sent in already")
    if why_not := _why_not(holder):
        return Prompt(lack=lack, text=text, why_not=why_not)
    body = {"customer_id": holder.card.customer_id, "jurisdictions": [place]}
    return Prompt(lack=lack, text=text, yes=Action(method="POST", href=REQUESTS, body=body))


def _why_not(holder: Holder) -> str | None:
    if holder.excluded_from_mailings:
        return "the customer is excluded from mailings"
    return None if holder.mailbox else "no usable e-mail address is on file"


def _lack(weighed: Weighed, facts: Facts) -> Lack | None:
    """Why nothing covers the order; None where that is in order.

    Somebody who never claimed an exemption is asked only where something of
    theirs was on file for the state.
    """
    if weighed.ground not in {Ground.NO_CERTIFICATE, Ground.NOT_CLAIMED}:
        return None
    here = {at.finding for at in weighed.found if at.coverage.jurisdiction == facts.jurisdiction}
    found = {_LACKS[finding] for finding in here if finding in _LACKS}
    for lack in _WORTH_SAYING:
        if lack in found:
            return lack
    return Lack.MISSING if weighed.ground is Ground.NO_CERTIFICATE else None
