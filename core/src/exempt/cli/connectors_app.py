"""The commands of ``exempt connectors``."""

from __future__ import annotations

from typing import Annotated

import typer

from exempt.cli.base import Json, State

app = typer.Typer(
    no_args_is_help=True, help="Connectors: try out settings, and describe what they may be."
)


@app.command("try")
def try_(
    settings: Annotated[
        str,
        typer.Argument(
            metavar="SETTINGS",
            help="A connection of the settings file, or a TOML file that names its connector.",
        ),
    ],
    stream: Annotated[
        list[str] | None,
        typer.Option("--stream", help="Just customers, say; may be given several times."),
    ] = None,
    rows: Annotated[int, typer.Option("--rows", min=1, max=50, help="How many of each.")] = 3,
    json: Json = False,
) -> None:
    """Read the first rows of each stream, and show each beside the record made of it.

    Nothing is stored, logged or written. Customer data is shown: it is for your own eyes.
    """
    from exempt.cli.connectors_try import try_out  # noqa: PLC0415

    raise typer.Exit(try_out(State, settings, stream or [], rows, as_json=json))


@app.command()
def schema(
    name: Annotated[str, typer.Argument(metavar="CONNECTOR", help="As exempt plugins lists it.")],
) -> None:
    """Print the JSON Schema of a connector's settings file, for editors."""
    from exempt.cli.connectors_schema import show_schema  # noqa: PLC0415

    show_schema(name)
