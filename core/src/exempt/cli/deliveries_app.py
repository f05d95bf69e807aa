"""The commands of ``exempt deliveries``."""

from __future__ import annotations

from typing import Annotated

import typer

from exempt.cli.base import Json, acting, opened
from exempt.cli.options import LARGEST

app = typer.Typer(
    no_args_is_help=True, help="What is owed to other systems: see it, try it again, drop it."
)

DeliveryId = Annotated[
    int, typer.Argument(metavar="ID", min=1, max=LARGEST, help="Its id, from the list.")
]
Connection = Annotated[
    str | None, typer.Option("--connection", help="Just those to this connection.")
]


@app.command("list")
def list_(
    state: Annotated[
        list[str] | None,
        typer.Option(
            "--state",
            metavar="STATE",
            help="dead, pending, sent, dropped or superseded; else dead and pending.",
        ),
    ] = None,
    connection: Connection = None,
    saying: Annotated[
        str,
        typer.Option(
            "--saying",
            metavar="WORDS",
            help="Just those whose reason holds these words; of those to one thing, the last.",
        ),
    ] = "",
    limit: Annotated[
        int, typer.Option("--limit", min=1, max=LARGEST, help="At most so many.")
    ] = 50,
    json: Json = False,
) -> None:
    """List what waits for a person, and what is owed.

    Dead ones come first: they were refused, or tried in vain for nine hours.
    """
    from exempt.cli import deliveries  # noqa: PLC0415

    states = state or ["dead", "pending"]
    deliveries.show_list(opened(), states, connection, limit, saying=saying, as_json=json)


@app.command()
def show(delivery: DeliveryId, json: Json = False) -> None:
    """Show all that is known of a delivery: what is owed, why it waits, what was before."""
    from exempt.cli import deliveries  # noqa: PLC0415

    deliveries.show_one(opened(), delivery, as_json=json)


@app.command()
def retry(
    delivery: Annotated[
        list[int] | None,
        typer.Argument(metavar="ID", min=1, max=LARGEST, help="Ids, from the list."),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All that are dead.")] = False,
    connection: Connection = None,
    even_if_sent: Annotated[
        bool,
        typer.Option(
            "--even-if-sent", help="Mails that may have gone out, too: some come twice then."
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Let deliveries be tried again, as if for the first time.

    The daemon does so at once; without one the next exempt sync does.
    """
    from exempt.cli import deliveries  # noqa: PLC0415

    exempt = opened()
    deliveries.retry(
        exempt,
        acting(exempt),
        delivery or [],
        connection,
        every=every,
        even_if_sent=even_if_sent,
        as_json=json,
    )


@app.command()
def drop(
    delivery: Annotated[
        list[int], typer.Argument(metavar="ID", min=1, max=LARGEST, help="Ids, from the list.")
    ],
    reason: Annotated[str, typer.Option("--reason", help="Why; it stays with the delivery.")],
    json: Json = False,
) -> None:
    """Give deliveries up.

    The same is not owed again until something else is to be said, or the
    record changes in its system.
    """
    from exempt.cli import deliveries  # noqa: PLC0415

    exempt = opened()
    deliveries.drop(exempt, acting(exempt), delivery, reason, as_json=json)
