"""The commands of ``exempt submissions``."""

from __future__ import annotations

from typing import Annotated

import typer

from exempt.cli.base import Json, acting, opened
from exempt.cli.options import LARGEST, Anyway, Company, OnlyThis, Version

app = typer.Typer(no_args_is_help=True, help="Review certificates that customers send in.")

Id = Annotated[
    int,
    typer.Argument(
        metavar="ID", min=1, max=LARGEST, help="Of the certificate that waits, from the list."
    ),
]
Because = Annotated[
    list[str],
    typer.Option(
        "--because", help="CODE, or CODE=TEXT: such as not_signed, or other='It is torn.'"
    ),
]


@app.command("list")
def list_(
    words: Annotated[
        str | None, typer.Argument(help="Part of a customer's name or number.")
    ] = None,
    state: Annotated[str | None, typer.Option("--state", help="Those for this state.")] = None,
    company: Company = None,
    only_this: OnlyThis = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="A page's rows.")] = 50,
    page: Annotated[int, typer.Option("--page", min=1, max=1_000_000, help="Which one.")] = 1,
    json: Json = False,
) -> None:
    """List what waits for review, the oldest first, with what disagrees in it.

    Certificates that were entered as pending wait here as well.
    """
    from exempt.cli import submissions  # noqa: PLC0415

    exempt = opened()
    filters = submissions.filters(exempt, words, state, company, only_this=only_this)
    filters = filters._replace(limit=limit, offset=(page - 1) * limit)
    submissions.show_list(exempt, acting(exempt), filters, page, as_json=json)


@app.command()
def show(certificate: Id, json: Json = False) -> None:
    """Show one beside what was read in its document, with all checks."""
    from exempt.cli import submissions  # noqa: PLC0415

    exempt = opened()
    submissions.show_one(exempt, acting(exempt), certificate, as_json=json)


@app.command()
def accept(
    certificate: Id, anyway: Anyway = False, version: Version = None, json: Json = False
) -> None:
    """Accept what waits: open orders are decided anew, and their sources told.

    To correct it first, use exempt certificates edit.
    """
    from exempt.cli import submissions  # noqa: PLC0415

    exempt = opened()
    submissions.accept(exempt, acting(exempt), certificate, version, anyway=anyway, as_json=json)


@app.command()
def reject(
    certificate: Id,
    because: Because,
    no_mail: Annotated[bool, typer.Option("--no-mail", help="Write to nobody.")] = False,
    version: Version = None,
    json: Json = False,
) -> None:
    """Reject what waits; the customer is mailed why, with a link to mend it."""
    from exempt.cli import submissions  # noqa: PLC0415

    exempt = opened()
    submissions.reject(
        exempt, acting(exempt), certificate, because, version, tell=not no_mail, as_json=json
    )
