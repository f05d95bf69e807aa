"""The command of ``exempt customers`` that lists cards that look alike."""

from __future__ import annotations

from typing import Annotated

import typer

from exempt.cli.base import Json, opened
from exempt.cli.options import Company, OnlyThis


def doubles(
    words: Annotated[
        str | None,
        typer.Argument(help="Part of the name, number, code, tax ID or e-mail of either."),
    ] = None,
    company: Company = None,
    only_this: OnlyThis = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000, help="A page's rows.")] = 50,
    page: Annotated[int, typer.Option("--page", min=1, max=1_000_000, help="Which one.")] = 1,
    json: Json = False,
) -> None:
    """List pairs of cards that look like one customer, and why they are two.

    By number, tax ID, e-mail, name and zip, or name. Merge them, or say that
    they are not the same: then they are not listed again.
    """
    from exempt.cli import likeness  # noqa: PLC0415

    wanted = likeness.Listing(words, company, only_this=only_this, limit=limit, page=page)
    likeness.show(opened(), wanted, as_json=json)
