"""What the state rules say of a whole certificate: proposed ends, and objections."""

from __future__ import annotations

import datetime as dt

from exempt.data import jurisdiction_name
from exempt.model.certificate import CertificateDetails, CertificateKind, JurisdictionDetails
from exempt.model.rulesdata import RulesPack
from exempt.rules.objections import Claim, Objection, ObjectionSeverity, check
from exempt.rules.validity import Proposal, propose_expiration

_LAST_DAY = dt.date(2099, 12, 31)  # a record keeps none after it


def proposals(
    details: CertificateDetails, pack: RulesPack, review_after_years: int
) -> dict[str, Proposal]:
    """What each jurisdiction's rule says of its end, by jurisdiction; none where none is known."""
    return {
        one.jurisdiction: propose_expiration(
            rule,
            effective=details.effective_on(one),
            form_kind=details.form_kind,
            review_after_years=review_after_years,
        )
        for one in details.jurisdictions
        if (rule := pack.state(one.jurisdiction))
    }


def with_certain_ends(
    details: CertificateDetails, pack: RulesPack, review_after_years: int
) -> CertificateDetails:
    """*details* with the ends filled in that follow from the law alone.

    Where the document or the buyer's permit says when it ends, it is left to
    whoever holds the document.
    """
    if details.kind is not CertificateKind.BLANKET:
        return details
    found = proposals(details, pack, review_after_years)

    def filled(one: JurisdictionDetails) -> JurisdictionDetails:
        law = found.get(one.jurisdiction)
        if one.expiration_date or law is None or not law.certain:
            return one
        end = law.expiration_date
        beyond = end is not None and end > _LAST_DAY  # left out, it is objected to
        return one if beyond else one.model_copy(update={"expiration_date": end})

    return details.model_copy(update={"jurisdictions": tuple(map(filled, details.jurisdictions))})


def objections(
    details: CertificateDetails, pack: RulesPack, on: dt.date, review_after_years: int
) -> dict[str, tuple[Objection, ...]]:
    """What speaks against the certificate on the day *on*, by jurisdiction."""
    found = {
        one.jurisdiction: check(
            rule, _claim(details, one), on=on, review_after_years=review_after_years
        )
        for one in details.jurisdictions
        if (rule := pack.state(one.jurisdiction))
    }
    return {
        place: tuple(_without_name(place, one) for one in against)
        for place, against in found.items()
        if against
    }


def _without_name(place: str, objection: Objection) -> Objection:
    """*objection* for a list in which its jurisdiction stands before it."""
    sentence = objection.sentence.removeprefix(f"{jurisdiction_name(place)}: ")
    return objection.model_copy(update={"sentence": sentence[0].upper() + sentence[1:]})


def refusing(against: dict[str, tuple[Objection, ...]]) -> list[str]:
    """The sentences of those objections that refuse, each with its jurisdiction's code."""
    return [
        f"{place.removeprefix('US-')}: {objection.sentence}"
        for place, found in against.items()
        for objection in found
        if objection.severity is ObjectionSeverity.REFUSE
    ]


def _claim(details: CertificateDetails, one: JurisdictionDetails) -> Claim:
    return Claim(
        form_kind=details.form_kind,
        exemption_reason=one.reason,
        effective_date=details.effective_on(one),
        expiration_date=one.expiration_date,
        printed_end=one.expiration_date,  # staff enter the end that the document names
        blanket=details.kind is CertificateKind.BLANKET,
        identification_type=one.identification_type,
        identification_number=one.exemption_number,
        issued_by=one.issued_by,
    )
