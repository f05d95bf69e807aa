"""Which orders are still to be counted anew, and what connections' orders were counted by."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping

import sqlalchemy as sa

from exempt.adapters.store.columns import micros, moment
from exempt.adapters.store.database import many, one_of, run, run_many
from exempt.services import sale_ports as ports
from exempt.services.sale_ports import CustomerAsked, RecountAsked

_WENT_BY = "counted by "
"""How the keys in ``meta`` begin, before the connection's id."""


class Recounts(ports.Recounts):
    """What is to be counted anew."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def ask(
        self, connection_ids: Collection[int], reason: str, at: dt.datetime, *, after: int = 0
    ) -> None:
        run_many(
            self._c,
            "INSERT INTO recount (connection_id, after_id, asked, reason, asked_at)"
            " VALUES (?, ?, 1, ?, ?) ON CONFLICT (connection_id) DO UPDATE SET"
            " after_id = CASE WHEN excluded.after_id < recount.after_id THEN excluded.after_id"
            " ELSE recount.after_id END, asked = recount.asked + 1, reason = excluded.reason,"
            " asked_at = excluded.asked_at",
            [(each, after, reason, micros(at)) for each in sorted(set(connection_ids))],
        )

    def all(self) -> list[RecountAsked]:
        sql = "SELECT connection_id, after_id, asked, reason, asked_at FROM recount ORDER BY 1"
        return [
            RecountAsked(row[0], row[1], row[2], row[3], moment(row[4]))
            for row in run(self._c, sql)
        ]

    def move(self, asked: RecountAsked, after_id: int) -> bool:
        sql = (
            "UPDATE recount SET after_id = ? WHERE connection_id = ? AND asked = ?"
            " RETURNING connection_id"
        )
        return bool(run(self._c, sql, after_id, asked.connection_id, asked.asked))

    def done(self, asked: RecountAsked) -> bool:
        sql = "DELETE FROM recount WHERE connection_id = ? AND asked = ? RETURNING connection_id"
        return bool(run(self._c, sql, asked.connection_id, asked.asked))

    def went_by(self) -> dict[int, str]:
        sql = "SELECT key, value FROM meta WHERE key LIKE ?"
        rows = run(self._c, sql, f"{_WENT_BY}%")
        return {int(key.removeprefix(_WENT_BY)): value for key, value in rows}

    def remember(self, went_by: Mapping[int, str]) -> None:
        run_many(
            self._c,
            "INSERT INTO meta (key, value) VALUES (?, ?)"
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            [(f"{_WENT_BY}{each}", value) for each, value in went_by.items()],
        )

    def with_orders(self, connection_ids: Collection[int]) -> set[int]:
        sql = (
            f"SELECT n.id FROM connection n WHERE {one_of(self._c, 'n.id')} AND EXISTS"  # noqa: S608
            " (SELECT 1 FROM sales_order o WHERE o.connection_id = n.id)"
        )
        return {row[0] for row in run(self._c, sql, many(self._c, list(connection_ids)))}

    def ask_customers(self, customer_ids: Collection[int]) -> None:
        run_many(
            self._c,
            "INSERT INTO recount_customer (customer_id, after_id, asked) VALUES (?, 0, 1)"
            " ON CONFLICT (customer_id) DO UPDATE SET after_id = 0,"
            " asked = recount_customer.asked + 1",
            [(each,) for each in sorted(set(customer_ids))],
        )

    def next_customer(self) -> CustomerAsked | None:
        sql = "SELECT customer_id, after_id, asked FROM recount_customer ORDER BY 1 LIMIT 1"
        rows = run(self._c, sql)
        return CustomerAsked(*rows[0]) if rows else None

    def move_customer(self, asked: CustomerAsked, after_id: int) -> None:
        sql = "UPDATE recount_customer SET after_id = ? WHERE customer_id = ? AND asked = ?"
        run(self._c, sql, after_id, asked.customer_id, asked.asked)

    def customer_done(self, asked: CustomerAsked) -> None:
        sql = "DELETE FROM recount_customer WHERE customer_id = ? AND asked = ?"
        run(self._c, sql, asked.customer_id, asked.asked)
