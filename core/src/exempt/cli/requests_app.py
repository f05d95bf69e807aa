"""The commands of ``exempt requests``."""

from __future__ import annotations

from typing import Annotated

import typer

from exempt.cli.base import Json, opened
from exempt.cli.options import Company, OnlyThis

app = typer.Typer(no_args_is_help=True, help="Ask customers for missing certificates.")


@app.command("list")
def list_(company: Company = None, only_this: OnlyThis = False, json: Json = False) -> None:
    """List customers to ask, and those asked already."""
    from exempt.cli import asking  # noqa: PLC0415

    asking.show(opened(), company, only_this=only_this, as_json=json)


@app.command()
def send(
    customer: Annotated[
        list[str] | None,
        typer.Argument(metavar="CUSTOMER", help="Numbers or e-mails, or id:12."),
    ] = None,
    everyone: Annotated[bool, typer.Option("--all", help="All who lack a certificate.")] = False,
    json: Json = False,
) -> None:
    """Mail customers whose orders lack a certificate; nobody is asked twice."""
    from exempt.cli import asking  # noqa: PLC0415

    raise typer.Exit(asking.send(opened(), customer or [], everyone=everyone, as_json=json))


@app.command()
def remind(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be written, and write nothing.")
    ] = False,
    json: Json = False,
) -> None:
    """Mail whom certificates end for, and who has not answered a request; each mail once.

    On the days that the settings name: daemon.expiry_notices before a certificate ends,
    daemon.reminders after a request. With daemon.send_notices the daemon does so by itself.
    """
    from exempt.cli import asking  # noqa: PLC0415

    raise typer.Exit(asking.remind(opened(), dry_run=dry_run, as_json=json))
