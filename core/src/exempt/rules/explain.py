"""Decisions in sentences."""

from __future__ import annotations

from decimal import Decimal

from exempt.data import jurisdiction_name
from exempt.model.certificate import Coverage
from exempt.model.decision import ByHand, Decision, Facts, Finding, Ground, Step

_GROUNDS = {
    Ground.OVERRIDE: "Somebody decided so by hand{why}.",
    Ground.FREE_FORM_NUMBER: "The free-form number {number} prevails over every certificate.",
    Ground.NO_CERTIFICATE: "Exemption is claimed, but nothing on file covers {place} on {day}.",
    Ground.NOT_CLAIMED: "Nobody claims an exemption, and no certificate covers {place}.",
    Ground.NO_SALES_TAX: "{place} levies no sales tax, so no certificate is needed.",
    Ground.OUTSIDE: "The goods go to {place}, outside the jurisdictions that are known here.",
    Ground.NO_SHIP_TO: "The order does not say which state the goods go to.",
    Ground.UNKNOWN_CUSTOMER: "The order names a customer that its source has not shown yet.",
}

_FINDINGS = {
    Finding.CHOSEN: "is the one used",
    Finding.CHOSEN_BY_HAND: "was chosen by hand",
    Finding.LATER_EXPIRATION: "would do, but the one used expires sooner",
    Finding.EARLIER_EFFECTIVE: "would do, but the one used took effect later",
    Finding.HIGHER_ID: "would do, but is equal to the one used, which was entered earlier",
    Finding.OTHER_JURISDICTION: "is for {place}",
    Finding.OTHER_ORDERS: "is for other orders: {orders}",
    Finding.EXPIRED: "expired on {expires}",
    Finding.LAPSED: "lapsed after {held_through}, as no sale followed in time",
    Finding.NOT_YET_EFFECTIVE: "does not take effect until {starts}",
    Finding.ARCHIVED: "was archived on {archived}",
    Finding.PENDING_REVIEW: "waits for review",
    Finding.REJECTED: "was rejected in review",
    Finding.OVERRULED: "would do, but the free-form number prevails",
    Finding.OVERRULED_BY_HAND: "would do, but what was decided by hand prevails",
}

_APPLY_TAX = "It says that tax applies all the same."
_ALL = Decimal(100)
_USED = {Finding.CHOSEN, Finding.CHOSEN_BY_HAND}


def verdict(decision: Decision) -> str:
    """``Exempt`` or ``Tax applies``, with the reason, in a few sentences."""
    said = headed(decision.exempt_percentage, _reason(decision))
    return " ".join(filter(None, (said, _choice_that_failed(decision))))


def headed(exempt_part: Decimal, reason: str) -> str:
    """What comes of it where *exempt_part* percent are exempt, and the *reason*."""
    if exempt_part == _ALL:
        return f"Exempt. {reason}"
    if exempt_part:
        part = f"{exempt_part.normalize():f}"
        return f"{part} % of it is exempt, and tax applies to the rest. {reason}"
    return f"Tax applies. {reason}"


def by_ground(ground: Ground, facts: Facts, number: str | None) -> str:
    """Why, where no certificate is the reason."""
    return _GROUNDS[ground].format(
        place=_place(facts), day=facts.order_date, number=number, why=_why(facts)
    )


def by_certificate(number: str | None, facts: Facts, *, apply_tax: bool) -> str:
    """Why, where a certificate that fits is the reason."""
    said = f"Certificate {number} covers {_place(facts)} on {facts.order_date}."
    return f"{said} {_APPLY_TAX}" if apply_tax else said


def _reason(decision: Decision) -> str:
    if decision.ground is Ground.CERTIFICATE:
        return _by_certificate(decision)
    return by_ground(decision.ground, decision.facts, decision.certificate_number)


def _place(facts: Facts) -> str | None:
    """The state that the goods go to, else the country."""
    return jurisdiction_name(facts.jurisdiction) if facts.jurisdiction else facts.country


def _why(facts: Facts) -> str:
    """What whoever decided by hand said of it, as the end of a sentence."""
    reason = (facts.by_hand or ByHand()).reason.strip().removesuffix(".")
    return f": {reason}" if reason else ""


def _by_certificate(decision: Decision) -> str:
    used = next(step for step in decision.steps if step.finding in _USED)
    number = decision.certificate_number
    if used.finding is Finding.CHOSEN:
        return by_certificate(number, decision.facts, apply_tax=used.apply_tax)
    said = f"Certificate {number} was chosen by hand{_why(decision.facts)}."
    if used.against:
        said += f" It {found(used, used.against)}."
    return f"{said} {_APPLY_TAX}" if used.apply_tax else said


def _choice_that_failed(decision: Decision) -> str:
    """What became of a choice by hand that could not be kept to."""
    chosen = decision.facts.by_hand.certificate_id if decision.facts.by_hand else None
    if chosen is None or decision.ground is Ground.OVERRIDE:
        return ""
    of_it = [step for step in decision.steps if step.certificate_id == chosen]
    if not of_it:
        return f"Certificate {chosen}, which was chosen by hand, is no longer the customer's."
    if any(step.finding is Finding.CHOSEN_BY_HAND for step in of_it):
        return ""
    number = of_it[0].certificate_number
    return f"Certificate {number}, which was chosen by hand, is no longer accepted."


def step(looked_at: Step) -> str:
    """What was found of one certificate, as a sentence."""
    number = looked_at.certificate_number
    return looked(looked_at, number, looked_at.finding, looked_at.against)


def looked(
    at: Step | Coverage, number: str, finding: Finding, against: Finding | None = None
) -> str:
    """The same of a certificate that shows *number*."""
    said = found(at, finding)
    if against:
        said += f", although it {found(at, against)}"
    return f"{number} ({at.jurisdiction.removeprefix('US-')}) {said}."


def found(looked_at: Step | Coverage, finding: Finding) -> str:
    """What was found of a certificate, as the rest of a sentence that begins with it."""
    return _FINDINGS[finding].format(
        place=_places(looked_at),
        orders=", ".join(looked_at.order_numbers),
        starts=looked_at.effective_date,
        expires=looked_at.expiration_date,
        held_through=looked_at.held_through,
        archived=looked_at.archived_date,
    )


def _places(looked_at: Step | Coverage) -> str:
    name, more = jurisdiction_name(looked_at.jurisdiction), looked_at.also_for
    return f"{name} and {more} other state{'s' if more > 1 else ''}" if more else name
