"""What a state's rule has against a certificate, said before staff accept it.

Source: the rows of ``states.csv``. An objection that refuses says that the
certificate does not protect the seller as it stands; one that warns asks a
person to look. The rule of a number's format refuses for resale only, and only
where its row is certain: other exemptions have numbers of their own.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from exempt.data import jurisdiction_name
from exempt.model.address import Jurisdiction
from exempt.model.certificate import ExemptionReason
from exempt.model.forms import (
    FormKind,
    IdentificationNumber,
    IdentificationType,
    canonical_number,
)
from exempt.model.record import Day, Record
from exempt.model.rulesdata import Acceptance, Confidence, StateRule
from exempt.model.terms import ValidityKind
from exempt.rules.validity import REVIEW_AFTER_YEARS, Proposal, kind_of, propose_expiration


class ObjectionSeverity(StrEnum):
    """Whether the certificate fails as it stands, or should be looked at."""

    REFUSE = "refuse"
    WARN = "warn"


class ObjectionCode(StrEnum):
    """What is wrong, as a stable word for scripts."""

    NOT_NEEDED = "not_needed"
    NOT_RESEARCHED = "not_researched"
    FORM_NOT_ACCEPTED = "form_not_accepted"
    FORM_CONDITION = "form_condition"
    BLANKET_NOT_ALLOWED = "blanket_not_allowed"
    PRINTED_END_MISSING = "printed_end_missing"
    END_MISSING = "end_missing"
    ENDS_TOO_LATE = "ends_too_late"
    ENDS_LATER_THAN_USUAL = "ends_later_than_usual"
    EXPIRED = "expired"
    REVIEW_DUE = "review_due"
    NUMBER_MISSING = "number_missing"
    NUMBER_FORMAT = "number_format"
    NUMBER_YEAR = "number_year"
    OTHER_IDENTIFICATION = "other_identification"
    HOME_STATE_NUMBER_REFUSED = "home_state_number_refused"
    HOME_STATE_NUMBER_CONDITION = "home_state_number_condition"


class Objection(Record):
    """One thing against a certificate; ``sentence`` tells a person."""

    code: ObjectionCode
    severity: ObjectionSeverity
    sentence: str


class Claim(Record):
    """What a certificate says of one jurisdiction, as the rule looks at it.

    Attributes:
        printed_end: The end that the document itself names.
        permit_end: The end of the buyer's permit or licence.
        blanket: Whether it is for many sales; else for one.
        issued_by: The state that gave ``identification_number``; None = this one.
    """

    form_kind: FormKind = FormKind.SINGLE_STATE
    exemption_reason: ExemptionReason
    effective_date: Day
    expiration_date: Day | None = None
    printed_end: Day | None = None
    permit_end: Day | None = None
    blanket: bool = True
    identification_type: IdentificationType | None = None
    identification_number: IdentificationNumber | None = None
    issued_by: Jurisdiction | None = None


@dataclass(frozen=True)
class _Look:
    """One claim held against one rule on one day."""

    rule: StateRule
    claim: Claim
    on: dt.date
    proposal: Proposal

    @property
    def place(self) -> str:
        return jurisdiction_name(self.rule.jurisdiction)

    @property
    def kind(self) -> ValidityKind:
        return kind_of(self.rule, self.claim.form_kind)

    @property
    def resale(self) -> bool:
        return self.claim.exemption_reason is ExemptionReason.RESALE

    @property
    def from_elsewhere(self) -> bool:
        return self.claim.issued_by not in {None, self.rule.jurisdiction}


def check(
    rule: StateRule,
    claim: Claim,
    *,
    on: dt.date,
    review_after_years: int = REVIEW_AFTER_YEARS,
) -> tuple[Objection, ...]:
    """What *rule* has against *claim* on the day *on*; what refuses comes first."""
    proposal = propose_expiration(
        rule,
        effective=claim.effective_date,
        form_kind=claim.form_kind,
        printed_end=claim.printed_end,
        permit_end=claim.permit_end,
        review_after_years=review_after_years,
    )
    look = _Look(rule, claim, on, proposal)
    if rule.validity_kind is ValidityKind.NO_SALES_TAX:
        return (_warn(ObjectionCode.NOT_NEEDED, proposal.why),)
    found = [objection for check_one in _CHECKS for objection in check_one(look)]
    return tuple(sorted(found, key=lambda objection: objection.severity))


def _refuse(code: ObjectionCode, sentence: str) -> Objection:
    return Objection(code=code, severity=ObjectionSeverity.REFUSE, sentence=sentence)


def _warn(code: ObjectionCode, sentence: str) -> Objection:
    return Objection(code=code, severity=ObjectionSeverity.WARN, sentence=sentence)


def _research(look: _Look) -> Iterator[Objection]:
    if look.rule.validity_kind is ValidityKind.UNKNOWN:
        yield _warn(ObjectionCode.NOT_RESEARCHED, look.proposal.why)


_FORMS = {
    FormKind.SST: "the Streamlined Sales Tax form",
    FormKind.MTC: "the multijurisdiction form",
}


def _form(look: _Look) -> Iterator[Objection]:
    if look.claim.form_kind is FormKind.SINGLE_STATE:
        return
    name, rule = _FORMS[look.claim.form_kind], look.rule
    accepted, condition = rule.mtc_accepted, rule.mtc_condition
    if look.claim.form_kind is FormKind.SST:
        accepted, condition = rule.sst_form_accepted, None
    if accepted is Acceptance.NO:
        instead = f": ask for {rule.form_number}" if rule.form_number else ""
        sentence = f"{look.place} does not take {name}{instead}."
        yield _refuse(ObjectionCode.FORM_NOT_ACCEPTED, sentence)
    elif condition:
        sentence = f"{look.place} takes {name} on a condition: {condition}."
        yield _warn(ObjectionCode.FORM_CONDITION, sentence)


def _blanket(look: _Look) -> Iterator[Objection]:
    if look.claim.blanket and look.rule.blanket_allowed is Acceptance.NO:
        sentence = f"{look.place} takes no certificate for many sales: file one with each sale."
        yield _refuse(ObjectionCode.BLANKET_NOT_ALLOWED, sentence)


_PRINTED = {ValidityKind.PRINTED, ValidityKind.PRINTED_DEC31, ValidityKind.PERIOD_ON_FORM}


def _end(look: _Look) -> Iterator[Objection]:
    """Whether a blanket ends when the rule says; a certificate for one sale needs no end."""
    if not look.claim.blanket:
        return
    proposal, end = look.proposal, look.claim.expiration_date
    latest, usual = proposal.latest_date, proposal.usual_date
    if look.kind in _PRINTED and look.claim.printed_end is None:
        sentence = f"{proposal.why} Enter the date that stands on it."
        yield _refuse(ObjectionCode.PRINTED_END_MISSING, sentence)
    elif end is None and proposal.expiration_date:
        object_ = _refuse if latest else _warn
        sentence = f"{proposal.why} Enter its end, {proposal.expiration_date}."
        yield object_(ObjectionCode.END_MISSING, sentence)
    if end and latest and latest < end:
        sentence = f"{proposal.why} It cannot hold until {end}, but until {latest} at most."
        yield _refuse(ObjectionCode.ENDS_TOO_LATE, sentence)
    elif end and usual and usual < end:
        sentence = f"{proposal.why} Until {end} is longer than usual: look at the document."
        yield _warn(ObjectionCode.ENDS_LATER_THAN_USUAL, sentence)


def _expired(look: _Look) -> Iterator[Objection]:
    ends = [end for end in (look.claim.expiration_date, look.claim.printed_end) if end]
    if not ends or look.on <= min(ends):
        return
    sentence = f"It expired on {min(ends)}"
    if look.rule.expired_is_bad_faith:
        bad_faith = f"{sentence}: {look.place} calls it bad faith to take one that has expired."
        yield _refuse(ObjectionCode.EXPIRED, bad_faith)
    else:
        yield _warn(ObjectionCode.EXPIRED, f"{sentence}, and covers no sale after that day.")


def _review(look: _Look) -> Iterator[Objection]:
    due = look.proposal.review_date
    if look.claim.blanket and due and due <= look.on:
        sentence = f"{look.proposal.why} It should have been looked at again on {due}."
        yield _warn(ObjectionCode.REVIEW_DUE, sentence)


def _identified(look: _Look) -> Iterator[Objection]:
    claim, expected = look.claim, look.rule.id_name
    if not look.resale or expected is None:
        return
    if claim.identification_number is None:
        sentence = f"No number is given: {look.place} asks for the {expected}."
        yield _warn(ObjectionCode.NUMBER_MISSING, sentence)
    elif claim.identification_type is not IdentificationType.STATE_TAX_ID:
        sentence = f"{look.place} asks for the {expected}: see whether another number will do."
        yield _warn(ObjectionCode.OTHER_IDENTIFICATION, sentence)


def _home_state(look: _Look) -> Iterator[Objection]:
    if look.claim.identification_type is not IdentificationType.STATE_TAX_ID:
        return
    if not look.from_elsewhere:
        return
    accepted, condition = look.rule.home_state_number, look.rule.home_state_condition
    if accepted is Acceptance.NO:
        but = f"; {condition}" if condition else ""
        sentence = f"{look.place} does not take another state's number{but}."
        yield _refuse(ObjectionCode.HOME_STATE_NUMBER_REFUSED, sentence)
    elif condition:
        sentence = f"{look.place} takes another state's number on a condition: {condition}."
        yield _warn(ObjectionCode.HOME_STATE_NUMBER_CONDITION, sentence)


def _number(look: _Look) -> Iterator[Objection]:
    """The number's format, where this state gave it."""
    claim, rule = look.claim, look.rule
    if claim.identification_number is None:
        return
    number = canonical_number(claim.identification_number)
    if claim.identification_type is IdentificationType.FEIN:
        if not re.fullmatch(r"[0-9]{9}", number):
            yield _refuse(ObjectionCode.NUMBER_FORMAT, "A FEIN has 9 digits.")
        return
    ours = claim.identification_type is IdentificationType.STATE_TAX_ID
    if not ours or look.from_elsewhere or rule.id_pattern is None:
        return
    found = re.fullmatch(rule.id_pattern, number, re.ASCII)
    if found is None:
        certain = look.resale and rule.confidence is Confidence.HIGH
        object_ = _refuse if certain else _warn
        sentence = f"The number is no {rule.id_name}: {rule.id_format}."
        yield object_(ObjectionCode.NUMBER_FORMAT, sentence)
    else:
        yield from _year_in(found, claim)


def _year_in(found: re.Match[str], claim: Claim) -> Iterator[Objection]:
    year, end = found.groupdict().get("year"), claim.expiration_date
    if year and end and end.year % 100 != int(year):
        sentence = f"The number says that it ends in a year '{year}, and not on {end}."
        yield _warn(ObjectionCode.NUMBER_YEAR, sentence)


_CHECKS: tuple[Callable[[_Look], Iterator[Objection]], ...] = (
    _research,
    _form,
    _blanket,
    _end,
    _expired,
    _review,
    _identified,
    _home_state,
    _number,
)
