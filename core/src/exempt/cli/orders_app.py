"""The commands of ``exempt orders``."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from exempt.cli.base import Json, acting, opened

app = typer.Typer(no_args_is_help=True, help="Orders: why they are taxed, and what you decide.")

Order = Annotated[str, typer.Argument(help="Its number, its id in the source, or id:12.")]
Connection = Annotated[
    str | None, typer.Option("--connection", help="Whose order, where a number is in several.")
]
Reason = Annotated[str, typer.Option("--reason", help="Why; it stays with the order.")]


@app.command()
def explain(order: Order, connection: Connection = None, json: Json = False) -> None:
    """Say why an order is taxed or not: each certificate, each line, what was done by hand."""
    from exempt.cli import orders  # noqa: PLC0415

    orders.explain(opened(), order, connection, as_json=json)


@app.command()
def choose(
    order: Order,
    certificate: Annotated[
        int | None,
        typer.Argument(min=1, max=2**31 - 1, help="Which one; left out = list the customer's."),
    ] = None,
    reason: Reason = "",
    anyway: Annotated[bool, typer.Option("--anyway", help="Although it does not fit.")] = False,
    connection: Connection = None,
    json: Json = False,
) -> None:
    """Choose the certificate of an order by hand, until its ship-to, date or customer changes."""
    from exempt.cli import orders  # noqa: PLC0415

    exempt = opened()
    if certificate is None:
        orders.candidates(exempt, acting(exempt), order, connection, as_json=json)
    else:
        orders.choose(
            exempt,
            acting(exempt),
            order,
            certificate,
            connection,
            reason=reason,
            anyway=anyway,
            as_json=json,
        )


@app.command()
def override(
    order: Order,
    outcome: Annotated[Literal["exempt", "taxable"], typer.Argument(help="What it shall be.")],
    reason: Reason,
    connection: Connection = None,
    json: Json = False,
) -> None:
    """Decide an order by hand, until its ship-to, date or customer changes."""
    from exempt.cli import orders  # noqa: PLC0415

    exempt = opened()
    orders.override(
        exempt,
        acting(exempt),
        order,
        connection,
        tax_applicable=outcome == "taxable",
        reason=reason,
        as_json=json,
    )


@app.command()
def reset(order: Order, connection: Connection = None, json: Json = False) -> None:
    """Drop what was decided by hand: the rule decides again."""
    from exempt.cli import orders  # noqa: PLC0415

    exempt = opened()
    orders.reset(exempt, acting(exempt), order, connection, as_json=json)


@app.command()
def replay(
    order: Annotated[
        list[str] | None, typer.Argument(metavar="ORDER", help="Numbers, ids, or id:12.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All that are decided.")] = False,
    connection: Connection = None,
    json: Json = False,
) -> None:
    """Make decisions once more, each from what it kept; 1 when one comes out otherwise."""
    from exempt.cli import rechecking  # noqa: PLC0415

    raise typer.Exit(
        rechecking.replay(opened(), order or [], connection, every=every, as_json=json)
    )


@app.command()
def recheck(
    customer: Annotated[
        list[str] | None, typer.Option("--customer", "-c", help="Just those of this one.")
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Make it so; the old decisions are kept.")
    ] = False,
    json: Json = False,
) -> None:
    """List closed orders that would be decided otherwise today."""
    from exempt.cli import rechecking  # noqa: PLC0415

    exempt = opened()
    rechecking.recheck(exempt, acting(exempt), customer or [], apply=apply, as_json=json)
