"""What is owed to outside systems."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from exempt.adapters.store import tables as t
from exempt.adapters.store.columns import micros, moment
from exempt.adapters.store.database import many, one_of, run, run_many
from exempt.adapters.store.jobs import Jobs
from exempt.model.pushing import Outcome
from exempt.services import delivery_ports as ports
from exempt.services.job_ports import JobKind
from exempt.services.rows import (
    Delivery,
    DeliveryState,
    DeliveryTarget,
)

COLUMNS = (
    "id, connection_id, target, external_id, version, wanted, state, attempts, due_at, outcome,"
    " message, done_at"
)


class Deliveries(ports.Deliveries):
    """What is owed."""

    def __init__(self, connection: sa.Connection, jobs: Jobs) -> None:
        self._c = connection
        self._jobs = jobs

    def last(
        self, connection_id: int, target: DeliveryTarget, external_ids: Collection[str]
    ) -> dict[str, Delivery]:
        sql = (
            f"SELECT {COLUMNS} FROM delivery WHERE connection_id = ? AND target = ?"  # noqa: S608
            f" AND {one_of(self._c, 'external_id')} ORDER BY version"
        )
        rows = run(self._c, sql, connection_id, target.value, many(self._c, list(external_ids)))
        return {row[3]: delivery_of(row) for row in rows}

    def owe(
        self,
        connection_id: int,
        target: DeliveryTarget,
        wanted: Sequence[tuple[str, int, str]],
        at: dt.datetime,
    ) -> None:
        now = micros(at)
        self.withdraw(connection_id, target, [external_id for external_id, _, _ in wanted], at)
        run_many(
            self._c,
            "INSERT INTO delivery (connection_id, target, external_id, version, wanted, state,"
            " attempts, due_at, created_at) VALUES (?, ?, ?, ?, ?, 'pending', 0, ?, ?)",
            [
                (connection_id, target.value, external_id, version, text, now, now)
                for external_id, version, text in wanted
            ],
        )
        if wanted:
            self._jobs.ask(JobKind.MAIL if target.mailed else JobKind.PUSH, connection_id)

    def withdraw(
        self,
        connection_id: int,
        target: DeliveryTarget,
        external_ids: Sequence[str],
        at: dt.datetime,
        *,
        why: str | None = None,
    ) -> None:
        if external_ids:
            sql = (
                "UPDATE delivery SET state = 'superseded', done_at = ?,"  # noqa: S608
                " message = coalesce(?, message) WHERE connection_id = ?"
                " AND target = ? AND state IN ('pending', 'dead')"
                f" AND {one_of(self._c, 'external_id')}"
            )
            ids = many(self._c, external_ids)
            run(self._c, sql, micros(at), why, connection_id, target.value, ids)

    def due(
        self, connection_id: int, targets: Collection[DeliveryTarget], at: dt.datetime, limit: int
    ) -> list[Delivery]:
        sql = (
            f"SELECT {COLUMNS} FROM delivery WHERE connection_id = ? AND state = 'pending'"  # noqa: S608
            f" AND due_at <= ? AND {one_of(self._c, 'target')} ORDER BY due_at, id LIMIT ?"
        )
        names = many(self._c, [target.value for target in targets])
        return [
            delivery_of(row) for row in run(self._c, sql, connection_id, micros(at), names, limit)
        ]

    def next_due(
        self, connection_id: int, targets: Collection[DeliveryTarget]
    ) -> dt.datetime | None:
        sql = (
            "SELECT min(due_at) FROM delivery WHERE connection_id = ? AND state = 'pending'"  # noqa: S608
            f" AND {one_of(self._c, 'target')}"
        )
        names = many(self._c, [target.value for target in targets])
        first = run(self._c, sql, connection_id, names)[0][0]
        return None if first is None else moment(first)

    def mark(
        self,
        delivery: Delivery,
        state: DeliveryState,
        *,
        outcome: str,
        message: str,
        at: dt.datetime,
        due_at: dt.datetime | None = None,
    ) -> None:
        """A delivery that was superseded meanwhile stays so: what took its place is owed."""
        # Past SQLAlchemy's compiler: it would take half the time of a push.
        run(
            self._c,
            "UPDATE delivery SET state = ?, outcome = ?, message = ?, attempts = attempts + 1,"
            " due_at = ?, done_at = ? WHERE id = ? AND state = 'pending'",
            state.value,
            outcome,
            message,
            micros(due_at or delivery.due_at),
            None if state is DeliveryState.PENDING else micros(at),
            delivery.id,
        )

    def maybe_sent(self, delivery: Delivery, *, sent: bool = True) -> bool:
        d = t.delivery.c
        marked = self._c.execute(
            sa.update(t.delivery)
            .where(d.id == delivery.id, d.state == DeliveryState.PENDING.value)
            .values(outcome=Outcome.UNKNOWN.value if sent else delivery.outcome)
        )
        return marked.rowcount > 0

    def reword(self, delivery: Delivery, wanted: str) -> None:
        sql = "UPDATE delivery SET wanted = ? WHERE id = ? AND state = 'pending'"
        run(self._c, sql, wanted, delivery.id)

    def dead(self) -> list[tuple[str, Delivery]]:
        columns = ", ".join(f"d.{column.strip()}" for column in COLUMNS.split(","))
        sql = (
            f"SELECT {columns}, n.name FROM delivery d JOIN connection n ON n.id = d.connection_id"  # noqa: S608
            " WHERE d.state = 'dead' ORDER BY d.id"
        )
        return [(row[-1], delivery_of(row[:-1])) for row in run(self._c, sql)]


def delivery_of(row: Any) -> Delivery:
    """The delivery in a row of `COLUMNS`."""
    return Delivery(
        id=row[0],
        connection_id=row[1],
        target=DeliveryTarget(row[2]),
        external_id=row[3],
        version=row[4],
        wanted=row[5],
        state=DeliveryState(row[6]),
        attempts=row[7],
        due_at=moment(row[8]),
        outcome=row[9],
        message=row[10],
        done_at=None if row[11] is None else moment(row[11]),
    )
