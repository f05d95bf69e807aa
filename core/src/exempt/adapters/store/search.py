"""Lists of certificates and customers for people.

The status is worked out here as `exempt.rules.status` does it, so that a
hundred thousand certificates need not be read to count them.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from exempt.adapters.store.database import is_sqlite, many, one_of, run
from exempt.adapters.store.register import Certificates
from exempt.adapters.store.standing import standing_for
from exempt.rules.status import CertificateStatus
from exempt.services import register_ports as ports
from exempt.services.rows import (
    CertificateFilter,
    CertificatePage,
    CertificateSort,
    CustomerRow,
)

LAST_DATE = (
    "CASE WHEN v.held_through < v.expiration_date OR v.expiration_date IS NULL"
    " THEN coalesce(v.held_through, v.expiration_date) ELSE v.expiration_date END"
)
_IN_FORCE = (
    "c.review_status = 'accepted' AND (c.archived_date IS NULL OR c.archived_date > ?)"  # noqa: S608
    " AND EXISTS (SELECT 1 FROM coverage v WHERE v.certificate_id = c.id"
    f" AND v.effective_date <= ? AND coalesce({LAST_DATE} >= ?, TRUE))"
)
# Of its jurisdictions the most urgent status is the certificate's; the numbers keep their order.
STATUSES = {
    1: CertificateStatus.INVALID,
    2: CertificateStatus.ARCHIVED,
    3: CertificateStatus.PENDING,
    4: CertificateStatus.EXPIRING_SOON,
    5: CertificateStatus.ACTIVE,
    6: CertificateStatus.FUTURE,
    7: CertificateStatus.EXPIRED,
}
_OF_A_JURISDICTION = (
    f"CASE WHEN {LAST_DATE} < ? THEN 7 WHEN v.effective_date > ? THEN 6"
    f" WHEN {LAST_DATE} <= ? THEN 4 ELSE 5 END"
)
_OF_THE_WHOLE = (
    "CASE WHEN c.review_status = 'rejected' THEN 1 WHEN c.archived_date <= ? THEN 2"
    f" WHEN c.review_status = 'pending' THEN 3 ELSE min({_OF_A_JURISDICTION}) END"
)
_NAMED = re.compile(r"id:\s*([0-9]{1,9})")
SORTS = {
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
        listed, parameters = self.listed(filters, on, soon_days)
        wanted = [n for n, status in STATUSES.items() if status in set(filters.statuses)]
        # One statement: the list is worked out once, for its counts and for the page.
        sql = (
            f"{listed} SELECT status, count(*) AS how_many, NULL AS id FROM listed GROUP BY status"  # noqa: S608
            " UNION ALL SELECT NULL, row_number() OVER (), id"
            f" FROM ({self._page(filters, wanted)}) page"
        )
        rows = run(self._c, sql, *parameters, filters.limit, filters.offset)
        counts = dict.fromkeys(CertificateStatus, 0) | {
            STATUSES[number]: how_many for number, how_many, _id in rows if number is not None
        }
        ids = sorted((place, each) for number, place, each in rows if number is None)
        found = Certificates(self._c, _no_file).find([each for _place, each in ids])
        return CertificatePage(
            certificates=found,
            total=sum(counts[STATUSES[n]] for n in wanted or STATUSES),
            counts=counts,
            customers=self._names({each for one in found for each in one.customer_ids}),
        )

    def listed(
        self, filters: CertificateFilter, on: dt.date, soon_days: int
    ) -> tuple[str, list[Any]]:
        """Certificates with status and first end, all filters but the status applied."""
        today = on.isoformat()
        soon = (on + dt.timedelta(days=soon_days)).isoformat()
        where, having = self._conditions(filters), _ends(filters)
        sql = (
            f"WITH listed AS MATERIALIZED (SELECT c.id, c.number, min({LAST_DATE}) AS first_end,"  # noqa: S608
            f" {_OF_THE_WHOLE} AS status FROM certificate c"
            f" JOIN coverage v ON v.certificate_id = c.id{_all_of('WHERE', where)}"
            f" GROUP BY c.id{_all_of('HAVING', having)})"
        )
        values = [value for test in (*where, *having) for value in test[1:]]
        return sql, [today, today, today, soon, *values]

    def tests_of(
        self, filters: CertificateFilter, on: dt.date, soon_days: int
    ) -> list[tuple[Any, ...]]:
        """What a certificate ``c`` is chosen by, one by one: conditions with their parameters."""
        tests = self._conditions(filters)
        today = on.isoformat()
        soon = (on + dt.timedelta(days=soon_days)).isoformat()
        wanted = [str(n) for n, status in STATUSES.items() if status in set(filters.statuses)]
        of_it = "(SELECT {} FROM coverage v WHERE v.certificate_id = c.id)"
        if wanted:
            test = f"{of_it.format(_OF_THE_WHOLE)} IN ({', '.join(wanted)})"
            tests.append((test, today, today, today, soon))
        bounds = ((">=", filters.expires_from), ("<=", filters.expires_to))
        end = of_it.format(f"min({LAST_DATE})")
        return tests + [(f"{end} {sign} ?", day.isoformat()) for sign, day in bounds if day]

    def _conditions(self, filters: CertificateFilter) -> list[tuple[Any, ...]]:
        """What a certificate is chosen by: conditions, each with its parameters."""
        tests: list[tuple[Any, ...]] = []
        if filters.words and (named := _NAMED.fullmatch(filters.words.strip().casefold())):
            tests.append(("c.id = ?", int(named[1])))
        elif filters.words and (words := filters.words.strip()):
            like = f"%{_escaped(words.casefold())}%"
            ascii_like = f"%{_escaped(words.lower())}%"
            tests.append((self._has_words(), like, like, like, ascii_like, ascii_like))
        if filters.company_ids is not None:
            test = (
                "c.id IN (SELECT k.certificate_id FROM certificate_customer k JOIN customer u"  # noqa: S608
                f" ON u.id = k.customer_id WHERE {one_of(self._c, 'u.company_id')})"
            )
            tests.append((test, many(self._c, sorted(filters.company_ids))))
        reason = filters.reason.value if filters.reason else None
        for value, of_it in (
            (filters.customer_id, "certificate_customer WHERE customer_id"),
            (filters.jurisdiction, "coverage WHERE jurisdiction"),
            (reason, "coverage WHERE coalesce(validated_reason, exemption_reason)"),
        ):
            if value is not None:
                of_these = f"SELECT certificate_id FROM {of_it} = ?"  # noqa: S608
                tests.append((f"c.id IN ({of_these})", value))
        for column, chosen in (("review_status", filters.review_status), ("kind", filters.kind)):
            if chosen is not None:
                tests.append((f"c.{column} = ?", chosen.value))
        if filters.in_force_on is not None:
            tests.append((_IN_FORCE, *[filters.in_force_on.isoformat()] * 3))
        if filters.ids is not None:
            tests.append((one_of(self._c, "c.id"), many(self._c, sorted(filters.ids))))
        return tests

    def _has_words(self) -> str:
        # Letters of ASCII alone are folded: SQLite's LIKE does it by itself.
        number = "{}" if is_sqlite(self._c) else 'lower({} COLLATE "C")'
        return (
            "c.id IN (SELECT k.certificate_id FROM customer u JOIN certificate_customer k"  # noqa: S608
            " ON k.customer_id = u.id WHERE u.name_key LIKE ? ESCAPE '!'"
            " OR u.number_key LIKE ? ESCAPE '!' OR u.email_key LIKE ? ESCAPE '!'"
            f" UNION ALL SELECT id FROM certificate WHERE {number.format('number')} LIKE ?"
            " ESCAPE '!' UNION ALL SELECT certificate_id FROM coverage"
            f" WHERE {number.format('exemption_number')} LIKE ? ESCAPE '!')"
        )

    def _page(self, filters: CertificateFilter, wanted: list[int]) -> str:
        direction = "DESC" if filters.descending else "ASC"
        just = f" WHERE status IN ({', '.join(map(str, wanted))})" if wanted else ""
        return (
            f"SELECT id FROM listed l{just}"  # noqa: S608
            f" ORDER BY {SORTS[filters.sort]} {direction} NULLS LAST, id {direction}"
            " LIMIT ? OFFSET ?"
        )

    def _names(self, customer_ids: Collection[int]) -> dict[int, str]:
        sql = f"SELECT id, name FROM customer WHERE {one_of(self._c, 'id')}"  # noqa: S608
        return {row[0]: row[1] for row in run(self._c, sql, many(self._c, list(customer_ids)))}

    def customers(self, words: str) -> list[CustomerRow]:
        key = words.strip().casefold()
        number = key.removeprefix("id:")
        by_id = int(number) if key.startswith("id:") and number.isdecimal() else -1
        if not key:
            return []
        fits = "(c.id = ? OR c.number_key = ? OR c.email_key = ? OR c.name_key = ?)"
        words_of = (by_id, key, key, key)
        return self._customers(fits, *words_of) or self._merged(fits, *words_of)

    def _customers(self, condition: str, *parameters: Any) -> list[CustomerRow]:
        sql = (
            "SELECT c.id, c.number, c.name, c.email, c.flagged_exempt,"  # noqa: S608
            " (SELECT count(*) FROM source_customer s WHERE s.customer_id = c.id),"
            " (SELECT count(*) FROM certificate_customer k WHERE k.customer_id = c.id), m.key,"
            " c.code FROM customer c JOIN company m ON m.id = c.company_id"
            f" WHERE c.gone_at IS NULL AND {condition} ORDER BY c.name, c.id"
        )
        rows = run(self._c, sql, *parameters)
        return [
            CustomerRow(row[0], row[1], row[2], row[3], bool(row[4]), *row[5:9]) for row in rows
        ]

    def _merged(self, condition: str, *parameters: Any) -> list[CustomerRow]:
        """The customers that stand for merged ones of that condition."""
        sql = f"SELECT c.id FROM customer c WHERE c.merged_into_id IS NOT NULL AND {condition}"  # noqa: S608
        stands = standing_for(self._c, [row[0] for row in run(self._c, sql, *parameters)])
        ids = sorted(set(stands.values()))
        return self._customers(one_of(self._c, "c.id"), many(self._c, ids)) if ids else []


def _ends(filters: CertificateFilter) -> list[tuple[Any, ...]]:
    """What the first end of one of its jurisdictions is to be."""
    bounds = ((">=", filters.expires_from), ("<=", filters.expires_to))
    return [(f"min({LAST_DATE}) {sign} ?", day.isoformat()) for sign, day in bounds if day]


def _all_of(word: str, tests: Sequence[tuple[Any, ...]]) -> str:
    return f" {word} {' AND '.join(test[0] for test in tests)}" if tests else ""


def _escaped(words: str) -> str:
    return words.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def _no_file(_sha256: str) -> Any:
    """A list opens no files."""
    raise NotImplementedError
