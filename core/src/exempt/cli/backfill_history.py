"""The commands of ``exempt backfill`` that read from connections."""

from __future__ import annotations

from typing import Annotated

import typer

from exempt.cli.base import Json, Names, opened
from exempt.cli.options import Company, OnlyThis


def run(
    names: Names = None,
    from_: Annotated[
        str | None, typer.Option("--from", metavar="DAY", help="Read orders from this day on.")
    ] = None,
    years: Annotated[
        int | None,
        typer.Option("--years", min=1, max=50, help="Or from 1 January so many years before."),
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Or all that there are.")] = False,
    json: Json = False,
) -> None:
    """Read orders from connections further back than they were read.

    Without a day as far back as nexus.lookback in the settings wants. The
    daemon does it where one runs; else it is done here, and a run that is
    stopped goes on where it was. What is on file already does not come twice.
    """
    from exempt.cli import histories  # noqa: PLC0415

    exempt = opened()
    day = histories.day_of(exempt, from_, years, everything=all_)
    raise typer.Exit(histories.run(exempt, names or [], day, as_json=json))


def status(company: Company = None, only_this: OnlyThis = False, json: Json = False) -> None:
    """Show from which day on orders are read, how far that is, and what is wanted besides."""
    from exempt.cli import histories  # noqa: PLC0415

    histories.show_status(opened(), company, only_this=only_this, as_json=json)
