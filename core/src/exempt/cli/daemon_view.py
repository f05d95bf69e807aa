"""The daemon as people see it: its workers, its jobs, and what they have to do about them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

from exempt.cli.output import count, one_line, print_json, print_table, say
from exempt.rules.readiness import silent
from exempt.services.daemon_look import Daemon as Daemon  # noqa: PLC0414 - from here
from exempt.services.daemon_look import look as look  # noqa: PLC0414 - from here
from exempt.services.daemon_look import matters
from exempt.services.daemon_look import read_so_far as read_so_far  # noqa: PLC0414 - from here
from exempt.services.job_ports import JobRow, WorkerRow
from exempt.services.rows import ConnectionRow
from exempt.wiring import Exempt


def _moment(moment: dt.datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S}"


# --- jobs --------------------------------------------------------------------------------


def show_jobs(exempt: Exempt, *, as_json: bool) -> None:
    """``exempt jobs``."""
    with exempt.store.reading() as tx:
        daemon = look(tx, exempt.clock())
    jobs = [job for job in daemon.jobs if matters(job)]
    if as_json:
        print_json([_job(daemon, job) for job in jobs])
        return
    if not jobs:
        say("There is no job yet: they are made when a daemon runs for the first time.")
    else:
        print_table(
            "Jobs (times are in UTC)",
            ("Job", "State", "Next", "Last success", "Problem"),
            [
                (
                    job.name,
                    daemon.state(job),
                    daemon.next_run(job),
                    _moment(job.succeeded_at) or "never",
                    one_line(job.problem),
                )
                for job in jobs
            ],
            whole=("Job", "Next", "Last success"),
        )
    if not daemon.alive:
        say_nobody_runs()


def _job(daemon: Daemon, job: JobRow) -> dict[str, Any]:
    """A job as JSON."""
    return {
        "name": job.name,
        "kind": job.kind,
        "connection": job.connection,
        "state": daemon.state(job),
        "running": job.running,
        "waiting": job.waiting,
        "paused": daemon.paused(job),
        "worker": job.worker,
        "started_at": job.started_at,
        "ended_at": job.ended_at,
        "succeeded_at": job.succeeded_at,
        "next_at": job.next_at,
        "failures": job.failures,
        "problem": job.problem,
    }


# --- what a status says of it ------------------------------------------------------------


def show_daemon(daemon: Daemon, connections: Collection[str] | None = None) -> None:
    """Its workers, and the jobs that fail: of these connections, and of all together."""
    if not daemon.workers:
        say_nobody_runs()
        return
    print_table(
        "Daemon",
        ("Worker", "Host", "Memory", "State"),
        [
            (
                worker.name,
                worker.host,
                f"{worker.memory / 1_000_000:,.0f} MB",
                _sign_of_life(worker, daemon.at),
            )
            for worker in daemon.workers
        ],
        right=(2,),
    )
    failing = of(daemon.failing, connections)
    if failing:
        print_table(
            "Jobs that fail",
            ("Job", "Failed", "Next try", "Why"),
            [
                (
                    job.name,
                    count(job.failures, "time"),
                    daemon.next_run(job),
                    one_line(job.problem),
                )
                for job in failing
            ],
            whole=("Job", "Failed", "Next try"),
        )


def of(jobs: Sequence[JobRow], connections: Collection[str] | None) -> list[JobRow]:
    """The jobs of these connections, and of all together."""
    return [
        job
        for job in jobs
        if job.connection is None or connections is None or job.connection in connections
    ]


def told(daemon: Daemon, connections: Collection[str] | None = None) -> dict[str, Any]:
    """The same as JSON."""
    return {
        "workers": [
            {**worker._asdict(), "silent": silent(worker.ticked_at, daemon.at)}
            for worker in daemon.workers
        ],
        "failing": [_job(daemon, job) for job in of(daemon.failing, connections)],
    }


def _sign_of_life(worker: WorkerRow, at: dt.datetime) -> str:
    if silent(worker.ticked_at, at):
        return f"silent since {_moment(worker.ticked_at)}"
    return f"seen {abs(at - worker.ticked_at).total_seconds():.0f} s ago"


def say_nobody_runs() -> None:
    """That nothing is done by itself."""
    say("No daemon runs: start exempt run, or let exempt sync run by a timer.", "yellow")


def say_paused(row: ConnectionRow) -> None:
    """Since when a connection is paused, by whom, why, and how it goes on."""
    who = f" by {row.paused_by}" if row.paused_by else ""
    since = f" since {row.paused_at:%Y-%m-%d %H:%M}" if row.paused_at else ""
    say(f"! {row.name} is paused{who}{since}: {one_line(row.paused_reason)}", "yellow")
    if row.paused_by is not None:
        say(f"    exempt connections resume {row.name}    lets it go on", wrap=False)
    else:
        say(f"    exempt check {row.name}    once it is mended", wrap=False)


def say_what_to_do() -> None:
    """The commands for deliveries that wait for a person."""
    say("  exempt deliveries show ID               what is owed, and why it waits", wrap=False)
    say("  exempt deliveries retry ID              once the cause is mended", wrap=False)
    say('  exempt deliveries drop ID --reason "…"  if it shall not be done', wrap=False)
