"""Sales held against what the sources have, and running totals against the sales."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import sqlalchemy as sa

from exempt.adapters.store.database import is_sqlite, lock_company, many, one_of, run
from exempt.adapters.store.nexus_tables import AMOUNTS, COUNTS
from exempt.model.nexus import Totals
from exempt.model.sources import OrderKind
from exempt.rules.twice import Origin, Seen
from exempt.services import sale_ports as ports
from exempt.services.sale_ports import SourceSum, TotalAstray

_KEY = "company_id, grain, jurisdiction, first_day, currency, marketplace"
_SUMS = (*AMOUNTS, *COUNTS)
_PARTS = " + ".join(f"l.{name}" for name in AMOUNTS)
_STATE = (
    "CASE WHEN o.deleted_at IS NOT NULL THEN 'deleted' WHEN o.voided THEN 'voided' ELSE 'alive' END"
)
_PLACE = (
    "CASE WHEN l.order_id IS NULL THEN NULL WHEN l.jurisdiction LIKE 'US-__' THEN 'us'"
    " WHEN l.jurisdiction = '' THEN 'unknown' ELSE 'abroad' END"
)
_DAY = dt.timedelta(days=1)
_LONGEST = dt.timedelta(days=31)
_DAYS = (
    "SELECT company_id, 'day' AS grain, jurisdiction, day AS first_day, currency, marketplace, "  # noqa: S608
    + ", ".join(
        [
            *(f"CAST(sum({name}) AS bigint) AS {name}" for name in AMOUNTS),
            *(f"sum(CASE WHEN counts_as = '{n}' THEN 1 ELSE 0 END) AS {n}_count" for n in AMOUNTS),
        ]
    )
    + " FROM sale WHERE company_id = ? AND day >= ? AND day <= ? GROUP BY 1, 2, 3, 4, 5, 6"
)
"""The sums of sales of each day, as running totals are kept."""
_ASTRAY = f"CASE WHEN l.currency = o.currency AND {_PARTS} <> o.total THEN 1 ELSE 0 END"


class SalesChecks(ports.SalesChecks):
    """Sums over the sources, and over the sales."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def sums(self, connection_ids: Collection[int]) -> list[SourceSum]:
        sql = (
            f"SELECT o.connection_id, o.currency, o.kind, {_STATE}, l.currency, {_PLACE}, count(*),"  # noqa: S608
            f" sum(o.total), coalesce(sum({_PARTS}), 0), sum({_ASTRAY})"
            " FROM sales_order o LEFT JOIN sale l ON l.order_id = o.id"
            f" WHERE {one_of(self._c, 'o.connection_id')}"
            " GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6"
        )
        return [
            SourceSum(row[0], row[1], OrderKind(row[2]), *row[3:6], *map(int, row[6:]))
            for row in run(self._c, sql, many(self._c, sorted(connection_ids)))
        ]

    def astray(self, company_ids: Collection[int], limit: int = 100) -> list[TotalAstray]:
        found: list[TotalAstray] = []
        for company_id in sorted(set(company_ids)):
            for ends in self._months(company_id):
                found += self._astray(company_id, ends)
                if len(found) >= limit:
                    return found[:limit]
        return found

    def _astray(self, company_id: int, ends: tuple[str, str]) -> list[TotalAstray]:
        """Those of one month."""
        sums = ", ".join(_SUMS)
        running = ", ".join(f"sum({name})" for name in _SUMS)
        summed = ", ".join(f"sum(their_{name})" for name in _SUMS)
        theirs = ", ".join(f"0 AS their_{name}" for name in _SUMS)
        nothing = ", ".join("0" for _ in _SUMS)
        differs = " OR ".join(f"sum({name}) <> sum(their_{name})" for name in _SUMS)
        sql = (
            f"WITH d AS MATERIALIZED ({_DAYS}) SELECT {_KEY}, {running}, {summed}"  # noqa: S608
            f" FROM (SELECT {_KEY}, {sums}, {theirs} FROM sales_total"
            " WHERE company_id = ? AND first_day >= ? AND first_day <= ?"
            f" UNION ALL SELECT {_KEY}, {nothing}, {sums} FROM d UNION ALL"
            f" SELECT {_KEY}, {nothing}, {sums} FROM ({self._of_days('d')}) m) both_of_them"
            f" GROUP BY {_KEY} HAVING {differs} ORDER BY {_KEY}"
        )
        width = len(_SUMS)
        return [
            TotalAstray(
                row[0],
                row[1],
                row[2],
                dt.date.fromisoformat(row[3]),
                row[4],
                bool(row[5]),
                Totals(*map(int, row[-2 * width : -width])),
                Totals(*map(int, row[-width:])),
            )
            for row in run(self._c, sql, company_id, *ends, company_id, *ends)
        ]

    def rebuild(self, company_id: int) -> None:
        lock_company(self._c, company_id)
        run(self._c, "DELETE FROM sales_total WHERE company_id = ?", company_id)
        into = f"INSERT INTO sales_total ({_KEY}, {', '.join(_SUMS)})"
        for ends in self._months(company_id):
            run(self._c, f"{into} {_DAYS}", company_id, *ends)
        days = "(SELECT * FROM sales_total WHERE company_id = ? AND grain = 'day')"
        run(self._c, f"{into} {self._of_days(days)}", company_id)
        touch = (
            "INSERT INTO exposure_state (company_id, jurisdiction, touched)"
            " SELECT DISTINCT company_id, jurisdiction, TRUE FROM sales_total"
            " WHERE company_id = ? AND currency = 'USD' AND jurisdiction LIKE 'US-__'"
            " ON CONFLICT (company_id, jurisdiction) DO UPDATE SET touched = TRUE"
        )
        run(self._c, "UPDATE exposure_state SET touched = TRUE WHERE company_id = ?", company_id)
        run(self._c, touch, company_id)

    def _months(self, company_id: int) -> list[tuple[str, str]]:
        """The first and the last day of each month from the first sale or total to the last.

        A month at a time what is sorted stays small: a third of the time, and a part of the memory.
        """
        sales, totals = (
            f"(SELECT {{0}}({day}) FROM {table} WHERE company_id = ?)"  # noqa: S608
            for table, day in (("sale", "day"), ("sales_total", "first_day"))
        )
        ends = ", ".join(each.format(end) for end in ("min", "max") for each in (sales, totals))
        sql = f"SELECT {ends}"
        found = run(self._c, sql, *[company_id] * 4)[0]
        days = [dt.date.fromisoformat(day) for day in found if day is not None]
        if not days:
            return []
        first, last = min(days).replace(day=1), max(days)
        months = []
        while first <= last:
            following = (first + _LONGEST).replace(day=1)
            months.append((first.isoformat(), (following - _DAY).isoformat()))
            first = following
        return months

    def _of_days(self, days: str) -> str:
        """Months out of the totals of days in *days*, a table or a query in brackets."""
        month = (
            "substr(first_day, 1, 7) || '-01'"
            if is_sqlite(self._c)
            else "date_trunc('month', first_day)::date"
        )
        sums = ", ".join(f"CAST(sum({name}) AS bigint) AS {name}" for name in _SUMS)
        return (
            f"SELECT company_id, 'month' AS grain, jurisdiction, {month} AS first_day, currency,"  # noqa: S608
            f" marketplace, {sums} FROM {days} x GROUP BY 1, 2, 3, 4, 5, 6"
        )

    def newest(self, company_ids: Collection[int], limit: int) -> list[Seen]:
        sql = (
            "SELECT n.name, o.kind, c.customer_id, o.currency, o.total, l.day"  # noqa: S608
            " FROM (SELECT * FROM sales_order ORDER BY id DESC LIMIT ?) o"
            " JOIN sale l ON l.order_id = o.id JOIN connection n ON n.id = o.connection_id"
            " JOIN source_customer c ON c.connection_id = o.connection_id"
            " AND c.external_id = o.customer_external_id"
            f" WHERE o.kind <> 'credit' AND {one_of(self._c, 'l.company_id')}"
        )
        rows = run(self._c, sql, limit, many(self._c, sorted(company_ids)))
        return [
            Seen(Origin(name, kind), customer_id, currency, total, dt.date.fromisoformat(day))
            for name, kind, customer_id, currency, total, day in rows
        ]
