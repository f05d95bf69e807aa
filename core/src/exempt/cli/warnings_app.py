"""The commands of ``exempt warnings``."""

from __future__ import annotations

from typing import Annotated

import typer

from exempt.cli.base import Json, acting, opened
from exempt.cli.options import LARGEST, Company, OnlyThis

app = typer.Typer(no_args_is_help=True, help="Warnings of nexus: new hires, thresholds.")

WarningId = Annotated[
    int, typer.Argument(metavar="ID", min=1, max=LARGEST, help="Its id, from the list.")
]


@app.command("list")
def list_(
    company: Company = None,
    only_this: OnlyThis = False,
    all_: Annotated[
        bool, typer.Option("--all", help="Also those that were confirmed or dismissed.")
    ] = False,
    json: Json = False,
) -> None:
    """List the open warnings; an unread one is marked with a star."""
    from exempt.cli import warnings  # noqa: PLC0415

    warnings.show_list(opened(), company, only_this=only_this, everything=all_, as_json=json)


@app.command()
def show(warning: WarningId, json: Json = False) -> None:
    """Show one: what it says, of whom it tells, and who did what with it."""
    from exempt.cli import warnings  # noqa: PLC0415

    warnings.show_one(opened(), warning, as_json=json)


@app.command()
def read(
    warning: Annotated[
        list[int] | None,
        typer.Argument(metavar="ID...", min=1, max=LARGEST, help="Their ids, from the list."),
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="All that are unread.")] = False,
    json: Json = False,
) -> None:
    """Acknowledge warnings; they stay open."""
    from exempt.cli import warnings  # noqa: PLC0415

    exempt = opened()
    warnings.read(exempt, acting(exempt), warning or [], every=all_, as_json=json)


@app.command()
def confirm(
    warning: WarningId,
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="DAY", help="The earliest day, if another: YYYY-MM-DD."),
    ] = None,
    notes: Annotated[str, typer.Option("--notes", help="Why: a name or role, a relocation.")] = "",
    json: Json = False,
) -> None:
    """Confirm one. A warning of people becomes physical nexus: see exempt presence list."""
    from exempt.cli import warnings  # noqa: PLC0415

    exempt = opened()
    warnings.confirm(exempt, acting(exempt), warning, from_, notes, as_json=json)


@app.command()
def dismiss(
    warning: WarningId,
    reason: Annotated[str, typer.Option("--reason", help="Why there is no nexus.")],
    json: Json = False,
) -> None:
    """Dismiss one, for a reason. People who come there later raise another."""
    from exempt.cli import warnings  # noqa: PLC0415

    exempt = opened()
    warnings.dismiss(exempt, acting(exempt), warning, reason, as_json=json)
