"""The commands of ``exempt presence``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from exempt.cli.base import Json, acting, opened
from exempt.cli.options import LARGEST, Company, OnlyThis

app = typer.Typer(no_args_is_help=True, help="Physical nexus: people, property and stock.")

PresenceId = Annotated[
    int, typer.Argument(metavar="ID", min=1, max=LARGEST, help="Its id, from the list.")
]
Notes = Annotated[
    str | None,
    typer.Option("--notes", help="Why: a name or role, a relocation, the name of a building."),
]


@app.command()
def add(
    state: Annotated[
        list[str] | None, typer.Argument(metavar="STATE...", help="One or several, as TX CA.")
    ] = None,
    kind: Annotated[
        str, typer.Option("--kind", help="employee, property, inventory or other.")
    ] = "employee",
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="DAY", help="The earliest day of it: YYYY-MM-DD."),
    ] = None,
    notes: Notes = None,
    rows: Annotated[
        Path | None,
        typer.Option(
            "--rows",
            metavar="FILE",
            help="Several that differ: a table with state, kind, effective_date and notes.",
        ),
    ] = None,
    company: Annotated[
        str | None, typer.Option("--company", help="Whose it is; needed if there are several.")
    ] = None,
    json: Json = False,
) -> None:
    """Add physical nexus in one state or several, in one save: all of them, or none."""
    from exempt.cli import presence  # noqa: PLC0415

    exempt = opened()
    given = presence.Given(state or [], kind, from_, notes or "", rows, company)
    presence.add(exempt, acting(exempt), given, as_json=json)


@app.command("list")
def list_(
    company: Company = None,
    only_this: OnlyThis = False,
    all_: Annotated[
        bool, typer.Option("--all", help="Also what has ended, or was removed.")
    ] = False,
    json: Json = False,
) -> None:
    """List where there is physical nexus, since when, and why."""
    from exempt.cli import presence  # noqa: PLC0415

    presence.show_list(opened(), company, only_this=only_this, everything=all_, as_json=json)


@app.command()
def show(presence_id: PresenceId, json: Json = False) -> None:
    """Show one, and who did what with it."""
    from exempt.cli import presence  # noqa: PLC0415

    presence.show_one(opened(), presence_id, as_json=json)


@app.command()
def end(
    presence_id: PresenceId,
    on: Annotated[str, typer.Option("--on", metavar="DAY", help="Its last day: YYYY-MM-DD.")],
    json: Json = False,
) -> None:
    """Give it a last day. What it was before stays nexus."""
    from exempt.cli import presence  # noqa: PLC0415

    exempt = opened()
    presence.end(exempt, acting(exempt), presence_id, on, as_json=json)


@app.command()
def change(
    presence_id: PresenceId,
    from_: Annotated[
        str | None, typer.Option("--from", metavar="DAY", help="Another earliest day.")
    ] = None,
    notes: Notes = None,
    goes_on: Annotated[bool, typer.Option("--goes-on", help="Take its last day away.")] = False,
    json: Json = False,
) -> None:
    """Change its first day or its notes; what stood there before is remembered."""
    from exempt.cli import presence  # noqa: PLC0415

    exempt = opened()
    wanted = (from_, notes, goes_on)
    presence.change(exempt, acting(exempt), presence_id, wanted, as_json=json)


@app.command()
def remove(
    presence_id: PresenceId,
    reason: Annotated[str, typer.Option("--reason", help="Why it was a mistake.")] = "",
    json: Json = False,
) -> None:
    """Take back what was entered by mistake; what was true once has an end instead."""
    from exempt.cli import presence  # noqa: PLC0415

    exempt = opened()
    presence.remove(exempt, acting(exempt), presence_id, reason, as_json=json)
