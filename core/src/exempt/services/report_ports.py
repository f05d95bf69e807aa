"""What reports need of the store: counts by state, and what went wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from decimal import Decimal
from typing import NamedTuple, Protocol

from exempt.model.decision import Ground
from exempt.services.delivery_ports import DeliveryView
from exempt.services.listing_ports import Next


class Period(NamedTuple):
    """Days, the first and the last included; None = without an end on that side."""

    first: dt.date | None = None
    last: dt.date | None = None


class Standing(NamedTuple):
    """How many certificates that were accepted stand how in one state."""

    jurisdiction: str
    active: int
    expiring_soon: int
    expired: int
    future: int


class Without(NamedTuple):
    """Orders sold as exempt with no certificate, of one state, ground and currency.

    Those are the ones that `exempt.services.order_ports.Decided` calls ``without``.
    """

    jurisdiction: str | None
    ground: Ground
    currency: str
    orders: int
    amount: Decimal


class FailedCount(NamedTuple):
    """How many deliveries of a connection wait for a person, by what became of them."""

    connection: str
    outcome: str
    deliveries: int


class Covering(NamedTuple):
    """Which certificates an auditor of a state asks for: those in force there in a period."""

    jurisdiction: str
    period: Period
    company_ids: Collection[int] | None = None


class Reporting(Protocol):
    """Counts for reports; of *company_ids* alone where they are given."""

    def standing(
        self, company_ids: Collection[int] | None, on: dt.date, soon_days: int
    ) -> list[Standing]:
        """By state: coverages of accepted certificates that are not archived."""
        ...

    def without(
        self, company_ids: Collection[int] | None, period: Period, jurisdiction: str | None = None
    ) -> list[Without]:
        """Sales without a certificate, by state, ground and currency."""
        ...

    def failed(
        self, company_ids: Collection[int] | None, period: Period, limit: int, offset: int = 0
    ) -> list[DeliveryView]:
        """What waits for a person and was given up in the period, by id."""
        ...

    def failed_counts(
        self, company_ids: Collection[int] | None, period: Period
    ) -> list[FailedCount]:
        """The same, counted."""
        ...

    def covering(self, wanted: Covering, part: Next) -> list[int]:
        """The ids of certificates; one that is also of others than those companies is not told."""
        ...
