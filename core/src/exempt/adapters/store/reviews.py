"""Certificates that wait for review, whether a customer sent them in or not; oldest first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from exempt.adapters.store.columns import major, moment
from exempt.adapters.store.database import many, one_of, run
from exempt.adapters.store.lookups import JURISDICTION
from exempt.model.paper import Reading
from exempt.services import review_ports as ports
from exempt.services.review_ports import (
    OpenOrder,
    OpenOrders,
    QueueFilter,
    QueuePage,
    WaitingRow,
)

_WAITS = "c.review_status = 'pending' AND c.archived_date IS NULL"
_FROM = (
    " FROM certificate c JOIN certificate_customer k ON k.certificate_id = c.id AND k.customer_id"
    " = (SELECT min(f.customer_id) FROM certificate_customer f WHERE f.certificate_id = c.id)"
    " JOIN customer u ON u.id = k.customer_id JOIN company n ON n.id = u.company_id"
)
_COLUMNS = (
    "SELECT c.id, (SELECT max(s.id) FROM submission s WHERE s.certificate_id = c.id), c.source,"
    " c.created_at, u.id, u.name, u.number, n.id, n.name"
)
_BEHIND = "(c.created_at, c.id) > (SELECT a.created_at, a.id FROM certificate a WHERE a.id = ?)"
_ORDER = " ORDER BY c.created_at, c.id"
_FROM_OUTSIDE = f"c.source NOT IN ({', '.join(map(repr, ports.BY_STAFF))})"
_NOTICED = (
    "EXISTS (SELECT 1 FROM delivery d WHERE d.connection_id IN (SELECT id FROM connection)"
    " AND d.target = 'notice' AND d.external_id = CAST(c.id AS TEXT))"
)

_Tests = list[tuple[str, Any]]


class Reviews(ports.Reviews):
    """The queue."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def page(self, filters: QueueFilter) -> QueuePage:
        tests = self._tests(filters)
        total = self._query("SELECT count(*)", tests)[0][0]
        rows = self._query(
            _COLUMNS, tests, f"{_ORDER} LIMIT ? OFFSET ?", filters.limit, filters.offset
        )
        by_state = self._query(
            "SELECT v.jurisdiction, count(*)",
            self._tests(filters._replace(jurisdiction=None)),
            " GROUP BY v.jurisdiction ORDER BY v.jurisdiction",
            join=" JOIN coverage v ON v.certificate_id = c.id",
        )
        by_company = self._query(
            "SELECT n.id, n.name, count(*)",
            self._tests(filters._replace(company_id=None)),
            " GROUP BY n.id, n.name ORDER BY n.name, n.id",
        )
        return QueuePage(
            self._rows(rows),
            total,
            dict(tuple(row) for row in by_state),
            {(row[0], row[1]): row[2] for row in by_company},
        )

    def count(self, company_ids: Collection[int] | None = None) -> int:
        if company_ids is None:
            return int(run(self._c, f"SELECT count(*) FROM certificate c WHERE {_WAITS}")[0][0])  # noqa: S608
        tests = self._tests(QueueFilter(company_ids))
        return int(self._query("SELECT count(*)", tests)[0][0])

    def rows(self, certificate_ids: Collection[int]) -> list[WaitingRow]:
        ids = many(self._c, sorted(certificate_ids))
        return self._rows(self._query(_COLUMNS, [(one_of(self._c, "c.id"), ids)], _ORDER))

    def row(self, certificate_id: int) -> WaitingRow | None:
        rows = run(self._c, f"{_COLUMNS}{_FROM} WHERE c.id = ?", certificate_id)
        return next(iter(self._rows(rows)), None)

    def next_after(self, certificate_id: int | None, filters: QueueFilter) -> int | None:
        tests = self._tests(filters)
        if certificate_id is not None:
            tests.append(("c.id <> ?", certificate_id))
            behind = self._query(
                "SELECT c.id", [*tests, (_BEHIND, certificate_id)], f"{_ORDER} LIMIT 1"
            )
            if behind:
                return int(behind[0][0])
        first = self._query("SELECT c.id", tests, f"{_ORDER} LIMIT 1")
        return int(first[0][0]) if first else None

    def readings(self, sha256s: Collection[str]) -> dict[str, Reading]:
        sql = (
            "SELECT sha256, reading FROM document WHERE reading IS NOT NULL"  # noqa: S608
            f" AND {one_of(self._c, 'sha256')}"
        )
        rows = run(self._c, sql, many(self._c, sorted(sha256s))) if sha256s else ()
        return {row[0]: Reading.model_validate_json(row[1]) for row in rows}

    def open_orders(
        self, customer_ids: Collection[int], jurisdictions: Collection[str], limit: int
    ) -> OpenOrders:
        sql = (
            f"WITH buyer (id) AS (SELECT c.id FROM customer c WHERE {one_of(self._c, 'c.id')} UNION"  # noqa: S608
            f" SELECT l.ship_to_id FROM ship_to_link l WHERE {one_of(self._c, 'l.bill_to_id')})"
            " SELECT o.id, coalesce(o.number, o.external_id), o.order_date, "
            f"{JURISDICTION}, o.currency, o.total, d.tax_applicable, count(*) OVER ()"
            f" FROM buyer b JOIN source_customer s ON s.customer_id = b.id"
            " JOIN sales_order o ON o.connection_id = s.connection_id"
            " AND o.customer_external_id = s.external_id AND NOT o.closed"
            " LEFT JOIN decision d ON d.order_id = o.id AND d.superseded_at IS NULL"
            " WHERE NOT o.voided AND o.deleted_at IS NULL AND"
            f" {one_of(self._c, JURISDICTION)} ORDER BY o.order_date DESC, o.id DESC LIMIT ?"
        )
        ids = many(self._c, sorted(customer_ids))
        rows = run(self._c, sql, ids, ids, many(self._c, sorted(jurisdictions)), limit)
        return OpenOrders([_order(row) for row in rows], rows[0][7] if rows else 0)

    def without_notice(self, company_id: int, limit: int) -> list[WaitingRow]:
        tests: _Tests = [("n.id = ?", company_id)]
        end = f" AND {_FROM_OUTSIDE} AND NOT {_NOTICED}{_ORDER} LIMIT ?"
        return self._rows(self._query(_COLUMNS, tests, end, limit))

    # --- how ---------------------------------------------------------------------------------

    def _query(
        self, columns: str, tests: _Tests, end: str = "", *more: Any, join: str = ""
    ) -> Sequence[Any]:
        """What waits and passes all *tests*."""
        where = " AND ".join([_WAITS, *(test for test, _ in tests)])
        values = [value for _, value in tests]
        return run(self._c, f"{columns}{_FROM}{join} WHERE {where}{end}", *values, *more)

    def _tests(self, filters: QueueFilter) -> _Tests:
        tests: _Tests = []
        if filters.company_ids is not None:
            ids = many(self._c, sorted(filters.company_ids))
            tests.append((one_of(self._c, "n.id"), ids))
        if filters.company_id is not None:
            tests.append(("n.id = ?", filters.company_id))
        if filters.jurisdiction is not None:
            test = (
                "EXISTS (SELECT 1 FROM coverage w WHERE w.certificate_id = c.id"
                " AND w.jurisdiction = ?)"
            )
            tests.append((test, filters.jurisdiction))
        if filters.customer_id is not None:
            tests.append((_of_customer("x.customer_id = ?"), filters.customer_id))
        if filters.words and (words := filters.words.strip().casefold()):
            escaped = words.replace("!", "!!").replace("%", "!%").replace("_", "!_")
            # One parameter for both, so that a test has one.
            like = "y.name_key || ' ' || coalesce(y.number_key, '') LIKE ? ESCAPE '!'"
            tests.append((_of_customer(like), f"%{escaped}%"))
        return tests

    def _rows(self, rows: Iterable[Any]) -> list[WaitingRow]:
        found = [
            WaitingRow(row[0], row[1], row[2], moment(row[3]), *row[4:9])
            for row in map(tuple, rows)
        ]
        ids = many(self._c, [each.certificate_id for each in found])
        places = self._of("SELECT certificate_id, jurisdiction FROM coverage", ids, "jurisdiction")
        files = self._of("SELECT certificate_id, sha256 FROM certificate_file", ids, "id")
        return [
            each._replace(
                jurisdictions=tuple(places.get(each.certificate_id, ())),
                sha256s=tuple(files.get(each.certificate_id, ())),
            )
            for each in found
        ]

    def _of(self, sql: str, ids: Any, order: str) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {}
        where = f" WHERE {one_of(self._c, 'certificate_id')} ORDER BY certificate_id, {order}"
        for certificate_id, value in run(self._c, sql + where, ids):
            found.setdefault(certificate_id, []).append(value)
        return found


def _of_customer(test: str) -> str:
    return (
        "EXISTS (SELECT 1 FROM certificate_customer x JOIN customer y ON y.id = x.customer_id"  # noqa: S608
        f" WHERE x.certificate_id = c.id AND {test})"
    )


def _order(row: Any) -> OpenOrder:
    return OpenOrder(
        id=row[0],
        number=row[1],
        order_date=dt.date.fromisoformat(row[2]),
        jurisdiction=row[3],
        currency=row[4],
        total=major(row[5], row[4]),
        tax_applicable=None if row[6] is None else bool(row[6]),
    )
