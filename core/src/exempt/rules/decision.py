"""Which certificate covers an order.

Source: R2's help page "How is Resale Certificates tagged on Orders?": the
company's free-form number comes first; else a certificate of the billing
customer, for the state of the ship-to, that expires on the order's day or
later; of several the one that expires first, one without an expiration date
last; and when there is none, the number is blank and tax applies. What
somebody chose by hand comes before all of it. Ours beyond that: review
status, archive, orders that a certificate is bound to, a part that is exempt,
the effective date and recurring sales (profile ``default``), and ties settled
by the newest effective date, then by the lowest id.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple, cast

from exempt.data import jurisdictions
from exempt.model.certificate import Coverage, ReviewStatus
from exempt.model.decision import (
    ByHand,
    Card,
    Decision,
    Facts,
    Finding,
    Ground,
    Profile,
    Step,
)
from exempt.model.sources import Order
from exempt.rules.matching import number_key

VERSION = "2"
_ALL, _NOTHING = Decimal(100), Decimal(0)

_REVIEW: Mapping[ReviewStatus, Finding] = {
    ReviewStatus.PENDING: Finding.PENDING_REVIEW,
    ReviewStatus.REJECTED: Finding.REJECTED,
}


def facts_of(
    order: Order, card: Card | None, held: Sequence[Coverage] = (), by_hand: ByHand | None = None
) -> Facts:
    """What of *order* and its billing customer's *card* a decision goes by.

    Args:
        order: What was sold, to whom and where to.
        card: The billing customer; None when no source has shown it yet.
        held: That customer's coverages; the order's numbers count only where
            one of them is bound to some.
        by_hand: What somebody decided for the order.
    """
    place = order.ship_to
    bound = held and any(coverage.order_numbers for coverage in held)
    return Facts(
        order_date=order.order_date,
        jurisdiction=place.jurisdiction if place else None,
        country=place.country if place else None,
        customer_known=card is not None,
        claimed=order.tax_applicable is False or (card is not None and card.flagged_exempt),
        free_form_number=(card.resale_certificate_number or None) if card else None,
        order_numbers=order_numbers(order) if bound else (),
        by_hand=by_hand,
    )


def order_numbers(order: Order) -> tuple[str, ...]:
    """The numbers by which a certificate may be bound to *order*, as `number_key` has them."""
    names = (order.external_id, order.number, order.purchase_order_number)
    return tuple(sorted({key for name in names if (key := number_key(name))}))


def decide(facts: Facts, held: Sequence[Coverage], profile: Profile = Profile.DEFAULT) -> Decision:
    """Decide whether tax applies.

    Args:
        facts: Of the order and its billing customer.
        held: All of that customer's coverages, in any order.
        profile: Which rule to go by.
    """
    if not (held or facts.free_form_number or facts.by_hand):
        return _without(facts, profile)
    weighed = weigh(facts, held, profile)
    chosen = weighed.chosen
    return Decision(
        ground=weighed.ground,
        tax_applicable=weighed.exempt_part < _ALL,
        exempt_percentage=weighed.exempt_part,
        certificate_id=chosen.certificate_id if chosen else None,
        certificate_number=weighed.number,
        facts=_kept(facts, weighed.ground),
        rule=rule_name(profile),
        steps=tuple(_step(*each) for each in weighed.found),
    )


class LookedAt(NamedTuple):
    """A coverage, what was found of it, and what spoke against one that was chosen by hand."""

    coverage: Coverage
    finding: Finding
    against: Finding | None = None


class Weighed(NamedTuple):
    """What a decision comes to, before it is put on record; see `Decision` for each part."""

    ground: Ground
    number: str | None
    exempt_part: Decimal
    chosen: Coverage | None
    found: list[LookedAt]


def weigh(facts: Facts, held: Sequence[Coverage], profile: Profile = Profile.DEFAULT) -> Weighed:
    """`decide`, for whoever needs no record of it."""
    looked_at = _worth_a_look(held, facts.jurisdiction)
    refused = [(coverage, refusal(coverage, facts, profile)) for coverage in looked_at]
    chosen = _chosen_by_hand(facts, looked_at)
    prevails = _prevails(facts, chosen)
    if prevails is None:
        chosen = choose([coverage for coverage, against in refused if against is None])
    ground, number, exempt_part = _outcome(facts, chosen)
    found = [_looked_at(coverage, against, chosen, prevails) for coverage, against in refused]
    found.sort(key=_in_order)
    return Weighed(ground, number, exempt_part, chosen, found)


def _worth_a_look(held: Sequence[Coverage], place: str | None) -> list[Coverage]:
    """The coverages in *place*, and of each certificate that has none there a single one."""
    here = [coverage for coverage in held if coverage.jurisdiction == place]
    known = {coverage.certificate_id for coverage in here}
    elsewhere: dict[int, list[Coverage]] = {}
    for coverage in held:
        if coverage.certificate_id not in known:
            elsewhere.setdefault(coverage.certificate_id, []).append(coverage)
    return here + [_for_all(coverages) for coverages in elsewhere.values()]


def _for_all(coverages: Sequence[Coverage]) -> Coverage:
    """One of the coverages of a certificate, to stand for them all."""
    first = min(coverages, key=lambda c: (c.jurisdiction, c.customer_id))
    others = {coverage.jurisdiction for coverage in coverages} - {first.jurisdiction}
    return first.model_copy(update={"also_for": len(others)}) if others else first


def rule_name(profile: Profile) -> str:
    """The rule and its version, as a decision keeps it."""
    return f"{profile}-{VERSION}"


@functools.lru_cache(maxsize=20_000)
def _without(facts: Facts, profile: Profile) -> Decision:
    """The decision of an order that nothing on file speaks of; the same for many orders."""
    ground = _ground_without(facts)
    return Decision(
        ground=ground,
        tax_applicable=True,
        facts=_kept(facts, ground),
        rule=rule_name(profile),
    )


def _kept(facts: Facts, ground: Ground) -> Facts:
    """*facts* as a decision keeps them: whether exemption is claimed, only where that was asked.

    A source that was told to exempt an order claims so from then on: that is
    our own word coming back, and no other decision.
    """
    asked = ground in {Ground.NO_CERTIFICATE, Ground.NOT_CLAIMED}
    return facts if asked else facts._replace(claimed=False)


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


def _rank(coverage: Coverage) -> tuple[dt.date, int, int, int]:
    return (
        coverage.expiration_date or dt.date.max,
        -coverage.effective_date.toordinal(),
        coverage.certificate_id,
        coverage.customer_id,
    )


def refusal(coverage: Coverage, facts: Facts, profile: Profile) -> Finding | None:
    """Why *coverage* cannot be used for an order, or None when it can."""
    if coverage.jurisdiction != facts.jurisdiction:
        return Finding.OTHER_JURISDICTION
    if coverage.review_status in _REVIEW:
        return _REVIEW[coverage.review_status]
    if coverage.archived_date is not None and coverage.archived_date <= facts.order_date:
        return Finding.ARCHIVED
    if coverage.order_numbers and not _is_bound_to(coverage, facts.order_numbers):
        return Finding.OTHER_ORDERS
    return _out_of_its_time(coverage, facts.order_date, profile)


def _out_of_its_time(coverage: Coverage, on: dt.date, profile: Profile) -> Finding | None:
    if coverage.expiration_date is not None and coverage.expiration_date < on:
        return Finding.EXPIRED
    if profile is Profile.R2:
        return None
    if on < coverage.effective_date:
        return Finding.NOT_YET_EFFECTIVE
    lapsed = coverage.held_through is not None and coverage.held_through < on
    return Finding.LAPSED if lapsed else None


def _is_bound_to(coverage: Coverage, numbers: Sequence[str]) -> bool:
    return not {number_key(number) for number in coverage.order_numbers}.isdisjoint(numbers)


def _override(facts: Facts) -> bool | None:
    """Whether tax applies, where somebody said so by hand."""
    return facts.by_hand.tax_applicable if facts.by_hand else None


def _chosen_by_hand(facts: Facts, held: Sequence[Coverage]) -> Coverage | None:
    """The coverage that somebody chose, while it is on file and accepted."""
    if facts.by_hand is None or _override(facts) is not None:
        return None
    of_it = [
        coverage
        for coverage in held
        if coverage.certificate_id == facts.by_hand.certificate_id
        and coverage.review_status is ReviewStatus.ACCEPTED
    ]
    return min(
        of_it,
        key=lambda coverage: (
            coverage.jurisdiction != facts.jurisdiction,
            coverage.jurisdiction,
            coverage.customer_id,
        ),
        default=None,
    )


def _prevails(facts: Facts, by_hand: Coverage | None) -> Finding | None:
    """What leaves the rule no choice, as it is said of a certificate that would do."""
    if by_hand or _override(facts) is not None:
        return Finding.OVERRULED_BY_HAND
    return Finding.OVERRULED if facts.free_form_number else None


def _outcome(facts: Facts, chosen: Coverage | None) -> tuple[Ground, str | None, Decimal]:
    """The ground, the number that the order shall show, and how much of it is exempt."""
    override = _override(facts)
    if override is not None:
        return Ground.OVERRIDE, None, _NOTHING if override else _ALL
    if chosen:
        exempt_part = _NOTHING if chosen.apply_tax else chosen.exempt_percentage
        return Ground.CERTIFICATE, number_to_show(chosen), exempt_part
    if facts.free_form_number:
        return Ground.FREE_FORM_NUMBER, facts.free_form_number, _ALL
    return _ground_without(facts), None, _NOTHING


def _ground_without(facts: Facts) -> Ground:
    """What to call it when nothing covers the order."""
    if not facts.customer_known:
        return Ground.UNKNOWN_CUSTOMER
    if by_place := _ground_of_place(facts):
        return by_place
    return Ground.NO_CERTIFICATE if facts.claimed else Ground.NOT_CLAIMED


def _ground_of_place(facts: Facts) -> Ground | None:
    """What the place that the goods go to says by itself, if it says anything."""
    if facts.country not in {None, "US"}:
        return Ground.OUTSIDE
    if facts.jurisdiction is None:
        return Ground.NO_SHIP_TO
    # A state of the United States that is not in the table was refused with its record.
    levies_none = jurisdictions()[facts.jurisdiction].sales_tax == "none"
    return Ground.NO_SALES_TAX if levies_none else None


def _in_order(looked_at: LookedAt) -> tuple[int, str, int]:
    coverage = looked_at.coverage
    return coverage.certificate_id, coverage.jurisdiction, coverage.customer_id


def _looked_at(
    coverage: Coverage,
    refused: Finding | None,
    chosen: Coverage | None,
    prevails: Finding | None,
) -> LookedAt:
    if coverage is chosen:
        return LookedAt(coverage, Finding.CHOSEN_BY_HAND if prevails else Finding.CHOSEN, refused)
    used = cast("Coverage", chosen)  # where one would do, one is chosen
    return LookedAt(coverage, refused or prevails or _against(coverage, used))


def _step(coverage: Coverage, finding: Finding, against: Finding | None) -> Step:
    return Step(
        finding=finding,
        against=against,
        certificate_id=coverage.certificate_id,
        certificate_number=number_to_show(coverage),
        customer_id=coverage.customer_id,
        jurisdiction=coverage.jurisdiction,
        exemption_reason=coverage.exemption_reason,
        kind=coverage.kind,
        order_numbers=coverage.order_numbers,
        effective_date=coverage.effective_date,
        expiration_date=coverage.expiration_date,
        held_through=coverage.held_through,
        apply_tax=coverage.apply_tax,
        exempt_percentage=coverage.exempt_percentage,
        review_status=coverage.review_status,
        archived_date=coverage.archived_date,
        also_for=coverage.also_for,
    )


def _against(coverage: Coverage, chosen: Coverage) -> Finding:
    """Why *coverage*, which would have done, was passed over for *chosen*."""
    if coverage.expiration_date != chosen.expiration_date:
        return Finding.LATER_EXPIRATION
    if coverage.effective_date != chosen.effective_date:
        return Finding.EARLIER_EFFECTIVE
    return Finding.HIGHER_ID
