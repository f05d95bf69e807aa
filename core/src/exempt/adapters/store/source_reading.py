"""How sources do, as pages show it: streams, rows that could not be read, webhooks."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection

import sqlalchemy as sa

from exempt.adapters.store.columns import moment
from exempt.adapters.store.database import many, one_of, run
from exempt.model.fetching import Stream
from exempt.services import source_ports as ports
from exempt.services.source_ports import CameIn, RejectedRow, StreamRead


class SourceReading(ports.SourceReading):
    """See the port."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def streams(self, connection_ids: Collection[int] | None = None) -> list[StreamRead]:
        some = "" if connection_ids is None else f" WHERE {one_of(self._c, 'connection_id')}"
        sql = (
            "SELECT connection_id, stream, count(*), sum(CASE WHEN done THEN 1 ELSE 0 END),"  # noqa: S608
            " sum(pages), sum(records), min(first_day), max(last_day), min(begun_at),"
            f" max(moved_at) FROM stream_cursor{some} GROUP BY connection_id, stream"
            " ORDER BY connection_id, stream"
        )
        of = () if connection_ids is None else (many(self._c, sorted(connection_ids)),)
        return [
            StreamRead(
                number,
                Stream(stream),
                int(parts),
                int(done),
                int(pages),
                int(records),
                _day(first),
                _day(last),
                moment(begun_at),
                moment(moved_at),
            )
            for number, stream, parts, done, pages, records, first, last, begun_at, moved_at in run(
                self._c, sql, *of
            )
        ]

    def rejected_counts(self) -> dict[int, int]:
        sql = "SELECT connection_id, count(*) FROM rejected_row GROUP BY connection_id"
        return {number: int(count) for number, count in run(self._c, sql)}

    def rejected(
        self, connection_id: int, stream: Stream | None, *, limit: int, offset: int = 0
    ) -> list[RejectedRow]:
        one = "" if stream is None else " AND stream = ?"
        sql = (
            "SELECT stream, external_id, row_name, reason, seen_at FROM rejected_row"  # noqa: S608
            f" WHERE connection_id = ?{one} ORDER BY id DESC LIMIT ? OFFSET ?"
        )
        of = (connection_id,) if stream is None else (connection_id, stream.value)
        return [
            RejectedRow(Stream(of_stream), external_id, name, reason, moment(seen_at))
            for of_stream, external_id, name, reason, seen_at in run(
                self._c, sql, *of, limit, offset
            )
        ]

    def rejected_by_stream(self, connection_id: int) -> dict[Stream, int]:
        sql = (
            "SELECT stream, count(*) FROM rejected_row WHERE connection_id = ?"
            " GROUP BY stream ORDER BY stream"
        )
        return {Stream(stream): int(count) for stream, count in run(self._c, sql, connection_id)}

    def came_in(self, connection_id: int, limit: int) -> list[CameIn]:
        sql = (
            "SELECT event_id, stream, external_ids, state, received_at, done_at, message"
            " FROM webhook_event WHERE connection_id = ? ORDER BY id DESC LIMIT ?"
        )
        return [
            CameIn(
                event_id,
                Stream(stream),
                tuple(json.loads(ids)),
                state,
                moment(received_at),
                None if done_at is None else moment(done_at),
                message,
            )
            for event_id, stream, ids, state, received_at, done_at, message in run(
                self._c, sql, connection_id, limit
            )
        ]


def _day(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)
