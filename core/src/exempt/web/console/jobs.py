"""The page of jobs: what runs, what comes next, what failed; and asking for one now."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.responses import Response

from exempt.errors import NotFoundError, RefusedError
from exempt.model.access import Right
from exempt.rules.readiness import silent
from exempt.services import job_steps, source_rows
from exempt.services.daemon_look import Daemon
from exempt.services.job_ports import JobKind, JobRow
from exempt.services.source_ports import KEPT, RunFilter, RunPage
from exempt.services.tables_out import Sheet
from exempt.web.console import exports
from exempt.web.console.listing import Asked, Column, Lister
from exempt.web.pages import Call, Pages

pages = Pages()

MEANING: Mapping[JobKind, str] = {
    JobKind.PULL: "Read what is new",
    JobKind.PUSH: "Write what is owed",
    JobKind.MAIL: "Send mails",
    JobKind.WEBHOOK: "Read what webhooks speak of",
    JobKind.PROBE: "See whether it works again",
    JobKind.EVENTS: "Tell others by webhooks",
    JobKind.READING: "Read documents that wait for review",
    JobKind.IMPORT: "Go on with imports",
    JobKind.NEXUS: "Count sales, watch thresholds, warn",
    JobKind.DAILY: "A new day: statuses, notices, reminders",
    JobKind.UPKEEP: "Forget old runs, find work left behind",
}
STATES = {
    "failing": ("Fails", "red"),
    "running": ("Running", "blue"),
    "waiting": ("Waits for a worker", "yellow"),
    "paused": ("Paused", "grey"),
    "idle": ("Idle", "green"),
}

LIST = Lister(
    "/jobs",
    columns=(
        Column("job", "Job", fixed=True),
        Column("state", "State"),
        Column("next", "Next run"),
        Column("done", "Last success"),
        Column("problem", "Problem"),
    ),
    filters=("state",),
)


RUNS = Lister(
    "/job-runs",
    columns=(
        Column("began", "Began", fixed=True),
        Column("job", "Job"),
        Column("took", "Took", end=True),
        Column("outcome", "Outcome"),
        Column("counts", "What it did"),
        Column("worker", "Worker", hidden=True),
    ),
    filters=("job", "outcome"),
)
OUTCOMES = {"done": ("Done", "green"), "failed": ("Failed", "red")}


class Line(NamedTuple):
    """A job in the list: how it stands, in a word and in a sentence; when it runs next."""

    job: JobRow
    meaning: str
    word: str
    colour: str
    sentence: str
    next_run: str


@pages.get(LIST.path, may=Right.ADMINISTER)
def list_(call: Call) -> Response:
    """Every job, by name."""
    asked = LIST.read(call)
    found = job_steps.jobs(call.site.store, call.site.clock(), call.scope)
    lines = _lines(found, asked)
    return call.page(
        "jobs/list.html",
        rows=lines[asked.offset :][: asked.limit],
        listing=LIST.shown(call, asked, total=len(lines)),
        tabs=_tabs(found, asked),
        here=["", *STATES].index(asked.filter("state")) if asked.filter("state") in STATES else 0,
        workers=found.daemon.workers,
        alive=found.daemon.alive,
        silent=lambda worker: silent(worker.ticked_at, found.daemon.at),
        at=found.daemon.at,
    )


@pages.get(f"{LIST.path}/export", may=Right.ADMINISTER, slow=True)
def export(call: Call) -> Response:
    """All that fits, as a file."""
    found = job_steps.jobs(call.site.store, call.site.clock(), call.scope)
    heads = ("Job", "What it does", "State", "Next run", "Last success", "Failures", "Problem")
    rows = (
        (
            line.job.name,
            line.meaning,
            line.word,
            line.next_run,
            line.job.succeeded_at,
            line.job.failures,
            line.job.problem,
        )
        for line in _lines(found, LIST.read(call))
    )
    return exports.send(call, Sheet("Jobs", heads, rows), "jobs")


@pages.post(f"{LIST.path}/run", may=Right.ADMINISTER)
def run(call: Call) -> Response:
    """Ask for a job now; back to its past runs where it was asked for there."""
    name = call.text("job")
    back = f"{RUNS.path}?{urlencode({'job': name})}" if call.text("runs") else LIST.path
    try:
        job_steps.run_now(call.site.store, name, call.site.clock(), call.scope)
    except NotFoundError:
        raise HTTPException(404) from None
    except RefusedError as error:
        return call.go(back, f"{name} was not asked for: {error}.")
    return call.go(back, f"{name} is asked for; it runs as soon as a worker is free.")


# --- past runs -------------------------------------------------------------------------------


@pages.get(RUNS.path, may=Right.ADMINISTER)
def runs(call: Call) -> Response:
    """The runs of jobs that ended, the newest first."""
    asked = RUNS.read(call)
    found = job_steps.jobs(call.site.store, call.site.clock(), call.scope)
    page = _runs(call, found, asked, asked.limit)
    outcome, total = asked.filter("outcome"), sum(page.counts.values())
    name = asked.filter("job")
    return call.page(
        "jobs/runs.html",
        rows=page.runs,
        listing=RUNS.shown(call, asked, total=page.counts.get(outcome, 0) if outcome else total),
        tabs=[
            (asked.address(outcome=None), "All", total),
            *(
                (asked.address(outcome=key), title, page.counts.get(key, 0))
                for key, (title, _colour) in OUTCOMES.items()
            ),
        ],
        here=["", *OUTCOMES].index(outcome) if outcome in OUTCOMES else 0,
        jobs=[(job.name, f"{MEANING[job.kind]} ({job.name})") for job in found.shown],
        job=next((job for job in found.shown if job.name == name), None),
        paused=found.daemon.paused,
        meaning=MEANING,
        outcomes=OUTCOMES,
        kept=KEPT,
    )


@pages.get(f"{RUNS.path}/export", may=Right.ADMINISTER, slow=True)
def export_runs(call: Call) -> Response:
    """All runs that fit, as a file."""
    found = job_steps.jobs(call.site.store, call.site.clock(), call.scope)
    heads = ("Began", "Ended", "Seconds", "Job", "Outcome", "Problem", "What it did", "Worker")
    rows = (
        (
            *(
                each.started_at,
                each.ended_at,
                Decimal(f"{each.seconds:.1f}"),
                each.job,
                each.outcome,
            ),
            *(each.problem, ", ".join(f"{n} {what}" for what, n in each.counts.items())),
            each.worker,
        )
        for each in _runs(call, found, RUNS.read(call), None).runs
    )
    return exports.send(call, Sheet("Past runs", heads, rows), "job-runs")


def _runs(call: Call, found: job_steps.Jobs, asked: Asked, limit: int | None) -> RunPage:
    names = [job.name for job in found.shown]
    name, outcome = asked.filter("job"), asked.filter("outcome")
    wanted = RunFilter(
        jobs=[each for each in names if each == name] if name else names,
        outcome=outcome if outcome in OUTCOMES else "",
        words=asked.words,
        limit=limit,
        offset=asked.offset if limit else 0,
    )
    with call.site.store.reading() as tx:
        return source_rows.runs(tx, wanted)


def state_of(daemon: Daemon, job: JobRow) -> str:
    """How a job stands, as the filter names it."""
    if job.running:
        return "running"
    if daemon.paused(job):
        return "paused"
    if job.failures and job.kind is not JobKind.PROBE:
        return "failing"
    return "waiting" if job.waiting else "idle"


def _lines(found: job_steps.Jobs, asked: Asked) -> list[Line]:
    daemon, words = found.daemon, asked.words.casefold()
    return [
        Line(job, MEANING[job.kind], *STATES[state], daemon.state(job), daemon.next_run(job))
        for job in found.shown
        for state in (state_of(daemon, job),)
        if asked.filter("state") in {"", state}
        and (words in job.name.casefold() or words in (job.problem or "").casefold())
    ]


def _tabs(found: job_steps.Jobs, asked: Asked) -> list[tuple[str, str, int]]:
    states = [state_of(found.daemon, job) for job in found.shown]
    all_of_them = (asked.address(state=None), "All", len(states))
    return [
        all_of_them,
        *((asked.address(state=key), STATES[key][0], states.count(key)) for key in STATES),
    ]
