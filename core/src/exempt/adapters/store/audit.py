"""The audit trail: every change of every thing, the newest first."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from exempt.adapters.store.columns import micros, moment
from exempt.adapters.store.database import is_sqlite, many, one_of, run
from exempt.data import jurisdiction_name
from exempt.services import audit_ports as ports
from exempt.services.audit_ports import LOOKED_THROUGH, MOST, AuditFilter, AuditPage, AuditRow
from exempt.services.rows import Subject

Tests = list[tuple[Any, ...]]

_COLUMNS = "h.id, h.subject, h.subject_id, h.field, h.old, h.new, h.changed_at, h.changed_by"
_NAMES = {
    Subject.CERTIFICATE: (
        (
            "SELECT k.certificate_id, min(u.name) FROM certificate_customer k"
            " JOIN customer u ON u.id = k.customer_id WHERE {} GROUP BY 1"
        ),
        "k.certificate_id",
    ),
    Subject.ORDER: ("SELECT id, coalesce(number, external_id) FROM sales_order WHERE {}", "id"),
    Subject.CUSTOMER: ("SELECT id, name FROM customer WHERE {}", "id"),
    Subject.USER: ("SELECT id, name FROM user_account WHERE {}", "id"),
    Subject.API_KEY: ("SELECT id, name FROM api_key WHERE {}", "id"),
    Subject.ENDPOINT: ("SELECT id, url FROM event_endpoint WHERE {}", "id"),
    Subject.PRODUCT: ("SELECT id, external_id FROM product_code WHERE {}", "id"),
    Subject.PRESENCE: ("SELECT id, jurisdiction FROM presence WHERE {}", "id"),
    Subject.WARNING: ("SELECT id, jurisdiction FROM nexus_warning WHERE {}", "id"),
    Subject.CONNECTION: ("SELECT id, name FROM connection WHERE {}", "id"),
}
_STATES = {Subject.PRESENCE, Subject.WARNING}
"""What is called by the state that it is in."""
_OF_COMPANY = {
    Subject.CERTIFICATE: (
        "certificate_customer x JOIN customer y ON y.id = x.customer_id",
        "x.certificate_id",
        "y.company_id",
    ),
    Subject.CUSTOMER: ("customer x", "x.id", "x.company_id"),
    Subject.ORDER: (
        "sales_order x JOIN connection y ON y.id = x.connection_id",
        "x.id",
        "y.company_id",
    ),
    Subject.PRODUCT: (
        "product_code x JOIN connection y ON y.id = x.connection_id",
        "x.id",
        "y.company_id",
    ),
    Subject.PRESENCE: ("presence x", "x.id", "x.company_id"),
    Subject.WARNING: ("nexus_warning x", "x.id", "x.company_id"),
    Subject.CONNECTION: ("connection x", "x.id", "x.company_id"),
}
# Each name by one step in the index, however often somebody changed something.
_PEOPLE = (
    "WITH RECURSIVE who (name) AS (SELECT min(changed_by) FROM history UNION ALL"
    " SELECT (SELECT min(h.changed_by) FROM history h WHERE h.changed_by > w.name) FROM who w"
    " WHERE w.name IS NOT NULL) SELECT name FROM who WHERE name IS NOT NULL ORDER BY 1"
)
_LATELY = (f"h.id > (SELECT max(id) FROM history) - {LOOKED_THROUGH}",)  # noqa: S608


_SUBJECT_AND_FIELD = "h.subject || ' ' || h.field"


class Audit(ports.Audit):
    """See the port."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def page(self, filters: AuditFilter) -> AuditPage:
        total = self.count(filters)
        limit = max(0, min(filters.limit, MOST - filters.offset))
        rows = self._rows(self._tests(filters), limit, filters.offset) if limit and total else []
        return AuditPage(rows, min(total, MOST), total > MOST)

    def portion(self, filters: AuditFilter, before: int | None, limit: int) -> list[AuditRow]:
        tests = self._tests(filters)
        if before is not None:
            tests.append(("h.id < ?", before))
        return self._rows(tests, limit, 0)

    def count(self, filters: AuditFilter) -> int:
        where, values = _all_of(self._tests(filters))
        sql = f"SELECT count(*) FROM (SELECT 1 FROM history h{where} LIMIT {MOST + 1}) q"  # noqa: S608
        return int(run(self._c, sql, *values)[0][0])

    def people(self) -> list[str]:
        return [row[0] for row in run(self._c, _PEOPLE)]

    def _rows(self, tests: Tests, limit: int, offset: int) -> list[AuditRow]:
        where, values = _all_of(tests)
        sql = f"SELECT {_COLUMNS} FROM history h{where} ORDER BY h.id DESC LIMIT ? OFFSET ?"  # noqa: S608
        found = run(self._c, sql, *values, limit, offset)
        names = self._names(found)
        return [
            AuditRow(
                number,
                Subject(subject),
                subject_id,
                field,
                old,
                new,
                moment(at),
                by,
                names.get((subject, subject_id), ""),
            )
            for number, subject, subject_id, field, old, new, at, by in found
        ]

    def _names(self, found: Sequence[Any]) -> dict[tuple[str, int], str]:
        """What things are called, by kind and id; a query a kind."""
        wanted: dict[str, set[int]] = defaultdict(set)
        for row in found:
            wanted[row[1]].add(row[2])
        names = {}
        for subject, ids in wanted.items():
            sql, column = _NAMES[Subject(subject)]
            sql = sql.format(one_of(self._c, column))
            for known, name in run(self._c, sql, many(self._c, sorted(ids))):
                names[subject, known] = jurisdiction_name(name) if subject in _STATES else name
        return names

    def _tests(self, filters: AuditFilter) -> Tests:
        tests: Tests = []
        # SQLite is told which index is not to be taken where many rows fit and few are wanted.
        plus = "+" if is_sqlite(self._c) and not filters.subject_id else ""
        if filters.subjects:
            names = sorted(each.value for each in filters.subjects)
            tests.append((one_of(self._c, f"{plus}h.subject"), many(self._c, names)))
        for column, value in (
            ("h.subject_id", filters.subject_id),
            ("h.changed_by", filters.by or None),
            ("h.field", filters.field or None),
            ("h.new", filters.outcome or None),
        ):
            if value is not None:
                tests.append((f"{column} = ?", value))
        if filters.first:
            tests.append(("h.changed_at >= ?", _begin(filters.first)))
        if filters.last:
            tests.append(("h.changed_at < ?", _begin(filters.last + dt.timedelta(days=1))))
        if words := filters.words.strip().lower():
            if not filters.first and not filters.subject_id:
                tests.append(_LATELY)
            escaped = words.replace("!", "!!").replace("%", "!%").replace("_", "!_")
            like = f"%{escaped.replace(' ', '_')}%"
            columns = ("h.field", "h.old", "h.new")
            # SQLite's LIKE folds letters of ASCII by itself, as its lower() does.
            folded = "{}" if is_sqlite(self._c) else "lower({})"
            fits = " OR ".join(f"{folded.format(each)} LIKE ? ESCAPE '!'" for each in columns)
            called = [
                f"{subject} {field}" for subject, named in filters.called.items() for field in named
            ]
            fits += f" OR {one_of(self._c, _SUBJECT_AND_FIELD)}"
            tests.append((f"({fits})", like, like, like, many(self._c, called)))
        if filters.company_ids is not None:
            tests.append(self._of_companies(filters.company_ids))
        return tests

    def _of_companies(self, company_ids: Collection[int]) -> tuple[Any, ...]:
        """Whether the thing belongs to one of these; what belongs to none is not told."""
        cases = " ".join(
            f"WHEN '{subject.value}' THEN EXISTS (SELECT 1 FROM {tables} WHERE {key} ="  # noqa: S608
            f" h.subject_id AND {one_of(self._c, company)})"
            for subject, (tables, key, company) in _OF_COMPANY.items()
        )
        ids = many(self._c, sorted(company_ids))
        return (f"CASE h.subject {cases} ELSE FALSE END", *[ids] * len(_OF_COMPANY))


def _begin(day: dt.date) -> int:
    return micros(dt.datetime.combine(day, dt.time(), dt.UTC))


def _all_of(tests: Tests) -> tuple[str, list[Any]]:
    where = f" WHERE {' AND '.join(test[0] for test in tests)}" if tests else ""
    return where, [value for test in tests for value in test[1:]]
