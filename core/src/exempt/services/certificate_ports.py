"""What the services need of the store to list certificates for people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple, Protocol

from exempt.model.certificate import Certificate
from exempt.rules.status import CertificateStatus
from exempt.services.rows import CertificateFilter


class Holder(NamedTuple):
    """A customer that holds certificates."""

    id: int
    name: str
    number: str | None
    email: str | None
    company_id: int


class CertificateRows(NamedTuple):
    """A part of a list of certificates.

    Attributes:
        total: How many there are in the whole list.
        counts: How many there would be of each status, the other filters kept.
        holders: Their customers, by id.
    """

    certificates: list[Certificate]
    total: int
    counts: Mapping[CertificateStatus, int]
    holders: Mapping[int, Holder]

    def of(self, certificate: Certificate) -> list[Holder]:
        """The customers of one of them."""
        return [self.holders[each] for each in certificate.customer_ids if each in self.holders]


class CertificateLists(Protocol):
    """Certificates listed, quick however many there are."""

    def page(self, filters: CertificateFilter, on: dt.date, soon_days: int) -> CertificateRows:
        """A part of a list, with the statuses of the day *on*."""
        ...

    def portion(
        self, filters: CertificateFilter, after: int, limit: int, on: dt.date, soon_days: int
    ) -> CertificateRows:
        """So many of those that fit whose id is higher than *after*, by id; nothing is counted.

        Sort, limit and offset of *filters* do not count.
        """
        ...
