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


def run(name: Id = "main") -> None:
    """Run everything in one process: jobs by their schedules, webhooks, health, metrics."""
    from exempt.cli.running import run_all  # noqa: PLC0415 - a second of imports

    run_all(opened(), name)


def worker(name: Id) -> None:
    """Do jobs, beside any number of other workers on the same database."""
    from exempt.cli.running import run_worker  # noqa: PLC0415 - a second of imports

    run_worker(opened(), name)
