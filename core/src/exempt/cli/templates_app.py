"""The commands of ``exempt requests templates``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from exempt.cli.base import Json, acting, opened
from exempt.model.messages import Purpose

app = typer.Typer(no_args_is_help=True, help="The words of mails to customers.")

Kind = Annotated[
    Purpose,
    typer.Argument(metavar="KIND", help="request, reminder, expiry, rejection or receipt."),
]
OfCompany = Annotated[
    str | None, typer.Option("--company", help="Just for this company's mails; else for all.")
]


@app.command("list")
def list_(company: OfCompany = None, json: Json = False) -> None:
    """List the kinds of mails, and whose words count for each."""
    from exempt.cli import templates  # noqa: PLC0415

    templates.show_all(opened(), company, as_json=json)


@app.command()
def show(kind: Kind, company: OfCompany = None, json: Json = False) -> None:
    """Show the words that count for a kind of mail, and who wrote them when."""
    from exempt.cli import templates  # noqa: PLC0415

    templates.show(opened(), kind, company, as_json=json)


@app.command()
def preview(
    kind: Kind,
    company: OfCompany = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="Words that are not saved yet; see set.")
    ] = None,
    customer: Annotated[
        str | None, typer.Option("--customer", help="As this customer would get it.")
    ] = None,
    json: Json = False,
) -> None:
    """Show a mail as an example customer would get it."""
    from exempt.cli import templates  # noqa: PLC0415

    templates.preview(opened(), kind, company, file, customer, as_json=json)


@app.command("set")
def set_(
    kind: Kind,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Its first line is the subject, then the text.")
    ],
    company: OfCompany = None,
    json: Json = False,
) -> None:
    """Put other words in place, from a file; what was said before is kept."""
    from exempt.cli import templates  # noqa: PLC0415

    exempt = opened()
    templates.put(exempt, acting(exempt), kind, file, company, as_json=json)
