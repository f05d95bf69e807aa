"""Figures of all certificates, for the home page.

Counting a hundred thousand takes a tenth of a second, however it is written. So what
was counted is kept in the process, for as long as nothing in the register changes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa

from exempt.adapters.store import stamps
from exempt.adapters.store.columns import major
from exempt.adapters.store.database import is_sqlite, many, one_of, run
from exempt.adapters.store.search import LAST_DATE, STATUSES, Search
from exempt.rules.status import CertificateStatus
from exempt.services import overview_ports as ports
from exempt.services.overview_ports import BUCKETS, IN_FORCE, CertificateFigures, StillOrdering
from exempt.services.rows import CertificateFilter

T = TypeVar("T")

Kept = dict[Any, tuple[tuple[str, ...], Any]]
"""What was counted, by what was asked, with the state of the register at that time."""

MOST_KEPT = 60

_BEFORE, _UNDATED = -1, len(BUCKETS)
_USED = "c.review_status = 'accepted' AND (c.archived_date IS NULL OR c.archived_date > ?)"
_STILL = (
    "WITH claimed (customer_id, jurisdiction, orders, total, low, high) AS ("  # noqa: S608
    "SELECT s.customer_id, d.jurisdiction, count(*), sum(o.total), min(o.currency),"
    " max(o.currency) FROM sales_order o{by}"
    " {join} decision d ON d.order_id = o.id AND d.superseded_at IS NULL"
    " AND d.ground = 'no_certificate'"
    " JOIN source_customer s ON s.connection_id = o.connection_id"
    " AND s.external_id = o.customer_external_id"
    " WHERE NOT o.closed AND NOT o.voided AND o.deleted_at IS NULL GROUP BY 1, 2),"
    " holder (customer_id, jurisdiction, orders, total, low, high) AS MATERIALIZED ("
    "SELECT * FROM claimed"
    " UNION ALL SELECT l.bill_to_id, w.jurisdiction, w.orders, w.total, w.low, w.high"
    " FROM claimed w JOIN (SELECT DISTINCT bill_to_id, ship_to_id FROM ship_to_link) l"
    " ON l.ship_to_id = w.customer_id)"
    " SELECT {what} FROM holder h {join} customer u ON u.id = h.customer_id"
    " {join} certificate_customer k ON k.customer_id = u.id"
    f" {{join}} certificate c ON c.id = k.certificate_id AND {_USED}"
    " {join} coverage v ON v.certificate_id = c.id AND v.jurisdiction = h.jurisdiction"
    f" AND {LAST_DATE} < ?"
)
_OF_A_LINE = (
    "c.id, c.number, u.id, u.name, u.email, v.jurisdiction,"
    f" {LAST_DATE} AS ended_on, sum(h.orders), min(h.low), max(h.high), sum(h.total),"
    " count(*) OVER ()"
)
_LINE = f" GROUP BY c.id, c.number, u.id, u.name, u.email, v.jurisdiction, {LAST_DATE}"
_FILLED = {
    "sources": "connection",
    "customers": "customer",
    "orders": "sales_order",
    "certificates": "certificate",
    "requests": "request",
}


class Overview(ports.Overview):
    """See the port.

    Args:
        connection: That of the transaction.
        kept: What this process counted before.
    """

    def __init__(self, connection: sa.Connection, kept: Kept) -> None:
        self._c = connection
        self._kept = kept

    def certificates(
        self, company_ids: Collection[int] | None, on: dt.date, soon_days: int
    ) -> CertificateFigures:
        asked = ("certificates", on, soon_days)
        return self.once(company_ids, asked, lambda: self._counted(company_ids, on, soon_days))

    def in_force(self, company_ids: Collection[int] | None, days: Sequence[dt.date]) -> list[int]:
        asked = ("in force", *days)
        return list(self.once(company_ids, asked, lambda: self._over(company_ids, days)))

    def still_ordering(
        self, company_ids: Collection[int] | None, on: dt.date, limit: int, offset: int = 0
    ) -> tuple[list[StillOrdering], int]:
        where, values = self._of(company_ids)
        sql = (
            f"{self._still(_OF_A_LINE)}{where}{_LINE}"
            " ORDER BY 7 DESC, u.name, c.id, v.jurisdiction LIMIT ? OFFSET ?"
        )
        today = on.isoformat()
        rows = run(self._c, sql, today, today, *values, limit, offset)
        total = rows[0][-1] if rows else self.count_still_ordering(company_ids, on) if offset else 0
        return [_line(row[:-1]) for row in rows], int(total)

    def count_still_ordering(self, company_ids: Collection[int] | None, on: dt.date) -> int:
        where, values = self._of(company_ids)
        sql = f"SELECT count(*) FROM ({self._still('1')}{where}{_LINE}) q"  # noqa: S608
        today = on.isoformat()
        return int(run(self._c, sql, today, today, *values)[0][0])

    def _still(self, what: str) -> str:
        """From the open orders on; SQLite is told so, as without statistics it begins elsewhere."""
        if is_sqlite(self._c):
            by, join = " INDEXED BY ix_sales_order_open", "CROSS JOIN"
        else:
            by, join = "", "JOIN"
        return _STILL.format(what=what, by=by, join=join)

    def anything(self) -> dict[str, bool]:
        sql = ", ".join(f"EXISTS (SELECT 1 FROM {table})" for table in _FILLED.values())  # noqa: S608
        return dict(zip(_FILLED, map(bool, run(self._c, f"SELECT {sql}")[0]), strict=True))

    # --- what is counted -------------------------------------------------------------------

    def once(
        self, company_ids: Collection[int] | None, asked: tuple[Any, ...], count: Callable[[], T]
    ) -> T:
        """What was counted for that before, or is now."""
        state = stamps.standing(self._c, company_ids)
        key = (None if company_ids is None else frozenset(company_ids), *asked)
        known = self._kept.get(key)
        if known is not None and known[0] == state:
            found: T = known[1]
            return found
        counted = count()
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[key] = (state, counted)
        return counted

    def _counted(
        self, company_ids: Collection[int] | None, on: dt.date, soon_days: int
    ) -> CertificateFigures:
        filters = CertificateFilter(company_ids=company_ids)
        listed, values = Search(self._c).listed(filters, on, soon_days)
        cases = " ".join(
            f"WHEN first_end <= ? THEN {at}" for at, (_, last) in enumerate(BUCKETS) if last
        )
        ends = [(on + dt.timedelta(days=last)).isoformat() for _, last in BUCKETS if last]
        sql = (
            f"{listed} SELECT status, CASE WHEN first_end IS NULL THEN {_UNDATED}"  # noqa: S608
            f" WHEN first_end < ? THEN {_BEFORE} {cases} ELSE {len(BUCKETS) - 1} END,"
            " count(*) FROM listed GROUP BY 1, 2"
        )
        statuses = dict.fromkeys(CertificateStatus, 0)
        ending = dict.fromkeys(range(_BEFORE, _UNDATED + 1), 0)
        for number, bucket, how_many in run(self._c, sql, *values, on.isoformat(), *ends):
            statuses[STATUSES[number]] += how_many
            if STATUSES[number] in IN_FORCE:
                ending[bucket] += how_many
        return CertificateFigures(
            statuses=statuses,
            ending=tuple(ending[at] for at in range(len(BUCKETS))),
            ended=ending[_BEFORE],
            undated=ending[_UNDATED],
        )

    def _over(
        self, company_ids: Collection[int] | None, days: Sequence[dt.date]
    ) -> tuple[int, ...]:
        """Those in force on each day, each once."""
        if not days:
            return ()
        held = (
            "max(CASE WHEN v.effective_date <= ? AND (c.archived_date IS NULL"
            f" OR c.archived_date > ?) AND coalesce({LAST_DATE} >= ?, TRUE) THEN 1 ELSE 0 END)"
        )
        each = ", ".join(f"{held} AS d{at}" for at in range(len(days)))
        sums = ", ".join(f"sum(d{at})" for at in range(len(days)))
        where, values = self._of_customers(company_ids)
        sql = (
            f"SELECT {sums} FROM (SELECT {each} FROM certificate c JOIN coverage v"  # noqa: S608
            f" ON v.certificate_id = c.id WHERE c.review_status = 'accepted'{where}"
            " GROUP BY c.id) q"
        )
        told = [day.isoformat() for day in days for _ in range(3)]
        return tuple(int(many_ or 0) for many_ in run(self._c, sql, *told, *values)[0])

    def _of(self, company_ids: Collection[int] | None) -> tuple[str, list[Any]]:
        if company_ids is None:
            return "", []
        return f" WHERE {one_of(self._c, 'u.company_id')}", [many(self._c, sorted(company_ids))]

    def _of_customers(self, company_ids: Collection[int] | None) -> tuple[str, list[Any]]:
        if company_ids is None:
            return "", []
        test = (
            " AND c.id IN (SELECT k.certificate_id FROM certificate_customer k JOIN customer u"  # noqa: S608
            f" ON u.id = k.customer_id WHERE {one_of(self._c, 'u.company_id')})"
        )
        return test, [many(self._c, sorted(company_ids))]


def _line(row: Any) -> StillOrdering:
    number, name, customer_id, customer, email, place, ended_on, orders, low, high, total = row
    return StillOrdering(
        certificate_id=number,
        number=name,
        customer_id=customer_id,
        customer=customer,
        email=email,
        jurisdiction=place,
        ended_on=dt.date.fromisoformat(ended_on),
        orders=int(orders),
        currency=low,
        total=major(int(total), low) if low == high else None,
    )
