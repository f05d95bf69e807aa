"""The commands of ``exempt companies``."""

from __future__ import annotations

import typer

from exempt.cli.base import Json, opened

app = typer.Typer(no_args_is_help=True, help="The seller's companies, as a tree.")


@app.command("list")
def list_(json: Json = False) -> None:
    """List companies, each below the one it belongs to, with what each has.

    They are made in the settings: [companies.KEY].
    """
    from exempt.cli import companies  # noqa: PLC0415

    companies.show(opened(), as_json=json)
