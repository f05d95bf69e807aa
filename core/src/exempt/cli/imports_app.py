"""The commands of ``exempt imports``, and those of ``exempt customers`` that import."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from exempt.cli.base import Json, acting, opened
from exempt.cli.customer_options import OfCompany
from exempt.cli.options import LARGEST, Company, OnlyThis

app = typer.Typer(no_args_is_help=True, help="Imports of customers: see, undo, resume them.")

TemplateName = Literal["basic", "full"]
Kind = Literal["new", "change", "erase", "zone", "link", "kept", "left"]

ImportId = Annotated[
    int, typer.Argument(metavar="ID", min=1, max=LARGEST, help="Its number, from the list.")
]
Replace = Annotated[bool, typer.Option("--replace", help="Overwrite files that are there.")]


def template(
    which: Annotated[
        TemplateName,
        typer.Argument(help="basic: one number for billing and shipping; full: one for each."),
    ],
    file: Annotated[Path, typer.Argument(help="What to write: .xlsx or .csv.")],
    replace: Replace = False,
) -> None:
    """Write a template for an import of customers, to fill in.

    With a column for each of your own fields.
    """
    from exempt.cli import importing  # noqa: PLC0415

    importing.write_template(opened(), which, file, replace=replace)


def import_(
    file: Annotated[Path, typer.Argument(help="A table: .xlsx or .csv.")],
    company: OfCompany = None,
    template: Annotated[
        TemplateName | None,
        typer.Option("--template", help="Whose titles it has, if they do not say so themselves."),
    ] = None,
    map_: Annotated[
        list[str] | None,
        typer.Option(
            "--map", metavar="TITLE=TITLE", help="A title of the file, and the template's for it."
        ),
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option("--ignore", metavar="TITLE", help="Leave this column out.")
    ] = None,
    aliases: Annotated[
        bool, typer.Option("--aliases", help="Understand other usual titles, too.")
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only", metavar="TITLE=TEXT", help="Just rows with this text in that column."
        ),
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Change the customers; else it is only shown.")
    ] = False,
    background: Annotated[
        bool, typer.Option("--background", help="With --apply: leave it to the daemon.")
    ] = False,
    erase: Annotated[
        bool, typer.Option("--erase", help="Blank cells may erase what customers have.")
    ] = False,
    skip_bad_rows: Annotated[
        bool, typer.Option("--skip-bad-rows", help="Leave rows out that cannot go in.")
    ] = False,
    all_problems: Annotated[
        Path | None,
        typer.Option("--all-problems", help="Write all problems and warnings here: .csv or .xlsx."),
    ] = None,
    preview: Annotated[
        Path | None, typer.Option("--preview", help="Write every change here: .csv or .xlsx.")
    ] = None,
    replace: Replace = False,
    json: Json = False,
) -> None:
    """Import customers from a table.

    Without --apply the file is checked, and what it would change is shown.
    Known numbers are updated, unknown ones get a card. A blank cell erases
    what the customer has there; a deleted column erases nothing.
    """
    from exempt.cli import importing  # noqa: PLC0415

    exempt = opened()
    asked = importing.Asked(
        file=file,
        company=company,
        template=template,
        maps=map_ or [],
        ignored=ignore or [],
        aliases=aliases,
        only=only or [],
        apply=apply,
        background=background,
        erase=erase,
        skip_bad_rows=skip_bad_rows,
        all_problems=all_problems,
        preview=preview,
        replace=replace,
    )
    raise typer.Exit(importing.import_customers(exempt, acting(exempt), asked, as_json=json))


@app.command("list")
def list_(company: Company = None, only_this: OnlyThis = False, json: Json = False) -> None:
    """List imports, the newest first."""
    from exempt.cli import import_lists  # noqa: PLC0415

    import_lists.show_list(opened(), company, only_this=only_this, as_json=json)


@app.command()
def show(import_id: ImportId, json: Json = False) -> None:
    """Show what an import found and did, and the customers it made and changed."""
    from exempt.cli import import_lists  # noqa: PLC0415

    import_lists.show_one(opened(), import_id, as_json=json)


@app.command()
def changes(
    import_id: ImportId,
    kind: Annotated[Kind | None, typer.Option("--kind", help="Just those of this kind.")] = None,
    to: Annotated[
        Path | None, typer.Option("--to", help="Write all of them here: .csv or .xlsx.")
    ] = None,
    replace: Replace = False,
    json: Json = False,
) -> None:
    """Show cell by cell what an import changed, or would change."""
    from exempt.cli import import_lists  # noqa: PLC0415

    import_lists.show_changes(opened(), import_id, kind, to, replace=replace, as_json=json)


@app.command()
def undo(import_id: ImportId, json: Json = False) -> None:
    """Put back what an import changed, and take its new customers away.

    What was changed since then, or has something new hanging on it, stays.
    """
    from exempt.cli import importing  # noqa: PLC0415

    exempt = opened()
    importing.undo(exempt, acting(exempt), import_id, as_json=json)


@app.command()
def resume(import_id: ImportId, json: Json = False) -> None:
    """Go on with an import, or its undoing, that was interrupted."""
    from exempt.cli import importing  # noqa: PLC0415

    exempt = opened()
    raise typer.Exit(importing.resume(exempt, acting(exempt), import_id, as_json=json))


@app.command()
def drop(import_id: ImportId) -> None:
    """Give up an import that was not applied; its rows are deleted."""
    from exempt.cli import importing  # noqa: PLC0415

    exempt = opened()
    importing.drop(exempt, import_id)
