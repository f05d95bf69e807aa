"""The commands of ``exempt comments`` and ``exempt files``: one table, one numbering."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from exempt.cli.base import Json, acting, opened
from exempt.cli.options import LARGEST, OfCustomer

comments = typer.Typer(no_args_is_help=True, help="Comments on customers and certificates.")
files = typer.Typer(no_args_is_help=True, help="Files of customers and certificates.")

OfCertificate = Annotated[
    int | None, typer.Option("--certificate", min=1, max=LARGEST, help="Of the one with this id.")
]
EntryId = Annotated[
    int, typer.Argument(metavar="ID", min=1, max=LARGEST, help="Its id, from the list.")
]
Removed = Annotated[bool, typer.Option("--removed", help="Those that were removed, too.")]
File = Annotated[
    Path, typer.Argument(metavar="FILE", help="PDF, picture, Office, e-mail, text; at most 50 MB.")
]


@comments.command("list")
@files.command("list")
def list_(
    customer: OfCustomer = None,
    certificate: OfCertificate = None,
    removed: Removed = False,
    json: Json = False,
) -> None:
    """List the comments and files of a customer or certificate."""
    from exempt.cli import entries  # noqa: PLC0415

    entries.show(opened(), customer, certificate, removed=removed, as_json=json)


@comments.command("add")
def add_comment(
    text: Annotated[str, typer.Argument(help="The comment, at most 10,000 characters.")],
    customer: OfCustomer = None,
    certificate: OfCertificate = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="A file to add with it, as an entry of its own.")
    ] = None,
    json: Json = False,
) -> None:
    """Add a comment to a customer or certificate."""
    from exempt.cli import entries  # noqa: PLC0415

    exempt = opened()
    entries.add(exempt, acting(exempt), customer, certificate, text=text, file=file, as_json=json)


@files.command("add")
def add_file(
    file: File,
    customer: OfCustomer = None,
    certificate: OfCertificate = None,
    comment: Annotated[
        str | None, typer.Option("--comment", help="A comment to add with it.")
    ] = None,
    json: Json = False,
) -> None:
    """Add a file to a customer or certificate.

    What it is, is judged by its content: programs, archives, web pages and
    documents with macros are refused.
    """
    from exempt.cli import entries  # noqa: PLC0415

    exempt = opened()
    entries.add(
        exempt, acting(exempt), customer, certificate, text=comment, file=file, as_json=json
    )


@comments.command("edit")
def edit_comment(
    entry: EntryId,
    text: Annotated[str, typer.Argument(help="What it shall say.")],
    json: Json = False,
) -> None:
    """Change a comment.

    Whoever changes it is shown with the time from then on; what it said stays
    in the history.
    """
    from exempt.cli import entries  # noqa: PLC0415

    exempt = opened()
    entries.edit(exempt, acting(exempt), entry, text, as_json=json)


@files.command("edit")
def edit_file(
    entry: EntryId,
    name: Annotated[str, typer.Argument(help="Its new name, with the same ending.")],
    json: Json = False,
) -> None:
    """Rename a file."""
    from exempt.cli import entries  # noqa: PLC0415

    exempt = opened()
    entries.edit(exempt, acting(exempt), entry, name, as_json=json)


@files.command()
def get(
    entry: EntryId,
    target: Annotated[Path, typer.Argument(help="A file to make, or a folder to put it in.")],
    json: Json = False,
) -> None:
    """Write a copy of a file, byte for byte; nothing is overwritten."""
    from exempt.cli import entries  # noqa: PLC0415

    entries.get(opened(), entry, target, as_json=json)


@comments.command()
@files.command()
def remove(entry: EntryId, json: Json = False) -> None:
    """Show a comment or file no more.

    Its text stays in the history, and a file's bytes are kept.
    """
    from exempt.cli import entries  # noqa: PLC0415

    exempt = opened()
    entries.remove(exempt, acting(exempt), entry, as_json=json)
