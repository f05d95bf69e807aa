"""Companies, connections, and how far each stream was read."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from exempt.adapters.store import tables as t
from exempt.adapters.store.columns import Day, moment
from exempt.adapters.store.database import lock, run, run_many
from exempt.errors import RefusedError
from exempt.model.checking import Capability
from exempt.model.fetching import Stream
from exempt.services import cursor_ports, ports
from exempt.services.delivery_ports import Owed
from exempt.services.history_ports import PageRead
from exempt.services.report_rows import ConnectionStatus
from exempt.services.rows import ConnectionRow, StreamPart

_COUNTED = {
    "customers": "source_customer",
    "orders": "sales_order",
    "products": "product",
    "employees": "employee",
}


class Connections(ports.Connections):
    """Companies and connections."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def register(
        self, name: str, connector: str, company: str, capabilities: Collection[Capability]
    ) -> ConnectionRow:
        n = t.connection.c
        company_id = self._c.scalar(sa.select(t.company.c.id).where(t.company.c.key == company))
        values: dict[str, Any] = {
            "connector": connector,
            "company_id": company_id,
            "capabilities": json.dumps(sorted(c.value for c in capabilities)),
        }
        lock(self._c, "connections")
        before = self._c.execute(
            sa.select(n.id, n.connector, n.company_id).where(n.name == name)
        ).first()
        if before and before.company_id != company_id:
            msg = (
                f"connections.{name}.company: its records belong to another company so far, and"
                f" are kept: give the connection of {company!r} another name"
            )
            raise RefusedError(msg)
        if before and before.connector != connector:
            msg = (
                f"connections.{name}: was a connection of {before.connector} so far, and its"
                f" records are kept: give the one of {connector} another name"
            )
            raise RefusedError(msg)
        if before:
            if Capability.PUSH_ORDERS not in capabilities:
                values["orders_owed"] = False
            self._c.execute(sa.update(t.connection).where(n.id == before.id).values(values))
        else:
            values["orders_owed"] = Capability.PUSH_ORDERS in capabilities
            self._c.execute(sa.insert(t.connection).values(name=name, **values))
        return next(row for row in self.all() if row.name == name)

    def company(self, key: str, name: str, parent: str | None) -> int:
        c = t.company.c
        parent_id = self._c.scalar(sa.select(c.id).where(c.key == parent)) if parent else None
        values = {"name": name, "parent_id": parent_id}
        found = self._c.scalar(sa.select(c.id).where(c.key == key))
        if found is not None:
            self._c.execute(sa.update(t.company).where(c.id == found).values(values))
            return int(found)
        made = sa.insert(t.company).values(key=key, **values).returning(c.id)
        return int(self._c.execute(made).scalar_one())

    def all(self) -> list[ConnectionRow]:
        n = t.connection.c
        rows = self._c.execute(
            sa.select(
                n.id,
                n.name,
                n.connector,
                n.company_id,
                n.capabilities,
                n.paused_reason,
                n.orders_owed,
                n.paused_by,
                n.paused_at,
            ).order_by(n.name)
        )
        return [
            ConnectionRow(
                row.id,
                row.name,
                row.connector,
                row.company_id,
                frozenset(Capability(c) for c in json.loads(row.capabilities)),
                row.paused_reason,
                row.orders_owed,
                row.paused_by,
                row.paused_at,
            )
            for row in rows
        ]

    def orders_owed(self, connection_id: int) -> None:
        n = t.connection.c
        owed = sa.update(t.connection).where(n.id == connection_id).values(orders_owed=True)
        self._c.execute(owed)

    def pause(
        self, connection_id: int, reason: str | None, at: dt.datetime, by: str | None = None
    ) -> None:
        n = t.connection.c
        person = by if reason else None
        changes = n.paused_reason.is_distinct_from(reason) | n.paused_by.is_distinct_from(person)
        pause = sa.update(t.connection).where(n.id == connection_id, changes)
        if by is None:
            pause = pause.where(n.paused_by.is_(None))
        values = {"paused_reason": reason, "paused_at": at if reason else None}
        self._c.execute(pause.values(paused_by=person, **values))


