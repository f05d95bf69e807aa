"""The runs of jobs that ended, the newest of each job."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa

from exempt.adapters.store.columns import micros, moment
from exempt.adapters.store.database import many, one_of, run
from exempt.services import source_ports as ports
from exempt.services.source_ports import KEPT, JobRun, RunFilter, RunPage

_COLUMNS = "job, connection_id, started_at, ended_at, outcome, problem, counts, worker, id"


_TEXTS = "coalesce(problem, '') || ' ' || coalesce(worker, '')"


class JobRuns(ports.JobRuns):
    """See the port."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def add(self, run_: JobRun) -> None:
        run(
            self._c,
            "INSERT INTO job_run (job, connection_id, started_at, ended_at, outcome, problem,"
            " counts, worker) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            run_.job,
            run_.connection_id,
            micros(run_.started_at),
            micros(run_.ended_at),
            run_.outcome,
            run_.problem,
            json.dumps(dict(run_.counts), sort_keys=True),
            run_.worker,
        )
        run(
            self._c,
            "DELETE FROM job_run WHERE job = ? AND id <="
            " (SELECT id FROM job_run WHERE job = ? ORDER BY id DESC LIMIT 1 OFFSET ?)",
            run_.job,
            run_.job,
            KEPT,
        )

    def page(self, wanted: RunFilter) -> RunPage:
        test = f"{one_of(self._c, 'job')} AND lower({_TEXTS}) LIKE ? ESCAPE '!'"
        values: list[Any] = [many(self._c, sorted(wanted.jobs)), _like(wanted.words)]
        sql = f"SELECT outcome, count(*) FROM job_run WHERE {test} GROUP BY outcome"  # noqa: S608
        counts = {row[0]: int(row[1]) for row in run(self._c, sql, *values)}
        if wanted.outcome:
            test, values = f"{test} AND outcome = ?", [*values, wanted.outcome]
        most = "" if wanted.limit is None else f" LIMIT {wanted.limit:d} OFFSET {wanted.offset:d}"
        sql = f"SELECT {_COLUMNS} FROM job_run WHERE {test} ORDER BY id DESC{most}"  # noqa: S608
        return RunPage([_run(row) for row in run(self._c, sql, *values)], counts)

    def newest(self, connection_id: int, limit: int) -> list[JobRun]:
        sql = f"SELECT {_COLUMNS} FROM job_run WHERE connection_id = ? ORDER BY id DESC LIMIT ?"  # noqa: S608
        return [_run(row) for row in run(self._c, sql, connection_id, limit)]


def _like(words: str) -> str:
    """What contains *words*, in whatever capitals; their signs mean themselves."""
    text = words.lower()
    for sign in "!%_":
        text = text.replace(sign, f"!{sign}")
    return f"%{text}%"


def _run(row: Any) -> JobRun:
    job, connection_id, started_at, ended_at, outcome, problem, counts, worker, number = row
    return JobRun(
        job,
        connection_id,
        moment(started_at),
        moment(ended_at),
        outcome,
        problem,
        json.loads(counts),
        worker,
        number,
    )
