"""What a remote shall show: the desired state of one order or one customer."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Sequence
from decimal import Decimal

from pydantic import TypeAdapter

from exempt.data import jurisdictions
from exempt.model.certificate import CertificateKind, Coverage, ReviewStatus
from exempt.model.decision import Decision
from exempt.model.pushing import JurisdictionStatus
from exempt.model.record import Record
from exempt.model.sources import Order
from exempt.rules.decision import choose, number_to_show


class Wanted(Record):
    """The desired state of one thing in a remote, as it is kept until written.

    ``certificates`` are the certificates whose files go along.
    """

    jurisdictions: tuple[JurisdictionStatus, ...] = ()
    tax_applicable: bool | None = None
    certificate_number: str | None = None
    certificates: tuple[int, ...] = ()


_WANTED = TypeAdapter(Wanted)
_ALL = Decimal(100)


def dump(wanted: Wanted) -> str:
    """*wanted* as text; equal states give equal texts."""
    return _WANTED.dump_json(wanted, exclude_defaults=True).decode()


def load(text: str) -> Wanted:
    """Read what `dump` wrote."""
    return _WANTED.validate_json(text)


def idempotency_key(*parts: object) -> str:
    """A key that is the same for the same *parts*, and for no others."""
    digest = hashlib.sha256(json.dumps([str(part) for part in parts]).encode()).hexdigest()
    return f"exempt-{digest[:40]}"


def status_of(coverage: Coverage, place: str, exempt_part: Decimal) -> JurisdictionStatus:
    """What a remote is told of one coverage, of which *exempt_part* percent are exempt."""
    return JurisdictionStatus(
        jurisdiction=place,
        exempt=exempt_part == _ALL,
        exempt_percentage=exempt_part if 0 < exempt_part < _ALL else None,
        certificate_number=number_to_show(coverage),
        exemption_reason=coverage.exemption_reason,
        exemption_number=coverage.exemption_number,
        signed_date=coverage.signed_date,
        effective_date=coverage.effective_date,
        expiration_date=coverage.expiration_date,
    )


def for_order(decision: Decision, coverages: Sequence[Coverage]) -> Wanted:
    """What the source shall show on a decided order."""
    place = decision.jurisdiction
    of_it = [c for c in coverages if c.certificate_id == decision.certificate_id]
    used = min(of_it, key=lambda c: (c.jurisdiction != place, c.jurisdiction), default=None)
    statuses: tuple[JurisdictionStatus, ...]
    if place not in jurisdictions():  # it may be no code at all
        statuses = ()
    elif used:
        statuses = (status_of(used, place, decision.exempt_percentage),)
    else:
        statuses = (
            JurisdictionStatus(
                jurisdiction=place,
                exempt=decision.exempt,
                certificate_number=decision.certificate_number,
            ),
        )
    return Wanted(
        jurisdictions=statuses,
        tax_applicable=decision.tax_applicable,
        certificate_number=decision.certificate_number,
        certificates=(decision.certificate_id,) if decision.certificate_id else (),
    )


def order_shows(order: Order, wanted: Wanted) -> bool:
    """Whether the source shows *wanted* already; what it does not say counts as taxed.

    How large a part is exempt no source tells, so a part is never taken for shown.
    """
    if any(status.exempt_percentage for status in wanted.jurisdictions):
        return False
    taxed = True if order.tax_applicable is None else order.tax_applicable
    return taxed == wanted.tax_applicable and (
        (order.certificate_number or None) == wanted.certificate_number
    )


def for_customer(
    coverages: Iterable[Coverage], ship_to: Iterable[str], on: dt.date, free_form: str | None = None
) -> Wanted:
    """What a source shall show on a customer's card on the day *on*.

    Each state where the customer holds a certificate in force for all orders, or
    has goods sent to, with the certificate that would be used for an order of that day.
    A state that levies no sales tax needs none, and is left out without one,
    and so is a place abroad. A free-form number prevails over every certificate.
    """
    usable: dict[str, list[Coverage]] = {}
    for coverage in coverages:
        if serves_all_orders(coverage, on):
            usable.setdefault(coverage.jurisdiction, []).append(coverage)
    chosen = {place: choose(fit) for place, fit in usable.items()}
    places = sorted({*usable, *filter(levies, ship_to)})
    if free_form:
        return Wanted(
            jurisdictions=tuple(
                JurisdictionStatus(jurisdiction=place, exempt=True, certificate_number=free_form)
                for place in places
            )
        )
    statuses = tuple(
        status_of(used, place, Decimal(0) if used.apply_tax else used.exempt_percentage)
        if (used := chosen.get(place))
        else JurisdictionStatus(jurisdiction=place, exempt=False)
        for place in places
    )
    certificates = sorted({used.certificate_id for used in chosen.values() if used})
    return Wanted(jurisdictions=statuses, certificates=tuple(certificates))


def serves_all_orders(coverage: Coverage, on: dt.date) -> bool:
    """Whether any order of the day *on* would be covered."""
    return stands_for_all_orders(coverage, on) and coverage.in_force(on)


def stands_for_all_orders(coverage: Coverage, on: dt.date) -> bool:
    """Whether it is on file on the day *on*, accepted and for any order; its dates aside."""
    accepted = coverage.review_status is ReviewStatus.ACCEPTED
    filed_away = coverage.archived_date is not None and coverage.archived_date <= on
    blanket = coverage.kind is CertificateKind.BLANKET and not coverage.order_numbers
    return accepted and blanket and not filed_away


def levies(place: str) -> bool:
    """Whether a sales tax is levied there, as far as our tables reach."""
    fact = jurisdictions().get(place)
    return fact is not None and fact.sales_tax != "none"
