"""How long certificates hold by the sales that followed, kept as orders come in."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from exempt.model.certificate import Certificate, CertificateKind, Coverage
from exempt.model.decision import Profile
from exempt.model.forms import FormKind
from exempt.rules.recurrence import goes_by_sales, holds_until
from exempt.services.policy import Policy
from exempt.services.ports import Transaction
from exempt.services.rows import Span


class Moved(NamedTuple):
    """A coverage that holds longer, or less long, than before: its orders between are affected.

    Attributes:
        key: The certificate, the customer who holds it, and the jurisdiction.
        before: The last day before; None = it did not go by sales, or none was known.
        until: The last day now.
    """

    key: tuple[int, int, str]
    before: dt.date | None
    until: dt.date | None

    @property
    def span(self) -> Span:
        """Where and when goods went whose exemption hangs on it."""
        _, customer_id, jurisdiction = self.key
        ends = [self.before or dt.date.max, self.until or dt.date.max]
        return Span(customer_id, jurisdiction, min(ends), max(ends))


def by_sales(coverages: Collection[Coverage], policy: Policy) -> list[Coverage]:
    """Those coverages that hold only while sales recur."""
    if policy.profile is Profile.R2:
        return []
    goes = functools.cache(lambda place, form: _goes_by_sales(place, form, policy))
    return [
        coverage
        for coverage in coverages
        if coverage.kind is CertificateKind.BLANKET
        and goes(coverage.jurisdiction, coverage.form_kind)
    ]


def _goes_by_sales(jurisdiction: str, form_kind: FormKind, policy: Policy) -> bool:
    rule = policy.pack.state(jurisdiction)
    return rule is not None and goes_by_sales(rule, form_kind)


def coverages_of(certificates: Iterable[Certificate]) -> list[Coverage]:
    """What certificates give each of their customers, as far as sales matter to it."""
    return [
        Coverage(
            certificate_id=certificate.id,
            customer_id=customer_id,
            jurisdiction=one.jurisdiction,
            exemption_reason=one.reason,
            form_kind=certificate.form_kind,
            kind=certificate.kind,
            effective_date=certificate.effective_on(one),
        )
        for certificate in certificates
        for one in certificate.jurisdictions
        for customer_id in certificate.customer_ids
    ]


def recount(tx: Transaction, coverages: Collection[Coverage], policy: Policy) -> list[Moved]:
    """Work out anew how long *coverages* hold; returns those where that changed."""
    mine = {
        (c.certificate_id, c.customer_id, c.jurisdiction): c for c in by_sales(coverages, policy)
    }
    if not mine:
        return []
    sales = tx.sources.sale_days(
        {customer_id for _, customer_id, _ in mine}, {place for _, _, place in mine}
    )
    before = tx.certificates.holds({certificate_id for certificate_id, _, _ in mine})
    after = {key: _until(coverage, sales, policy) for key, coverage in mine.items()}
    differ = {key: until for key, until in after.items() if until != before.get(key)}
    tx.certificates.set_holds(differ)
    return [Moved(key, before.get(key), until) for key, until in differ.items()]


def _until(
    coverage: Coverage, sales: Mapping[tuple[int, str], Sequence[dt.date]], policy: Policy
) -> dt.date | None:
    rule = policy.pack.state(coverage.jurisdiction)
    if rule is None:
        return None
    return holds_until(
        rule,
        effective=coverage.effective_date,
        form_kind=coverage.form_kind,
        sales=sales.get((coverage.customer_id, coverage.jurisdiction), ()),
    )
