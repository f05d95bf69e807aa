"""The commands of ``exempt connections``."""

from __future__ import annotations

from typing import Annotated

import typer

from exempt.cli.base import Json, acting, opened

app = typer.Typer(no_args_is_help=True, help="Connections: see, pause, resume and run them.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="As in the settings.")]


@app.command("list")
def list_(json: Json = False) -> None:
    """List connections: when they are read, how they are, what they are owed."""
    from exempt.cli import connections  # noqa: PLC0415

    connections.show_list(opened(), as_json=json)


@app.command()
def pause(
    name: Name,
    reason: Annotated[str, typer.Option("--reason", help="Why, for whoever wonders.")],
) -> None:
    """Let nothing be read from a connection, nor written to it, until it is resumed.

    What goes on ends after the page or batch it is at. What is owed waits.
    """
    from exempt.cli import connections  # noqa: PLC0415

    exempt = opened()
    connections.pause(exempt, acting(exempt), name, reason)


@app.command()
def resume(name: Name) -> None:
    """Let a paused connection go on, whoever or whatever paused it.

    The daemon does at once what waited.
    """
    from exempt.cli import connections  # noqa: PLC0415

    exempt = opened()
    connections.resume(exempt, acting(exempt), name)


@app.command()
def run(name: Name, json: Json = False) -> None:
    """Let the daemon read a connection now, and write what it is owed.

    Without a daemon, exempt sync does it.
    """
    from exempt.cli import connections  # noqa: PLC0415

    connections.run_now(opened(), name, as_json=json)
