"""Certificates listed for people; quick however many there are.

Counting a hundred thousand statuses takes a tenth of a second. What was counted
is kept until the register changes (see `overview`), and a page is found by
itself: from the end of the register, or of the customers' names, until it is full.
"""

from __future__ import annotations

import datetime as dt
from array import array
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa

from exempt.adapters.store.database import many, one_of, run
from exempt.adapters.store.overview import Overview
from exempt.adapters.store.register import Certificates
from exempt.adapters.store.search import SORTS, STATUSES, Search
from exempt.model.certificate import Certificate
from exempt.rules.status import CertificateStatus
from exempt.services import certificate_ports as ports
from exempt.services.certificate_ports import CertificateRows, Holder
from exempt.services.rows import CertificateFilter, CertificateSort

Test = tuple[Any, ...]
"""A condition, and its values."""

_PLAIN = CertificateFilter()
_STORED = {
    CertificateStatus.INVALID: "c.review_status = 'rejected'",
    CertificateStatus.ARCHIVED: "c.archived_date IS NOT NULL",
    CertificateStatus.PENDING: "c.review_status = 'pending'",
}
"""What a status goes by that can be told without a look at the days; of others: accepted."""

_OF_A_COMPANY = (
    "EXISTS (SELECT 1 FROM certificate_customer k JOIN customer u ON u.id = k.customer_id"
    " WHERE k.certificate_id = c.id AND {})"
)
_FIRST_NAME = (
    "NOT EXISTS (SELECT 1 FROM certificate_customer j JOIN customer w ON w.id = j.customer_id"
    " WHERE j.certificate_id = c.id AND w.gone_at IS NULL"
    " AND (w.name_key, w.id) < (u.name_key, u.id))"
)


class _Sorted(NamedTuple):
    """All certificates in an order: their ids, and the numbers of their statuses."""

    ids: array[int]
    statuses: bytes


