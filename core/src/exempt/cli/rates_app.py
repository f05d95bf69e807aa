"""The commands of ``exempt rates``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from exempt.cli.base import Json, acting, opened

app = typer.Typer(
    no_args_is_help=True,
    help="Exchange rates: by them sales in other currencies count towards thresholds.",
)


@app.command("import")
def import_(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="A CSV with the columns currency, day and rate: US dollars for one unit.",
        ),
    ],
    source: Annotated[
        str,
        typer.Option("--source", metavar="WORDS", help="Where the rates are from, for the list."),
    ] = "",
    json: Json = False,
) -> None:
    """Take in rates: each holds from its day on until the next one of its currency.

    Where something is wrong with the file, nothing is taken, and every mistake
    is listed with its row, its column and what to write instead. The same file
    again changes nothing. Orders that are concerned are counted anew in the
    background.
    """
    from exempt.cli.rates import take_in  # noqa: PLC0415

    exempt = opened()
    raise typer.Exit(take_in(exempt, acting(exempt), file, source, as_json=json))


@app.command("list")
def list_(
    currency: Annotated[
        str | None, typer.Argument(metavar="CURRENCY", help="Just those of this one, as EUR.")
    ] = None,
    json: Json = False,
) -> None:
    """List the rates, and what is set aside for want of one."""
    from exempt.cli.rates import show_list  # noqa: PLC0415

    show_list(opened(), currency, as_json=json)
