"""What the states' rules have against a certificate, and refusing to accept it for that."""

from __future__ import annotations

import datetime as dt

from exempt.errors import RefusedError
from exempt.model.certificate import CertificateDetails, CertificateKind
from exempt.rules import claims
from exempt.rules.objections import Objection
from exempt.services.policy import Policy


def objections(
    details: CertificateDetails, policy: Policy, on: dt.date
) -> dict[str, tuple[Objection, ...]]:
    """What the states' rules have against a certificate, by jurisdiction."""
    return claims.objections(details, policy.pack, on, policy.review_after_years)


def refuse_bad(
    name: str,
    details: CertificateDetails,
    policy: Policy,
    on: dt.date,
    before: CertificateDetails | None = None,
) -> None:
    """Refuse what a state's rule refuses, but for what it refused *before* already.

    Raises:
        RefusedError: It does; a sentence a line, and how to accept it all the same.
    """
    against = _refusing(details, policy, on)
    if before:
        known = _refusing(before, policy, on)
        against = [sentence for sentence in against if sentence not in known]
    if against:
        sentences = "\n".join(f"  - {sentence}" for sentence in against)
        msg = (
            f"{name}: cannot be accepted as it stands:\n{sentences}\n"
            "Correct it, or say --anyway to take it all the same."
        )
        raise RefusedError(msg)


def _refusing(details: CertificateDetails, policy: Policy, on: dt.date) -> list[str]:
    against = claims.refusing(objections(details, policy, on))
    if details.kind is CertificateKind.SINGLE_USE and not details.order_numbers:
        against.append("It is for a single sale, but names no order: give the order's number.")
    return against