class CertificateLists(ports.CertificateLists):
    """See the port.

    Args:
        connection: That of the transaction.
        overview: Keeps what was counted.
    """

    def __init__(self, connection: sa.Connection, overview: Overview) -> None:
        self._c = connection
        self._overview = overview
        self._search = Search(connection)

    def page(self, filters: CertificateFilter, on: dt.date, soon_days: int) -> CertificateRows:
        filters = filters._replace(company_ids=self._companies(filters.company_ids))
        if filters.words:  # whoever has them is looked for once, for the counts and the page
            found = self._search.certificates(filters, on, soon_days)
            holders = self._holders(found.certificates)
            return CertificateRows(found.certificates, found.total, found.counts, holders)
        counts = self._counts(filters, on, soon_days)
        total = sum(counts[status] for status in filters.statuses or counts)
        ids = self._ids(filters, on, soon_days) if filters.offset < total else []
        return self._rows(ids, total, counts)

    def portion(
        self, filters: CertificateFilter, after: int, limit: int, on: dt.date, soon_days: int
    ) -> CertificateRows:
        filters = filters._replace(company_ids=self._companies(filters.company_ids))
        where, values = _all([("c.id > ?", after), *self._tests(filters, on, soon_days)])
        sql = f"SELECT c.id FROM certificate c WHERE {where} ORDER BY c.id LIMIT {limit:d}"  # noqa: S608
        return self._rows([row[0] for row in run(self._c, sql, *values)], 0, {})

    def _companies(self, wanted: Collection[int] | None) -> frozenset[int] | None:
        """The companies that are asked for; None where that is all there are."""
        if wanted is None:
            return None
        there = {row[0] for row in run(self._c, "SELECT id FROM company")}
        return None if there <= set(wanted) else frozenset(wanted)

    # --- counts ----------------------------------------------------------------------------

    def _counts(
        self, filters: CertificateFilter, on: dt.date, soon_days: int
    ) -> Mapping[CertificateStatus, int]:
        counted = filters._replace(
            statuses=(),
            sort=_PLAIN.sort,
            descending=_PLAIN.descending,
            limit=_PLAIN.limit,
            offset=_PLAIN.offset,
        )
        if counted == _PLAIN._replace(statuses=(), company_ids=filters.company_ids):
            return self._overview.certificates(filters.company_ids, on, soon_days).statuses
        if filters.ids is not None:
            return self._counted(counted, on, soon_days)
        asked = ("listed", on, soon_days, counted._replace(company_ids=None))
        return self._overview.once(
            filters.company_ids, asked, lambda: self._counted(counted, on, soon_days)
        )

    def _counted(
        self, filters: CertificateFilter, on: dt.date, soon_days: int
    ) -> Mapping[CertificateStatus, int]:
        listed, values = self._search.listed(filters, on, soon_days)
        sql = f"{listed} SELECT status, count(*) FROM listed GROUP BY status"  # noqa: S608
        found = {STATUSES[number]: int(many_) for number, many_ in run(self._c, sql, *values)}
        return {status: found.get(status, 0) for status in CertificateStatus}

    # --- the page --------------------------------------------------------------------------

    def _ids(self, filters: CertificateFilter, on: dt.date, soon_days: int) -> list[int]:
        if filters.sort is CertificateSort.ID:
            return self._by_id(filters, on, soon_days)
        plain = not (filters.ids or filters.customer_id or filters.jurisdiction)
        if filters.sort is CertificateSort.CUSTOMER and plain:
            return self._by_name(filters, on, soon_days)
        if plain and not (filters.reason or filters.expires_from or filters.expires_to):
            return self._by_kept_order(filters, on, soon_days)
        listed, values = self._search.listed(filters, on, soon_days)
        just = f" WHERE status IN ({', '.join(map(str, _numbers(filters)))})"
        sql = f"{listed} SELECT id FROM listed l{just} {_order(filters)} LIMIT ? OFFSET ?"  # noqa: S608
        return [row[0] for row in run(self._c, sql, *values, filters.limit, filters.offset)]

    def _by_id(self, filters: CertificateFilter, on: dt.date, soon_days: int) -> list[int]:
        where, values = _all([("TRUE",), *self._tests(filters, on, soon_days)])
        sql = (
            f"SELECT c.id FROM certificate c WHERE {where}"  # noqa: S608
            f" ORDER BY c.id {_direction(filters)} LIMIT ? OFFSET ?"
        )
        return [row[0] for row in run(self._c, sql, *values, filters.limit, filters.offset)]

    def _by_name(self, filters: CertificateFilter, on: dt.date, soon_days: int) -> list[int]:
        """By the first name of its customers; SQLite reads the tables in this turn, by names."""
        tests = [("u.gone_at IS NULL",), (_FIRST_NAME,), *self._tests(filters, on, soon_days)]
        where, values = _all(tests)
        way = _direction(filters)
        sql = (
            "SELECT c.id FROM customer u CROSS JOIN certificate_customer k CROSS JOIN certificate c"  # noqa: S608
            f" WHERE k.customer_id = u.id AND c.id = k.certificate_id AND {where}"
            f" ORDER BY u.name_key {way}, u.id {way}, c.id {way} LIMIT ? OFFSET ?"
        )
        return [row[0] for row in run(self._c, sql, *values, filters.limit, filters.offset)]

    def _by_kept_order(self, filters: CertificateFilter, on: dt.date, soon_days: int) -> list[int]:
        """By what stands on certificates: the order of all of them is kept, too."""
        everything = filters._replace(statuses=(), limit=0, offset=0, company_ids=None)
        kept = self._overview.once(
            filters.company_ids,
            ("sorted", on, soon_days, everything),
            lambda: self._sorted(filters, on, soon_days),
        )
        wanted = set(_numbers(filters))
        fit = [
            each for each, number in zip(kept.ids, kept.statuses, strict=True) if number in wanted
        ]
        return fit[filters.offset :][: filters.limit]

    def _sorted(self, filters: CertificateFilter, on: dt.date, soon_days: int) -> _Sorted:
        listed, values = self._search.listed(filters, on, soon_days)
        sql = f"{listed} SELECT id, status FROM listed l {_order(filters)}"  # noqa: S608
        rows = run(self._c, sql, *values)
        return _Sorted(array("q", [row[0] for row in rows]), bytes(row[1] for row in rows))

    def _tests(self, filters: CertificateFilter, on: dt.date, soon_days: int) -> list[Test]:
        """What a certificate ``c`` is chosen by; what is quickest told comes first."""
        tests: list[Test] = []
        if filters.statuses:
            stored = {
                _STORED.get(each, "c.review_status = 'accepted'") for each in filters.statuses
            }
            tests.append((f"({' OR '.join(sorted(stored))})",))
        if filters.company_ids is not None:
            # Asked of each certificate: all of a company's would be gathered for each page.
            test = _OF_A_COMPANY.format(one_of(self._c, "u.company_id"))
            tests.append((test, many(self._c, sorted(filters.company_ids))))
        rest = filters._replace(company_ids=None)
        return tests + self._search.tests_of(rest, on, soon_days)

    # --- its rows --------------------------------------------------------------------------

    def _rows(
        self, ids: Collection[int], total: int, counts: Mapping[CertificateStatus, int]
    ) -> CertificateRows:
        found = Certificates(self._c, _no_file).find(ids) if ids else []
        return CertificateRows(found, total, counts, self._holders(found))

    def _holders(self, certificates: Collection[Certificate]) -> dict[int, Holder]:
        ids = sorted({each for one in certificates for each in one.customer_ids})
        columns = "id, name, number, email, company_id"
        sql = f"SELECT {columns} FROM customer WHERE {one_of(self._c, 'id')}"  # noqa: S608
        rows = run(self._c, sql, many(self._c, ids)) if ids else []
        return {row[0]: Holder(*row) for row in rows}


def _numbers(filters: CertificateFilter) -> list[int]:
    """The numbers of the statuses that are asked for."""
    return [
        number
        for number, each in STATUSES.items()
        if each in (filters.statuses or STATUSES.values())
    ]


def _direction(filters: CertificateFilter) -> str:
    return "DESC" if filters.descending else "ASC"


def _order(filters: CertificateFilter) -> str:
    way = _direction(filters)
    return f"ORDER BY {SORTS[filters.sort]} {way} NULLS LAST, id {way}"


def _all(tests: Collection[Test]) -> tuple[str, list[Any]]:
    where = " AND ".join(test[0] for test in tests)
    return where, [value for test in tests for value in test[1:]]


def _no_file(_sha256: str) -> Any:
    """A list opens no files."""
    raise NotImplementedError
