"""How certificates are shown: their words, and the colours of their statuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from exempt.data import jurisdictions
from exempt.model.certificate import Certificate, CertificateKind, ExemptionReason, ReviewStatus
from exempt.model.forms import FormKind, IdentificationType
from exempt.rules.status import CertificateStatus

Options = Sequence[tuple[str, str]]

STATUSES: Mapping[CertificateStatus, tuple[str, str]] = {
    CertificateStatus.ACTIVE: ("Active", "green"),
    CertificateStatus.EXPIRING_SOON: ("Expiring soon", "yellow"),
    CertificateStatus.EXPIRED: ("Expired", "red"),
    CertificateStatus.PENDING: ("Pending", "blue"),
    CertificateStatus.FUTURE: ("Future", "blue"),
    CertificateStatus.INVALID: ("Invalid", "red"),
    CertificateStatus.ARCHIVED: ("Archived", "grey"),
}
"""Certificate statuses in words, and the colour of the dot; in the order of the tabs."""

REVIEWS: Mapping[ReviewStatus, tuple[str, str]] = {
    ReviewStatus.PENDING: ("Waits for review", "blue"),
    ReviewStatus.ACCEPTED: ("Accepted", "green"),
    ReviewStatus.REJECTED: ("Rejected", "red"),
}
"""The same of review statuses."""

FORMS: Options = (
    (FormKind.SINGLE_STATE, "Form of one state"),
    (FormKind.SST, "Streamlined Sales Tax (F0003)"),
    (FormKind.MTC, "Multijurisdiction (MTC)"),
)
KINDS: Options = (
    (CertificateKind.BLANKET, "Many sales (blanket)"),
    (CertificateKind.SINGLE_USE, "One sale"),
)
NUMBERS: Options = (
    ("", "Not said"),
    (IdentificationType.STATE_TAX_ID, "State tax ID"),
    (IdentificationType.FEIN, "FEIN"),
    (IdentificationType.DRIVER_LICENSE, "Driver licence"),
    (IdentificationType.DIPLOMAT, "Diplomat's"),
    (IdentificationType.FOREIGN, "From abroad"),
    (IdentificationType.OTHER, "Another"),
)
SOURCES = {"portal": "Sent in by the customer", "api": "API", "import": "Import", "staff": "Staff"}


def spoken(code: str) -> str:
    """``State government`` for ``state_government``."""
    return code.replace("_", " ").capitalize()


REASONS: Options = tuple((each.value, spoken(each)) for each in ExemptionReason)


def places() -> list[tuple[str, str]]:
    """The states to choose from, by name."""
    return sorted(
        ((code, fact.name) for code, fact in jurisdictions().items()), key=lambda pair: pair[1]
    )


def number_of(certificate: Certificate) -> str:
    """Its own number, or those that it has in its states."""
    numbers = (one.exemption_number for one in certificate.jurisdictions)
    return certificate.number or ", ".join(dict.fromkeys(filter(None, numbers)))


def reasons_of(certificate: Certificate) -> str:
    """The reasons that count, each once."""
    return ", ".join(dict.fromkeys(spoken(one.reason) for one in certificate.jurisdictions))


def known() -> dict[str, Any]:
    """What all pages of certificates know."""
    return {
        "statuses": STATUSES,
        "reviews": REVIEWS,
        "forms_of": dict(FORMS),
        "kinds_of": dict(KINDS),
        "numbers_of": dict(NUMBERS),
        "sources_of": SOURCES,
        "spoken": spoken,
        "number_of": number_of,
        "reasons_of": reasons_of,
    }
