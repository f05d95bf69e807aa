"""Requests for certificates, and what customers send in answer to them."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from exempt.model.address import Jurisdiction
from exempt.model.certificate import CertificateKind, ExemptionReason, Notes
from exempt.model.forms import FormKind, IdentificationNumber, IdentificationType
from exempt.model.record import Day, ExternalId, Moment, Record, Text


class RequestState(StrEnum):
    """Where a request stands.

    ===========  ===================================================================
    not_opened   made; nobody followed its link yet
    opened       its link was followed
    submitted    something was sent in, and waits for review
    accepted     what was sent in was accepted; it is over
    rejected     what was sent in was rejected: its link works again
    expired      not answered while its links worked; never stored, see
                 `exempt.rules.request_states`
    cancelled    staff took it back; its links work no more
    withdrawn    its mail never went out, because it was needless by then
    ===========  ===================================================================
    """

    NOT_OPENED = "not_opened"
    OPENED = "opened"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"


class Way(StrEnum):
    """How the link of a request reaches the customer.

    ========  =======================================================================
    mail      in a mail of ours
    link      whoever made the request passes it on; it is told once
    letter    on a PDF to print, with the link as a QR code
    ========  =======================================================================
    """

    MAIL = "mail"
    LINK = "link"
    LETTER = "letter"


class SubmissionState(StrEnum):
    """Where something that a customer sends in stands.

    ``draft`` is being filled in, ``waiting`` is for staff to review;
    ``withdrawn`` the customer took back.
    """

    DRAFT = "draft"
    WAITING = "waiting"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class SubmissionWay(StrEnum):
    """Whether a customer hands in a document, or fills one in and signs it."""

    UPLOAD = "upload"
    FORM = "form"


class Answers(Record):
    """What a customer has filled in; of a draft anything may still be missing.

    Attributes:
        jurisdictions: The states that the certificate is for.
        numbers: The number that identifies the buyer, by state; one under ``""``
            counts for all others.
        reason_text: What the reason is, in the customer's words, for ``other``.
        effective_date: The first day, in each of the states.
        expiration_date: The last one; None = none is printed.
        single_use: For one purchase only, named by ``purchase_order_number``.
        fields: Further data that a form asks for, by the keys of that form.
    """

    jurisdictions: tuple[Jurisdiction, ...] = ()
    numbers: dict[str, IdentificationNumber] = Field(default_factory=dict)
    identification_type: IdentificationType = IdentificationType.STATE_TAX_ID
    issued_by: Jurisdiction | None = None
    exemption_reason: ExemptionReason | None = None
    reason_text: Annotated[str, StringConstraints(max_length=200)] = ""
    form_kind: FormKind = FormKind.SINGLE_STATE
    effective_date: Day | None = None
    expiration_date: Day | None = None
    signed_date: Day | None = None
    single_use: bool = False
    purchase_order_number: ExternalId | None = None
    note: Notes = ""
    fields: dict[str, Annotated[str, StringConstraints(max_length=500)]] = Field(
        default_factory=dict
    )

    @property
    def kind(self) -> CertificateKind:
        """Whether it is for many sales, or for one."""
        return CertificateKind.SINGLE_USE if self.single_use else CertificateKind.BLANKET

    def number_in(self, jurisdiction: str) -> str | None:
        """The number for one state."""
        return self.numbers.get(jurisdiction) or self.numbers.get("")


class Signature(Record):
    """How a form was signed on-line (ESIGN, 15 U.S.C. 7001).

    Attributes:
        name: As typed by whoever signs.
        consent: The version of the sentence that they agreed to.
        data_sha256: Of the canonical JSON of the answers that they saw.
        address: The network address that it came from.
    """

    name: Text
    title: Text = ""
    consent: Text
    data_sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    signed_at: Moment
    address: Text = ""
    agent: Text = ""


class SubmittedFile(Record):
    """A file of a submission; its bytes are kept as they came, by their SHA-256."""

    id: int = 0
    name: Text
    media_type: str
    sha256: str
    size: int
    added_at: Moment


class Submission(Record):
    """What a customer sends in, or is about to.

    Attributes:
        certificate_id: The pending certificate that was made of it when it was sent.
        version: Grows with each change of a draft.
    """

    id: int
    request_id: int
    customer_id: int
    certificate_id: int | None = None
    state: SubmissionState
    way: SubmissionWay
    answers: Answers = Field(default_factory=Answers)
    signature: Signature | None = None
    files: tuple[SubmittedFile, ...] = ()
    version: int = 1
    made_at: dt.datetime
    saved_at: dt.datetime
    submitted_at: dt.datetime | None = None
    reviewed_at: dt.datetime | None = None
    reviewed_by: str | None = None
    noticed_at: dt.datetime | None = None
