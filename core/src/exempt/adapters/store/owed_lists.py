"""Deliveries listed for people, the newest first."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from exempt.adapters.store.database import is_sqlite, many, one_of, run
from exempt.adapters.store.handling import VIEWS, views_of
from exempt.services import owed_ports as ports
from exempt.services.delivery_ports import DeliveryView
from exempt.services.owed_ports import MOST, OwedCounts, OwedFilter, OwedPage, OwedState
from exempt.services.rows import DeliveryTarget

Tests = list[tuple[Any, ...]]

_MAILED = ", ".join(f"'{each.value}'" for each in DeliveryTarget if each.mailed)
_STATES = {state: f"d.state = '{state.value}'" for state in OwedState} | {
    OwedState.MAYBE_SENT: (
        f"d.state = 'dead' AND d.outcome = 'unknown' AND d.target IN ({_MAILED})"
    )
}
_COUNTED = (
    "SELECT count(*) FILTER (WHERE d.state = 'dead'),"  # noqa: S608
    f" count(*) FILTER (WHERE {_STATES[OwedState.MAYBE_SENT]}),"
    " count(*) FILTER (WHERE d.state = 'pending') FROM"
    " (SELECT state, outcome, target, connection_id FROM delivery WHERE state = 'dead'"
    " UNION ALL SELECT state, outcome, target, connection_id FROM delivery"
    " WHERE state = 'pending') d"
)


class OwedLists(ports.OwedLists):
    """See the port."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def page(self, filters: OwedFilter) -> OwedPage:
        where, values = _all_of(self._tests(filters))
        sql = f"SELECT count(*) FROM (SELECT 1 FROM delivery d{where} LIMIT {MOST + 1}) q"  # noqa: S608
        total = int(run(self._c, sql, *values)[0][0])
        limit = max(0, min(filters.limit, MOST - filters.offset))
        rows = self._rows(self._tests(filters), limit, filters.offset) if limit and total else []
        return OwedPage(rows, min(total, MOST), total > MOST)

    def counts(self, company_ids: Collection[int] | None = None) -> OwedCounts:
        tests: Tests = [] if company_ids is None else [self._of(company_ids)]
        where, values = _all_of(tests)
        return OwedCounts(*map(int, run(self._c, _COUNTED + where, *values)[0]))

    def portion(self, filters: OwedFilter, before: int | None, limit: int) -> list[DeliveryView]:
        tests = self._tests(filters)
        if before is not None:
            tests.append(("d.id < ?", before))
        return self._rows(tests, limit, 0)

    def _rows(self, tests: Tests, limit: int, offset: int) -> list[DeliveryView]:
        """The ids first: what a delivery is called is looked up for those that are shown."""
        where, values = _all_of(tests)
        sql = f"SELECT d.id FROM delivery d{where} ORDER BY d.id DESC LIMIT ? OFFSET ?"  # noqa: S608
        ids = [row[0] for row in run(self._c, sql, *values, limit, offset)]
        sql = f"{VIEWS} WHERE {one_of(self._c, 'd.id')} ORDER BY d.id DESC"
        return views_of(run(self._c, sql, many(self._c, ids)))

    def _tests(self, filters: OwedFilter) -> Tests:
        tests: Tests = []
        if filters.state is not None:
            tests.append((_STATES[filters.state],))
        if filters.company_ids is not None:
            tests.append(self._of(filters.company_ids))
        if filters.connection:
            test = "d.connection_id = (SELECT id FROM connection WHERE name = ?)"
            tests.append((test, filters.connection))
        if filters.targets:
            names = sorted(each.value for each in filters.targets)
            tests.append((one_of(self._c, "d.target"), many(self._c, names)))
        if words := filters.words.strip():
            tests.append(self._named(words))
        return tests

    def _of(self, company_ids: Collection[int]) -> tuple[Any, ...]:
        # The plus keeps SQLite from the index that begins with it: there are few connections.
        column = f"{'+' if is_sqlite(self._c) else ''}d.connection_id"
        of_them = one_of(self._c, "company_id")
        test = f"{column} IN (SELECT id FROM connection WHERE {of_them})"  # noqa: S608
        return (test, many(self._c, sorted(company_ids)))

    def _named(self, words: str) -> tuple[Any, ...]:
        """What is told of has that external id, or is an order with that number."""
        targets = ", ".join(f"'{each.value}'" for each in DeliveryTarget)
        test = (
            "d.id IN (SELECT e.id FROM delivery e WHERE e.connection_id IN"  # noqa: S608
            f" (SELECT id FROM connection) AND e.target IN ({targets}) AND e.external_id = ?"
            " UNION SELECT e.id FROM sales_order o JOIN delivery e"
            " ON e.connection_id = o.connection_id AND e.target = 'order'"
            " AND e.external_id = o.external_id WHERE o.number = ?)"
        )
        return (test, words, words)


def _all_of(tests: Tests) -> tuple[str, list[Any]]:
    where = f" WHERE {' AND '.join(test[0] for test in tests)}" if tests else ""
    return where, [value for test in tests for value in test[1:]]
