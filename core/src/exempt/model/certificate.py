"""Certificates and what they cover."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from exempt.model.address import Jurisdiction
from exempt.model.custom import CustomValues
from exempt.model.forms import FormKind, IdentificationNumber, IdentificationType
from exempt.model.record import Day, ExternalId, Moment, Record, Text

Percentage = Annotated[Decimal, Field(gt=0, le=100, decimal_places=2)]
"""A part of a hundred, above 0, in steps of 0.01."""

Notes = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=10_000, pattern=r"^[^\x00]*$")
]
"""Free text of staff, at most 10,000 characters."""


class ExemptionReason(StrEnum):
    """Why a sale is exempt, in our own words; each system has codes of its own for it."""

    FEDERAL_GOVERNMENT = "federal_government"
    STATE_GOVERNMENT = "state_government"
    LOCAL_GOVERNMENT = "local_government"
    TRIBAL = "tribal"
    FOREIGN_DIPLOMAT = "foreign_diplomat"
    CHARITABLE = "charitable"
    RELIGIOUS = "religious"
    EDUCATIONAL = "educational"
    RESALE = "resale"
    AGRICULTURE = "agriculture"
    MANUFACTURING = "manufacturing"
    DIRECT_PAY = "direct_pay"
    DIRECT_MAIL = "direct_mail"
    AQUACULTURE = "aquaculture"
    FISHERY = "fishery"
    NONRESIDENT = "nonresident"
    OTHER = "other"


class ReviewStatus(StrEnum):
    """What staff did with a certificate."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class CertificateKind(StrEnum):
    """Whether it serves for many sales, or for one."""

    BLANKET = "blanket"
    SINGLE_USE = "single_use"


class RejectionCode(StrEnum):
    """What is wrong with a rejected certificate, as a stable word."""

    INCOMPLETE = "incomplete"
    NOT_SIGNED = "not_signed"
    ILLEGIBLE = "illegible"
    WRONG_FORM = "wrong_form"
    WRONG_BUYER = "wrong_buyer"
    WRONG_SELLER = "wrong_seller"
    WRONG_STATE = "wrong_state"
    NUMBER_INVALID = "number_invalid"
    REASON_NOT_ACCEPTED = "reason_not_accepted"
    EXPIRED = "expired"
    OTHER = "other"


class Rejection(Record):
    """One reason for which a certificate was rejected; staff and customer see it."""

    code: RejectionCode
    text: Text = ""


class Coverage(Record):
    """A customer's exemption in one jurisdiction, by one certificate: what a decision looks at.

    Attributes:
        customer_id: Who holds it: the billing customer, or the one it belongs to.
        exemption_reason: As staff validated it, else as the certificate claims it.
        effective_date: Its first day, in the jurisdiction's own calendar.
        expiration_date: Its last day; None = without an end.
        held_through: Where the state's rule wants sales to recur: the last day
            on which it holds unless another sale follows; None = it does not go by sales.
        apply_tax: It taxes the order all the same (R2's "Apply Tax").
        exempt_percentage: How much of a sale is exempt.
        order_numbers: The orders that it is bound to, by the order's or the
            customer's number; empty = all.
        archived_date: It covers orders from before this day only.
        also_for: Where it stands for all that its certificate has elsewhere:
            how many further jurisdictions those are.
    """

    certificate_id: int
    customer_id: int
    jurisdiction: Jurisdiction
    exemption_reason: ExemptionReason
    certificate_number: Text | None = None
    exemption_number: Text | None = None
    form_kind: FormKind = FormKind.SINGLE_STATE
    kind: CertificateKind = CertificateKind.BLANKET
    order_numbers: tuple[ExternalId, ...] = ()
    signed_date: Day | None = None
    effective_date: Day
    expiration_date: Day | None = None
    held_through: dt.date | None = None
    apply_tax: bool = False
    exempt_percentage: Percentage = Decimal(100)
    review_status: ReviewStatus = ReviewStatus.ACCEPTED
    archived_date: Day | None = None
    also_for: int = 0

    def in_force(self, on: dt.date) -> bool:
        """Whether *on* lies in the period, first and last day included."""
        return self.effective_date <= on and (self.last_date is None or on <= self.last_date)

    @property
    def last_date(self) -> dt.date | None:
        """The last day on which it holds, by its date and by its sales; None = no end."""
        ends = [end for end in (self.expiration_date, self.held_through) if end]
        return min(ends, default=None)


