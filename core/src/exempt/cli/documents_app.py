"""The commands of ``exempt documents``."""

from __future__ import annotations

from typing import Annotated

import typer

from exempt.cli.base import Json, opened

app = typer.Typer(no_args_is_help=True, help="The kept files of certificates and customers.")


@app.command()
def check(
    look: Annotated[
        bool,
        typer.Option(
            "--look/--no-look", help="Look into papers that nobody looked into, as of imports."
        ),
    ] = True,
    json: Json = False,
) -> None:
    """Hold every kept file against its hash; ends with 1 when one is gone or changed.

    What is known of papers is made anew where it is missing.
    """
    from exempt.cli import papers  # noqa: PLC0415

    raise typer.Exit(papers.check(opened(), look=look, as_json=json))
