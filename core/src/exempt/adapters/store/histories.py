"""From which day on the orders of connections are read, and how far that is."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from exempt.adapters.store import tables as t
from exempt.adapters.store.database import many, one_of, run
from exempt.adapters.store.nexus_tables import backfill_run
from exempt.model.backfill import BackfillState
from exempt.model.checking import Capability
from exempt.model.fetching import Stream
from exempt.rules.lookback import is_earlier
from exempt.services import history_ports as ports
from exempt.services.history_ports import HistoryRow, OrdersOnFile, ReadSoFar

_N = t.connection.c
_S = t.stream_cursor.c
_ORDERS = _S.stream == Stream.ORDERS.value
_IMPORTED = [BackfillState.IMPORTED.value, BackfillState.COMPLETE.value]


class Histories(ports.Histories):
    """How far back orders are read."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def all(self, company_ids: Collection[int] | None = None) -> list[HistoryRow]:
        query = _ROWS.order_by(_N.name)
        if company_ids is not None:
            query = query.where(_N.company_id.in_(company_ids))
        return [_row(row) for row in self._c.execute(query)]

    def get(self, connection_id: int) -> HistoryRow:
        return _row(self._c.execute(_ROWS.where(_N.id == connection_id)).one())

    def begin(self, connection_id: int, reads_from: dt.date | None, at: dt.datetime) -> None:
        before = self.get(connection_id)
        values: dict[str, Any] = {"history_from": reads_from}
        if before.read_at is None or is_earlier(reads_from, before.reads_from):
            values |= {"history_begun_at": at, "history_read_at": None}
        self._c.execute(sa.update(t.connection).where(_N.id == connection_id).values(values))

    def end(self, connection_id: int, at: dt.datetime) -> bool:
        of_it = (_S.connection_id == connection_id, _ORDERS)
        ended = (
            sa.update(t.connection)
            .where(_N.id == connection_id, _N.history_read_at.is_(None))
            .where(_N.history_begun_at.is_not(None))
            .where(sa.exists().where(*of_it), ~sa.exists().where(*of_it, ~_S.done))
        )
        return self._c.execute(ended.values(history_read_at=at)).rowcount > 0

    def so_far(self) -> dict[int, ReadSoFar]:
        done = sa.func.sum(sa.case((_S.done, 1), else_=0))
        sums = (sa.func.sum(_S.pages), sa.func.sum(_S.records))
        days = (sa.func.min(_S.first_day), sa.func.max(_S.last_day))
        moments = (sa.func.min(_S.begun_at), sa.func.max(_S.moved_at))
        rows = self._c.execute(
            sa.select(_S.connection_id, sa.func.count(), done, *sums, *days, *moments)
            .where(_ORDERS)
            .group_by(_S.connection_id)
        )
        return {
            number: ReadSoFar(parts, int(ended), int(pages), int(records), *rest)
            for number, parts, ended, pages, records, *rest in rows
        }

    def on_file(self, connection_ids: Collection[int] | None = None) -> dict[int, OrdersOnFile]:
        just = "" if connection_ids is None else f" AND {one_of(self._c, 'connection_id')}"
        sql = (
            "SELECT connection_id, count(*), min(order_date), max(order_date) FROM sales_order"  # noqa: S608
            f" WHERE deleted_at IS NULL{just} GROUP BY connection_id"
        )
        ids = [] if connection_ids is None else [many(self._c, list(connection_ids))]
        return {
            row[0]: OrdersOnFile(row[1], _day(row[2]), _day(row[3]))
            for row in run(self._c, sql, *ids)
        }

    def files_from(self) -> dict[int, dt.date]:
        r = backfill_run.c
        rows = self._c.execute(sa.select(r.connection_id, r.counts).where(r.state.in_(_IMPORTED)))
        found: dict[int, dt.date] = {}
        for connection_id, counts in rows:
            if (told := json.loads(counts).get("first_day")) is not None:
                day = dt.date.fromisoformat(told)
                found[connection_id] = min(day, found.get(connection_id, day))
        return found


_ROWS = sa.select(
    _N.id,
    _N.name,
    _N.company_id,
    _N.capabilities,
    _N.history_from,
    _N.history_begun_at,
    _N.history_read_at,
)


def _row(row: Any) -> HistoryRow:
    connection_id, name, company_id, capabilities, *history = row
    return HistoryRow(
        connection_id,
        name,
        company_id,
        Capability.ORDERS.value in json.loads(capabilities),
        *history,
    )


def _day(value: Any) -> dt.date:
    return value if isinstance(value, dt.date) else dt.date.fromisoformat(value)
