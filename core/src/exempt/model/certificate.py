"""Certificates and what they cover."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from exempt.model.address import Jurisdiction
from exempt.model.record import Day, Record, Text


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


class Coverage(Record):
    """A customer's exemption in one jurisdiction, by one certificate.

    Both dates are days on which it is in force, in the jurisdiction's own
    calendar; ``expiration_date=None`` is an exemption without an end.
    ``apply_tax`` taxes the order all the same (R2's "Apply Tax"). An archived
    certificate covers orders from before the day ``archived_date`` only.
    """

    certificate_id: int
    customer_id: int
    jurisdiction: Jurisdiction
    exemption_reason: ExemptionReason
    certificate_number: Text | None = None
    exemption_number: Text | None = None
    signed_date: Day | None = None
    effective_date: Day
    expiration_date: Day | None = None
    apply_tax: bool = False
    review_status: ReviewStatus = ReviewStatus.ACCEPTED
    archived_date: Day | None = None

    def in_force(self, on: dt.date) -> bool:
        """Whether *on* lies in the period, first and last day included."""
        return self.effective_date <= on and (
            self.expiration_date is None or on <= self.expiration_date
        )


class NewCoverage(Record):
    """One jurisdiction of a certificate to be entered."""

    jurisdiction: Jurisdiction
    exemption_number: Text | None = None
    effective_date: Day | None = None
    expiration_date: Day | None = None


class NewCertificate(Record):
    """A certificate to be entered.

    A coverage without dates of its own takes the certificate's: effective on
    the day it was signed, and without an end unless one is given.
    """

    number: Text | None = None
    exemption_reason: ExemptionReason
    signed_date: Day
    effective_date: Day | None = None
    expiration_date: Day | None = None
    apply_tax: bool = False
    review_status: ReviewStatus = ReviewStatus.ACCEPTED
    coverages: Annotated[tuple[NewCoverage, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _dates_in_order(self) -> NewCertificate:
        for coverage in self.coverages:
            start = self.effective_on(coverage)
            end = self.expires_on(coverage)
            if end is not None and end < start:
                msg = (
                    f"{coverage.jurisdiction}: expires on {end}, before it takes effect on {start}:"
                    " check both dates, or leave the expiration date empty"
                )
                raise ValueError(msg)
        if len({c.jurisdiction for c in self.coverages}) < len(self.coverages):
            msg = "a jurisdiction is named twice: name each once"
            raise ValueError(msg)
        return self

    def effective_on(self, coverage: NewCoverage) -> dt.date:
        """The first day of *coverage*."""
        return coverage.effective_date or self.effective_date or self.signed_date

    def expires_on(self, coverage: NewCoverage) -> dt.date | None:
        """The last day of *coverage*, None = without an end."""
        return coverage.expiration_date or self.expiration_date


class Certificate(Record):
    """A certificate on file, with its coverages."""

    id: int
    customer_ids: tuple[int, ...]
    number: Text | None = None
    exemption_reason: ExemptionReason
    signed_date: Day
    apply_tax: bool = False
    review_status: ReviewStatus
    archived_date: Day | None = None
    coverages: tuple[Coverage, ...]
