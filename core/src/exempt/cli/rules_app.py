"""The commands of ``exempt rules``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from exempt.cli.base import Json, opened

app = typer.Typer(no_args_is_help=True, help="The states' rules on certificates, and thresholds.")


@app.command("list")
def list_(
    state: Annotated[
        str | None,
        typer.Argument(help="A state, shown in full, with its source; all when left out."),
    ] = None,
    json: Json = False,
) -> None:
    """Show what states ask of a certificate: how long it lasts, which forms they take."""
    from exempt.cli import rules  # noqa: PLC0415

    rules.show_list(opened(), state, as_json=json)


@app.command()
def reasons(
    connection: Annotated[
        str | None, typer.Option("--connection", help="And in the codes that it writes.")
    ] = None,
    json: Json = False,
) -> None:
    """Show the reasons for an exemption, and the codes that other systems have for them."""
    from exempt.cli import rules  # noqa: PLC0415

    rules.show_reasons(opened(), connection, as_json=json)


@app.command()
def thresholds(
    state: Annotated[
        str | None,
        typer.Argument(help="A state, with every version and its source; all when left out."),
    ] = None,
    json: Json = False,
) -> None:
    """Show from which sales on a state asks a seller to collect its tax."""
    from exempt.cli import rules_thresholds  # noqa: PLC0415

    rules_thresholds.show_thresholds(opened(), state, as_json=json)


@app.command()
def check(
    folder: Annotated[
        Path | None,
        typer.Argument(help="A pack to check before it is used; else the one in use."),
    ] = None,
    json: Json = False,
) -> None:
    """Say which rules and thresholds are past their review date, unsure or missing."""
    from exempt.cli import rules_check  # noqa: PLC0415

    raise typer.Exit(rules_check.check(opened(), folder, as_json=json))


@app.command()
def copy(
    folder: Annotated[Path, typer.Argument(help="Where to.")],
    thresholds: Annotated[
        bool, typer.Option("--thresholds", help="The thresholds of nexus, in place of the pack.")
    ] = False,
    taxability: Annotated[
        bool, typer.Option("--taxability", help="What states tax, in place of the pack.")
    ] = False,
) -> None:
    """Copy the shipped pack into a folder, to change it."""
    from exempt.cli import rules_check  # noqa: PLC0415

    rules_check.copy_shipped(folder, thresholds=thresholds, taxability=taxability)
