"""Counts for reports: by state, with the days and companies that are asked for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from exempt.adapters.store.columns import major, micros
from exempt.adapters.store.database import many, one_of, run
from exempt.adapters.store.handling import VIEWS, views_of
from exempt.adapters.store.order_tables import WITHOUT
from exempt.model.decision import Ground
from exempt.services import report_ports as ports
from exempt.services.delivery_ports import DeliveryView
from exempt.services.listing_ports import Next
from exempt.services.report_ports import Covering, FailedCount, Period, Standing, Without

_LAST = (
    "CASE WHEN v.held_through < v.expiration_date OR v.expiration_date IS NULL"
    " THEN coalesce(v.held_through, v.expiration_date) ELSE v.expiration_date END"
)
_OTHERS = (
    "v.certificate_id NOT IN (SELECT id FROM certificate WHERE review_status <> 'accepted'"
    " OR archived_date <= ?)"
)
_CUSTOMERS = (
    "SELECT 1 FROM certificate_customer k JOIN customer u ON u.id = k.customer_id"
    " WHERE k.certificate_id = {}"
)

Tests = list[tuple[Any, ...]]


class Reporting(ports.Reporting):
    """Counts for reports."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def standing(
        self, company_ids: Collection[int] | None, on: dt.date, soon_days: int
    ) -> list[Standing]:
        today, soon = on.isoformat(), (on + dt.timedelta(days=soon_days)).isoformat()
        tests: Tests = [(_OTHERS, today)]
        if company_ids is not None:
            tests.append(self._of_companies("v.certificate_id", company_ids))
        where, values = _all_of(tests)
        sql = (
            "SELECT v.jurisdiction,"  # noqa: S608
            f" count(*) FILTER (WHERE v.effective_date <= ? AND coalesce({_LAST} > ?, TRUE)),"
            f" count(*) FILTER (WHERE v.effective_date <= ? AND {_LAST} BETWEEN ? AND ?),"
            f" count(*) FILTER (WHERE {_LAST} < ?),"
            f" count(*) FILTER (WHERE v.effective_date > ? AND coalesce({_LAST} >= ?, TRUE))"
            f" FROM coverage v WHERE {where} GROUP BY v.jurisdiction ORDER BY v.jurisdiction"
        )
        days = (today, soon, today, today, soon, today, today, today)
        return [Standing(*row) for row in run(self._c, sql, *days, *values)]

    def without(
        self, company_ids: Collection[int] | None, period: Period, jurisdiction: str | None = None
    ) -> list[Without]:
        tests: Tests = [(WITHOUT,), *_days("d.order_date", period)]
        if jurisdiction is not None:
            tests.append(("d.jurisdiction = ?", jurisdiction))
        if company_ids is not None:
            tests.append(self._of_connections("o.connection_id", company_ids))
        where, values = _all_of(tests)
        sql = (
            "SELECT d.jurisdiction, d.ground, o.currency, count(*), sum(o.total) FROM decision d"  # noqa: S608
            " JOIN sales_order o ON o.id = d.order_id WHERE d.superseded_at IS NULL"
            f" AND NOT o.voided AND o.deleted_at IS NULL AND {where}"
            " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
        )
        return [
            Without(place, Ground(ground), currency, orders, major(int(total), currency))
            for place, ground, currency, orders, total in run(self._c, sql, *values)
        ]

    def failed(
        self, company_ids: Collection[int] | None, period: Period, limit: int, offset: int = 0
    ) -> list[DeliveryView]:
        where, values = _all_of(self._failed(company_ids, period))
        sql = f"{VIEWS} WHERE {where} ORDER BY d.id LIMIT ? OFFSET ?"
        return views_of(run(self._c, sql, *values, limit, offset))

    def failed_counts(
        self, company_ids: Collection[int] | None, period: Period
    ) -> list[FailedCount]:
        where, values = _all_of(self._failed(company_ids, period))
        sql = (
            "SELECT n.name, coalesce(d.outcome, ''), count(*) FROM delivery d"  # noqa: S608
            f" JOIN connection n ON n.id = d.connection_id WHERE {where}"
            " GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2"
        )
        return [FailedCount(*row) for row in run(self._c, sql, *values)]

    def covering(self, wanted: Covering, part: Next) -> list[int]:
        tests: Tests = [("v.jurisdiction = ?", wanted.jurisdiction), ("c.id > ?", part.after)]
        if wanted.period.last:
            tests.append(("v.effective_date <= ?", wanted.period.last.isoformat()))
        if wanted.period.first:
            tests.append((f"coalesce({_LAST} >= ?, TRUE)", wanted.period.first.isoformat()))
        if wanted.company_ids is not None:
            tests.append(self._of_companies("c.id", wanted.company_ids))
        where, values = _all_of(tests)
        sql = (
            "SELECT c.id FROM certificate c JOIN coverage v ON v.certificate_id = c.id"  # noqa: S608
            f" WHERE c.review_status = 'accepted' AND {where} ORDER BY c.id LIMIT ?"
        )
        return [row[0] for row in run(self._c, sql, *values, part.limit)]

    def _failed(self, company_ids: Collection[int] | None, period: Period) -> Tests:
        tests: Tests = [("d.state = 'dead'",)]
        if period.first:
            tests.append(("d.done_at >= ?", _begin(period.first)))
        if period.last:
            tests.append(("d.done_at < ?", _begin(period.last + dt.timedelta(days=1))))
        if company_ids is not None:
            tests.append(self._of_connections("d.connection_id", company_ids))
        return tests

    def _of_connections(self, column: str, company_ids: Collection[int]) -> tuple[Any, ...]:
        of_them = one_of(self._c, "company_id")
        test = f"{column} IN (SELECT id FROM connection WHERE {of_them})"  # noqa: S608
        return (test, many(self._c, sorted(company_ids)))

    def _of_companies(self, column: str, company_ids: Collection[int]) -> tuple[Any, ...]:
        """All customers of a certificate are of these companies."""
        others = f"{_CUSTOMERS.format(column)} AND NOT {one_of(self._c, 'u.company_id')}"
        return (f"NOT EXISTS ({others})", many(self._c, sorted(company_ids)))


def _days(column: str, period: Period) -> Tests:
    ends = ((">=", period.first), ("<=", period.last))
    return [(f"{column} {sign} ?", day.isoformat()) for sign, day in ends if day]


def _begin(day: dt.date) -> int:
    return micros(dt.datetime.combine(day, dt.time(), dt.UTC))


def _all_of(tests: Tests) -> tuple[str, list[Any]]:
    return " AND ".join(test[0] for test in tests), [value for test in tests for value in test[1:]]
