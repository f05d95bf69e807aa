"""The runs of jobs that ended, the newest of each job."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa

from exempt.adapters.store.columns import micros, moment
from exempt.adapters.store.database import run
from exempt.services import source_ports as ports
from exempt.services.source_ports import JobRun

KEPT = 200
"""Of a job."""

_COLUMNS = "job, connection_id, started_at, ended_at, outcome, problem, counts, worker, id"


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

    def newest(self, connection_id: int, limit: int) -> list[JobRun]:
        sql = f"SELECT {_COLUMNS} FROM job_run WHERE connection_id = ? ORDER BY id DESC LIMIT ?"  # noqa: S608
        return [_run(row) for row in run(self._c, sql, connection_id, limit)]


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
