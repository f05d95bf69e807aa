"""What pages of the portal show of a customer's certificates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from exempt.data import jurisdiction_name, jurisdictions
from exempt.model.certificate import AttachedFile, Certificate, ReviewStatus
from exempt.model.requesting import Answers
from exempt.rules.answers import ends_of
from exempt.rules.day_words import with_short_dates
from exempt.rules.holdings import Holding
from exempt.rules.status import CertificateStatus, certificate_status
from exempt.services.policy import Policy
from exempt.services.visits import Visit
from exempt.web.portal import words
from exempt.web.site import Site

_STATUSES = {
    CertificateStatus.ACTIVE: "In use",
    CertificateStatus.EXPIRING_SOON: "In use, expires soon",
    CertificateStatus.FUTURE: "Accepted",
    CertificateStatus.EXPIRED: "Expired",
    CertificateStatus.ARCHIVED: "Not used any more",
    CertificateStatus.PENDING: "Being checked",
    CertificateStatus.INVALID: "Not accepted",
}
_COLOURS = {
    CertificateStatus.ACTIVE: "good",
    CertificateStatus.FUTURE: "good",
    CertificateStatus.EXPIRING_SOON: "warn",
    CertificateStatus.PENDING: "wait",
    CertificateStatus.INVALID: "bad",
    CertificateStatus.EXPIRED: "bad",
}
_COUNTED = (CertificateStatus.EXPIRED, CertificateStatus.ARCHIVED)


class PlaceRow(NamedTuple):
    """A state that is asked for, and what there is for it."""

    code: str
    place: str
    said: str
    colour: str


class Given(NamedTuple):
    """A certificate of the customer's, for the customer."""

    id: int
    places: str
    said: str
    colour: str
    why: str
    since: dt.date | None
    until: dt.date | None
    files: tuple[AttachedFile, ...]
    can_be_taken_back: bool


def place_rows(found: Sequence[Holding]) -> list[PlaceRow]:
    """The states that are asked for, one a row."""
    return [
        PlaceRow(
            each.jurisdiction.removeprefix("US-"),
            jurisdiction_name(each.jurisdiction),
            words.standing(each),
            _COLOURS.get(each.status, "") if each.status else "",
        )
        for each in found
    ]


def given(visit: Visit, site: Site, on: dt.date) -> list[Given]:
    """What the customer gave us, the newest first."""
    newest = sorted(visit.certificates, key=lambda one: -one.id)
    return [_given(each, site, on) for each in newest]


def _given(certificate: Certificate, site: Site, on: dt.date) -> Given:
    status = certificate_status(certificate, on, site.expiring_soon_days)
    counts = certificate.archived_date is None and (
        certificate.review_status is not ReviewStatus.REJECTED
    )
    return Given(
        certificate.id,
        listed(each.jurisdiction for each in certificate.jurisdictions),
        _STATUSES[status],
        _COLOURS.get(status, ""),
        words.rejected(certificate.rejections),
        certificate.entered_at.date() if certificate.entered_at else None,
        certificate.first_expiration,
        certificate.files,
        counts and status not in _COUNTED,
    )


def listed(codes: object) -> str:
    """``Texas, Ohio and Utah``."""
    names = [jurisdiction_name(str(code)) for code in codes]  # type: ignore[attr-defined]
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def other_states(chosen: Sequence[str]) -> list[tuple[str, str]]:
    """The states that can be added, code and name, by name."""
    rest = [(fact.name, code) for code, fact in jurisdictions().items() if code not in chosen]
    return [(code, name) for name, code in sorted(rest)]


def ends(answers: Answers, policy: Policy, on: dt.date) -> list[str]:
    """What the rules of the chosen states say of the certificate's end, a sentence a state."""
    found = ends_of(answers, policy.pack, on, policy.review_after_years)
    return [with_short_dates(each.why) for each in found.values()]
