"""The commands of ``exempt backfill``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from exempt.cli import backfill_history
from exempt.cli.base import Json, acting, opened
from exempt.cli.options import LARGEST, Company, OnlyThis

app = typer.Typer(no_args_is_help=True, help="Sales of the past: out of files, and connections.")

app.command()(backfill_history.run)
app.command()(backfill_history.status)

RunId = Annotated[
    int, typer.Argument(metavar="RUN", min=1, max=LARGEST, help="Its number, from the list.")
]
File = Annotated[Path, typer.Argument(metavar="FILE", help="A table of sales: .csv or .xlsx.")]
Replace = Annotated[bool, typer.Option("--replace", help="Overwrite a file that is there.")]
OfCompany = Annotated[
    str | None, typer.Option("--company", help="Whose sales they are; needed if there are several.")
]
Source = Annotated[
    str | None,
    typer.Option(
        "--source",
        metavar="NAME",
        help="Where they are from: a name of your own, or a connection that lacks them.",
    ),
]
Maps = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="THEIRS=OURS", help="A title of the file, and ours for it."),
]
Ignored = Annotated[
    list[str] | None, typer.Option("--ignore", metavar="TITLE", help="Leave this column out.")
]
Defaults = Annotated[
    list[str] | None,
    typer.Option(
        "--default", metavar="TITLE=VALUE", help="What holds where the cell is empty: country=US."
    ),
]
TimeZone = Annotated[
    str | None,
    typer.Option(
        "--time-zone", help="The seller's, as America/New_York: whose day it was. Else UTC."
    ),
]
DateFormat = Annotated[
    str | None,
    typer.Option(
        "--date-format",
        help="How dates are written, if they leave it open: month-first, day-first.",
    ),
]
AnySigns = Annotated[bool, typer.Option("--any-signs", help="Ids may have the signs ( ) # and *.")]
Mistakes = Annotated[
    Path | None, typer.Option("--mistakes", help="Write every mistake here: .csv or .xlsx.")
]


@app.command()
def template(
    file: Annotated[
        Path | None, typer.Argument(help="What to write; else backfill.csv, or backfill.xlsx.")
    ] = None,
    xlsx: Annotated[bool, typer.Option("--xlsx", help="An Excel workbook.")] = False,
    replace: Replace = False,
) -> None:
    """Write a template for sales of the past, to fill in."""
    from exempt.cli import backfills  # noqa: PLC0415

    backfills.write_template(file, xlsx=xlsx, replace=replace)


@app.command()
def check(
    file: File,
    company: OfCompany = None,
    source: Source = None,
    time_zone: TimeZone = None,
    date_format: DateFormat = None,
    map_: Maps = None,
    ignore: Ignored = None,
    default: Defaults = None,
    any_signs: AnySigns = False,
    mistakes: Mistakes = None,
    replace: Replace = False,
    json: Json = False,
) -> None:
    """Check a file of sales; nothing is imported.

    It ends in "All looks good!", or says of every mistake in which row and
    column it is, and how to mend it.
    """
    from exempt.cli import backfills  # noqa: PLC0415

    exempt = opened()
    asked = backfills.Asked(
        file=file,
        company=company,
        source=source,
        time_zone=time_zone,
        date_format=date_format,
        maps=map_ or [],
        ignored=ignore or [],
        defaults=default or [],
        any_signs=any_signs,
        mistakes=mistakes,
        replace=replace,
    )
    raise typer.Exit(backfills.check_file(exempt, acting(exempt), asked, as_json=json))


@app.command("import")
def import_(
    what: Annotated[
        str, typer.Argument(metavar="RUN|FILE", help="What was checked, or a file to check first.")
    ],
    company: OfCompany = None,
    source: Source = None,
    time_zone: TimeZone = None,
    date_format: DateFormat = None,
    map_: Maps = None,
    ignore: Ignored = None,
    default: Defaults = None,
    any_signs: AnySigns = False,
    mistakes: Mistakes = None,
    replace: Replace = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="Do it now and here; else the daemon does it.")
    ] = False,
    json: Json = False,
) -> None:
    """Import a file of sales that has no mistakes.

    The daemon does it in the background. The same file again changes nothing;
    a corrected one changes what was corrected.
    """
    from exempt.cli import backfills  # noqa: PLC0415

    exempt = opened()
    asked = backfills.Asked(
        file=Path(what),
        company=company,
        source=source,
        time_zone=time_zone,
        date_format=date_format,
        maps=map_ or [],
        ignored=ignore or [],
        defaults=default or [],
        any_signs=any_signs,
        mistakes=mistakes,
        replace=replace,
    )
    raise typer.Exit(backfills.import_(exempt, acting(exempt), asked, wait=wait, as_json=json))


@app.command()
def products(
    run: RunId,
    assign: Annotated[
        list[str] | None,
        typer.Option("--assign", metavar="ID=CATEGORY", help="A product id, and its tax category."),
    ] = None,
    rest: Annotated[
        str | None,
        typer.Option("--rest", metavar="CATEGORY", help="All others that have none yet."),
    ] = None,
    json: Json = False,
) -> None:
    """Show the products that a file brings, and give them their tax categories.

    Those without one count as taxable everywhere, and hold up nothing. The
    categories are those of exempt products categories.
    """
    from exempt.cli import backfills  # noqa: PLC0415

    exempt = opened()
    backfills.products(exempt, acting(exempt), run, assign or [], rest, as_json=json)


@app.command()
def complete(run: RunId) -> None:
    """Mark an imported file as complete: somebody has looked at what came of it."""
    from exempt.cli import backfills  # noqa: PLC0415

    exempt = opened()
    backfills.complete(exempt, acting(exempt), run)


@app.command()
def undo(
    run: RunId,
    preview: Annotated[
        bool, typer.Option("--preview", help="Show what would be put back, and do nothing.")
    ] = False,
    json: Json = False,
) -> None:
    """Put back what a file brought.

    Sales, customers and products that it made are taken away, and those that it
    changed are as before. What a connection or a later file has brought since,
    and what somebody has put something on, stays, and is listed. One that was
    interrupted goes on where it stopped.
    """
    from exempt.cli import backfills  # noqa: PLC0415

    exempt = opened()
    act = acting(exempt)
    if preview:
        backfills.preview_undo(exempt, act, run, as_json=json)
    else:
        backfills.undo(exempt, act, run, as_json=json)


@app.command("list")
def list_(company: Company = None, only_this: OnlyThis = False, json: Json = False) -> None:
    """List the files that were checked and imported, the newest first."""
    from exempt.cli import backfills  # noqa: PLC0415

    backfills.show_list(opened(), company, only_this=only_this, as_json=json)


@app.command()
def show(
    run: RunId,
    mistakes: Mistakes = None,
    replace: Replace = False,
    json: Json = False,
) -> None:
    """Show how far a file is, what it brought, and its first mistakes."""
    from exempt.cli import backfills  # noqa: PLC0415

    backfills.show_one(opened(), run, mistakes, replace=replace, as_json=json)


@app.command()
def drop(run: RunId) -> None:
    """Give up a file that is not imported."""
    from exempt.cli import backfills  # noqa: PLC0415

    exempt = opened()
    backfills.drop(exempt, run)
