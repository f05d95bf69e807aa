"""Certificates and their files, as the API writes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated

from pydantic import ConfigDict, Field

from exempt.model.address import Country, Jurisdiction
from exempt.model.certificate import (
    AttachedFile,
    CertificateDetails,
    ExemptionReason,
    JurisdictionDetails,
    Rejection,
    ReviewStatus,
)
from exempt.model.certificate import (
    Certificate as OnFile,
)
from exempt.model.record import Day, ExternalId
from exempt.rules.status import CertificateStatus, certificate_status, coverage_status
from exempt.services import certificate_lists
from exempt.services.certificates import Act
from exempt.services.ports import Transaction
from exempt.web.api.bodies import Body, described
from exempt.web.api.paging import Listed, Part

EXAMPLE = {
    "customer_ids": [7],
    "number": "32-0112233-4",
    "signed_date": "2026-03-01",
    "jurisdictions": [
        {
            "jurisdiction": "US-TX",
            "exemption_reason": "resale",
            "exemption_number": "32-0112233-4",
            "identification_type": "state_tax_id",
        }
    ],
}


class NewCertificate(CertificateDetails):
    """A certificate to be entered.

    Attributes:
        review_status: `accepted` counts at once, and needs the right `review`, too.
        fill_ends: Whether ends are filled in that follow from the law alone.
        anyway: Accept it although a state's rule refuses it as it stands.
    """

    model_config = ConfigDict(json_schema_extra=described)

    review_status: ReviewStatus = ReviewStatus.PENDING
    fill_ends: bool = True
    anyway: bool = False


class ChangedCertificate(CertificateDetails):
    """What a certificate is to say from now on: the whole of it.

    Attributes:
        anyway: Take it although a state's rule refuses what is changed.
    """

    model_config = ConfigDict(json_schema_extra=described)

    anyway: bool = False


class CertificateState(JurisdictionDetails):
    """What a certificate says of one state.

    Attributes:
        status: What it is good for there today.
    """

    model_config = ConfigDict(json_schema_extra=described)

    status: CertificateStatus


class CertificateFile(AttachedFile):
    """A document of a certificate; see its address with `POST /files/{sha256}/url`."""

    model_config = ConfigDict(json_schema_extra=described)


class Certificate(CertificateDetails):
    """A certificate.

    Attributes:
        version: Grows with every change; it is the ETag.
        status: What it is good for today.
        review_status: What staff did with it.
        source: How it came in.
        first_expiration: The earliest day on which it runs out in a state; null = in none.
    """

    model_config = ConfigDict(json_schema_extra=described)

    id: int
    version: int
    status: CertificateStatus
    review_status: ReviewStatus
    rejections: tuple[Rejection, ...]
    jurisdictions: tuple[CertificateState, ...]
    first_expiration: dt.date | None
    archived_date: dt.date | None
    entered_at: dt.datetime | None
    entered_by: str | None
    source: str
    files: tuple[CertificateFile, ...]


class CertificateList(Listed[Certificate]):
    """A part of a list of certificates, in the order of their ids."""


class CertificateQuery(Part):
    """Which certificates are wanted; what is left out does not matter."""

    company: ExternalId | None = Field(None, description="Of this company, by its key.")
    customer_id: Annotated[int, Field(ge=1, le=2**53)] | None = Field(
        None, description="That this customer holds itself."
    )
    jurisdiction: Jurisdiction | None = Field(None, description="For this state.")
    exemption_reason: ExemptionReason | None = Field(None, description="For this reason.")
    status: tuple[CertificateStatus, ...] = Field(
        (), description="What it is good for today; give it several times for several."
    )
    review_status: ReviewStatus | None = Field(None, description="What staff did with it.")
    expires_from: Day | None = Field(None, description="First runs out on this day or later.")
    expires_to: Day | None = Field(None, description="First runs out on this day or earlier.")
    words: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        None, description="Part of a customer's name, number or e-mail, or of a number on it."
    )


class OfCustomerQuery(Part):
    """Which certificates of a customer are wanted."""

    active: bool | None = Field(
        None, description="Just those in force today, or just the others; without it all."
    )


class ValidQuery(Body):
    """Where and when a certificate is wanted."""

    country: Country = Field("US", description="Where goods go.")
    region: Annotated[str, Field(min_length=1, max_length=20)] = Field(
        description="The state they go to: `TX`, or `US-TX`."
    )
    date: Day | None = Field(None, description="The day of the sale; today, if it is left out.")


class ValidCertificate(Body):
    """A certificate that an order of that day may use.

    Attributes:
        customer_id: Who holds it: the customer, or its billing customer.
        last_date: The last day on which it holds there; null = it has no end.
    """

    certificate_id: int
    certificate_number: str | None
    customer_id: int
    jurisdiction: str
    exemption_reason: ExemptionReason
    exemption_number: str | None
    exempt_percentage: Decimal
    effective_date: dt.date
    last_date: dt.date | None


class ValidList(Body):
    """The certificates that are valid, the one that an order would use first."""

    jurisdiction: str
    date: dt.date
    data: tuple[ValidCertificate, ...]


class Change(Body):
    """One field that somebody changed."""

    field: str
    old: str | None
    new: str | None
    changed_at: dt.datetime
    changed_by: str


class History(Body):
    """Who changed what, the oldest change first."""

    data: tuple[Change, ...]


def shown(one: OnFile, act: Act, soon_days: int) -> Certificate:
    """A certificate as it is answered."""
    on = act.at.date()
    states = tuple(
        CertificateState(**dict(each), status=coverage_status(one, each, on, soon_days))
        for each in one.jurisdictions
    )
    fields = {name: getattr(one, name) for name in CertificateDetails.model_fields}
    return Certificate(
        **{**fields, "jurisdictions": states},
        id=one.id,
        version=one.version,
        status=certificate_status(one, on, soon_days),
        review_status=one.review_status,
        rejections=one.rejections,
        first_expiration=one.first_expiration,
        archived_date=one.archived_date,
        entered_at=one.entered_at,
        entered_by=one.entered_by,
        source=one.source,
        files=tuple(CertificateFile(**dict(each)) for each in one.files),
    )


def all_shown(tx: Transaction, ids: Sequence[int], act: Act, soon_days: int) -> list[Certificate]:
    """Certificates as they are answered, in the order of *ids*."""
    return [shown(one, act, soon_days) for one in certificate_lists.find(tx, ids)]
