"""What needs a person today, counted: each figure as the list behind it counts.

Nothing is counted before it is asked for, so that a page can show what is
quick while the rest is being counted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple, TypeVar

from exempt.model.certificate import ReviewStatus
from exempt.model.presence import WarningKind
from exempt.services.audit import seen_by
from exempt.services.audit_ports import AuditFilter, AuditRow
from exempt.services.customer_ports import ListFilter
from exempt.services.job_ports import JobKind, JobRow
from exempt.services.order_ports import Decided, OrderFilter, OrderState
from exempt.services.overview_ports import CertificateFigures
from exempt.services.owed_ports import OwedCounts
from exempt.services.ports import Store, Transaction
from exempt.services.product_ports import ProductFilter
from exempt.services.rows import ConnectionRow, CustomerLack, Subject

T = TypeVar("T")

MONTHS = 12

_LOOKED_AT = 200
"""Changes."""


class Counted(NamedTuple):
    """How many there are; ``capped``: there are more than that, as the list says, too."""

    number: int
    capped: bool = False


class InForce(NamedTuple):
    """How many certificates were in force on a day."""

    day: dt.date
    number: int


class Act(NamedTuple):
    """What somebody did at once to one thing: a change, and how many more there are."""

    row: AuditRow
    more: int


class Home:
    """The figures of one home page; each is a question of its own.

    Args:
        store: What is counted.
        company_ids: Those whose things count; None = all.
        at: Now.
        soon_days: How long before its end a certificate expires soon.
    """

    def __init__(
        self, store: Store, company_ids: Collection[int] | None, at: dt.datetime, soon_days: int
    ) -> None:
        self._store = store
        self._companies = company_ids
        self._at = at
        self.on = at.date()
        self._soon = soon_days

    # --- what waits ------------------------------------------------------------------------

    def to_review(self) -> int:
        """Certificates that wait for review."""
        return self._ask(lambda tx: tx.reviews.count(self._companies))

    def owed(self) -> OwedCounts:
        """Deliveries that failed, and those that may have been sent."""
        return self._ask(lambda tx: tx.owed_lists.counts(self._companies))

    def warnings(self) -> Mapping[WarningKind, int]:
        """Open warnings, by kind."""
        return self._ask(lambda tx: tx.warnings.counts(self._companies))

    def unmapped(self) -> int:
        """Products without a tax category."""
        wanted = ProductFilter(company_ids=self._companies, mapped=False)
        return self._ask(lambda tx: tx.products.count(wanted))

    def paused(self) -> list[ConnectionRow]:
        """Connections that nothing is read from, nor written to."""
        return [row for row in self._ask(self._connections) if row.paused_reason is not None]

    def failing(self) -> list[JobRow]:
        """Jobs whose last run failed, but for those of paused connections."""

        def look(tx: Transaction) -> list[JobRow]:
            mine = {row.id: row.paused_reason for row in self._connections(tx)}
            return [
                job
                for job in tx.jobs.all()
                if job.failures
                and job.kind is not JobKind.PROBE
                and (job.connection_id is None or mine.get(job.connection_id, "") is None)
            ]

        return self._ask(look)

    def without_email(self) -> Counted:
        """Customers that no mail can be sent to."""
        return self._customers(CustomerLack.EMAIL)

    def without_certificate(self) -> Counted:
        """Customers flagged exempt that hold no certificate in force."""
        return self._customers(CustomerLack.CERTIFICATE)

    def sold_without(self) -> Counted:
        """Open orders sold as exempt with no certificate on file."""
        wanted = OrderFilter(
            company_ids=self._companies, decided=Decided.WITHOUT, state=OrderState.OPEN, limit=0
        )
        found = self._ask(lambda tx: tx.orders.page(wanted))
        return Counted(found.total, found.capped)

    def still_ordering(self) -> int:
        """Expired certificates, state by state, whose customers have open orders."""
        return self._ask(lambda tx: tx.overview.count_still_ordering(self._companies, self.on))

    def rejected(self) -> int:
        """Certificates rejected this month."""
        wanted = rejected_since(self.on.replace(day=1), self._companies)
        return self._ask(lambda tx: tx.audit.count(wanted))

    # --- how certificates stand ------------------------------------------------------------

    def certificates(self) -> CertificateFigures:
        """How many there are of each status, and when those in force end."""
        return self._ask(lambda tx: tx.overview.certificates(self._companies, self.on, self._soon))

    def trend(self) -> list[InForce]:
        """How many were in force at the end of each of the last months, and are today."""
        days = month_ends(self.on, MONTHS)
        numbers = self._ask(lambda tx: tx.overview.in_force(self._companies, days))
        return [InForce(*each) for each in zip(days, numbers, strict=True)]

    def lately(self, limit: int, *, administers: bool) -> list[Act]:
        """What was done last, as far as somebody sees it; the newest first."""
        wanted = seen_by(AuditFilter(company_ids=self._companies), administers=administers)
        rows = self._ask(lambda tx: tx.audit.portion(wanted, None, _LOOKED_AT))
        return acts(rows)[:limit]

    def filled(self) -> Mapping[str, bool]:
        """Whether there are sources, customers, orders, certificates and requests at all."""
        return self._ask(lambda tx: tx.overview.anything())

    def _customers(self, lack: CustomerLack) -> Counted:
        wanted = ListFilter(company_ids=self._companies, lacking=lack, limit=0)
        found = self._ask(lambda tx: tx.customer_lists.page(wanted, self.on))
        return Counted(found.total, found.capped)

    def _connections(self, tx: Transaction) -> list[ConnectionRow]:
        return [
            row
            for row in tx.connections.all()
            if self._companies is None or row.company_id in self._companies
        ]

    def _ask(self, question: Callable[[Transaction], T]) -> T:
        """A transaction a question: no writer waits while all of a page is counted."""
        with self._store.reading() as tx:
            return question(tx)


def acts(rows: Sequence[AuditRow]) -> list[Act]:
    """Changes, the newest first, put together where somebody made them at once to one thing."""
    found = []
    for _, group in groupby(rows, key=lambda r: (r.subject, r.subject_id, r.changed_at)):
        first, *rest = group
        found.append(Act(first, len(rest)))
    return found


def rejected_since(day: dt.date, company_ids: Collection[int] | None) -> AuditFilter:
    """The part of the audit trail that tells of certificates rejected since that day."""
    return AuditFilter(
        subjects=(Subject.CERTIFICATE,),
        field="review_status",
        outcome=ReviewStatus.REJECTED.value,
        first=day,
        company_ids=company_ids,
    )


def month_ends(on: dt.date, months: int) -> list[dt.date]:
    """The last days of so many months, the earliest first; the last of them is *on* itself."""
    ends, first = [on], on.replace(day=1)
    while len(ends) < months:
        ends.append(first - dt.timedelta(days=1))
        first = ends[-1].replace(day=1)
    return ends[::-1]
