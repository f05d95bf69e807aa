"""The command line; each command imports what it needs when it runs."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from exempt.cli import (
    backfill_app,
    certificates_app,
    companies_app,
    connections_app,
    connectors_app,
    customers_app,
    daemon_app,
    deliveries_app,
    documents_app,
    entries_app,
    imports_app,
    jobs_app,
    keys_app,
    nexus_app,
    orders_app,
    people_app,
    presence_app,
    products_app,
    rates_app,
    requests_app,
    rules_app,
    sandbox_app,
    submissions_app,
    users_app,
    warnings_app,
)
from exempt.cli.base import Json, Names, State, name_of_a_person, opened, pretended
from exempt.cli.options import Company, OnlyThis

app = typer.Typer(
    name="exempt",
    help="Keep sales-tax exemption certificates, and the systems around them, in agreement.",
    no_args_is_help=True,
    rich_markup_mode=None,  # help needs no colours, and is there at once
    pretty_exceptions_enable=False,
)
app.add_typer(backfill_app.app, name="backfill")
app.add_typer(certificates_app.app, name="certificates")
app.add_typer(people_app.app, name="employees")
app.add_typer(presence_app.app, name="presence")
app.add_typer(warnings_app.app, name="warnings")
app.add_typer(entries_app.comments, name="comments")
app.add_typer(entries_app.files, name="files")
app.add_typer(companies_app.app, name="companies")
app.add_typer(connections_app.app, name="connections")
app.add_typer(connectors_app.app, name="connectors")
app.add_typer(customers_app.app, name="customers")
app.add_typer(deliveries_app.app, name="deliveries")
app.add_typer(documents_app.app, name="documents")
app.add_typer(imports_app.app, name="imports")
app.add_typer(keys_app.app, name="keys")
app.add_typer(orders_app.app, name="orders")
app.add_typer(products_app.app, name="products")
app.add_typer(rates_app.app, name="rates")
app.add_typer(nexus_app.registrations, name="registrations")
app.add_typer(requests_app.app, name="requests")
app.add_typer(rules_app.app, name="rules")
app.add_typer(submissions_app.app, name="submissions")
app.add_typer(sandbox_app.app, name="sandbox")
app.add_typer(users_app.app, name="users")


app.command()(daemon_app.run)
app.command()(daemon_app.worker)
app.command()(daemon_app.web)
app.command()(jobs_app.jobs)
app.command()(nexus_app.nexus)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version  # noqa: PLC0415

        typer.echo(f"exempt {version('exempt')}")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    settings: Annotated[
        Path, typer.Option("--settings", "-s", envvar="EXEMPT_SETTINGS", help="The settings file.")
    ] = Path("exempt.toml"),
    now: Annotated[
        str | None,
        typer.Option("--now", envvar="EXEMPT_NOW", hidden=True, help="Pretend it is this moment."),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            envvar="EXEMPT_USER",
            metavar="NAME",
            help="Who does it, for histories; else the login name.",
        ),
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Log what connections do.")
    ] = False,
    _asked: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    if verbose:
        import logging  # noqa: PLC0415

        logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
        logging.getLogger("exempt").setLevel(logging.DEBUG)
    State.settings, State.context = settings, context
    try:
        State.by = None if by is None else name_of_a_person(by)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--by") from None
    if now:
        try:
            State.now = pretended(now)
        except ValueError:
            raise typer.BadParameter("write it as 2026-11-20T12:00", param_hint="--now") from None


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Where to make exempt.toml.")] = Path(),
) -> None:
    """Make a settings file to fill in, with a part for each installed connector."""
    from exempt.cli.setup import write_settings  # noqa: PLC0415

    write_settings(folder)


@app.command("new-connector")
def new_connector(
    name: Annotated[str, typer.Argument(help="A name in small letters, such as acme_erp.")],
    into: Annotated[Path, typer.Option("--into", help="Where to make its folder.")] = Path(),
    title: Annotated[
        str | None, typer.Option("--title", help="What people call the system, such as Acme ERP.")
    ] = None,
) -> None:
    """Write a connector of your own to fill in, with its tests, sandbox and guide."""
    from exempt.cli.new_connector import write_connector  # noqa: PLC0415

    write_connector(name, into, title)


@app.command()
def plugins(json: Json = False) -> None:
    """List connectors: loaded, skipped and failed, with the reason."""
    from exempt.cli.plugins import show_plugins  # noqa: PLC0415

    show_plugins(as_json=json)


@app.command()
def check(names: Names = None, json: Json = False) -> None:
    """Ask connections whether they work, and what to mend."""
    from exempt.cli.show import show_check  # noqa: PLC0415

    raise typer.Exit(show_check(opened(), names or [], as_json=json))


@app.command()
def sync(
    names: Names = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be written, and write nothing.")
    ] = False,
    json: Json = False,
) -> None:
    """Read from connections, decide orders, and write back what is owed."""
    from exempt.cli.syncing import rehearse, run  # noqa: PLC0415

    step = rehearse if dry_run else run
    raise typer.Exit(step(opened(), names or [], as_json=json))


@app.command()
def status(company: Company = None, only_this: OnlyThis = False, json: Json = False) -> None:
    """Where everything stands: connections, orders, what is owed, what needs a person."""
    from exempt.cli.show import show_status  # noqa: PLC0415

    show_status(opened(), company, only_this=only_this, as_json=json)


@app.command()
def explain(
    order: orders_app.Order,
    connection: orders_app.Connection = None,
    json: Json = False,
) -> None:
    """Say why an order is taxed or not.

    Short for exempt orders explain.
    """
    orders_app.explain(order, connection, json)


@app.command()
def migrate(
    to: Annotated[
        str | None,
        typer.Option("--to", help="A version to go to, forwards or back; base empties all."),
    ] = None,
) -> None:
    """Bring the database to this version of Exempt, or back to another."""
    from exempt.cli.output import say  # noqa: PLC0415

    before, after = opened().migrate(to)
    say(f"The database was at version {before or 'none'}, and is at {after or 'none'} now.")


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(help="A folder to make.")] = Path("exempt-demo"),
) -> None:
    """Show the whole way of an order on a sample company, all on this machine."""
    from exempt.cli.demo import run_demo  # noqa: PLC0415

    raise typer.Exit(run_demo(folder))


def main() -> NoReturn:
    """Run the command line; what went wrong is one sentence, not a traceback."""
    try:
        app()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        from exempt.cli.trouble import sentence  # noqa: PLC0415

        said = sentence(error)
        if said is None:
            raise
        typer.echo(f"Error: {said}", err=True)
        sys.exit(1)
    sys.exit(0)
