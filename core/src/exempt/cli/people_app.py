"""The commands of ``exempt employees``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from exempt.cli.base import Json, acting, opened
from exempt.cli.options import LARGEST, Company, OnlyThis

app = typer.Typer(no_args_is_help=True, help="Where people work and live: physical nexus.")


@app.command("list")
def list_(
    state: Annotated[
        str | None, typer.Argument(metavar="STATE", help="Each person in this one, as TX.")
    ] = None,
    company: Company = None,
    only_this: OnlyThis = False,
    past: Annotated[
        bool, typer.Option("--past", help="States that everybody has left, too.")
    ] = False,
    json: Json = False,
) -> None:
    """List the states where people work or live, since when, and whether nexus is confirmed.

    Of several HR systems each person counts once. A home counts as a place of work does.
    """
    from exempt.cli import people  # noqa: PLC0415

    people.show(opened(), state, company, only_this=only_this, past=past, as_json=json)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A table of people: .csv or .xlsx.")],
    company: Annotated[
        str | None,
        typer.Option("--company", help="Whose people they are; needed if there are several."),
    ] = None,
    json: Json = False,
) -> None:
    """Take in people out of a file, for a company without an HR system.

    Columns: employee_id, state, home_state, start_date, end_date, label, contractor. Who
    moved has a row for each time. All of it is taken, or nothing; the same file again
    changes nothing.
    """
    from exempt.cli import people  # noqa: PLC0415

    exempt = opened()
    raise typer.Exit(people.take_in(exempt, acting(exempt), file, company, as_json=json))


@app.command()
def undo(
    run: Annotated[
        int,
        typer.Argument(
            metavar="IMPORT", min=1, max=LARGEST, help="Its number, as the import said it."
        ),
    ],
    preview: Annotated[
        bool, typer.Option("--preview", help="Show what would be put back, and do nothing.")
    ] = False,
    json: Json = False,
) -> None:
    """Put back what a file of people brought.

    People whom it made are taken away, and those whom it changed are as before, unless a
    later file has them too: such are listed. One that was interrupted goes on.
    """
    from exempt.cli import people  # noqa: PLC0415

    exempt = opened()
    act = acting(exempt)
    if preview:
        people.preview_undo(exempt, act, run, as_json=json)
    else:
        people.undo(exempt, act, run, as_json=json)
