"""The commands of ``exempt users``."""

from __future__ import annotations

from typing import Annotated

import typer

from exempt.cli.base import Json, acting, opened
from exempt.model.access import Role

app = typer.Typer(no_args_is_help=True, help="People who sign in: add, disable, give a new link.")

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="Their e-mail address.")]
Companies = Annotated[
    list[str] | None,
    typer.Option("--company", help="Only this company and those below it; may stand repeatedly."),
]


@app.command("list")
def list_(json: Json = False) -> None:
    """List everybody: role, companies, when they signed in last."""
    from exempt.cli import users  # noqa: PLC0415

    users.show(opened(), as_json=json)


@app.command()
def add(
    email: Email,
    name: Annotated[str, typer.Option("--name", help="How pages address them.")],
    role: Annotated[
        Role, typer.Option("--role", help="What they may do: each role may more than the first.")
    ] = Role.REVIEWER,
    company: Companies = None,
    json: Json = False,
) -> None:
    """Add somebody, and print the link by which they choose a password.

    The link works once, for three days. Pass it on yourself: nobody is mailed.
    """
    from exempt.cli import users  # noqa: PLC0415

    exempt = opened()
    users.add(exempt, acting(exempt), email, name, role, company, as_json=json)


@app.command()
def role(
    email: Email,
    role: Annotated[Role, typer.Argument(metavar="ROLE", help="viewer, reviewer, administrator.")],
    company: Companies = None,
) -> None:
    """Give somebody another role and companies; they sign in anew.

    Without --company they see all companies.
    """
    from exempt.cli import users  # noqa: PLC0415

    exempt = opened()
    users.change_role(exempt, acting(exempt), email, role, company)


@app.command()
def disable(email: Email) -> None:
    """Let somebody sign in no more; where they are signed in, they are out at once."""
    from exempt.cli import users  # noqa: PLC0415

    exempt = opened()
    users.disable(exempt, acting(exempt), email)


@app.command()
def enable(email: Email) -> None:
    """Let somebody who was disabled sign in again."""
    from exempt.cli import users  # noqa: PLC0415

    exempt = opened()
    users.enable(exempt, acting(exempt), email)


@app.command()
def link(
    email: Annotated[
        str | None,
        typer.Argument(metavar="EMAIL", help="Whose; without one, the first administrator's."),
    ] = None,
    drop_second_factor: Annotated[
        bool,
        typer.Option("--drop-second-factor", help="Forget their second factor, which they lost."),
    ] = False,
    json: Json = False,
) -> None:
    """Print a new link by which somebody chooses a password; the one before works no more.

    It works once: an invitation for three days, any other for an hour.
    """
    from exempt.cli import users  # noqa: PLC0415

    exempt = opened()
    act = acting(exempt)
    users.link(exempt, act, email, drop_second_factor=drop_second_factor, as_json=json)
