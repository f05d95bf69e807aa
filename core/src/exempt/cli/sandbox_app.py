"""The commands of ``exempt sandbox``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from exempt.cli.base import Json

app = typer.Typer(
    no_args_is_help=True,
    help="Try everything on a sample company: API, portal and console, with a clock to turn.",
)

Folder = Annotated[Path, typer.Argument(help="The sandbox's folder.")]
_FOLDER = Path("exempt-sandbox")


@app.command()
def start(
    folder: Folder = _FOLDER,
    listen: Annotated[
        str, typer.Option("--listen", metavar="HOST:PORT", help="Where to serve; port 0 is free.")
    ] = "127.0.0.1:8080",
) -> None:
    """Make a sandbox anew, and run it until it is stopped."""
    from exempt.cli import sandbox  # noqa: PLC0415 - a second of imports

    sandbox.start(folder, listen)


@app.command()
def advance(
    by: Annotated[str, typer.Argument(metavar="TIME", help="How far: 30d, 12h or 15m.")],
    folder: Folder = _FOLDER,
) -> None:
    """Put the clock of a sandbox forward: certificates end, links expire, reminders go out."""
    from exempt.cli import sandbox  # noqa: PLC0415 - a second of imports

    sandbox.advance(folder, by)


@app.command()
def mails(folder: Folder = _FOLDER, json: Json = False) -> None:
    """List the mails of a sandbox, which nobody got."""
    from exempt.cli import sandbox  # noqa: PLC0415 - a second of imports

    sandbox.mails(folder, as_json=json)
