"""Decisions in sentences."""

from __future__ import annotations

from exempt.data import jurisdiction_name
from exempt.model.decision import Decision, Finding, Ground, Step

_GROUNDS = {
    Ground.FREE_FORM_NUMBER: "The free-form number {number} prevails over every certificate.",
    Ground.NO_CERTIFICATE: "Exemption is claimed, but nothing on file covers {place} on {day}.",
    Ground.NOT_CLAIMED: "Nobody claims an exemption, and no certificate covers {place}.",
    Ground.NO_SALES_TAX: "{place} levies no sales tax, so no certificate is needed.",
    Ground.OUTSIDE: "{place} lies outside the jurisdictions that are known here.",
    Ground.NO_SHIP_TO: "The order does not say which state the goods go to.",
    Ground.UNKNOWN_CUSTOMER: "The order names a customer that its source has not shown yet.",
}

_FINDINGS = {
    Finding.CHOSEN: "is the one used",
    Finding.LATER_EXPIRATION: "would do, but the one used expires sooner",
    Finding.EARLIER_EFFECTIVE: "would do, but the one used took effect later",
    Finding.HIGHER_ID: "would do, but is equal to the one used, which was entered earlier",
    Finding.OTHER_JURISDICTION: "is for {place}",
    Finding.EXPIRED: "expired on {expires}",
    Finding.NOT_YET_EFFECTIVE: "takes effect on {starts} only",
    Finding.ARCHIVED: "was archived by then",
    Finding.PENDING_REVIEW: "waits for review",
    Finding.REJECTED: "was rejected in review",
    Finding.OVERRULED: "would do, but the free-form number prevails",
}


def verdict(decision: Decision) -> str:
    """``Exempt`` or ``Tax applies``, with the reason, in one or two sentences."""
    head = "Tax applies." if decision.tax_applicable else "Exempt."
    return f"{head} {_reason(decision)}"


def _reason(decision: Decision) -> str:
    place = jurisdiction_name(decision.jurisdiction) if decision.jurisdiction else "the ship-to"
    if decision.ground is Ground.CERTIFICATE:
        used = f"Certificate {decision.certificate_number} covers {place} on {decision.order_date}"
        return f"{used}, but it says that tax applies." if decision.tax_applicable else f"{used}."
    return _GROUNDS[decision.ground].format(
        place=place, day=decision.order_date, number=decision.certificate_number
    )


def step(looked_at: Step) -> str:
    """What was found of one certificate, as a sentence."""
    found = _FINDINGS[looked_at.finding].format(
        place=jurisdiction_name(looked_at.jurisdiction),
        starts=looked_at.effective_date,
        expires=looked_at.expiration_date,
    )
    return f"{looked_at.certificate_number} ({looked_at.jurisdiction.removeprefix('US-')}) {found}."
