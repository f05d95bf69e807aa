"""Deliveries as people look at them, and decide what becomes of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from exempt.adapters.store.columns import micros, moment
from exempt.adapters.store.database import many, one_of, run
from exempt.adapters.store.deliveries import COLUMNS, delivery_of
from exempt.services import delivery_ports as ports
from exempt.services.delivery_ports import DeliveryFilter, DeliveryPage, DeliveryView
from exempt.services.rows import Delivery

_NAME = (
    "CASE d.target"
    " WHEN 'order' THEN (SELECT coalesce(o.number, o.external_id) FROM sales_order o"
    " WHERE o.connection_id = d.connection_id AND o.external_id = d.external_id)"
    " WHEN 'customer' THEN (SELECT s.name FROM source_customer s"
    " WHERE s.connection_id = d.connection_id AND s.external_id = d.external_id)"
    " WHEN 'notice' THEN (SELECT min(c.name) FROM certificate_customer k JOIN customer c"
    " ON c.id = k.customer_id WHERE k.certificate_id = CAST(d.external_id AS BIGINT))"
    " WHEN 'warning' THEN (SELECT w.jurisdiction FROM nexus_warning w"
    " WHERE w.id = CAST(d.external_id AS BIGINT))"
    " ELSE (SELECT c.name FROM request r JOIN customer c ON c.id = r.customer_id"
    " WHERE r.id = CAST(d.external_id AS BIGINT)) END"
)
VIEWS = (
    f"SELECT {', '.join(f'd.{column.strip()}' for column in COLUMNS.split(','))},"  # noqa: S608
    f" n.name, n.company_id, {_NAME}, d.created_at"
    " FROM delivery d JOIN connection n ON n.id = d.connection_id"
)
_ORDER = (
    " ORDER BY CASE d.state WHEN 'dead' THEN 0 WHEN 'pending' THEN 1 ELSE 2 END,"
    " CASE WHEN d.state IN ('dead', 'pending') THEN d.id ELSE -d.id END"
)
_NEWEST = (
    "NOT EXISTS (SELECT 1 FROM delivery l WHERE l.connection_id = d.connection_id"
    " AND l.target = d.target AND l.external_id = d.external_id AND l.version > d.version)"
)


class Handling(ports.Handling):
    """Deliveries as people handle them."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def page(self, filters: DeliveryFilter) -> DeliveryPage:
        where, parameters = self._chosen(filters)
        counted = (
            "SELECT count(*) FROM delivery d JOIN connection n ON n.id = d.connection_id"  # noqa: S608
            f" WHERE {where}"
        )
        total = run(self._c, counted, *parameters)[0][0]
        sql = f"{VIEWS} WHERE {where}{_ORDER} LIMIT ?"
        return DeliveryPage(views_of(run(self._c, sql, *parameters, filters.limit)), total)

    def _chosen(self, filters: DeliveryFilter) -> tuple[str, list[Any]]:
        tests, parameters = ["true"], []
        if filters.states:
            tests.append(one_of(self._c, "d.state"))
            parameters.append(many(self._c, sorted(state.value for state in filters.states)))
        if filters.connection is not None:
            tests.append("n.name = ?")
            parameters.append(filters.connection)
        if filters.saying:
            tests += ["lower(d.message) LIKE ? ESCAPE '!'", _NEWEST]
            words = filters.saying.lower().replace("!", "!!").replace("%", "!%").replace("_", "!_")
            parameters.append(f"%{words}%")
        return " AND ".join(tests), parameters

    def get(self, delivery_id: int) -> DeliveryView | None:
        return next(iter(views_of(run(self._c, f"{VIEWS} WHERE d.id = ?", delivery_id))), None)

    def versions(self, delivery: Delivery) -> list[DeliveryView]:
        sql = (
            f"{VIEWS} WHERE d.connection_id = ? AND d.target = ? AND d.external_id = ?"
            " ORDER BY d.version"
        )
        thing = (delivery.connection_id, delivery.target.value, delivery.external_id)
        return views_of(run(self._c, sql, *thing))

    def dead_after(
        self, after: int, limit: int, connection: str | None = None
    ) -> list[DeliveryView]:
        just, parameters = ("", []) if connection is None else (" AND n.name = ?", [connection])
        sql = f"{VIEWS} WHERE d.state = 'dead' AND d.id > ?{just} ORDER BY d.id LIMIT ?"
        return views_of(run(self._c, sql, after, *parameters, limit))

    def again(self, delivery: Delivery, message: str, at: dt.datetime, *, anew: bool) -> bool:
        sql = (
            "UPDATE delivery SET state = 'pending', attempts = 0, outcome = NULL, message = ?,"
            " due_at = ?, done_at = NULL, version = version + ? WHERE id = ? AND state = ?"
            " RETURNING id"
        )
        known = (delivery.id, delivery.state.value)
        return bool(run(self._c, sql, message, micros(at), int(anew), *known))

    def give_up(self, delivery: Delivery, message: str, at: dt.datetime) -> bool:
        """What was given up before counts from then on: see `owing`."""
        sql = (
            "UPDATE delivery SET state = 'dropped', message = ?, done_at = coalesce(done_at, ?)"
            " WHERE id = ? AND state = ? RETURNING id"
        )
        return bool(run(self._c, sql, message, micros(at), delivery.id, delivery.state.value))


def views_of(rows: Sequence[Any]) -> list[DeliveryView]:
    """Rows as they are read, as deliveries with what they are about."""
    return [
        DeliveryView(delivery_of(row[:-4]), connection, company_id, name, moment(owed_at))
        for row in rows
        for connection, company_id, name, owed_at in (row[-4:],)
    ]
