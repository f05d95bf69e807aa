"""What we hold from a customer for each state, as the customer is told it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from exempt.model.certificate import Certificate, JurisdictionDetails, Rejection
from exempt.rules.status import CertificateStatus, coverage_status

_BEST_FIRST = (
    CertificateStatus.ACTIVE,
    CertificateStatus.PENDING,
    CertificateStatus.FUTURE,
    CertificateStatus.EXPIRING_SOON,
    CertificateStatus.INVALID,
    CertificateStatus.EXPIRED,
)


class Holding(NamedTuple):
    """What there is for one state.

    Attributes:
        status: Of the best certificate for it; None = there is none.
        end: Its last day; ``rejections``: what is wrong with it.
    """

    jurisdiction: str
    status: CertificateStatus | None = None
    end: dt.date | None = None
    rejections: tuple[Rejection, ...] = ()

    @property
    def wanted(self) -> bool:
        """Whether a certificate for it would help."""
        return self.status in {
            None,
            CertificateStatus.EXPIRING_SOON,
            CertificateStatus.INVALID,
            CertificateStatus.EXPIRED,
        }


def holdings(
    certificates: Iterable[Certificate],
    jurisdictions: Sequence[str],
    on: dt.date,
    soon_days: int,
) -> tuple[Holding, ...]:
    """What there is for each of *jurisdictions* on the day *on*, in their order.

    An archived certificate counts as none. Of several equally good ones it is
    the one that was entered last.
    """
    known = sorted(certificates, key=lambda one: -one.id)
    return tuple(_best(known, place, on, soon_days) for place in jurisdictions)


def _best(known: Sequence[Certificate], place: str, on: dt.date, soon_days: int) -> Holding:
    found = [
        _holding(certificate, details, on, soon_days)
        for certificate in known
        for details in certificate.jurisdictions
        if details.jurisdiction == place
    ]
    ranked = [each for each in found if each.status in _BEST_FIRST]
    return min(ranked, key=_rank, default=Holding(place))


def _rank(holding: Holding) -> int:
    assert holding.status is not None  # noqa: S101 - it was found
    return _BEST_FIRST.index(holding.status)


def _holding(
    certificate: Certificate, details: JurisdictionDetails, on: dt.date, soon_days: int
) -> Holding:
    status = coverage_status(certificate, details, on, soon_days)
    return Holding(details.jurisdiction, status, details.last_date, certificate.rejections)
