"""What a customer fills in about a certificate: as the certificate's details, and what is amiss.

What a state's rule refuses keeps a customer from sending only where the
customer can mend it: a number or date that was mistyped or left out. All else
is told, and staff decide. Our own beyond the rules: a number is asked for
where goods are resold, since hardly a state takes a certificate without one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from exempt.data import jurisdiction_name
from exempt.model.certificate import CertificateDetails, ExemptionReason, JurisdictionDetails
from exempt.model.formdata import Form, Question
from exempt.model.forms import IdentificationType
from exempt.model.requesting import Answers
from exempt.model.rulesdata import RulesPack, StateRule
from exempt.rules import claims
from exempt.rules.objections import Objection, ObjectionCode, ObjectionSeverity
from exempt.rules.validity import REVIEW_AFTER_YEARS, Proposal

_STATE = IdentificationType.STATE_TAX_ID
_GIVEN_BY_A_STATE = {_STATE, IdentificationType.DRIVER_LICENSE}


class Amiss(NamedTuple):
    """Something that is missing or wrong in what a customer filled in.

    Attributes:
        field: The field of `Answers`; of a number with its state, ``numbers.US-TX``.
        sentence: For the customer; it says how to mend it.
        blocks: Whether nothing can be sent before it is mended.
    """

    field: str
    sentence: str
    blocks: bool = True


def details_of(answers: Answers, customer_id: int, on: dt.date) -> CertificateDetails | None:
    """The certificate that the answers describe; None while they lack a state or the reason.

    Without other dates it takes effect on the day *on*, and counts as signed
    on its first day, if that has come.

    Raises:
        ValueError: It ends before it begins.
    """
    reason = answers.exemption_reason
    if not answers.jurisdictions or reason is None:
        return None
    effective = answers.effective_date or answers.signed_date or on
    order_number = answers.purchase_order_number if answers.single_use else None
    return CertificateDetails(
        customer_ids=(customer_id,),
        kind=answers.kind,
        order_numbers=(order_number,) if order_number else (),
        form_kind=answers.form_kind,
        signed_date=answers.signed_date or min(effective, on),
        notes=_notes(answers),
        jurisdictions=tuple(
            _in_state(answers, place, reason, effective)
            for place in dict.fromkeys(answers.jurisdictions)
        ),
    )


def _in_state(
    answers: Answers, place: str, reason: ExemptionReason, effective: dt.date
) -> JurisdictionDetails:
    number, kind = answers.number_in(place), answers.identification_type
    elsewhere = answers.issued_by if kind in _GIVEN_BY_A_STATE else None
    return JurisdictionDetails(
        jurisdiction=place,
        exemption_number=number,
        identification_type=kind if number else None,
        issued_by=elsewhere if number and elsewhere != place else None,
        exemption_reason=reason,
        effective_date=effective,
        expiration_date=answers.expiration_date,
    )


def _notes(answers: Answers) -> str:
    other = answers.exemption_reason is ExemptionReason.OTHER and answers.reason_text
    said = [f"The customer's reason: {answers.reason_text}"] if other else []
    said += [f"The customer's note: {answers.note}"] if answers.note else []
    return "\n".join(said)[:10_000]


def ends_of(
    answers: Answers,
    pack: RulesPack,
    on: dt.date,
    review_after_years: int = REVIEW_AFTER_YEARS,
) -> dict[str, Proposal]:
    """What the rule of each chosen state says of the certificate's end, by state."""
    blank = answers.model_copy(
        update={
            "expiration_date": None,
            "exemption_reason": answers.exemption_reason or ExemptionReason.OTHER,
        }
    )
    details = details_of(blank, 0, on)
    return claims.proposals(details, pack, review_after_years) if details else {}


def amiss(
    answers: Answers,
    pack: RulesPack,
    on: dt.date,
    review_after_years: int = REVIEW_AFTER_YEARS,
) -> tuple[Amiss, ...]:
    """What is missing or wrong on the day *on*; what blocks comes first."""
    found = [*_missing(answers)]
    try:
        details = details_of(answers, 0, on)
    except ValueError:
        sentence = "The last day lies before the first one. Check both dates."
        found.append(Amiss("expiration_date", sentence))
        details = None
    if details is not None:
        filled = claims.with_certain_ends(details, pack, review_after_years)
        against = claims.objections(filled, pack, on, review_after_years)
        for rule in (pack.state(place) for place in against):
            assert rule is not None  # noqa: S101 - it objects
            found += [_told(answers, rule, each) for each in against[rule.jurisdiction]]
    return tuple(sorted(found, key=lambda each: not each.blocks))


def blocking(found: Sequence[Amiss]) -> tuple[Amiss, ...]:
    """What is to be mended before anything can be sent."""
    return tuple(each for each in found if each.blocks)


