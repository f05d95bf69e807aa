"""The command line; each command imports what it needs when it runs."""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, Optional

import typer

if TYPE_CHECKING:
    from exempt.wiring import Exempt

app = typer.Typer(
    name="exempt",
    help="Keep sales-tax exemption certificates, and the systems around them, in agreement.",
    no_args_is_help=True,
    rich_markup_mode=None,  # help needs no colours, and is there at once
    pretty_exceptions_enable=False,
)
certificates_app = typer.Typer(no_args_is_help=True, help="The certificate register.")
requests_app = typer.Typer(no_args_is_help=True, help="Ask customers for missing certificates.")
app.add_typer(certificates_app, name="certificates")
app.add_typer(requests_app, name="requests")

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
Names = Annotated[
    Optional[list[str]],  # noqa: UP045 - typer reads it at run time on 3.11
    typer.Argument(metavar="CONNECTION", help="Just these; all when left out."),
]


class State:
    """What the options before the command said, and what is to be closed after it."""

    settings = Path("exempt.toml")
    now: dt.datetime | None = None
    context: typer.Context | None = None


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
        Optional[str],  # noqa: UP045
        typer.Option("--now", envvar="EXEMPT_NOW", hidden=True, help="Pretend it is this moment."),
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
    if now:
        try:
            moment = dt.datetime.fromisoformat(now)
        except ValueError:
            raise typer.BadParameter("write it as 2026-11-20T12:00", param_hint="--now") from None
        State.now = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def opened() -> Exempt:
    """Exempt with the settings file that the options name."""
    from exempt.wiring import Exempt, utc_now  # noqa: PLC0415

    pretended = State.now
    clock: Callable[[], dt.datetime] = (lambda: pretended) if pretended else utc_now
    exempt = Exempt(State.settings, clock=clock)
    if State.context:
        State.context.call_on_close(exempt.close)
    return exempt


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Where to make exempt.toml.")] = Path(),
) -> None:
    """Make a settings file to fill in, with a part for each installed connector."""
    from exempt.cli.setup import write_settings  # noqa: PLC0415

    write_settings(folder)


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
def status(json: Json = False) -> None:
    """Where everything stands: connections, orders, what is owed, what needs a person."""
    from exempt.cli.show import show_status  # noqa: PLC0415

    show_status(opened(), as_json=json)


@app.command()
def explain(
    order: Annotated[str, typer.Argument(help="Its number, or its id in the source.")],
    json: Json = False,
) -> None:
    """Say why an order is taxed or not, certificate by certificate."""
    from exempt.cli.show import show_explanation  # noqa: PLC0415

    show_explanation(opened(), order, as_json=json)


@app.command()
def customers(
    words: Annotated[Optional[str], typer.Argument(help="Part of name, number or e-mail.")] = None,  # noqa: UP045
    json: Json = False,
) -> None:
    """List customers."""
    from exempt.cli.show import show_customers  # noqa: PLC0415

    show_customers(opened(), words, as_json=json)


@app.command()
def migrate(
    to: Annotated[
        Optional[str],  # noqa: UP045
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


@certificates_app.command("add")
def certificates_add(
    customer: Annotated[
        list[str], typer.Option("--customer", "-c", help="Number or e-mail, or id:12.")
    ],
    state: Annotated[
        list[str],
        typer.Option("--state", help="A state, or STATE=NUMBER with the number it knows them by."),
    ],
    reason: Annotated[str, typer.Option("--reason", help="Such as resale or educational.")],
    signed: Annotated[str, typer.Option("--signed", help="The day it was signed: YYYY-MM-DD.")],
    effective: Annotated[Optional[str], typer.Option("--effective", help="Its first day.")] = None,  # noqa: UP045
    expires: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--expires", help="Its last day; left out = without an end."),
    ] = None,
    number: Annotated[str | None, typer.Option("--number", help="The certificate's own.")] = None,
    apply_tax: Annotated[
        bool, typer.Option("--apply-tax", help="Tax the orders all the same.")
    ] = False,
    file: Annotated[Optional[Path], typer.Option("--file", help="PDF, PNG or JPEG.")] = None,  # noqa: UP045
    json: Json = False,
) -> None:
    """Enter a certificate; the orders it concerns are decided anew."""
    from exempt.cli import register  # noqa: PLC0415

    fields = {
        "number": number,
        "exemption_reason": reason,
        "signed_date": signed,
        "effective_date": effective,
        "expiration_date": expires,
        "apply_tax": apply_tax,
    }
    register.add(opened(), customer, state, fields, file, as_json=json)


@certificates_app.command("list")
def certificates_list(
    customer: Annotated[str | None, typer.Option("--customer", "-c", help="Of this one.")] = None,
    json: Json = False,
) -> None:
    """List certificates with their statuses today."""
    from exempt.cli import register  # noqa: PLC0415

    register.show_all(opened(), customer, as_json=json)


@certificates_app.command("show")
def certificates_show(certificate: int, json: Json = False) -> None:
    """Show a certificate with each state it covers."""
    from exempt.cli import register  # noqa: PLC0415

    register.show_one(opened(), certificate, as_json=json)


@certificates_app.command("archive")
def certificates_archive(certificate: int) -> None:
    """Archive a certificate: from today on it covers no order."""
    from exempt.cli import register  # noqa: PLC0415

    register.archive(opened(), certificate)


@requests_app.command("list")
def requests_list(json: Json = False) -> None:
    """List customers to ask, and those asked already."""
    from exempt.cli import asking  # noqa: PLC0415

    asking.show(opened(), as_json=json)


@requests_app.command("send")
def requests_send(
    customer: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Argument(metavar="CUSTOMER", help="Numbers or e-mails, or id:12."),
    ] = None,
    everyone: Annotated[bool, typer.Option("--all", help="All who lack a certificate.")] = False,
    json: Json = False,
) -> None:
    """Mail customers whose orders lack a certificate; nobody is asked twice."""
    from exempt.cli import asking  # noqa: PLC0415

    raise typer.Exit(asking.send(opened(), customer or [], everyone=everyone, as_json=json))


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
