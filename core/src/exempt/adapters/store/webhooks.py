"""Webhooks that came in, and the records that they say changed."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Sequence

import sqlalchemy as sa

from exempt.adapters.store import daemon_tables as t
from exempt.adapters.store.columns import micros, moment
from exempt.adapters.store.database import many, one_of, run
from exempt.model.fetching import Stream
from exempt.model.messages import WebhookEvent
from exempt.services import job_ports as ports
from exempt.services.job_ports import KeptEvent


class Webhooks(ports.Webhooks):
    """Webhooks that came in."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def add(
        self, connection_id: int, body: bytes, events: Sequence[WebhookEvent], at: dt.datetime
    ) -> int:
        of = {"connection_id": connection_id, "received_at": at}
        kept = sa.insert(t.webhook).values(body=body, **of).returning(t.webhook.c.id)
        webhook_id = self._c.execute(kept).scalar_one()
        new = 0
        for event in events:
            new += len(
                run(
                    self._c,
                    "INSERT INTO webhook_event (connection_id, webhook_id, event_id, stream,"
                    " external_ids, state, received_at) VALUES (?, ?, ?, ?, ?, 'pending', ?)"
                    " ON CONFLICT (connection_id, event_id, stream) DO UPDATE"
                    " SET state = 'pending', webhook_id = excluded.webhook_id,"
                    " received_at = excluded.received_at, message = NULL, done_at = NULL"
                    " WHERE webhook_event.state = 'dead' RETURNING id",
                    connection_id,
                    webhook_id,
                    event.event_id,
                    event.stream.value,
                    json.dumps(event.external_ids),
                    micros(at),
                )
            )
        if not new:
            self._c.execute(sa.delete(t.webhook).where(t.webhook.c.id == webhook_id))
        return new

    def pending(self, connection_id: int, limit: int) -> list[KeptEvent]:
        sql = (
            "SELECT id, event_id, stream, external_ids, received_at FROM webhook_event"
            " WHERE connection_id = ? AND state = 'pending' ORDER BY id LIMIT ?"
        )
        return [
            KeptEvent(
                number,
                connection_id,
                WebhookEvent(
                    event_id=event_id, stream=Stream(stream), external_ids=json.loads(ids)
                ),
                "pending",
                moment(received_at),
            )
            for number, event_id, stream, ids, received_at in run(
                self._c, sql, connection_id, limit
            )
        ]

    def done(self, ids: Collection[int], at: dt.datetime, *, dead: str | None = None) -> None:
        if ids:
            sql = (
                "UPDATE webhook_event SET state = ?, message = ?, done_at = ?"  # noqa: S608
                f" WHERE {one_of(self._c, 'id')}"
            )
            run(
                self._c,
                sql,
                "dead" if dead else "done",
                dead,
                micros(at),
                many(self._c, sorted(ids)),
            )

    def open(self) -> dict[int, dict[str, int]]:
        found: dict[int, dict[str, int]] = {}
        for state in ("pending", "dead"):  # each has an index of its own
            sql = (
                "SELECT connection_id, count(*) FROM webhook_event"  # noqa: S608
                f" WHERE state = '{state}' GROUP BY connection_id"
            )
            for connection_id, count in run(self._c, sql):
                found.setdefault(connection_id, {})[state] = count
        return found

    def forget(self, before: dt.datetime) -> int:
        e, w = t.webhook_event.c, t.webhook.c
        over = sa.delete(t.webhook_event).where(e.received_at < before, e.state == "done")
        self._c.execute(over)
        waits = sa.exists().where(e.webhook_id == w.id)
        old = sa.delete(t.webhook).where(w.received_at < before, ~waits)
        return int(self._c.execute(old).rowcount)
