"""Lists for programs, by id; each looks at no more rows than it gives, where it can."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from exempt.adapters.store.columns import micros
from exempt.adapters.store.customer_lists import CustomerLists
from exempt.adapters.store.database import many, one_of, run
from exempt.adapters.store.search import Search
from exempt.model.certificate import ReviewStatus
from exempt.model.customer import mailbox
from exempt.model.requesting import RequestState
from exempt.services import listing_ports as ports
from exempt.services.listing_ports import Next, RequestFilter, SubmissionFilter
from exempt.services.rows import CertificateFilter, CustomerFilter, CustomerLack

_UNANSWERED = "('not_opened', 'opened', 'rejected')"
_AT_ONCE = 1000


class _Cards(CustomerLists):
    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection


class Listing(ports.Listing):
    """Lists by id."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def certificates(
        self,
        filters: CertificateFilter,
        part: Next,
        on: dt.date,
        soon_days: int,
        review_status: ReviewStatus | None = None,
    ) -> list[int]:
        tests = Search(self._c).tests_of(filters._replace(company_ids=None), on, soon_days)
        if filters.company_ids is not None:
            # Asked of each certificate: all of a company's would be gathered for each page.
            test = (
                "EXISTS (SELECT 1 FROM certificate_customer k JOIN customer u"  # noqa: S608
                " ON u.id = k.customer_id WHERE k.certificate_id = c.id"
                f" AND {one_of(self._c, 'u.company_id')})"
            )
            tests.append((test, many(self._c, sorted(filters.company_ids))))
        if review_status is not None:
            tests.append(("c.review_status = ?", review_status.value))
        return self._ids("certificate c", "c.id", tests, part)

    def customers(self, filters: CustomerFilter, part: Next, on: dt.date) -> list[int]:
        tests, parameters = _Cards(self._c).conditions(filters, on)
        every = [(" AND ".join(("c.gone_at IS NULL", *tests)), *parameters)]
        if filters.lacking is CustomerLack.EMAIL:
            return self._without_email(every, part)
        return self._ids("customer c", "c.id", every, part)

    def _without_email(self, tests: list[tuple[Any, ...]], part: Next) -> list[int]:
        """What is an address that mail could be sent to, no database can tell."""
        found: list[int] = []
        after, columns = part.after, "c.id, c.email, c.bounced_email"
        while len(found) < part.limit:
            rows = self._rows("customer c", columns, tests, Next(after, _AT_ONCE))
            found += [row[0] for row in rows if not mailbox(row[1], row[2])]
            if len(rows) < _AT_ONCE:
                break
            after = rows[-1][0]
        return found[: part.limit]

    def active_certificates(self, customer_ids: Collection[int], on: dt.date) -> dict[int, int]:
        return _Cards(self._c).active_certificates(customer_ids, on)

    def requests(self, filters: RequestFilter, part: Next, at: dt.datetime) -> list[int]:
        tests = self._of_customers(filters.company_ids, filters.customer_id, "r")
        now = micros(at)
        if filters.state is RequestState.EXPIRED:
            tests.append((f"r.state IN {_UNANSWERED} AND r.expires_at <= ?", now))
        elif filters.state is not None:
            works = f"(r.state NOT IN {_UNANSWERED} OR r.expires_at IS NULL OR r.expires_at > ?)"
            tests.append((f"r.state = ? AND {works}", filters.state.value, now))
        return self._ids("request r", "r.id", tests, part)

    def submissions(self, filters: SubmissionFilter, part: Next) -> list[int]:
        tests = self._of_customers(filters.company_ids, filters.customer_id, "r")
        tests.append(("r.submitted_at IS NOT NULL",))  # a draft, also one that was given up
        for column, value in (("request_id", filters.request_id), ("state", filters.state)):
            if value is not None:
                tests.append((f"r.{column} = ?", value))
        return self._ids("submission r", "r.id", tests, part)

    def _of_customers(
        self, company_ids: Collection[int] | None, customer_id: int | None, alias: str
    ) -> list[tuple[Any, ...]]:
        tests: list[tuple[Any, ...]] = []
        if company_ids is not None:
            of_these = one_of(self._c, "u.company_id")
            test = (
                f"EXISTS (SELECT 1 FROM customer u WHERE u.id = {alias}.customer_id AND {of_these})"  # noqa: S608
            )
            tests.append((test, many(self._c, sorted(company_ids))))
        if customer_id is not None:
            tests.append((f"{alias}.customer_id = ?", customer_id))
        return tests

    def _ids(
        self, table: str, column: str, tests: Collection[tuple[Any, ...]], part: Next
    ) -> list[int]:
        return [row[0] for row in self._rows(table, column, tests, part)]

    def _rows(
        self, table: str, columns: str, tests: Collection[tuple[Any, ...]], part: Next
    ) -> Sequence[Any]:
        """Rows in the order of the first of *columns*, which is their id."""
        column = columns.partition(",")[0]
        every = [(f"{column} > ?", part.after), *tests]
        sql = (
            f"SELECT {columns} FROM {table} WHERE {_all(every)}"  # noqa: S608
            f" ORDER BY {column} LIMIT {part.limit:d}"
        )
        return run(self._c, sql, *_values(every))


def _all(tests: Collection[tuple[Any, ...]]) -> str:
    return " AND ".join(test[0] for test in tests)


def _values(tests: Collection[tuple[Any, ...]]) -> list[Any]:
    return [value for test in tests for value in test[1:]]
