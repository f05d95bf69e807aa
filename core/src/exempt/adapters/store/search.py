"""Lists of certificates and customers for people.

The status is worked out here as `exempt.rules.status` does it, so that a
hundred thousand certificates need not be read to count them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from exempt.adapters.store.database import many, one_of, run
from exempt.adapters.store.register import Certificates
from exempt.rules.status import CertificateStatus
from exempt.services import register_ports as ports
from exempt.services.rows import (
    CertificateFilter,
    CertificatePage,
    CertificateSort,
    CustomerRow,
)

_LAST_DATE = (
    "CASE WHEN v.held_through < v.expiration_date OR v.expiration_date IS NULL"
    " THEN coalesce(v.held_through, v.expiration_date) ELSE v.expiration_date END"
)
# Of its jurisdictions the most urgent status is the certificate's; the numbers keep their order.
_STATUSES = {
    1: CertificateStatus.INVALID,
    2: CertificateStatus.ARCHIVED,
    3: CertificateStatus.PENDING,
    4: CertificateStatus.EXPIRING_SOON,
    5: CertificateStatus.ACTIVE,
    6: CertificateStatus.FUTURE,
    7: CertificateStatus.EXPIRED,
}
_OF_THE_WHOLE = (
    "CASE WHEN c.review_status = 'rejected' THEN 1 WHEN c.archived_date <= ? THEN 2"
    " WHEN c.review_status = 'pending' THEN 3 ELSE v.status END"
)
_OF_A_JURISDICTION = (
    f"CASE WHEN {_LAST_DATE} < ? THEN 7 WHEN v.effective_date > ? THEN 6"
    f" WHEN {_LAST_DATE} <= ? THEN 4 ELSE 5 END"
)
_SORTS = {
    CertificateSort.ID: "id",
    CertificateSort.NUMBER: "number",
    CertificateSort.EXPIRES: "first_end",
    CertificateSort.CUSTOMER: (
        "(SELECT min(u.name_key) FROM certificate_customer k JOIN customer u"
        " ON u.id = k.customer_id WHERE k.certificate_id = l.id)"
    ),
}


class Search(ports.Search):
    """Lists for people."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def certificates(
        self, filters: CertificateFilter, on: dt.date, soon_days: int
    ) -> CertificatePage:
        listed, parameters = self._listed(filters, on, soon_days)
        counted = run(
            self._c,
            f"{listed} SELECT status, count(*) FROM listed GROUP BY status",  # noqa: S608
            *parameters,
        )
        counts = dict.fromkeys(CertificateStatus, 0) | {
            _STATUSES[number]: how_many for number, how_many in counted
        }
        wanted = [n for n, status in _STATUSES.items() if status in set(filters.statuses)]
        total = sum(counts[_STATUSES[n]] for n in wanted or _STATUSES)
        ids = self._ids(filters, wanted, listed, parameters) if total else []
        found = Certificates(self._c, _no_file).find(ids)
        return CertificatePage(
            certificates=found,
            total=total,
            counts=counts,
            customers=self._names({each for one in found for each in one.customer_ids}),
        )

    def _listed(
        self, filters: CertificateFilter, on: dt.date, soon_days: int
    ) -> tuple[str, list[Any]]:
        """Certificates with status and first end, all filters but the status applied."""
        today = on.isoformat()
        soon = (on + dt.timedelta(days=soon_days)).isoformat()
        conditions, values = self._conditions(filters)
        sql = (
            "WITH v AS (SELECT v.certificate_id,"  # noqa: S608
            f" min({_OF_A_JURISDICTION}) AS status, min({_LAST_DATE}) AS first_end"
            " FROM coverage v GROUP BY v.certificate_id), listed AS (SELECT c.id, c.number,"
            f" v.first_end, {_OF_THE_WHOLE} AS status FROM certificate c"
            f" JOIN v ON v.certificate_id = c.id{conditions})"
        )
        return sql, [today, today, soon, today, *values]

    def _conditions(self, filters: CertificateFilter) -> tuple[str, list[Any]]:
        tests: list[str] = []
        values: list[Any] = []

        def test(sql: str, *parameters: Any) -> None:
            tests.append(sql)
            values.extend(parameters)

        if filters.words and filters.words.strip():
            self._words(filters.words.strip(), test)
        if filters.customer_id is not None:
            of_it = "SELECT certificate_id FROM certificate_customer WHERE customer_id = ?"
            test(f"c.id IN ({of_it})", filters.customer_id)
        if filters.jurisdiction is not None:
            of_it = "SELECT certificate_id FROM coverage WHERE jurisdiction = ?"
            test(f"c.id IN ({of_it})", filters.jurisdiction)
        if filters.reason is not None:
            of_it = (
                "SELECT certificate_id FROM coverage"
                " WHERE coalesce(validated_reason, exemption_reason) = ?"
            )
            test(f"c.id IN ({of_it})", filters.reason.value)
        if filters.expires_from is not None:
            test("v.first_end >= ?", filters.expires_from.isoformat())
        if filters.expires_to is not None:
            test("v.first_end <= ?", filters.expires_to.isoformat())
        return (f" WHERE {' AND '.join(tests)}" if tests else ""), values

    def _words(self, words: str, test: Any) -> None:
        like = f"%{_escaped(words.casefold())}%"
        ascii_like = f"%{_escaped(words.lower())}%"
        test(
            "(c.id IN (SELECT k.certificate_id FROM customer u JOIN certificate_customer k"
            " ON k.customer_id = u.id WHERE u.name_key LIKE ? ESCAPE '!'"
            " OR u.number_key LIKE ? ESCAPE '!' OR u.email_key LIKE ? ESCAPE '!')"
            " OR lower(c.number) LIKE ? ESCAPE '!' OR c.id IN (SELECT certificate_id FROM coverage"
            " WHERE lower(exemption_number) LIKE ? ESCAPE '!'))",
            like,
            like,
            like,
            ascii_like,
            ascii_like,
        )

    def _ids(
        self, filters: CertificateFilter, wanted: list[int], listed: str, parameters: list[Any]
    ) -> list[int]:
        direction = "DESC" if filters.descending else "ASC"
        just = f" WHERE status IN ({', '.join(map(str, wanted))})" if wanted else ""
        key = _SORTS[filters.sort]
        sql = (
            f"{listed} SELECT id FROM listed l{just}"  # noqa: S608
            f" ORDER BY {key} {direction} NULLS LAST, id {direction} LIMIT ? OFFSET ?"
        )
        return [row[0] for row in run(self._c, sql, *parameters, filters.limit, filters.offset)]

    def _names(self, customer_ids: Collection[int]) -> dict[int, str]:
        sql = f"SELECT id, name FROM customer WHERE {one_of(self._c, 'id')}"  # noqa: S608
        return {row[0]: row[1] for row in run(self._c, sql, many(self._c, list(customer_ids)))}

    def customers(self, words: str) -> list[CustomerRow]:
        key = words.strip().casefold()
        number = key.removeprefix("id:")
        by_id = int(number) if key.startswith("id:") and number.isdecimal() else -1
        sql = (
            "SELECT c.id, c.number, c.name, c.email, c.flagged_exempt,"
            " (SELECT count(*) FROM source_customer s WHERE s.customer_id = c.id),"
            " (SELECT count(*) FROM certificate_customer k WHERE k.customer_id = c.id)"
            " FROM customer c WHERE c.id = ? OR c.number_key = ? OR c.email_key = ?"
            " OR c.name_key = ? ORDER BY c.name, c.id"
        )
        rows = run(self._c, sql, by_id, key, key, key) if key else []
        return [
            CustomerRow(row[0], row[1], row[2], row[3], bool(row[4]), row[5], row[6])
            for row in rows
        ]


def _escaped(words: str) -> str:
    return words.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def _no_file(_sha256: str) -> Any:
    """A list opens no files."""
    raise NotImplementedError