def unanswered(answers: Answers, form: Form) -> tuple[Amiss, ...]:
    """What a form asks and is not answered, or not by one of its choices."""
    return tuple(
        Amiss(f"fields.{question.key}", sentence)
        for question in form.asks(answers.exemption_reason)
        if (sentence := _unanswered(question, answers.fields.get(question.key, "")))
    )


def _unanswered(question: Question, answer: str) -> str:
    if not answer:
        return f"{question.label}: please fill this in." if question.required else ""
    if question.choices and answer not in {each.value for each in question.choices}:
        return f"{question.label}: choose one of the list."
    return ""


def _missing(answers: Answers) -> Iterator[Amiss]:
    if not answers.jurisdictions:
        yield Amiss("jurisdictions", "Choose at least one state.")
    if answers.exemption_reason is None:
        yield Amiss("exemption_reason", "Choose why your purchases are exempt.")
    elif answers.exemption_reason is ExemptionReason.OTHER and not answers.reason_text:
        yield Amiss("reason_text", "Say in a few words why your purchases are exempt.")
    if answers.effective_date is None:
        yield Amiss("effective_date", "Enter the day on which the certificate takes effect.")
    if answers.single_use and not answers.purchase_order_number:
        sentence = "Enter the number of your purchase order or of our invoice."
        yield Amiss("purchase_order_number", sentence)


# --- what a state's rule has against it ------------------------------------------------

_FIELDS = {
    ObjectionCode.BLANKET_NOT_ALLOWED: "single_use",
    ObjectionCode.PRINTED_END_MISSING: "expiration_date",
    ObjectionCode.END_MISSING: "expiration_date",
    ObjectionCode.ENDS_TOO_LATE: "expiration_date",
    ObjectionCode.ENDS_LATER_THAN_USUAL: "expiration_date",
    ObjectionCode.EXPIRED: "expiration_date",
    ObjectionCode.NUMBER_YEAR: "expiration_date",
    ObjectionCode.REVIEW_DUE: "effective_date",
    ObjectionCode.FORM_NOT_ACCEPTED: "form_kind",
    ObjectionCode.FORM_CONDITION: "form_kind",
}
_OF_A_NUMBER = {
    ObjectionCode.NUMBER_MISSING,
    ObjectionCode.NUMBER_FORMAT,
    ObjectionCode.OTHER_IDENTIFICATION,
    ObjectionCode.HOME_STATE_NUMBER_REFUSED,
    ObjectionCode.HOME_STATE_NUMBER_CONDITION,
}
_NOT_MENDED_HERE = {ObjectionCode.HOME_STATE_NUMBER_REFUSED}
"""What the rule refuses, and a customer cannot mend here."""

_OWN_WORDS = {
    ObjectionCode.NOT_NEEDED: "{place} has no sales tax, so no certificate is needed there.",
    ObjectionCode.NOT_RESEARCHED: "We do not know the rules of {place} yet, and will look at it.",
    ObjectionCode.BLANKET_NOT_ALLOWED: (
        "{place} wants a certificate for each purchase: say which purchase this one is for."
    ),
    ObjectionCode.PRINTED_END_MISSING: (
        "Certificates for {place} name their last day: enter the one on yours."
    ),
    ObjectionCode.ENDS_LATER_THAN_USUAL: (
        "For {place} this is longer than usual: check the date against the certificate."
    ),
    ObjectionCode.REVIEW_DUE: (
        "A certificate of that day is rather old for {place}: you may be asked for a new one."
    ),
    ObjectionCode.NUMBER_MISSING: "Enter your number: {place} asks for the {number}.",
    ObjectionCode.OTHER_IDENTIFICATION: (
        "{place} asks for the {number}: we will see whether this number will do."
    ),
}


def _told(answers: Answers, rule: StateRule, objection: Objection) -> Amiss:
    """An objection for the customer, at the field where it can be mended."""
    place, code = jurisdiction_name(rule.jurisdiction), objection.code
    words = _OWN_WORDS.get(code, "")
    if code is ObjectionCode.NUMBER_FORMAT and answers.identification_type is _STATE:
        words = "{number}: {format}. Check what you have typed."
    said = words.format(place=place, number=rule.id_name, format=rule.id_format)
    refuses = objection.severity is ObjectionSeverity.REFUSE and code not in _NOT_MENDED_HERE
    return Amiss(
        _field(answers, rule.jurisdiction, code),
        said or _with_place(place, objection.sentence),
        refuses or code is ObjectionCode.NUMBER_MISSING,
    )


def _field(answers: Answers, jurisdiction: str, code: ObjectionCode) -> str:
    if code not in _OF_A_NUMBER:
        return _FIELDS.get(code, "jurisdictions")
    own = jurisdiction in answers.numbers or "" not in answers.numbers
    return f"numbers.{jurisdiction}" if own else "numbers."


def _with_place(place: str, sentence: str) -> str:
    return sentence if place in sentence else f"{place}: {sentence}"
