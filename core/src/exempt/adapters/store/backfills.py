"""Files of sales: how far each is, and what they made in the connections of connectors."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from exempt.adapters.store.columns import micros
from exempt.adapters.store.database import many, one_of, run
from exempt.adapters.store.nexus_tables import backfill_run as table
from exempt.model.backfill import (
    BackfillCounts,
    BackfillOptions,
    BackfillRun,
    BackfillState,
    Mistake,
    MistakeKind,
)
from exempt.model.fetching import Stream
from exempt.services import backfill_ports as ports

_R = table.c
_UNFINISHED = [
    state.value
    for state in (
        BackfillState.DRAFT,
        BackfillState.CHECKING,
        BackfillState.CHECKED,
        BackfillState.IMPORTING,
    )
]
_MOVING = {
    *("state", "position", "imported_by", "imported_at", "completed_at", "completed_by"),
    *("undone_at", "undone_by"),
}
_RECORDS = {
    Stream.ORDERS: "sales_order",
    Stream.CUSTOMERS: "source_customer",
    Stream.PRODUCTS: "product",
}


class Backfills(ports.Backfills):
    """Files of sales."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def begin(
        self,
        connection_id: int,
        file_name: str,
        sha256: str,
        options: BackfillOptions,
        at: dt.datetime,
        *,
        by: str,
    ) -> BackfillRun:
        made = self._c.execute(
            sa.insert(table)
            .values(
                connection_id=connection_id,
                file_name=file_name,
                sha256=sha256,
                options=options.model_dump_json(),
                state=BackfillState.DRAFT.value,
                created_at=at,
                created_by=by,
            )
            .returning(table)
        )
        return _run(made.mappings().one())

    def same(self, connection_id: int, sha256: str, options: BackfillOptions) -> BackfillRun | None:
        query = (
            sa.select(table)
            .where(_R.connection_id == connection_id, _R.sha256 == sha256)
            .where(_R.options == options.model_dump_json(), _R.state.in_(_UNFINISHED))
            .order_by(_R.id.desc())
            .limit(1)
        )
        row = self._c.execute(query).mappings().one_or_none()
        return _run(row) if row else None

    def get(self, run_id: int) -> BackfillRun | None:
        row = self._c.execute(sa.select(table).where(_R.id == run_id)).mappings().one_or_none()
        return _run(row) if row else None

    def all(self, connection_ids: Collection[int] | None, limit: int) -> list[BackfillRun]:
        query = sa.select(table).order_by(_R.id.desc()).limit(limit)
        if connection_ids is not None:
            query = query.where(_R.connection_id.in_(connection_ids))
        return [_run(row) for row in self._c.execute(query).mappings()]

    def save(self, run: BackfillRun) -> None:
        values = run.model_dump(include=_MOVING)
        values["counts"] = run.counts.model_dump_json(exclude_defaults=True)
        values["mistakes"] = json.dumps(run.mistakes, ensure_ascii=False)
        self._c.execute(sa.update(table).where(_R.id == run.id).values(**values))

    # --- what a file made in a connector's connection ----------------------------------------

    def shown(
        self, connection_id: int, stream: Stream, external_ids: Collection[str]
    ) -> frozenset[str]:
        sql = (
            f"SELECT r.external_id FROM {_RECORDS[stream]} r"  # noqa: S608
            " LEFT JOIN backfill_record b ON b.stream = ? AND b.record_id = r.id"
            f" WHERE r.connection_id = ? AND {one_of(self._c, 'r.external_id')}"
            " AND (b.record_id IS NULL OR r.changed_at > b.changed_at"
            " OR r.deleted_at > b.changed_at)"
        )
        ids = many(self._c, list(external_ids))
        return frozenset(row[0] for row in run(self._c, sql, stream.value, connection_id, ids))

    def brought(
        self, connection_id: int, stream: Stream, external_ids: Collection[str], at: dt.datetime
    ) -> None:
        sql = (
            "INSERT INTO backfill_record (stream, record_id, changed_at)"  # noqa: S608
            f" SELECT ?, id, ? FROM {_RECORDS[stream]} WHERE connection_id = ?"
            f" AND {one_of(self._c, 'external_id')}"
            " ON CONFLICT (stream, record_id) DO UPDATE SET changed_at = excluded.changed_at"
        )
        ids = many(self._c, list(external_ids))
        run(self._c, sql, stream.value, micros(at), connection_id, ids)


def _run(row: sa.RowMapping) -> BackfillRun:
    values: dict[str, Any] = dict(row)
    values["options"] = BackfillOptions.model_validate_json(values["options"])
    values["counts"] = BackfillCounts.model_validate_json(values["counts"])
    values["mistakes"] = tuple(
        Mistake(*each)._replace(kind=MistakeKind(each[4]))
        for each in json.loads(values["mistakes"])
    )
    return BackfillRun(**values)
