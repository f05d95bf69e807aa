"""Standing jobs, and the workers that do them."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Collection
from typing import Any

import sqlalchemy as sa

from exempt.adapters.store import daemon_tables as t
from exempt.adapters.store.columns import micros, moment
from exempt.adapters.store.database import lock, many, one_of, run
from exempt.services import job_ports as ports
from exempt.services.job_ports import JobKind, JobRow, WorkerRow

Enqueue = Callable[[sa.Connection, str, str], None]
"""Lets a run with that id of a job begin once the transaction is committed."""

_ROWS = (
    "SELECT j.name, j.kind, j.connection_id, n.name, j.asked, j.queued, j.begun, j.next_at,"
    " j.failures, j.problem, j.deaths, j.worker, j.started_at, j.ended_at, j.succeeded_at,"
    " j.held_until"
    " FROM job j LEFT JOIN connection n ON n.id = j.connection_id"
)
_NEW = (
    "INSERT INTO job (name, kind, connection_id, asked, queued, begun, failures, deaths, next_at)"
    " SELECT CASE WHEN n.id IS NULL THEN k.kind ELSE k.kind || ':' || n.name END, k.kind, n.id,"
    " k.begun + k.asked, k.begun, k.begun, 0, 0, k.next_at FROM ({}) k"
    " LEFT JOIN connection n ON n.id = k.connection_id WHERE true ON CONFLICT (name) DO UPDATE SET"
)
_ONE = "SELECT CAST(? AS TEXT) AS kind, " + ", ".join(
    f"CAST(? AS BIGINT) AS {name}" for name in ("connection_id", "begun", "asked", "next_at")
)


def _one(
    kind: JobKind,
    connection_id: int | None,
    *,
    asked: int = 0,
    next_at: dt.datetime | None = None,
) -> tuple[str | int | None, ...]:
    """The parameters of `_ONE`.

    A new job's asks are counted from a number that no earlier job of its name came
    to: the engine does nothing for a run whose name it knows from the past.
    """
    first = time.time_ns() // 1000
    return kind.value, connection_id, first, asked, None if next_at is None else micros(next_at)


class Jobs(ports.Jobs):
    """Standing jobs; a run goes with the transaction where there is somebody to carry it."""

    def __init__(self, connection: sa.Connection, enqueue: Enqueue | None) -> None:
        self._c = connection
        self._enqueue = enqueue
        self._asked: set[tuple[JobKind, int | None]] = set()

    def ask(
        self, kind: JobKind, connection_id: int | None = None, *, at_once: bool = False
    ) -> None:
        if at_once:
            j = t.job.c
            held = sa.update(t.job).where(
                j.kind == kind.value, j.connection_id.is_not_distinct_from(connection_id)
            )
            self._c.execute(held.values(held_until=None))
        if (kind, connection_id) in self._asked:
            return
        self._asked.add((kind, connection_id))
        sql = _NEW.format(_ONE) + " asked = job.asked + 1 RETURNING name, asked, queued, begun"
        ((name, number, queued, begun),) = run(self._c, sql, *_one(kind, connection_id, asked=1))
        # While a run waits, it serves whoever asks.
        if self._enqueue is not None and queued <= begun:
            self._enqueue(self._c, f"{name}:{number}", name)
            run(self._c, "UPDATE job SET queued = asked WHERE name = ?", name)

    def plan(self, kind: JobKind, connection_id: int | None, next_at: dt.datetime | None) -> None:
        sql = _NEW.format(_ONE) + " next_at = excluded.next_at"
        run(self._c, sql, *_one(kind, connection_id, next_at=next_at))

    def all(self) -> list[JobRow]:
        return [_job(row) for row in run(self._c, f"{_ROWS} ORDER BY j.name")]

    def get(self, name: str) -> JobRow | None:
        rows = run(self._c, f"{_ROWS} WHERE j.name = ?", name)
        return _job(rows[0]) if rows else None

    def overdue(self, at: dt.datetime) -> list[JobRow]:
        sql = f"{_ROWS} WHERE j.next_at <= ? OR (j.asked > j.begun AND j.queued <= j.begun)"
        return [_job(row) for row in run(self._c, f"{sql} ORDER BY j.name", micros(at))]

    def alone(self) -> None:
        lock(self._c, "jobs")

    def begin(self, name: str, worker: str, at: dt.datetime) -> JobRow | None:
        before = self.get(name)
        run(
            self._c,
            "UPDATE job SET begun = asked, worker = ?, started_at = ?,"
            " deaths = CASE WHEN started_at IS NOT NULL AND ended_at IS NULL"
            " THEN deaths + 1 ELSE 0 END, ended_at = NULL WHERE name = ?",
            worker,
            micros(at),
            name,
        )
        return before

    def end(
        self,
        name: str,
        at: dt.datetime,
        *,
        problem: str | None = None,
        next_at: dt.datetime | None = None,
        idle: bool = False,
    ) -> None:
        j = t.job.c
        values: dict[str, Any] = {"ended_at": at, "deaths": 0}
        if problem is not None:
            values |= {"problem": problem, "failures": j.failures + 1, "held_until": next_at}
        elif not idle:
            values |= {"problem": None, "failures": 0, "succeeded_at": at, "held_until": None}
        if next_at is not None:
            values["next_at"] = next_at
        self._c.execute(sa.update(t.job).where(j.name == name).values(values))

    def lost(self, name: str) -> None:
        run(self._c, "UPDATE job SET queued = begun WHERE name = ?", name)

    def remove(self, names: Collection[str]) -> None:
        if names:
            run(
                self._c,
                f"DELETE FROM job WHERE {one_of(self._c, 'name')}",  # noqa: S608
                many(self._c, sorted(names)),
            )


def _job(row: Any) -> JobRow:
    name, kind, connection_id, connection, asked, queued, begun, next_at, failures, *rest = row
    problem, deaths, worker, *moments = rest
    started_at, ended_at, succeeded_at, held_until = map(_moment, moments)
    return JobRow(
        name,
        JobKind(kind),
        connection_id,
        connection,
        asked,
        queued,
        begun,
        _moment(next_at),
        failures,
        problem,
        deaths,
        worker,
        started_at,
        ended_at,
        succeeded_at,
        held_until,
    )


def _moment(value: int | None) -> dt.datetime | None:
    return None if value is None else moment(value)


class Workers(ports.Workers):
    """The processes that do jobs."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def tick(self, worker: WorkerRow) -> None:
        values = worker._asdict()
        w = t.worker.c
        changed = self._c.execute(sa.update(t.worker).where(w.name == worker.name).values(values))
        if not changed.rowcount:
            self._c.execute(sa.insert(t.worker).values(values))

    def all(self) -> list[WorkerRow]:
        rows = self._c.execute(sa.select(t.worker).order_by(t.worker.c.name))
        return [WorkerRow(**row._mapping) for row in rows]  # noqa: SLF001 - the public name of it

    def forget(self, before: dt.datetime) -> None:
        self._c.execute(sa.delete(t.worker).where(t.worker.c.ticked_at < before))
