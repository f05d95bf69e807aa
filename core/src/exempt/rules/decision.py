"""Which certificate covers an order.

Source: R2's help page "How is Resale Certificates tagged on Orders?": the
company's free-form number comes first; else a certificate of the billing
customer, for the state of the ship-to, that expires on the order's day or
later; of several the one that expires first, one without an expiration date
last; and when there is none, the number is blank and tax applies. Ours beyond
that: review status, archive, the effective date (profile ``default``), and
ties settled by the newest effective date, then by the lowest id.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping, Sequence

from exempt.data import jurisdictions
from exempt.model.certificate import Coverage, ReviewStatus
from exempt.model.decision import Card, Decision, Finding, Ground, Profile, Step
from exempt.model.sources import Order

VERSION = "1"

_REVIEW: Mapping[ReviewStatus, Finding] = {
    ReviewStatus.PENDING: Finding.PENDING_REVIEW,
    ReviewStatus.REJECTED: Finding.REJECTED,
}


def decide(
    order: Order,
    card: Card | None,
    coverages: Sequence[Coverage],
    profile: Profile = Profile.DEFAULT,
) -> Decision:
    """Decide whether tax applies to *order*.

    Args:
        order: What was sold, to whom and where to.
        card: The billing customer; None when no source has shown it yet.
        coverages: All of that customer's, in any order.
        profile: Which rule to go by.
    """
    jurisdiction = order.ship_to.jurisdiction if order.ship_to else None
    free_form = card.resale_certificate_number if card else None
    if not coverages and not free_form:
        ground = _ground_without(order, card, jurisdiction)
        return _without(ground, jurisdiction, order.order_date, profile)
    found = [(c, _refusal(c, jurisdiction, order.order_date, profile)) for c in coverages]
    chosen = None if free_form else choose([c for c, refused in found if refused is None])
    if free_form:
        ground, number = Ground.FREE_FORM_NUMBER, free_form
    elif chosen:
        ground, number = Ground.CERTIFICATE, number_to_show(chosen)
    else:
        ground, number = _ground_without(order, card, jurisdiction), None
    return Decision(
        ground=ground,
        tax_applicable=chosen.apply_tax if chosen else not free_form,
        certificate_id=chosen.certificate_id if chosen else None,
        certificate_number=number,
        jurisdiction=jurisdiction,
        order_date=order.order_date,
        rule=rule_name(profile),
        steps=_steps(found, chosen),
    )


def rule_name(profile: Profile) -> str:
    """The rule and its version, as a decision keeps it."""
    return f"{profile}-{VERSION}"


@functools.lru_cache(maxsize=20_000)
def _without(ground: Ground, jurisdiction: str | None, on: dt.date, profile: Profile) -> Decision:
    """The decision of an order that nothing on file speaks of; the same for many orders."""
    return Decision(
        ground=ground,
        tax_applicable=True,
        jurisdiction=jurisdiction,
        order_date=on,
        rule=rule_name(profile),
    )


def choose(fit: Sequence[Coverage]) -> Coverage | None:
    """Of the coverages that would do, the one to record on the order."""
    return min(fit, key=_rank, default=None)


def number_to_show(coverage: Coverage) -> str:
    """What an order shows: the certificate's number, else the exemption's, else our id."""
    return (
        coverage.certificate_number
        or coverage.exemption_number
        or f"CERT-{coverage.certificate_id}"
    )


def _rank(coverage: Coverage) -> tuple[dt.date, int, int]:
    return (
        coverage.expiration_date or dt.date.max,
        -coverage.effective_date.toordinal(),
        coverage.certificate_id,
    )


def _refusal(
    coverage: Coverage, jurisdiction: str | None, on: dt.date, profile: Profile
) -> Finding | None:
    """Why *coverage* cannot be used, or None when it can."""
    if coverage.jurisdiction != jurisdiction:
        return Finding.OTHER_JURISDICTION
    if coverage.review_status in _REVIEW:
        return _REVIEW[coverage.review_status]
    if coverage.archived_date is not None and coverage.archived_date <= on:
        return Finding.ARCHIVED
    if coverage.expiration_date is not None and coverage.expiration_date < on:
        return Finding.EXPIRED
    if profile is Profile.DEFAULT and on < coverage.effective_date:
        return Finding.NOT_YET_EFFECTIVE
    return None


def _ground_without(order: Order, card: Card | None, jurisdiction: str | None) -> Ground:
    """What to call it when nothing covers the order."""
    if card is None:
        return Ground.UNKNOWN_CUSTOMER
    if by_place := _ground_of_place(order, jurisdiction):
        return by_place
    if card.flagged_exempt or order.tax_applicable is False:
        return Ground.NO_CERTIFICATE
    return Ground.NOT_CLAIMED


def _ground_of_place(order: Order, jurisdiction: str | None) -> Ground | None:
    """What the place that the goods go to says by itself, if it says anything."""
    if order.ship_to is not None and order.ship_to.country != "US":
        return Ground.OUTSIDE
    if jurisdiction is None:
        return Ground.NO_SHIP_TO
    # A state of the United States that is not in the table was refused with its record.
    levies_none = jurisdictions()[jurisdiction].sales_tax == "none"
    return Ground.NO_SALES_TAX if levies_none else None


def _steps(
    found: Sequence[tuple[Coverage, Finding | None]], chosen: Coverage | None
) -> tuple[Step, ...]:
    steps = [
        Step(
            finding=refused or _against(coverage, chosen),
            certificate_id=coverage.certificate_id,
            certificate_number=number_to_show(coverage),
            jurisdiction=coverage.jurisdiction,
            effective_date=coverage.effective_date,
            expiration_date=coverage.expiration_date,
        )
        for coverage, refused in found
    ]
    return tuple(sorted(steps, key=lambda s: (s.certificate_id, s.jurisdiction)))


def _against(coverage: Coverage, chosen: Coverage | None) -> Finding:
    """Why *coverage*, which would have done, was passed over for *chosen*."""
    if chosen is None:
        return Finding.OVERRULED
    if coverage is chosen:
        return Finding.CHOSEN
    if coverage.expiration_date != chosen.expiration_date:
        return Finding.LATER_EXPIRATION
    if coverage.effective_date != chosen.effective_date:
        return Finding.EARLIER_EFFECTIVE
    return Finding.HIGHER_ID
