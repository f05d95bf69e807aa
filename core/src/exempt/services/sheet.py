"""A certificate laid out for people: the same parts on a screen and on paper."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from exempt.data import jurisdiction_name
from exempt.model.certificate import (
    AttachedFile,
    Certificate,
    CertificateKind,
    Change,
    JurisdictionDetails,
)
from exempt.rules import claims
from exempt.rules.history import FIELD_TITLES
from exempt.rules.objections import Objection, ObjectionSeverity
from exempt.rules.rejections import sentence
from exempt.rules.status import HINTS, CertificateStatus, certificate_status, coverage_status
from exempt.services.policy import Policy
from exempt.services.ports import Transaction
from exempt.services.rows import CustomerRow, Subject


class Part(NamedTuple):
    """A part of a sheet: named facts, a table, and sentences, each where there is one.

    ``severities`` has for each sentence what an objection weighs; empty = no objections.
    """

    title: str
    facts: Sequence[tuple[str, str]] = ()
    heads: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    sentences: Sequence[str] = ()
    severities: Sequence[ObjectionSeverity] = ()


class Sheet(NamedTuple):
    """A certificate on a day, for people to read."""

    title: str
    on: dt.date
    status: CertificateStatus
    hint: str
    parts: Sequence[Part]


class Scan(NamedTuple):
    """An image of a certificate: its bytes, under its name."""

    name: str
    content: bytes


class Printer(Protocol):
    """Makes printable pages."""

    def __call__(self, sheet: Sheet, scans: Sequence[Scan]) -> bytes:
        """The sheet, then each image on a page of its own, as a PDF."""
        ...


class Looked(NamedTuple):
    """A certificate, and what is known around it.

    Attributes:
        customers: Its customers, by id.
        history: What was changed, oldest first.
        on: The day for which its status is said.
        soon_days: How long before its end it is expiring soon.
    """

    certificate: Certificate
    customers: Mapping[int, CustomerRow]
    history: Sequence[Change]
    on: dt.date
    soon_days: int
    policy: Policy

    @property
    def status(self) -> CertificateStatus:
        """Of the whole certificate."""
        return certificate_status(self.certificate, self.on, self.soon_days)

    def status_of(self, details: JurisdictionDetails) -> CertificateStatus:
        """In one jurisdiction."""
        return coverage_status(self.certificate, details, self.on, self.soon_days)

    @property
    def objections(self) -> dict[str, tuple[Objection, ...]]:
        """What the states' rules have against it, by jurisdiction."""
        pack, years = self.policy.pack, self.policy.review_after_years
        return claims.objections(self.certificate, pack, self.on, years)

    @property
    def law(self) -> dict[str, str]:
        """What the rule of each jurisdiction says of its end, in a sentence."""
        pack, years = self.policy.pack, self.policy.review_after_years
        said = claims.proposals(self.certificate, pack, years)
        return {
            one.jurisdiction: said[one.jurisdiction].why
            if one.jurisdiction in said
            else f"{jurisdiction_name(one.jurisdiction)}: its rule is not known here."
            for one in self.certificate.jurisdictions
        }

    def customer(self, customer_id: int) -> str:
        """``Acme Inc. (C-1001)``."""
        row = self.customers[customer_id]
        return f"{row.name} ({row.number or f'id:{row.id}'})"


def look(
    tx: Transaction, certificate: Certificate, on: dt.date, soon_days: int, policy: Policy
) -> Looked:
    """Look up what is known around a certificate."""
    customers = {
        customer_id: row
        for customer_id in certificate.customer_ids
        for row in tx.search.customers(f"id:{customer_id}")
        if row.id == customer_id
    }
    history = tx.history.of(Subject.CERTIFICATE, certificate.id)
    return Looked(certificate, customers, history, on, soon_days, policy)


def sheet_of(looked: Looked, *, history: bool = True) -> Sheet:
    """Lay out a certificate; with *history* also what was changed."""
    certificate = looked.certificate
    parts = [
        Part("Certificate details", facts=_facts(looked)),
        _jurisdictions(looked),
        Part("Notes", sentences=[certificate.notes or "None."]),
        Part("Files", sentences=[_file(file) for file in certificate.files] or ["None."]),
        *_objections(looked.objections),
        *([_history(looked.history)] if history else []),
    ]
    status = looked.status
    return Sheet(f"Certificate {certificate.id}", looked.on, status, HINTS[status], parts)


def spoken(value: str) -> str:
    """A code as people say it: ``single use``."""
    return value.replace("_", " ")


def field_title(field: str) -> str:
    """``expires in TX`` for ``US-TX.expiration_date``."""
    place, dot, name = field.partition(".")
    if place == "custom":
        return spoken(name)
    if dot:
        return f"{FIELD_TITLES.get(name, spoken(name))} in {place.removeprefix('US-')}"
    return FIELD_TITLES.get(field, spoken(field).removeprefix("US-"))


