"""The commands of ``exempt orders``."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from exempt.cli.base import Json, acting, opened
from exempt.cli.options import LARGEST

app = typer.Typer(no_args_is_help=True, help="Orders: why they are taxed, and what you decide.")

Order = Annotated[str, typer.Argument(help="Its number, its id in the source, or id:12.")]
Connection = Annotated[
    str | None, typer.Option("--connection", help="Whose order, where a number is in several.")
]
Reason = Annotated[str, typer.Option("--reason", help="Why; it stays with the order.")]


@app.command()
def explain(order: Order, connection: Connection = None, json: Json = False) -> None:
    """Say why an order is taxed or not.

    Each certificate that was looked at, each line that is not taxed, what was
    done by hand.
    """
    from exempt.cli import orders  # noqa: PLC0415

    orders.explain(opened(), order, connection, as_json=json)


@app.command()
def choose(
    order: Order,
    certificate: Annotated[
        int | None,
        typer.Argument(min=1, max=LARGEST, help="Which one; left out = list the customer's."),
    ] = None,
    reason: Reason = "",
    anyway: Annotated[bool, typer.Option("--anyway", help="Although it does not fit.")] = False,
    connection: Connection = None,
    json: Json = False,
) -> None:
    """Choose an order's certificate by hand.

    The choice counts until the order's ship-to state, date, customer or event
    dates change. Without a certificate, those of the customer are listed.
    """
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
    """Decide by hand whether an order is taxed.

    That counts until its ship-to state, date, customer or event dates change.
    """
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
    """Let the rule decide again.

    What was decided by hand is dropped.
    """
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
    """Make decisions once more, from what was kept.

    Ends with 1 when one comes out otherwise.
    """
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
    """List closed orders that today's register would decide otherwise.

    They change only with --apply; what was decided before is kept.
    """
    from exempt.cli import rechecking  # noqa: PLC0415

    exempt = opened()
    rechecking.recheck(exempt, acting(exempt), customer or [], apply=apply, as_json=json)
