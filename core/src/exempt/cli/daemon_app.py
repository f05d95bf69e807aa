"""The commands that run until they are stopped: everything, or a part of it."""

from __future__ import annotations

from typing import Annotated

import typer

from exempt.cli.base import opened

Id = Annotated[
    str,
    typer.Option(
        "--id",
        envvar="EXEMPT_WORKER",
        metavar="NAME",
        help="The worker's name, which no other may have; the same after a restart.",
    ),
]
Listen = Annotated[
    str | None,
    typer.Option(
        "--listen",
        metavar="HOST:PORT",
        help="Where to serve, in place of daemon.listen; port 0 is a free one.",
    ),
]
ListenToo = Annotated[
    str | None,
    typer.Option(
        "--listen", metavar="HOST:PORT", help="Where to serve health and metrics; else nowhere."
    ),
]


def run(name: Id = "main", listen: Listen = None) -> None:
    """Run everything in one process: jobs by their schedules, and the site with its API."""
    from exempt.cli.running import run_all  # noqa: PLC0415 - a second of imports

    run_all(opened(), name, listen)


def worker(name: Id, listen: ListenToo = None) -> None:
    """Do jobs, beside any number of other workers on the same database."""
    from exempt.cli.running import run_worker  # noqa: PLC0415 - a second of imports

    run_worker(opened(), name, listen)


def web(listen: Listen = None) -> None:
    """Take in webhooks, and serve health and metrics, for workers that run elsewhere."""
    from exempt.cli.running import run_web  # noqa: PLC0415 - a second of imports

    run_web(opened(), listen)
