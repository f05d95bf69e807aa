"""The command of ``exempt customers`` that holds the cards against the sources."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from exempt.cli.base import Json, Names, opened


def reconcile(
    names: Names = None,
    everyone: Annotated[
        bool,
        typer.Option(
            "--everyone", help="Miss cards in a source that have nothing to do with exemption, too."
        ),
    ] = False,
    to: Annotated[
        Path | None, typer.Option("--to", help="Write every difference here: .csv or .xlsx.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Write the file although it is there already.")
    ] = False,
    json: Json = False,
) -> None:
    """Hold customers against each source: who is missing where, and what differs.

    It looks at what was read last, and changes nothing. Differences are no
    failure: it ends with 0, and the last line says whether there are any.
    """
    from exempt.cli import reconciling  # noqa: PLC0415

    wanted = reconciling.Wanted(names or [], everyone=everyone, to=to, replace=replace)
    reconciling.reconcile(opened(), wanted, as_json=json)