class Cursors(cursor_ports.Cursors):
    """How far each stream was read."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def parts(self, connection_id: int, stream: Stream) -> list[StreamPart]:
        s = t.stream_cursor.c
        rows = self._c.execute(
            sa.select(s.part, s.cursor, s.done, s.guard)
            .where(s.connection_id == connection_id, s.stream == stream.value)
            .order_by(s.part)
        )
        return [StreamPart(row.part, row.cursor, row.done, row.guard) for row in rows]

    def begin(
        self, connection_id: int, stream: Stream, parts: Sequence[StreamPart], at: dt.datetime
    ) -> None:
        self.forget(connection_id, stream)
        of = {
            "connection_id": connection_id,
            "stream": stream.value,
            "moved_at": at,
            "begun_at": at,
        }
        self._c.execute(sa.insert(t.stream_cursor), [{**of, **part._asdict()} for part in parts])

    def move(
        self,
        connection_id: int,
        stream: Stream,
        part: StreamPart,
        at: dt.datetime,
        read: PageRead | None = None,
    ) -> bool:
        s = t.stream_cursor.c
        values: dict[str, Any] = {"cursor": part.cursor, "done": part.done, "guard": part.guard}
        if read is not None:
            values |= {"pages": s.pages + 1, "records": s.records + read.records}
            if read.first_day is not None:
                values["first_day"] = _unless(
                    s.first_day < read.first_day, s.first_day, read.first_day
                )
                values["last_day"] = _unless(s.last_day > read.last_day, s.last_day, read.last_day)
        moved = self._c.execute(
            sa.update(t.stream_cursor)
            .where(s.connection_id == connection_id, s.stream == stream.value, s.part == part.part)
            .values(moved_at=at, **values)
        )
        return moved.rowcount > 0

    def named(self, connection_id: int, stream: Stream, external_ids: Collection[str]) -> None:
        run_many(
            self._c,
            "INSERT INTO snapshot_record (connection_id, stream, external_id) VALUES (?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            [(connection_id, stream.value, external_id) for external_id in sorted(external_ids)],
        )

    def was_named(self, connection_id: int, stream: Stream, external_id: str) -> bool:
        s = t.snapshot_record.c
        this = (s.connection_id == connection_id, s.stream == stream.value)
        found = sa.select(sa.literal(1)).where(*this, s.external_id == external_id)
        return self._c.scalar(found) is not None

    def is_naming(self, connection_id: int, stream: Stream) -> bool:
        s = t.snapshot_record.c
        this = (s.connection_id == connection_id, s.stream == stream.value)
        return self._c.scalar(sa.select(sa.literal(1)).where(*this).limit(1)) is not None

    def never_named(
        self, connection_id: int, stream: Stream, since: dt.date | None = None
    ) -> tuple[int, list[str]]:
        of_old: tuple[str, ...] = ()
        older = ""
        if stream is Stream.ORDERS and since is not None:
            older, of_old = " AND order_date >= ?", (since.isoformat(),)
        sql = (
            f"SELECT external_id FROM {_COUNTED[stream.value]} r WHERE connection_id = ?"  # noqa: S608
            f" AND deleted_at IS NULL{older} AND external_id NOT IN (SELECT external_id"
            " FROM snapshot_record WHERE connection_id = ? AND stream = ?)"
            # What a file made is not the source's, until that changes it.
            " AND NOT EXISTS (SELECT 1 FROM backfill_record b WHERE b.stream = ?"
            " AND b.record_id = r.id AND b.changed_at >= r.changed_at) ORDER BY id"
        )
        of = (connection_id, *of_old, connection_id, stream.value, stream.value)
        found = [row[0] for row in run(self._c, sql, *of)]
        return self._forget_snapshot(connection_id, stream), found

    def forget(self, connection_id: int, stream: Stream) -> None:
        s = t.stream_cursor.c
        self._c.execute(
            sa.delete(t.stream_cursor).where(
                s.connection_id == connection_id, s.stream == stream.value
            )
        )
        self._forget_snapshot(connection_id, stream)

    def _forget_snapshot(self, connection_id: int, stream: Stream) -> int:
        s = t.snapshot_record.c
        these = (s.connection_id == connection_id, s.stream == stream.value)
        return self._c.execute(sa.delete(t.snapshot_record).where(*these)).rowcount


def _unless(holds: sa.ColumnElement[bool], kept: Any, other: dt.date | None) -> sa.Case[Any]:
    """What is *kept* if that *holds*, else the *other* one."""
    return sa.case((holds, kept), else_=sa.literal(other, Day))


class Reports(ports.Reports):
    """Questions that staff ask."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def connections(self) -> list[ConnectionStatus]:
        counted = {stream: self._count(table) for stream, table in _COUNTED.items()}
        rejected = self._count("rejected_row")
        owed = self._deliveries()
        n, s = t.connection.c, t.stream_cursor.c
        rows = self._c.execute(
            sa.select(n.id, n.name, n.connector, n.paused_reason, sa.func.max(s.moved_at))
            .outerjoin_from(t.connection, t.stream_cursor)
            .group_by(n.id, n.name, n.connector, n.paused_reason)
            .order_by(n.name)
        )
        return [
            ConnectionStatus(
                name=name,
                connector=connector,
                paused_reason=paused,
                records={
                    stream: counts[number] for stream, counts in counted.items() if number in counts
                },
                rejected=rejected.get(number, 0),
                last_read_at=read_at,
                deliveries=owed.get(number, {}),
            )
            for number, name, connector, paused, read_at in rows
        ]

    def orders_of_voided(self) -> int:
        return int(run(self._c, "SELECT count(*) FROM sales_order WHERE voided")[0][0])

    def owed(self) -> dict[int, Owed]:
        found: dict[int, Owed] = {}
        of = "FROM delivery WHERE state = '{}' GROUP BY connection_id"  # each has an index
        pending = f"SELECT connection_id, count(*), min(due_at) {of.format('pending')}"
        for number, count, due_at in run(self._c, pending):
            found[number] = Owed(count, due_at=moment(due_at))
        for number, count in run(self._c, f"SELECT connection_id, count(*) {of.format('dead')}"):
            found[number] = found.get(number, Owed())._replace(dead=count)
        return found

    def _count(self, table: str) -> dict[int, int]:
        alive = "" if table == "rejected_row" else " WHERE deleted_at IS NULL"
        sql = f"SELECT connection_id, count(*) FROM {table}{alive} GROUP BY connection_id"  # noqa: S608
        return {row[0]: row[1] for row in run(self._c, sql)}

    def _deliveries(self) -> dict[int, dict[str, int]]:
        found: dict[int, dict[str, int]] = {}
        sql = "SELECT connection_id, state, count(*) FROM delivery GROUP BY connection_id, state"
        for number, state, count in run(self._c, sql):
            found.setdefault(number, {})[state] = count
        return found
