"""The status of a certificate on a day: computed, never stored; and what to do about it.

The last day itself still counts. Of several jurisdictions the most urgent one
shows, but a certificate is expired only when all of them are.

Source: the statuses of Anrok's help page "Manage certificates".
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum

from exempt.model.certificate import Certificate, Coverage, JurisdictionDetails, ReviewStatus


class CertificateStatus(StrEnum):
    """What a certificate is good for on a day; only an active or expiring one is applied."""

    FUTURE = "future"
    ACTIVE = "active"
    EXPIRING_SOON = "expiring_soon"
    EXPIRED = "expired"
    ARCHIVED = "archived"
    PENDING = "pending"
    INVALID = "invalid"


HINTS: Mapping[CertificateStatus, str] = {
    CertificateStatus.FUTURE: "It is not applied yet: nothing to do until its first day.",
    CertificateStatus.ACTIVE: (
        "It is applied to new orders: see now and then whether its states, reasons and numbers"
        " are still right."
    ),
    CertificateStatus.EXPIRING_SOON: (
        "It is still applied to new orders, but not for long: ask the customer for a new one now."
    ),
    CertificateStatus.EXPIRED: (
        "It is no longer applied to new orders: ask the customer for a new one now."
    ),
    CertificateStatus.ARCHIVED: (
        "It is no longer applied to new orders: see whether a new one must be requested."
    ),
    CertificateStatus.PENDING: (
        "It is not applied until somebody has looked at it: accept it or reject it."
    ),
    CertificateStatus.INVALID: (
        "It was rejected and is not applied: ask the customer for one that mends what was wrong."
    ),
}
"""What to do next, a sentence a status."""

REQUEST_OFFERED = frozenset(
    {
        CertificateStatus.EXPIRING_SOON,
        CertificateStatus.EXPIRED,
        CertificateStatus.ARCHIVED,
        CertificateStatus.INVALID,
    }
)
"""The statuses in which asking the customer for a new one is offered."""


def coverage_status(
    certificate: Certificate, of: JurisdictionDetails | Coverage, on: dt.date, soon_days: int
) -> CertificateStatus:
    """The status in one jurisdiction; *soon_days* before the end it is expiring soon."""
    if of_it := _of_the_whole(certificate, on):
        return of_it
    end = of.last_date or dt.date.max
    if end < on:
        return CertificateStatus.EXPIRED
    if on < (of.effective_date or certificate.signed_date):
        return CertificateStatus.FUTURE
    soon = (end - on).days <= soon_days
    return CertificateStatus.EXPIRING_SOON if soon else CertificateStatus.ACTIVE


def certificate_status(certificate: Certificate, on: dt.date, soon_days: int) -> CertificateStatus:
    """The status of the whole certificate."""
    found = {coverage_status(certificate, of, on, soon_days) for of in certificate.jurisdictions}
    return next(status for status in _MOST_URGENT_FIRST if status in found)


_MOST_URGENT_FIRST = (
    CertificateStatus.INVALID,
    CertificateStatus.ARCHIVED,
    CertificateStatus.PENDING,
    CertificateStatus.EXPIRING_SOON,
    CertificateStatus.ACTIVE,
    CertificateStatus.FUTURE,
    CertificateStatus.EXPIRED,
)


def _of_the_whole(certificate: Certificate, on: dt.date) -> CertificateStatus | None:
    """The status that all its jurisdictions share because of what staff did, if they did."""
    if certificate.review_status is ReviewStatus.REJECTED:
        return CertificateStatus.INVALID
    if certificate.archived_date is not None and certificate.archived_date <= on:
        return CertificateStatus.ARCHIVED
    if certificate.review_status is ReviewStatus.PENDING:
        return CertificateStatus.PENDING
    return None
