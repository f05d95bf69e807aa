"""Running totals, and the orders that they are made of, read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from exempt.adapters.store.database import Row, is_sqlite, many, one_of, run
from exempt.adapters.store.nexus_tables import AMOUNTS, COUNTS
from exempt.adapters.store.sales_orders import Wanted, counted_orders
from exempt.adapters.store.sales_rows import SALE, sale_of_row
from exempt.model.nexus import Bucket, Sale, Totals, Treatment
from exempt.services.sale_ports import CountedOrder, SetAside

_SUMS = ", ".join((*AMOUNTS, *COUNTS))
_T_SUMS = ", ".join(f"t.{name}" for name in (*AMOUNTS, *COUNTS))
_ANY_OF_IT = " OR ".join(f"{name} <> 0" for name in (*AMOUNTS, *COUNTS))
_A_DAY = dt.timedelta(days=1)
# Each jurisdiction is found by its months, of which there are few.
_PLACES = (
    "SELECT DISTINCT m.company_id, m.jurisdiction FROM sales_total m"
    " WHERE m.grain = 'month' AND {company}{place}"
)


class SalesRead:
    """The part of `ports.Sales` that only reads."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def of(self, order_ids: Collection[int]) -> dict[int, Sale]:
        sql = f"SELECT order_id, {', '.join(SALE)} FROM sale WHERE {one_of(self._c, 'order_id')}"  # noqa: S608
        rows = run(self._c, sql, many(self._c, list(order_ids)))
        return {row[0]: sale_of_row(row[1:]) for row in rows}

    def months(
        self,
        company_ids: Collection[int],
        jurisdictions: Collection[str] | None = None,
        *,
        since: dt.date | None = None,
    ) -> dict[tuple[int, str], list[Bucket]]:
        just, parameters = self._just("jurisdiction", jurisdictions)
        if since is not None:
            just += " AND first_day >= ?"
            parameters.append(since.isoformat())
        sql = (
            f"SELECT company_id, jurisdiction, first_day, marketplace, {_SUMS} FROM sales_total"  # noqa: S608
            f" WHERE {one_of(self._c, 'company_id')} AND grain = 'month' AND currency = 'USD'{just}"
            " ORDER BY 1, 2, 3, 4"
        )
        rows = run(self._c, sql, many(self._c, list(company_ids)), *parameters)
        ends = {first: _month(first) for first in {row[2] for row in rows}}
        return _buckets(rows, ends)

    def days(
        self,
        company_ids: Collection[int],
        first: dt.date,
        last: dt.date,
        jurisdictions: Collection[str] | None = None,
    ) -> dict[tuple[int, str], list[Bucket]]:
        just, parameters = self._just("m.jurisdiction", jurisdictions)
        places = _PLACES.format(company=one_of(self._c, "m.company_id"), place=just)
        totals = (
            f"SELECT t.company_id, t.jurisdiction, t.first_day, t.marketplace, {_T_SUMS}"  # noqa: S608
            f" FROM {{}} sales_total t WHERE t.company_id = p.company_id AND t.grain = 'day'"
            " AND t.jurisdiction = p.jurisdiction AND t.first_day >= ? AND t.first_day <= ?"
            " AND t.currency = 'USD'"
        )
        # Of each jurisdiction just those days are looked at: a plan that neither finds by itself.
        sql = (
            totals.format(f"({places}) p CROSS JOIN")
            if is_sqlite(self._c)
            else f"SELECT t.* FROM ({places}) p, LATERAL ({totals.format('')} OFFSET 0) t"  # noqa: S608
        )
        sql = f"{sql} ORDER BY 1, 2, 3, 4"
        companies = many(self._c, list(company_ids))
        ends = (first.isoformat(), last.isoformat())
        rows = run(self._c, sql, companies, *parameters, *ends)
        found = {row[2] for row in rows}
        days = {text: (day := dt.date.fromisoformat(text), day) for text in found}
        return _buckets(rows, days)

    def set_aside(self, company_ids: Collection[int]) -> list[SetAside]:
        sums = ", ".join(f"sum({name})" for name in (*AMOUNTS, *COUNTS))
        sql = (
            f"SELECT company_id, jurisdiction, currency, min(first_day), {sums} FROM sales_total"  # noqa: S608
            f" WHERE {one_of(self._c, 'company_id')} AND grain = 'month' AND currency <> 'USD'"
            f" AND ({_ANY_OF_IT}) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
        )
        return [
            SetAside(
                company_id,
                place,
                currency,
                dt.date.fromisoformat(first),
                Totals(*map(int, totals)),
            )
            for company_id, place, currency, first, *totals in run(
                self._c, sql, many(self._c, list(company_ids))
            )
        ]

    def orders(
        self,
        company_ids: Collection[int],
        jurisdiction: str,
        first: dt.date,
        last: dt.date,
        *,
        treatments: Collection[Treatment] = tuple(Treatment),
        marketplace: bool | None = None,
        after: tuple[dt.date, int] | None = None,
        limit: int = 100,
    ) -> list[CountedOrder]:
        wanted = Wanted(company_ids, jurisdiction, first, last, treatments, marketplace, after)
        return counted_orders(self._c, wanted, limit)

    def first_day(self, company_ids: Collection[int]) -> dt.date | None:
        # Of each jurisdiction just the first of its days is looked at.
        places = _PLACES.format(company=one_of(self._c, "m.company_id"), place="")
        first = (
            "SELECT t.first_day FROM sales_total t WHERE t.company_id = p.company_id"
            " AND t.grain = 'day' AND t.jurisdiction = p.jurisdiction ORDER BY 1 LIMIT 1"
        )
        sql = f"SELECT min(({first})) FROM ({places}) p"  # noqa: S608
        day = run(self._c, sql, many(self._c, list(company_ids)))[0][0]
        return None if day is None else dt.date.fromisoformat(day)

    def touched(self, company_ids: Collection[int]) -> list[tuple[int, str]]:
        sql = (
            "SELECT company_id, jurisdiction FROM exposure_state"  # noqa: S608
            f" WHERE {one_of(self._c, 'company_id')} AND touched ORDER BY 1, 2"
        )
        rows = run(self._c, sql, many(self._c, list(company_ids)))
        return [(row[0], row[1]) for row in rows]

    def counted_between(self, connection_id: int, after: int, through: int | None) -> list[int]:
        upto, parameters = ("", ()) if through is None else (" AND l.order_id <= ?", (through,))
        sql = (
            "SELECT l.order_id FROM sale l JOIN sales_order o ON o.id = l.order_id"  # noqa: S608
            f" WHERE +o.connection_id = ? AND l.order_id > ?{upto}"
        )
        return [row[0] for row in run(self._c, sql, connection_id, after, *parameters)]

    def _just(self, column: str, values: Collection[str] | None) -> tuple[str, list[Any]]:
        """A further condition, and its parameters; none for all."""
        if values is None:
            return "", []
        return f" AND {one_of(self._c, column)}", [many(self._c, sorted(values))]


def _buckets(
    rows: Sequence[Row], ends: dict[str, tuple[dt.date, dt.date]]
) -> dict[tuple[int, str], list[Bucket]]:
    """Rows of company, jurisdiction, first day, marketplace and sums, by the first two."""
    found: dict[tuple[int, str], list[Bucket]] = {}
    for company_id, place, day, marketplace, *sums in rows:
        bucket = Bucket(*ends[day], bool(marketplace), Totals(*sums))
        key = (company_id, place)
        if key in found:
            found[key].append(bucket)
        else:
            found[key] = [bucket]
    return found


def _month(first_day: str) -> tuple[dt.date, dt.date]:
    first = dt.date.fromisoformat(first_day)
    next_month = (first + 31 * _A_DAY).replace(day=1)
    return first, next_month - _A_DAY
