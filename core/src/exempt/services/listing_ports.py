"""What the services need to list things for programs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import NamedTuple, Protocol

from exempt.model.certificate import ReviewStatus
from exempt.model.requesting import RequestState, SubmissionState
from exempt.services.rows import CertificateFilter, CustomerFilter


class Next(NamedTuple):
    """Which part of a list is wanted: *limit* of those whose id is higher than *after*."""

    after: int = 0
    limit: int = 50


class RequestFilter(NamedTuple):
    """Which requests to list; what is None does not matter."""

    company_ids: Collection[int] | None = None
    customer_id: int | None = None
    state: RequestState | None = None


class SubmissionFilter(NamedTuple):
    """Which submissions to list, drafts aside; what is None does not matter."""

    company_ids: Collection[int] | None = None
    customer_id: int | None = None
    request_id: int | None = None
    state: SubmissionState | None = None


class Listing(Protocol):
    """Lists by id, so that what was listed stays where it was while things are entered."""

    def certificates(
        self,
        filters: CertificateFilter,
        part: Next,
        on: dt.date,
        soon_days: int,
        review_status: ReviewStatus | None = None,
    ) -> list[int]:
        """The ids of certificates; sort, limit and offset of *filters* do not count."""
        ...

    def customers(self, filters: CustomerFilter, part: Next, on: dt.date) -> list[int]:
        """The ids of customers; limit and offset of *filters* do not count."""
        ...

    def active_certificates(self, customer_ids: Collection[int], on: dt.date) -> dict[int, int]:
        """How many certificates in force each of these holds itself; who holds none is absent."""
        ...

    def requests(self, filters: RequestFilter, part: Next, at: dt.datetime) -> list[int]:
        """The ids of requests and notices."""
        ...

    def submissions(self, filters: SubmissionFilter, part: Next) -> list[int]:
        """The ids of submissions."""
        ...
