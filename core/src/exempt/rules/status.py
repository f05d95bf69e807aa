"""The status of a certificate on a day: computed, never stored.

The expiration day itself still counts. Of several jurisdictions the most
urgent one shows, but a certificate is expired only when all of them are.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from exempt.model.certificate import Certificate, Coverage, ReviewStatus


class CertificateStatus(StrEnum):
    """What a certificate is good for on a day."""

    FUTURE = "future"
    ACTIVE = "active"
    EXPIRING_SOON = "expiring_soon"
    EXPIRED = "expired"
    ARCHIVED = "archived"
    PENDING = "pending"
    INVALID = "invalid"


def coverage_status(coverage: Coverage, on: dt.date, soon_days: int) -> CertificateStatus:
    """The status in one jurisdiction; *soon_days* before the end it is expiring soon."""
    end = coverage.expiration_date or dt.date.max
    tests = (
        (coverage.review_status is ReviewStatus.REJECTED, CertificateStatus.INVALID),
        ((coverage.archived_date or dt.date.max) <= on, CertificateStatus.ARCHIVED),
        (coverage.review_status is ReviewStatus.PENDING, CertificateStatus.PENDING),
        (end < on, CertificateStatus.EXPIRED),
        (on < coverage.effective_date, CertificateStatus.FUTURE),
        ((end - on).days <= soon_days, CertificateStatus.EXPIRING_SOON),
    )
    return next((status for holds, status in tests if holds), CertificateStatus.ACTIVE)


def certificate_status(certificate: Certificate, on: dt.date, soon_days: int) -> CertificateStatus:
    """The status of the whole certificate."""
    found = {coverage_status(c, on, soon_days) for c in certificate.coverages}
    for status in (
        CertificateStatus.INVALID,
        CertificateStatus.ARCHIVED,
        CertificateStatus.PENDING,
        CertificateStatus.EXPIRING_SOON,
        CertificateStatus.ACTIVE,
        CertificateStatus.FUTURE,
    ):
        if status in found:
            return status
    return CertificateStatus.EXPIRED
