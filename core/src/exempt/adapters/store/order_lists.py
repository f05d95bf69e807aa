"""Orders listed, with the decisions in force; quick however many there are.

One index holds what orders are chosen by, in the order of their days, another
what the decisions in force are. Whatever is asked, one of them is read from its
end until enough was found; rows of the tables are looked at for those alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import sqlalchemy as sa

from exempt.adapters.store.columns import major, moment
from exempt.adapters.store.database import binary, is_sqlite, many, one_of, run
from exempt.adapters.store.decisions import FIELDS, decision_of
from exempt.adapters.store.lookups import JOIN_CUSTOMER, JURISDICTION
from exempt.adapters.store.order_tables import RARE, WITHOUT
from exempt.adapters.store.order_words import Named, Words
from exempt.model.decision import Ground
from exempt.model.sources import OrderKind
from exempt.services import order_ports as ports
from exempt.services.order_ports import (
    COUNTED,
    MOST,
    Decided,
    Former,
    OrderFilter,
    OrderPage,
    OrderRow,
    OrderSort,
    OrderState,
)

Test = tuple[Any, ...]
"""A condition, and its values."""

_STATES = {
    OrderState.OPEN: "NOT o.closed AND NOT o.voided",
    OrderState.CLOSED: "o.closed AND NOT o.voided",
    OrderState.CANCELLED: "o.voided",
}
_DECIDED = {
    Decided.EXEMPT: "NOT d.tax_applicable",
    Decided.TAXABLE: "d.tax_applicable",
    Decided.WITHOUT: WITHOUT,
}
_ROWS = (
    "SELECT o.id, n.name, o.kind, coalesce(o.number, o.external_id), o.order_date, c.id,"  # noqa: S608
    f" coalesce(c.name, o.customer_external_id), {JURISDICTION}, o.currency, o.total, o.closed,"
    " o.voided, d.ground, d.tax_applicable, d.exempt_percentage, d.certificate_id,"
    " d.certificate_number, d.decided_at FROM sales_order o"
    " JOIN connection n ON n.id = o.connection_id"
    " LEFT JOIN decision d ON d.order_id = o.id AND d.superseded_at IS NULL"
    f" LEFT {JOIN_CUSTOMER} LEFT JOIN customer c ON c.id = s.customer_id"
)
_BY_DATE = "{0}.order_date {1}, {0}.{2} {1}"
_SORTS = {
    OrderSort.NUMBER: "o.number{binary} {0}, o.id {0}",
    OrderSort.TOTAL: "o.total {0}, o.id {0}",
}
_SCANTY = 100_000
"""Where no more orders are of the kind that is asked for, their decisions are looked up."""


class _Chosen(NamedTuple):
    """What orders are chosen by.

    Attributes:
        of_order: Conditions on ``o``; ``of_decision``: on ``d``, the decision in force.
        days: Conditions on the day, of which ``{}`` is the table.
        ids: Just these; None = any.
    """

    of_order: list[Test]
    of_decision: list[Test]
    days: list[Test]
    ids: list[int] | None = None


class Orders(ports.Orders):
    """Orders listed."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def page(self, filters: OrderFilter) -> OrderPage:
        chosen = self._chosen(filters)
        if chosen is None:
            return OrderPage([], 0)
        by_date = filters.sort is OrderSort.DATE
        most = _counted(filters) if by_date else MOST
        found = self._found(chosen, most + 1, descending=filters.descending or not by_date)
        capped = len(found) > most
        if by_date:
            ids = found[:most][filters.offset :][: filters.limit]
        else:
            ids = self._sorted(chosen if capped else _Chosen([], [], [], found), filters)
        return OrderPage(self._rows(ids), min(len(found), most), capped)

    def portion(self, filters: OrderFilter, beyond: OrderRow | None, limit: int) -> list[OrderRow]:
        chosen = self._chosen(filters)
        if chosen is None:
            return []
        if beyond is not None:
            sign = "<" if filters.descending else ">"
            test = f"({{0}}.order_date, {{0}}.{{1}}) {sign} (?, ?)"
            chosen.days.append((test, beyond.order_date.isoformat(), beyond.id))
        return self._rows(self._found(chosen, limit, descending=filters.descending))

    def one(self, order_id: int) -> OrderRow | None:
        return next(iter(self._rows([order_id])), None)

    def decisions(self, order_id: int) -> list[Former]:
        # Two statements: each has an index of its own.
        sql = f"SELECT decided_at, superseded_at, {', '.join(FIELDS)} FROM decision"  # noqa: S608
        both = ("superseded_at IS NULL", "superseded_at IS NOT NULL")
        rows = [
            row
            for test in both
            for row in run(
                self._c, f"{sql} WHERE order_id = ? AND {test} ORDER BY id DESC", order_id
            )
        ]
        return [
            Former(decision_of(row[2:]), moment(row[0]), None if row[1] is None else moment(row[1]))
            for row in rows
        ]

    # --- what is asked -------------------------------------------------------------------

    def _chosen(self, filters: OrderFilter) -> _Chosen | None:
        """What to choose orders by; None where none can fit."""
        of_connection = self._of_connection(filters)
        if of_connection is None:
            return None
        of_order: list[Test] = [("o.deleted_at IS NULL",), *of_connection]
        if filters.state is not None:
            of_order.append((_STATES[filters.state],))
        of_decision = _of_decision(filters)
        if of_decision:
            of_order.append(("NOT o.voided",))
        ids: set[int] | None = None
        for named in self._named(filters):
            of_order += named.tests
            if named.ids is not None:
                ids = {*named.ids} if ids is None else ids.intersection(named.ids)
        days = [
            (f"{{0}}.order_date {sign} ?", day.isoformat())
            for sign, day in ((">=", filters.first), ("<=", filters.last))
            if day
        ]
        return _Chosen(of_order, of_decision, days, None if ids is None else sorted(ids))

    def _of_connection(self, filters: OrderFilter) -> list[Test] | None:
        """Those of the connections that are asked for; None where there is no such one."""
        every = run(self._c, "SELECT id, name, company_id FROM connection ORDER BY id")
        ids = [
            number
            for number, name, company_id in every
            if filters.connection in {None, name}
            and (filters.company_ids is None or company_id in filters.company_ids)
        ]
        if not ids:
            return None
        if len(ids) == len(every):
            return []
        # The plus keeps SQLite from the index that begins with it, which has no days.
        plus = "+" if is_sqlite(self._c) else ""
        return [(f"{plus}o.connection_id IN ({', '.join(map(str, ids))})",)]

    def _named(self, filters: OrderFilter) -> list[Named]:
        words = Words(self._c)
        found = [words.orders(filters.words)] if filters.words else []
        if filters.customer_id is not None:
            found.append(words.of_customer(filters.customer_id))
        return found

    # --- what is found -------------------------------------------------------------------

    def _found(self, chosen: _Chosen, limit: int, *, descending: bool) -> list[int]:
        """The ids of the first by date."""
        if chosen.ids is not None and not chosen.ids:
            return []
        by_decision = (
            bool(chosen.of_decision)
            and chosen.ids is None
            and (self._rare(chosen) or not self._scanty(chosen))
        )
        sql, values = self._by_decision(chosen) if by_decision else self._by_order(chosen)
        table, key = ("d", "order_id") if by_decision else ("o", "id")
        days, more = _joined(chosen.days, table, key)
        order = _BY_DATE.format(table, "DESC" if descending else "ASC", key)
        sql = f"SELECT {table}.{key} {sql}{days} ORDER BY {order} LIMIT {limit:d}"
        return [row[0] for row in run(self._c, sql, *values, *more)]

    def _by_order(self, chosen: _Chosen) -> tuple[str, list[Any]]:
        tests, tables = list(chosen.of_order), "sales_order o"
        if chosen.ids is not None:
            tests.append((one_of(self._c, "o.id"), many(self._c, chosen.ids)))
        if chosen.of_decision:
            tests += [(_IN_FORCE,), *chosen.of_decision]
            tables = self._in_turn(tables, "decision d")
        where, values = _joined(tests)
        return f"FROM {tables} WHERE TRUE{where}", values

    def _by_decision(self, chosen: _Chosen) -> tuple[str, list[Any]]:
        where, values = _joined([(_IN_FORCE,), *chosen.of_decision, *chosen.of_order])
        return f"FROM {self._in_turn('decision d', 'sales_order o')} WHERE TRUE{where}", values

    def _in_turn(self, first: str, then: str) -> str:
        """Both tables; SQLite keeps to their order where it is said so."""
        return f"{first} CROSS JOIN {then}" if is_sqlite(self._c) else f"{first}, {then}"

    def _rare(self, chosen: _Chosen) -> bool:
        """Whether decisions of rare grounds are asked for, and these are few."""
        if not any(RARE in test[0] for test in chosen.of_decision):
            return False
        sql = (  # in order of day, so that SQLite takes the index of just these
            f"SELECT count(*) FROM (SELECT 1 FROM decision d WHERE d.superseded_at IS NULL"  # noqa: S608
            f" AND d.{RARE} ORDER BY d.order_date LIMIT {_SCANTY + 1}) q"
        )
        return int(run(self._c, sql)[0][0]) <= _SCANTY

    def _scanty(self, chosen: _Chosen) -> bool:
        """Whether few orders are of the kind that is asked for, whatever was decided."""
        if len(chosen.of_order) == _ALWAYS or not is_sqlite(self._c):
            return False
        where, values = _joined(chosen.of_order)
        days, ends = _joined(chosen.days, "o", "id")
        sql = (
            "SELECT count(*) FROM (SELECT 1 FROM sales_order o"  # noqa: S608
            f" WHERE TRUE{where}{days} ORDER BY o.order_date LIMIT {_SCANTY + 1})"
        )
        return int(run(self._c, sql, *values, *ends)[0][0]) <= _SCANTY

    def _sorted(self, chosen: _Chosen, filters: OrderFilter) -> list[int]:
        """The ids of a page by what is asked, of those that fit."""
        sql, values = self._by_order(chosen)
        days, more = _joined(chosen.days, "o", "id")
        direction = "DESC" if filters.descending else "ASC"
        order = _SORTS[filters.sort].format(direction, binary=binary(self._c))
        part = f"LIMIT {filters.limit:d} OFFSET {min(filters.offset, MOST):d}"
        rows = run(self._c, f"SELECT o.id {sql}{days} ORDER BY {order} {part}", *values, *more)
        return [row[0] for row in rows]

    def _rows(self, ids: Sequence[int]) -> list[OrderRow]:
        sql = f"{_ROWS} WHERE {one_of(self._c, 'o.id')}"
        found = {row[0]: _row(row) for row in run(self._c, sql, many(self._c, ids))} if ids else {}
        return [found[each] for each in ids]


