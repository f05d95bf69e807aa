"""Endpoints of webhooks of ours, and the events that are owed to them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from exempt.adapters.store import web_tables as t
from exempt.adapters.store.columns import micros, moment
from exempt.adapters.store.database import many, one_of, run
from exempt.model.events import Ending, Endpoint, Event, EventKind, EventOut
from exempt.services import event_ports as ports

_ENDPOINT = "id, company_id, url, kinds, secret_sealed, made_at, made_by, disabled_at"
_EVENT = (
    "e.id, e.endpoint_id, e.event_id, e.kind, e.body, e.state, e.attempts, e.due_at, e.made_at,"
    " e.done_at, e.message"
)
_ALIVE = "e.endpoint_id IN (SELECT id FROM event_endpoint WHERE disabled_at IS NULL)"
_MESSAGE_MAX = 500


class EventsOut(ports.EventsOut):
    """Endpoints, and what is owed to them."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def add(self, endpoint: Endpoint) -> int:
        made = sa.insert(t.event_endpoint).values(
            company_id=endpoint.company_id,
            url=endpoint.url,
            kinds=json.dumps(sorted(endpoint.kinds)),
            secret_sealed=endpoint.secret_sealed,
            made_at=endpoint.made_at,
            made_by=endpoint.made_by,
        )
        return int(self._c.execute(made.returning(t.event_endpoint.c.id)).scalar_one())

    def endpoints(self, company_ids: Collection[int] | None = None) -> list[Endpoint]:
        just, parameters = "", []
        if company_ids is not None:
            just = f" WHERE {one_of(self._c, 'company_id')}"
            parameters = [many(self._c, sorted(company_ids))]
        sql = f"SELECT {_ENDPOINT} FROM event_endpoint{just} ORDER BY id"  # noqa: S608
        return [_endpoint(row) for row in run(self._c, sql, *parameters)]

    def endpoint(self, endpoint_id: int) -> Endpoint | None:
        sql = f"SELECT {_ENDPOINT} FROM event_endpoint WHERE id = ?"  # noqa: S608
        return next(map(_endpoint, run(self._c, sql, endpoint_id)), None)

    def disable(self, endpoint_id: int, at: dt.datetime | None) -> None:
        sql = "UPDATE event_endpoint SET disabled_at = ? WHERE id = ?"
        run(self._c, sql, None if at is None else micros(at), endpoint_id)

    def remove(self, endpoint_id: int) -> None:
        run(self._c, "DELETE FROM event_out WHERE endpoint_id = ?", endpoint_id)
        run(self._c, "DELETE FROM event_endpoint WHERE id = ?", endpoint_id)

    def owe(self, event: Event, body: str, at: dt.datetime) -> int:
        now, told = micros(at), 0
        for endpoint in self.endpoints():
            wanted = endpoint.disabled_at is None and event.kind in endpoint.kinds
            if wanted and endpoint.company_id in {None, event.company_id}:
                sql = (
                    "INSERT INTO event_out (endpoint_id, event_id, kind, body, state, attempts,"
                    " due_at, made_at) VALUES (?, ?, ?, ?, 'pending', 0, ?, ?)"
                    " ON CONFLICT (endpoint_id, event_id) DO NOTHING RETURNING id"
                )
                values = (endpoint.id, event.id, event.kind.value, body, now, now)
                told += len(run(self._c, sql, *values))
        return told

    def due(self, at: dt.datetime, limit: int) -> list[EventOut]:
        sql = (
            f"SELECT {_EVENT} FROM event_out e WHERE e.state = 'pending' AND e.due_at <= ?"  # noqa: S608
            f" AND {_ALIVE} ORDER BY e.due_at, e.id LIMIT ?"
        )
        return [_event(row) for row in run(self._c, sql, micros(at), limit)]

    def next_due(self) -> dt.datetime | None:
        sql = f"SELECT min(e.due_at) FROM event_out e WHERE e.state = 'pending' AND {_ALIVE}"  # noqa: S608
        first = run(self._c, sql)[0][0]
        return None if first is None else moment(first)

    def mark(
        self,
        event: EventOut,
        state: str,
        message: str,
        at: dt.datetime,
        *,
        due_at: dt.datetime | None = None,
    ) -> None:
        sql = (
            "UPDATE event_out SET state = ?, message = ?, attempts = attempts + 1, due_at = ?,"
            " done_at = ? WHERE id = ? AND state = 'pending'"
        )
        done = None if state == "pending" else micros(at)
        due = micros(due_at or event.due_at)
        run(self._c, sql, state, message[:_MESSAGE_MAX], due, done, event.id)

    def postpone(self, endpoint_id: int, until: dt.datetime) -> None:
        sql = (
            "UPDATE event_out SET due_at = ? WHERE endpoint_id = ? AND state = 'pending'"
            " AND due_at < ?"
        )
        run(self._c, sql, micros(until), endpoint_id, micros(until))

    def again(self, event_id: int, at: dt.datetime) -> bool:
        sql = (
            "UPDATE event_out SET state = 'pending', attempts = 0, due_at = ?, done_at = NULL"
            " WHERE id = ? AND state = 'dead' RETURNING id"
        )
        return bool(run(self._c, sql, micros(at), event_id))

    def of(self, endpoint_id: int, limit: int, before: int | None = None) -> Sequence[EventOut]:
        sql = (
            f"SELECT {_EVENT} FROM event_out e WHERE e.endpoint_id = ? AND e.id < ?"  # noqa: S608
            " ORDER BY e.id DESC LIMIT ?"
        )
        rows = run(self._c, sql, endpoint_id, before or 2**62, limit)
        return [_event(row) for row in rows]

    def endings(self, first: dt.date, last: dt.date) -> list[Ending]:
        sql = (
            "SELECT c.id, c.number, u.company_id, v.jurisdiction, v.expiration_date, u.id"
            " FROM coverage v JOIN certificate c ON c.id = v.certificate_id"
            " JOIN certificate_customer k ON k.certificate_id = c.id"
            " JOIN customer u ON u.id = k.customer_id"
            " WHERE c.review_status = 'accepted' AND c.archived_date IS NULL"
            " AND u.gone_at IS NULL AND v.expiration_date BETWEEN ? AND ?"
            " ORDER BY v.expiration_date, c.id, v.jurisdiction, u.id"
        )
        found: dict[tuple[Any, ...], list[int]] = {}
        for *what, customer_id in run(self._c, sql, first.isoformat(), last.isoformat()):
            found.setdefault(tuple(what), []).append(customer_id)
        return [
            Ending(id_, number, company, tuple(customers), place, dt.date.fromisoformat(end))
            for (id_, number, company, place, end), customers in found.items()
        ]

    def forget(self, before: dt.datetime) -> int:
        sql = "DELETE FROM event_out WHERE state = 'sent' AND done_at < ? RETURNING id"
        return len(run(self._c, sql, micros(before)))


def _endpoint(row: Any) -> Endpoint:
    return Endpoint(
        id=row[0],
        company_id=row[1],
        url=row[2],
        kinds=frozenset(map(EventKind, json.loads(row[3]))),
        secret_sealed=row[4],
        made_at=moment(row[5]),
        made_by=row[6],
        disabled_at=None if row[7] is None else moment(row[7]),
    )


def _event(row: Any) -> EventOut:
    return EventOut(
        id=row[0],
        endpoint_id=row[1],
        event_id=row[2],
        kind=EventKind(row[3]),
        body=row[4],
        state=row[5],
        attempts=row[6],
        due_at=moment(row[7]),
        made_at=moment(row[8]),
        done_at=None if row[9] is None else moment(row[9]),
        message=row[10],
    )
