"""What the home page needs of the store: counts of certificates, and what runs out unseen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple, Protocol

from exempt.rules.status import CertificateStatus

BUCKETS: tuple[tuple[int, int | None], ...] = ((0, 30), (31, 60), (61, 90), (91, None))
"""In how many days certificates end: the first and the last of them; None = and later."""

IN_FORCE = (CertificateStatus.ACTIVE, CertificateStatus.EXPIRING_SOON)


class CertificateFigures(NamedTuple):
    """How many certificates there are.

    Attributes:
        ending: Of those in force, by `BUCKETS`, when the first of their states ends.
        ended: Of those in force, those that have ended in one of their states.
        undated: Of those in force, those without an end.
    """

    statuses: Mapping[CertificateStatus, int]
    ending: tuple[int, ...]
    ended: int
    undated: int

    @property
    def in_force(self) -> int:
        """How many can be used today."""
        return sum(self.statuses.get(status, 0) for status in IN_FORCE)


class StillOrdering(NamedTuple):
    """A certificate that ended in a state to which open orders of its customer are taxed for it.

    Attributes:
        ended_on: Its last day there.
        orders: So many open orders for which exemption is claimed, and nothing is on file.
        total: Their worth, in ``currency``; None where they are in several.
    """

    certificate_id: int
    number: str | None
    customer_id: int
    customer: str
    email: str | None
    jurisdiction: str
    ended_on: dt.date
    orders: int
    currency: str
    total: Decimal | None


class Overview(Protocol):
    """Figures of all certificates; *company_ids* are those whose count, None = all."""

    def certificates(
        self, company_ids: Collection[int] | None, on: dt.date, soon_days: int
    ) -> CertificateFigures:
        """How many there are, exactly as lists count them."""
        ...

    def in_force(self, company_ids: Collection[int] | None, days: Sequence[dt.date]) -> list[int]:
        """How many accepted certificates were in force on each of these days, by their dates."""
        ...

    def still_ordering(
        self, company_ids: Collection[int] | None, on: dt.date, limit: int, offset: int = 0
    ) -> tuple[list[StillOrdering], int]:
        """Expired certificates of customers with open orders, the latest end first; how many."""
        ...

    def count_still_ordering(self, company_ids: Collection[int] | None, on: dt.date) -> int:
        """How many lines that list has."""
        ...

    def anything(self) -> Mapping[str, bool]:
        """Whether there is any of each table that a newcomer fills: see `services.home`."""
        ...
