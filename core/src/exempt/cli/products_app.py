"""The commands of ``exempt products``."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from exempt.cli.base import Json, opened
from exempt.cli.options import Company, OnlyThis

app = typer.Typer(
    no_args_is_help=True,
    help="What your products are for tax, so that thresholds of taxable sales count right.",
)

Connection = Annotated[
    str | None, typer.Option("--connection", help="Of the connection with this name.")
]
Limit = Annotated[int, typer.Option("--limit", min=1, max=100_000, help="How many at most.")]
Matching = Annotated[
    str | None,
    typer.Option("--matching", help="All with these words in their id, name or tax code."),
]
Sure = Literal["high", "medium", "low"]


@app.command("list")
def list_(
    words: Annotated[
        str | None, typer.Argument(help="Words in their id, name or tax code.")
    ] = None,
    unmapped: Annotated[
        bool, typer.Option("--unmapped", help="Just those without a tax category.")
    ] = False,
    category: Annotated[
        str | None, typer.Option("--category", help="Just those with this tax category.")
    ] = None,
    connection: Connection = None,
    company: Company = None,
    only_this: OnlyThis = False,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """List product ids that sources named, with when each was first seen and what it is.

    One without a tax category blocks nothing: it counts as taxed.
    """
    from exempt.cli import products  # noqa: PLC0415

    among = products.Among(words, company, connection, only_this=only_this)
    products.show_list(
        opened(), among, unmapped=unmapped, category=category, limit=limit, as_json=json
    )


@app.command()
def show(
    product: Annotated[
        str, typer.Argument(metavar="ID", help="Its id in its source, or ours as id:12.")
    ],
    connection: Connection = None,
    json: Json = False,
) -> None:
    """Show a product: where it came from, what was sold of it, and who taxes it."""
    from exempt.cli import products  # noqa: PLC0415

    products.show_one(opened(), product, connection, as_json=json)


@app.command()
def assign(
    products_: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID]…", help="Their ids in their source, or ours as id:12."),
    ] = None,
    category: Annotated[
        str | None,
        typer.Option(
            "--category", metavar="KEY", help="What they are: see exempt products categories."
        ),
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="Take their category away.")] = False,
    all_unmapped: Annotated[
        bool, typer.Option("--all-unmapped", help="All that have no category.")
    ] = False,
    matching: Matching = None,
    connection: Connection = None,
    company: Company = None,
    only_this: OnlyThis = False,
    json: Json = False,
) -> None:
    """Say what products are, one or many at once: all of them, or none where an id is wrong.

    Their sales are counted anew where it makes a difference to any state.
    """
    from exempt.cli import products  # noqa: PLC0415

    among = products.Among(matching, company, connection, only_this=only_this)
    chosen = products.Chosen(tuple(products_ or ()), category, none=none, all_unmapped=all_unmapped)
    products.assign(opened(), among, chosen, as_json=json)


@app.command()
def propose(
    words: Annotated[
        str | None, typer.Argument(help="Words in their id, name or tax code.")
    ] = None,
    accept: Annotated[bool, typer.Option("--accept", help="Assign what is proposed.")] = False,
    at_least: Annotated[
        Sure, typer.Option("--at-least", help="Just what is as sure as that.")
    ] = "low",
    connection: Connection = None,
    company: Company = None,
    only_this: OnlyThis = False,
    json: Json = False,
) -> None:
    """Propose what products without a tax category are, and say why.

    By what the same id is in another connection, by the tax code of its source, by
    its name. Nothing is assigned without --accept.
    """
    from exempt.cli import products  # noqa: PLC0415

    among = products.Among(words, company, connection, only_this=only_this)
    products.propose(opened(), among, at_least, accept=accept, as_json=json)


@app.command()
def categories(
    product_type: Annotated[
        str | None, typer.Argument(metavar="[TYPE]", help="Just those in this product type.")
    ] = None,
    state: Annotated[
        str | None, typer.Option("--state", help="Whether this state taxes each.")
    ] = None,
    json: Json = False,
) -> None:
    """List product types and the tax categories in them."""
    from exempt.cli import product_categories  # noqa: PLC0415

    product_categories.show(opened, product_type, state, as_json=json)
