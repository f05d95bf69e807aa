"""What was raised for people to look at, and what became of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import sqlalchemy as sa

from exempt.adapters.store import nexus_tables as n
from exempt.adapters.store import tables as t
from exempt.adapters.store.columns import micros
from exempt.adapters.store.database import run
from exempt.model.presence import WarningKind, WarningState
from exempt.services import presence_ports as ports
from exempt.services.presence_ports import NewWarning, WarningRow
from exempt.services.rows import DeliveryState, DeliveryTarget


class Warnings(ports.Warnings):
    """Warnings, each raised once for its occasion."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def open_one(self, new: NewWarning, at: dt.datetime) -> int | None:
        sql = (
            "INSERT INTO nexus_warning (company_id, jurisdiction, kind, occasion, since_day, facts,"
            " raised_at, state) VALUES (?, ?, ?, ?, ?, ?, ?, 'open')"
            " ON CONFLICT (company_id, jurisdiction, kind, occasion) DO NOTHING RETURNING id"
        )
        about = (new.company_id, new.jurisdiction, new.kind.value, new.occasion)
        rows = run(self._c, sql, *about, new.since.isoformat(), new.facts, micros(at))
        return int(rows[0][0]) if rows else None

    def get(self, warning_id: int) -> WarningRow | None:
        return next(iter(self._rows(n.nexus_warning.c.id == warning_id)), None)

    def all(
        self,
        company_ids: Collection[int] | None = None,
        *,
        states: Collection[WarningState] = (),
        kind: WarningKind | None = None,
    ) -> list[WarningRow]:
        w = n.nexus_warning.c
        tests: list[sa.ColumnElement[bool]] = []
        if company_ids is not None:
            tests.append(w.company_id.in_(sorted(company_ids)))
        if states:
            tests.append(w.state.in_(sorted(state.value for state in states)))
        if kind is not None:
            tests.append(w.kind == kind.value)
        return self._rows(*tests)

    def _rows(self, *tests: sa.ColumnElement[bool]) -> list[WarningRow]:
        w = n.nexus_warning.c
        columns = [
            w.id,
            w.company_id,
            t.company.c.name.label("company"),
            w.jurisdiction,
            w.kind,
            w.occasion,
            w.since_day.label("since"),
            w.facts,
            w.raised_at,
            w.read_at,
            w.read_by,
            w.state,
            w.reason,
            w.closed_at,
            w.closed_by,
            w.mailed_at,
        ]
        closed_last = sa.case((w.state == WarningState.OPEN.value, 0), else_=1)
        query = (
            sa.select(*columns)
            .join(t.company, t.company.c.id == w.company_id)
            .where(*tests)
            .order_by(closed_last, w.raised_at.desc(), w.jurisdiction, w.id)
        )
        return [
            WarningRow(*row)._replace(kind=WarningKind(row.kind), state=WarningState(row.state))
            for row in self._c.execute(query)
        ]

    def update(self, warning_id: int, since: dt.date, facts: str) -> None:
        sql = "UPDATE nexus_warning SET since_day = ?, facts = ? WHERE id = ? AND state = 'open'"
        run(self._c, sql, since.isoformat(), facts, warning_id)

    def read(self, warning_ids: Collection[int], at: dt.datetime, by: str) -> int:
        w = n.nexus_warning.c
        marked = self._c.execute(
            sa.update(n.nexus_warning)
            .where(w.id.in_(sorted(warning_ids)), w.read_at.is_(None))
            .values(read_at=at, read_by=by)
        )
        return marked.rowcount

    def close(
        self, warning_id: int, state: WarningState, reason: str, at: dt.datetime, by: str
    ) -> bool:
        self.read([warning_id], at, by)
        sql = (
            "UPDATE nexus_warning SET state = ?, reason = ?, closed_at = ?, closed_by = ?"
            " WHERE id = ? AND state = 'open' RETURNING id"
        )
        return bool(run(self._c, sql, state.value, reason, micros(at), by, warning_id))

    def unmailed(self, company_ids: Collection[int]) -> list[WarningRow]:
        w = n.nexus_warning.c
        owed = (
            sa.select(sa.literal(1))
            .where(t.delivery.c.target == DeliveryTarget.WARNING.value)
            .where(t.delivery.c.external_id == sa.cast(w.id, sa.Text))
            # Withdrawn as nobody was to be told; that is looked at again.
            .where(t.delivery.c.state != DeliveryState.SUPERSEDED.value)
            .exists()
        )
        mine = w.company_id.in_(sorted(company_ids))
        rows = self._rows(mine, w.state == WarningState.OPEN.value, w.mailed_at.is_(None), ~owed)
        return sorted(rows, key=lambda row: row.id)

    def mailed(self, warning_ids: Collection[int], at: dt.datetime) -> None:
        w = n.nexus_warning.c
        self._c.execute(
            sa.update(n.nexus_warning).where(w.id.in_(sorted(warning_ids))).values(mailed_at=at)
        )

    def counts(self, company_ids: Collection[int] | None = None) -> dict[WarningKind, int]:
        w = n.nexus_warning.c
        tests = [w.state == WarningState.OPEN.value]
        if company_ids is not None:
            tests.append(w.company_id.in_(sorted(company_ids)))
        query = sa.select(w.kind, sa.func.count()).where(*tests).group_by(w.kind)
        return {WarningKind(kind): int(count) for kind, count in self._c.execute(query)}