def value_text(field: str, value: str | None) -> str:
    """A value of a history as people say it; customers as the command line names them."""
    if value is None:
        return "–"
    name = field.rpartition(".")[2]
    if name == "customer_ids":
        return re.sub(r"\b([0-9]+)", r"id:\1", value)
    if name == "file":
        return re.sub(r"(sha256 [0-9a-f]{12})[0-9a-f]+", r"\1…", value)
    return spoken(value) if name in _CODES else value


_CODES = {
    *("kind", "form_kind", "review_status", "rejections"),
    *("identification_type", "exemption_reason", "validated_reason"),
}


# --- the parts ---------------------------------------------------------------------------


def _facts(looked: Looked) -> list[tuple[str, str]]:
    certificate = looked.certificate
    form = "form of one state"
    if certificate.form_kind != "single_state":
        form = f"{certificate.form_kind.upper()} form"
    facts = [
        ("Customers", ", ".join(looked.customer(each) for each in certificate.customer_ids)),
        ("Number", certificate.number or "–"),
        ("Expires", str(certificate.first_expiration or "no end")),
        ("Signed", str(certificate.signed_date)),
        ("Form", form),
        ("Kind", _kind(certificate)),
        ("Exempt", f"{certificate.exempt_percentage.normalize():f} % of each sale"),
        ("Taxed all the same", "yes" if certificate.apply_tax else "no"),
        ("Review", "; ".join([certificate.review_status, *map(sentence, certificate.rejections)])),
        ("Entered", _entered(certificate)),
        ("Version", str(certificate.version)),
    ]
    facts += [(spoken(key).capitalize(), value) for key, value in certificate.custom.items()]
    if certificate.archived_date:
        facts.insert(9, ("Archived", str(certificate.archived_date)))
    return facts


def _kind(certificate: Certificate) -> str:
    single = certificate.kind is CertificateKind.SINGLE_USE
    kind = "for a single sale" if single else "blanket, for all sales"
    bound = ", ".join(certificate.order_numbers)
    return f"{kind}; bound to {bound}" if bound else kind


def _entered(certificate: Certificate) -> str:
    at = f"{certificate.entered_at:%Y-%m-%d %H:%M} UTC" if certificate.entered_at else "–"
    by = f" by {certificate.entered_by}" if certificate.entered_by else ""
    return f"{at}{by}, source: {certificate.source}"


def _file(file: AttachedFile) -> str:
    added = f", added {file.added_at:%Y-%m-%d}" if file.added_at else ""
    by = f" by {file.added_by}" if file.added_by else ""
    return f"{file.name}: {file.size:,} bytes{added}{by}\nsha256 {file.sha256}"


def _jurisdictions(looked: Looked) -> Part:
    certificate = looked.certificate
    return Part(
        "Jurisdiction details",
        heads=("State", "Status", "Number", "Reason", "Effective", "Expires"),
        rows=[
            (
                one.jurisdiction.removeprefix("US-"),
                spoken(looked.status_of(one)),
                _number(one),
                spoken(one.exemption_reason)
                + (f"\nvalidated: {spoken(one.validated_reason)}" if one.validated_reason else ""),
                str(certificate.effective_on(one)),
                str(one.expiration_date or "no end")
                + (f"\nby sales {one.held_through}" if one.held_through else ""),
            )
            for one in certificate.jurisdictions
        ],
        sentences=list(_said_of_jurisdictions(looked)),
    )


def _number(one: JurisdictionDetails) -> str:
    of_it = [
        spoken(one.identification_type) if one.identification_type else None,
        f"of {one.issued_by.removeprefix('US-')}" if one.issued_by else None,
    ]
    lines = [
        one.exemption_number or "–",
        " ".join(filter(None, of_it)),
        f"checked {one.verified_date}" if one.verified_date else "",
    ]
    return "\n".join(filter(None, lines))


def _said_of_jurisdictions(looked: Looked) -> Iterator[str]:
    blanket = looked.certificate.kind is CertificateKind.BLANKET
    for one in looked.certificate.jurisdictions:
        place = one.jurisdiction.removeprefix("US-")
        if one.expiration_date is None and blanket:
            yield f"No end in {looked.law[one.jurisdiction]}"
        if one.held_through:
            yield f"{place}: it lapses after {one.held_through} unless another sale follows."
        if one.notes:
            yield f"{place}: {one.notes}"


def _objections(against: Mapping[str, Sequence[Objection]]) -> Iterator[Part]:
    found = [(place, one) for place, objections in against.items() for one in objections]
    if found:
        yield Part(
            "What the states' rules have against it",
            sentences=[f"{place.removeprefix('US-')}: {one.sentence}" for place, one in found],
            severities=[one.severity for _, one in found],
        )


def _history(history: Sequence[Change]) -> Part:
    return Part(
        "History",
        heads=("When", "Who", "Field", "Was", "Is now"),
        rows=[
            (
                *(("", "") if again else _when_and_who(change)),
                field_title(change.field),
                value_text(change.field, change.old),
                value_text(change.field, change.new),
            )
            for before, change in zip((None, *history), history, strict=False)
            for again in [before is not None and _when_and_who(before) == _when_and_who(change)]
        ],
    )


def _when_and_who(change: Change) -> tuple[str, str]:
    return f"{change.changed_at:%Y-%m-%d %H:%M}", change.changed_by
