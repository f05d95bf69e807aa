"""For which states a customer can be asked for a certificate now, and why not for others.

Source: Anrok's help page "Request certificates": it is offered when a
certificate is expiring soon, expired or archived; ours beyond that: also where
there is none, or it was rejected.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from exempt.data import jurisdiction_name
from exempt.model.certificate import Certificate, CertificateKind
from exempt.rules.status import CertificateStatus, coverage_status
from exempt.rules.wanted import levies

_BEST_FIRST = (
    CertificateStatus.ACTIVE,
    CertificateStatus.PENDING,
    CertificateStatus.FUTURE,
    CertificateStatus.EXPIRING_SOON,
    CertificateStatus.INVALID,
    CertificateStatus.EXPIRED,
    CertificateStatus.ARCHIVED,
)


class Offer(NamedTuple):
    """Whether asking for one state is offered.

    Attributes:
        status: Of the best certificate for all orders there; None = there is none.
        end: Its last day; ``number``: its own, or that of the exemption.
        why: A sentence: what asking would mend, or why it is not offered.
    """

    jurisdiction: str
    offered: bool
    why: str
    status: CertificateStatus | None = None
    end: dt.date | None = None
    number: str | None = None

    @property
    def renews(self) -> bool:
        """Whether it is to renew what still holds."""
        return self.offered and self.status is CertificateStatus.EXPIRING_SOON


def offers(
    certificates: Iterable[Certificate],
    jurisdictions: Sequence[str],
    on: dt.date,
    soon_days: int,
    asked: Mapping[str, dt.date],
) -> list[Offer]:
    """An offer for each of *jurisdictions* on the day *on*, in their order.

    Args:
        certificates: What the customer may use.
        jurisdictions: The states.
        on: Today.
        soon_days: How many days before its end a certificate counts as expiring soon.
        asked: By state: since when a request for it is open.
    """
    known = [c for c in certificates if c.kind is CertificateKind.BLANKET and not c.order_numbers]
    return [_offer(known, place, on, soon_days, asked.get(place)) for place in jurisdictions]


def _offer(
    known: Sequence[Certificate],
    place: str,
    on: dt.date,
    soon_days: int,
    asked: dt.date | None,
) -> Offer:
    name = jurisdiction_name(place)
    if not levies(place):
        return Offer(place, offered=False, why=f"{name} levies no sales tax: none is needed.")
    found = _best(known, place, on, soon_days)
    if asked is not None:
        why = f"It was asked for on {asked}: send that request again."
        return found._replace(offered=False, why=why)
    return found


def _best(known: Sequence[Certificate], place: str, on: dt.date, soon_days: int) -> Offer:
    """The offer that follows from the best certificate; of equals the one that lasts longest."""
    found = [
        _of(certificate, place, on, soon_days)
        for certificate in sorted(known, key=lambda one: -one.id)
        if any(each.jurisdiction == place for each in certificate.jurisdictions)
    ]
    none = Offer(place, offered=True, why="There is no certificate for it.")
    return min(found, key=_rank, default=none)


def _rank(offer: Offer) -> tuple[int, int]:
    assert offer.status is not None  # noqa: S101 - it is that of a certificate
    return _BEST_FIRST.index(offer.status), -(offer.end or dt.date.max).toordinal()


def _of(certificate: Certificate, place: str, on: dt.date, soon_days: int) -> Offer:
    details = next(each for each in certificate.jurisdictions if each.jurisdiction == place)
    if details.held_through is not None and on <= details.held_through:
        # An end for want of sales moves with the next sale: it needs no renewal.
        details = details.model_copy(update={"held_through": None})
    status = coverage_status(certificate, details, on, soon_days)
    starts = details.effective_date or certificate.signed_date
    end = details.last_date
    number = certificate.number or details.exemption_number
    why = _WHY[status].format(end=end, starts=starts)
    if status is CertificateStatus.ACTIVE and end is None:
        why = "The one on file is active, and has no end."
    return Offer(place, status in _OFFERED, why, status, end, number)


_OFFERED = frozenset(
    {
        CertificateStatus.EXPIRING_SOON,
        CertificateStatus.INVALID,
        CertificateStatus.EXPIRED,
        CertificateStatus.ARCHIVED,
    }
)
_WHY: Mapping[CertificateStatus, str] = {
    CertificateStatus.ACTIVE: "The one on file is active until {end}.",
    CertificateStatus.PENDING: "One waits for review: accept it or reject it first.",
    CertificateStatus.FUTURE: "One is on file that takes effect on {starts}.",
    CertificateStatus.EXPIRING_SOON: "The one on file ends on {end}.",
    CertificateStatus.INVALID: "The one on file was rejected.",
    CertificateStatus.EXPIRED: "The one on file ended on {end}.",
    CertificateStatus.ARCHIVED: "The one on file was archived.",
}
