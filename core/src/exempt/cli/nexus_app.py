"""The commands ``exempt nexus`` and ``exempt registrations``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from exempt.cli.base import Json, acting, opened
from exempt.cli.options import LARGEST, Company, OnlyThis

registrations = typer.Typer(
    no_args_is_help=True, help="Where a company is registered to collect tax, and since when."
)

State = Annotated[
    str | None, typer.Argument(metavar="STATE", help="All about this one, as TX; else the table.")
]
On = Annotated[
    str | None, typer.Option("--on", metavar="DAY", help="As it was on this day; else today.")
]
Everything = Annotated[
    bool, typer.Option("--all", help="States without sales, too; of orders, what does not count.")
]
Window = Annotated[
    str | None,
    typer.Option("--window", metavar="NAME", help="Of one state: this window, as 2025."),
]
RegistrationId = Annotated[
    int, typer.Argument(metavar="ID", min=1, max=LARGEST, help="Its id, from the list.")
]
OneCompany = Annotated[
    str | None, typer.Option("--company", metavar="KEY", help="Of this company, if of several.")
]


def nexus(
    state: State = None,
    company: Company = None,
    only_this: OnlyThis = False,
    on: On = None,
    everything: Everything = False,
    orders: Annotated[
        bool, typer.Option("--orders", help="Of one state: the orders that its figure is made of.")
    ] = False,
    window: Window = None,
    limit: Annotated[
        int, typer.Option("--limit", min=1, help="How many orders to show at most.")
    ] = 100,
    reconcile: Annotated[
        bool,
        typer.Option("--reconcile", help="Hold what is counted against what the sources have."),
    ] = False,
    repair: Annotated[
        bool, typer.Option("--repair", help="With --reconcile: add totals up anew if they differ.")
    ] = False,
    map_: Annotated[
        Path | None,
        typer.Option("--map", metavar="FILE", help="Draw the country with it into an SVG file."),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Overwrite the file if it is there.")
    ] = False,
    forecast: Annotated[
        bool, typer.Option("--forecast", help="When thresholds are likely to be met: an estimate.")
    ] = False,
    what_if: Annotated[
        list[str] | None,
        typer.Option(
            "--what-if",
            metavar="TEXT",
            help="Forecast one state as if: +20% from 2027-01-01; customer 5000 a month from"
            " 2027-02-01; sale 40000 on 2026-12-15; resale 30000; line 250000.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """How near each state's threshold of economic nexus is, and what needs a person."""
    from exempt.cli import nexus as command  # noqa: PLC0415

    asked = command.Asked(company, only_this=only_this, on=on, everything=everything, as_json=json)
    if map_ is not None:
        from exempt.cli.nexus_map import write_map  # noqa: PLC0415

        write_map(opened(), asked, map_, replace=replace)
        return
    if forecast or what_if:
        from exempt.cli.nexus_forecast import show_forecasts  # noqa: PLC0415

        show_forecasts(opened(), state, asked, what_if or [])
        return
    if reconcile or repair:
        raise typer.Exit(command.reconcile(opened(), asked, repair=repair))
    if state is None:
        if orders or window:
            raise typer.BadParameter("name a state, too", param_hint="--orders, --window")
        command.show_table(opened(), asked)
    elif orders:
        command.show_orders(opened(), state, asked, window, limit)
    else:
        command.show_state(opened(), state, asked, window)


@registrations.command("add")
def registrations_add(
    states: Annotated[
        list[str], typer.Argument(metavar="STATE", help="States, as TX OH; all or none is kept.")
    ],
    first: Annotated[str, typer.Option("--from", metavar="DAY", help="Since which day.")],
    through: Annotated[
        str | None, typer.Option("--through", metavar="DAY", help="The last day, if it has ended.")
    ] = None,
    number: Annotated[
        str, typer.Option("--number", help="The permit's, as the state gave it; of one state.")
    ] = "",
    notes: Annotated[str, typer.Option("--notes", help="What else is to be known of it.")] = "",
    company: OneCompany = None,
    json: Json = False,
) -> None:
    """State that a company is registered in states, since a day."""
    from exempt.cli import registrations as command  # noqa: PLC0415

    exempt = opened()
    given = command.Given(states, first, through, number, notes)
    command.add(exempt, acting(exempt), company, given, as_json=json)


@registrations.command("list")
def registrations_list(
    company: Company = None,
    only_this: OnlyThis = False,
    removed: Annotated[
        bool, typer.Option("--removed", help="Those that were taken back or ended by hand, too.")
    ] = False,
    json: Json = False,
) -> None:
    """List registrations, with who stated them and when."""
    from exempt.cli import registrations as command  # noqa: PLC0415

    command.show(opened(), company, only_this=only_this, removed=removed, as_json=json)


@registrations.command("end")
def registrations_end(
    registration: RegistrationId,
    on: Annotated[str, typer.Option("--on", metavar="DAY", help="Its last day.")],
    json: Json = False,
) -> None:
    """State the last day of a registration."""
    from exempt.cli import registrations as command  # noqa: PLC0415

    exempt = opened()
    command.end(exempt, acting(exempt), registration, on, as_json=json)


@registrations.command("remove")
def registrations_remove(registration: RegistrationId, json: Json = False) -> None:
    """Take a registration back that was a mistake; it stays on file as removed."""
    from exempt.cli import registrations as command  # noqa: PLC0415

    exempt = opened()
    command.remove(exempt, acting(exempt), registration, as_json=json)