_IN_FORCE = "d.order_id = o.id AND d.superseded_at IS NULL"
_ALWAYS = 2
"""So many conditions on orders there are wherever decisions are asked for."""

_COMMON = {Ground.CERTIFICATE, Ground.NOT_CLAIMED}


def _counted(filters: OrderFilter) -> int:
    """How many are counted: some pages further than what is shown."""
    return min(MOST, max(COUNTED, filters.offset + 10 * filters.limit))


def _of_decision(filters: OrderFilter) -> list[Test]:
    tests: list[Test] = []
    if filters.decided is not None:
        tests.append((_DECIDED[filters.decided],))
    if filters.ground is not None:
        rare = "" if filters.ground in _COMMON else f" AND d.{RARE}"
        tests.append((f"d.ground = ?{rare}", filters.ground.value))
    if filters.certificate_id is not None:
        tests.append(("d.certificate_id = ?", filters.certificate_id))
    if filters.jurisdiction is not None:
        tests.append(("d.jurisdiction = ?", filters.jurisdiction))
    return tests


def _joined(tests: Sequence[Test], *names: str) -> tuple[str, list[Any]]:
    """Conditions to go on with, and their values; *names* stand in for their braces."""
    said = "".join(f" AND {test[0].format(*names) if names else test[0]}" for test in tests)
    return said, [value for test in tests for value in test[1:]]


def _row(row: Any) -> OrderRow:
    place, currency, total, closed, voided = row[7:12]
    state = OrderState.CLOSED if closed else OrderState.OPEN
    decided = row[12] is not None
    return OrderRow(
        id=row[0],
        connection=row[1],
        kind=OrderKind(row[2]),
        number=row[3],
        order_date=dt.date.fromisoformat(row[4]),
        customer_id=row[5],
        customer=row[6],
        jurisdiction=place,
        currency=currency,
        total=major(total, currency),
        state=OrderState.CANCELLED if voided else state,
        ground=Ground(row[12]) if decided else None,
        tax_applicable=bool(row[13]) if decided else None,
        exempt_percentage=Decimal(row[14] or 0).scaleb(-2),
        certificate_id=row[15],
        certificate_number=row[16],
        decided_at=moment(row[17]) if decided else None,
    )
