"""What a customer filled in, laid out as the parts of a certificate."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from exempt.data import jurisdiction_name
from exempt.model.formdata import Form
from exempt.model.forms import FormKind, IdentificationType
from exempt.model.requesting import Answers, Signature
from exempt.rules.day_words import long_date
from exempt.rules.pack import shipped_pack

OWN_FIELDS = ("buyer_name", "buyer_address")
"""Questions whose answers stand in the place of what is known of the buyer."""

_TYPES = {
    IdentificationType.FEIN: "Federal employer identification number",
    IdentificationType.STATE_TAX_ID: "State tax number",
    IdentificationType.DRIVER_LICENSE: "Driver licence",
    IdentificationType.DIPLOMAT: "Diplomatic card",
    IdentificationType.FOREIGN: "Foreign tax number",
    IdentificationType.OTHER: "Other",
}

_WHY_EVIDENCE = (
    "This certificate was filled in and signed electronically in the seller's portal, through a"
    " link that was sent to the buyer. The hash below is that of the data beneath it, in UTF-8:"
    " whoever computes it anew can tell that nothing was changed since."
)


class Ticked(NamedTuple):
    """A box, and what it says."""

    label: str
    ticked: bool


class FormSheet(NamedTuple):
    """A certificate in parts.

    Attributes:
        parts: Titles, each with what is asked and answered.
        states: Rows of cells; the first has the heads.
        signed: Who signed and when; ``Signed by`` is the first.
        evidence: How it was signed; empty on a preview.
        data: The canonical JSON whose hash was signed.
    """

    heading: str
    number: str
    of_form: str
    note: str
    foot: str
    ticks: Sequence[Ticked]
    parts: Sequence[tuple[str, Sequence[tuple[str, str]]]]
    states: Sequence[Sequence[str]]
    declaration: str
    signed: Sequence[tuple[str, str]]
    why_evidence: str = ""
    evidence: Sequence[tuple[str, str]] = ()
    data: str = ""


def canonical(answers: Answers) -> str:
    """*answers* as the JSON whose hash is signed: keys in order, no blanks, ASCII."""
    return json.dumps(answers.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))


def form_sheet(
    form: Form,
    answers: Answers,
    *,
    seller: Sequence[str],
    buyer: Sequence[str],
    signature: Signature | None,
) -> FormSheet:
    """The parts of a certificate; *seller* and *buyer* are a name and the lines of an address."""
    number = f"Form {form.number}" if form.number and form.kind is not FormKind.MTC else form.number
    revision = f" (rev. {form.revision})" if form.revision else ""
    of_form = f"Data of {form.name}{revision}"
    return FormSheet(
        heading=form.heading or form.title,
        number=number,
        of_form=f"{form.title}{revision}",
        note="The data that the form asks for, on a layout of the seller's portal.",
        foot=of_form,
        ticks=_ticks(answers),
        parts=(
            ("Parties", tuple(_parties(answers, seller, buyer))),
            ("Exemption", tuple(_exemption(form, answers))),
        ),
        states=tuple(_states(answers)),
        declaration=form.declaration,
        signed=tuple(_signed(signature)),
        why_evidence=_WHY_EVIDENCE,
        evidence=tuple(_evidence(signature)) if signature else (),
        data=canonical(answers),
    )


def _ticks(answers: Answers) -> tuple[Ticked, ...]:
    order = f", order {answers.purchase_order_number}" if answers.purchase_order_number else ""
    return (
        Ticked("Blanket certificate: for all purchases from its first day on",
               ticked=not answers.single_use),
        Ticked(f"Single purchase certificate{order if answers.single_use else ''}",
               ticked=answers.single_use),
    )  # fmt: skip


def _parties(
    answers: Answers, seller: Sequence[str], buyer: Sequence[str]
) -> Iterator[tuple[str, str]]:
    name, address = buyer[0], "\n".join(buyer[1:])
    found = (
        ("Buyer", answers.fields.get("buyer_name") or name),
        ("Address of the buyer", answers.fields.get("buyer_address") or address),
        ("Seller", seller[0]),
        ("Address of the seller", "\n".join(seller[1:])),
    )
    yield from (each for each in found if each[1])


def _exemption(form: Form, answers: Answers) -> Iterator[tuple[str, str]]:
    if answers.exemption_reason is not None:
        row = shipped_pack().reason(answers.exemption_reason)
        letter = f"{row.sst_letter} · " if form.kind is FormKind.SST else ""
        yield "Reason for exemption", f"{letter}{row.title}"
    if answers.reason_text:
        yield "In other words", answers.reason_text
    for question in form.asks(answers.exemption_reason):
        answer = answers.fields.get(question.key, "")
        if question.key not in OWN_FIELDS and answer:
            yield question.printed or question.label, question.says(answer)
    if answers.effective_date:
        yield "Effective date", long_date(answers.effective_date)
    if answers.expiration_date:
        yield "Expiration date", long_date(answers.expiration_date)


def _states(answers: Answers) -> Iterator[tuple[str, str, str]]:
    yield "State", "Number", "Kind of number"
    for jurisdiction in answers.jurisdictions:
        number = answers.number_in(jurisdiction)
        kind = _TYPES[answers.identification_type]
        if answers.issued_by and answers.issued_by != jurisdiction:
            kind = f"{kind}, issued by {jurisdiction_name(answers.issued_by)}"
        yield jurisdiction_name(jurisdiction), number or "–", kind if number else "–"


def _signed(signature: Signature | None) -> Iterator[tuple[str, str]]:
    yield "Signed by", signature.name if signature else ""
    yield "Title", signature.title if signature else ""
    yield "Date signed", long_date(signature.signed_at.astimezone(dt.UTC)) if signature else ""


def _evidence(signature: Signature) -> Iterator[tuple[str, str]]:
    at = signature.signed_at.astimezone(dt.UTC)
    yield "Signer", f"{signature.name}, {signature.title}" if signature.title else signature.name
    yield "Moment", f"{at:%Y-%m-%d %H:%M:%S} UTC"
    yield "Network address", signature.address or "not known"
    yield "Browser", signature.agent or "not known"
    yield "Consent to sign electronically", f"version {signature.consent}"
    yield "SHA-256 of the data", signature.data_sha256
