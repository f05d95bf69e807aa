"""The commands of ``exempt keys``."""

from __future__ import annotations

from typing import Annotated

import typer

from exempt.cli.base import Json, acting, opened
from exempt.model.access import Right

app = typer.Typer(no_args_is_help=True, help="API keys of programs: add, list, revoke.")


@app.command("list")
def list_(json: Json = False) -> None:
    """List keys: what each may do, for which companies, when it was used last."""
    from exempt.cli import keys  # noqa: PLC0415

    keys.show(opened(), as_json=json)


@app.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The program's, such as erp.")],
    right: Annotated[
        list[Right] | None,
        typer.Option("--right", help="What it may do; may stand repeatedly. Else read and decide."),
    ] = None,
    company: Annotated[
        list[str] | None,
        typer.Option(
            "--company", help="Only for this company and those below it; may stand repeatedly."
        ),
    ] = None,
    days: Annotated[
        int | None,
        typer.Option("--days", min=1, max=3660, help="So long it works; else until revoked."),
    ] = None,
    json: Json = False,
) -> None:
    """Make a key and print it, once: it cannot be shown again."""
    from exempt.cli import keys  # noqa: PLC0415

    exempt = opened()
    chosen = right or [Right.READ, Right.DECIDE]
    keys.add(exempt, acting(exempt), name, chosen, company, days, as_json=json)


@app.command()
def revoke(
    key: Annotated[int, typer.Argument(metavar="ID", help="Its number: see exempt keys list.")],
) -> None:
    """Let a key work no more, from its next call on."""
    from exempt.cli import keys  # noqa: PLC0415

    exempt = opened()
    keys.revoke(exempt, acting(exempt), key)