class JurisdictionDetails(Record):
    """What a certificate says of one jurisdiction, and what staff made of it.

    Attributes:
        exemption_number: The number that identifies the buyer there.
        identification_type: What kind of number that is.
        issued_by: The state that gave the number; None = this one.
        exemption_reason: The reason that the certificate claims.
        validated_reason: The reason that staff found to be right, when it is another.
        verified_date: The day on which the number was checked with the state.
        effective_date: The first day; None in what is entered = the day it was signed.
        expiration_date: The last day; None = without an end.
        held_through: See `Coverage`; the latest of its customers. It is
            computed, and never entered.
    """

    jurisdiction: Jurisdiction
    exemption_number: IdentificationNumber | None = None
    identification_type: IdentificationType | None = None
    issued_by: Jurisdiction | None = None
    exemption_reason: ExemptionReason
    validated_reason: ExemptionReason | None = None
    verified_date: Day | None = None
    effective_date: Day | None = None
    expiration_date: Day | None = None
    held_through: dt.date | None = None
    notes: Notes = ""

    @property
    def reason(self) -> ExemptionReason:
        """The reason that counts."""
        return self.validated_reason or self.exemption_reason

    @property
    def last_date(self) -> dt.date | None:
        """The last day on which it holds, by its date and by its sales; None = no end."""
        ends = [end for end in (self.expiration_date, self.held_through) if end]
        return min(ends, default=None)


class CertificateDetails(Record):
    """A certificate as staff enter and edit it: the whole of it.

    Attributes:
        customer_ids: The customers it is for, at least one.
        number: The document's own.
        order_numbers: The orders that it is bound to, by the order's or the
            customer's number; empty = all.
        exempt_percentage: How much of a sale is exempt.
        apply_tax: Tax the orders all the same.
        custom: The values of the seller's own fields.
    """

    customer_ids: Annotated[tuple[int, ...], Field(min_length=1)]
    number: Text | None = None
    kind: CertificateKind = CertificateKind.BLANKET
    order_numbers: tuple[ExternalId, ...] = ()
    form_kind: FormKind = FormKind.SINGLE_STATE
    signed_date: Day
    apply_tax: bool = False
    exempt_percentage: Percentage = Decimal(100)
    notes: Notes = ""
    custom: CustomValues = Field(default_factory=dict)
    jurisdictions: Annotated[tuple[JurisdictionDetails, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _makes_sense(self) -> CertificateDetails:
        for details in self.jurisdictions:
            start, end = self.effective_on(details), details.expiration_date
            if end is not None and end < start:
                msg = (
                    f"{details.jurisdiction}: expires on {end}, before it takes effect on {start}:"
                    " check both dates, or leave the expiration date empty"
                )
                raise ValueError(msg)
        for what, named in (
            ("a jurisdiction", [d.jurisdiction for d in self.jurisdictions]),
            ("a customer", self.customer_ids),
            ("an order number", self.order_numbers),
        ):
            if _repeats(named):
                msg = f"{what} is named twice: name each once"
                raise ValueError(msg)
        return self

    def effective_on(self, details: JurisdictionDetails) -> dt.date:
        """The first day in one jurisdiction."""
        return details.effective_date or self.signed_date


def _repeats(values: Iterable[object]) -> bool:
    listed = list(values)
    return len(set(listed)) < len(listed)


class AttachedFile(Record):
    """A certificate's document; its bytes are kept by their SHA-256."""

    name: Text
    media_type: str
    sha256: str
    size: int
    added_at: Moment | None = None
    added_by: Text | None = None


class Certificate(CertificateDetails):
    """A certificate on file.

    Attributes:
        version: Grows with every change; whoever edits names the one they saw.
        source: How it came in: ``staff``, ``import``, ``portal`` or ``api``.
    """

    id: int
    version: int = 1
    review_status: ReviewStatus
    rejections: tuple[Rejection, ...] = ()
    archived_date: Day | None = None
    entered_at: Moment | None = None
    entered_by: Text | None = None
    source: Text = "staff"
    files: tuple[AttachedFile, ...] = ()

    @property
    def details(self) -> CertificateDetails:
        """The part of it that is entered and edited."""
        return CertificateDetails(
            **{name: getattr(self, name) for name in CertificateDetails.model_fields}
        )

    @property
    def first_expiration(self) -> dt.date | None:
        """The earliest day on which one of its jurisdictions runs out; None = none does."""
        ends = [details.last_date for details in self.jurisdictions]
        return min((end for end in ends if end), default=None)


class Change(Record):
    """One field that somebody changed.

    Attributes:
        field: Its name; within a jurisdiction as ``US-TX.expiration_date``.
        old: What stood there, as text; None = nothing.
        new: What stands there since; None = nothing.
    """

    field: Text
    old: str | None = None
    new: str | None = None
    changed_at: Moment
    changed_by: Text
