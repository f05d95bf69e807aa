"""The commands of ``exempt requests``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from exempt.cli import templates_app
from exempt.cli.base import Json, acting, opened
from exempt.cli.options import LARGEST, Company, OnlyThis
from exempt.model.requesting import RequestState, Way

app = typer.Typer(no_args_is_help=True, help="Ask customers for missing certificates.")
app.add_typer(templates_app.app, name="templates")

RequestId = Annotated[
    int, typer.Argument(metavar="ID", min=1, max=LARGEST, help="Its id, from the list.")
]
To = Annotated[
    str, typer.Option("--to", metavar="EMAIL", help="Another address than the customer's.")
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="Where the letter is written, as a PDF.")
]


@app.command("list")
def list_(
    company: Company = None,
    only_this: OnlyThis = False,
    state: Annotated[
        list[RequestState] | None,
        typer.Option("--state", help="Just requests that stand so; may stand repeatedly."),
    ] = None,
    json: Json = False,
) -> None:
    """List customers to ask, and those asked already."""
    from exempt.cli import asking  # noqa: PLC0415

    asking.show(opened(), company, only_this=only_this, states_=state or (), as_json=json)


@app.command()
def show(request: RequestId, json: Json = False) -> None:
    """Show one request: its mails and what became of them, what was sent in, who did what."""
    from exempt.cli import request_view  # noqa: PLC0415

    request_view.show(opened(), request, as_json=json)


@app.command()
def send(
    customer: Annotated[
        list[str] | None,
        typer.Argument(metavar="CUSTOMER", help="Numbers or e-mails, or id:12."),
    ] = None,
    everyone: Annotated[bool, typer.Option("--all", help="All who lack a certificate.")] = False,
    json: Json = False,
) -> None:
    """Mail customers whose orders lack a certificate; nobody is asked twice."""
    from exempt.cli import asking  # noqa: PLC0415

    raise typer.Exit(asking.send(opened(), customer or [], everyone=everyone, as_json=json))


@app.command()
def make(
    customer: Annotated[
        str, typer.Argument(metavar="CUSTOMER", help="Number or e-mail, or id:12.")
    ],
    state: Annotated[
        list[str] | None,
        typer.Option("--state", help="A state; left out = those that something is missing for."),
    ] = None,
    reason: Annotated[
        list[str] | None,
        typer.Option("--reason", help="A reason that the portal proposes, such as resale."),
    ] = None,
    to: To = "",
    save_email: Annotated[
        bool, typer.Option("--save-email", help="Keep the address on the customer's card, too.")
    ] = False,
    message: Annotated[str, typer.Option("--message", help="What the mail says besides.")] = "",
    by: Annotated[
        Way, typer.Option("--by", help="By mail, as a link to pass on, or as a letter.")
    ] = Way.MAIL,
    output: Output = None,
    json: Json = False,
) -> None:
    """Ask one customer: by mail, by a link that is printed once, or by a letter with a QR code."""
    from exempt.cli import making  # noqa: PLC0415

    exempt = opened()
    given = making.Given(customer, state or [], reason or [], to, save_email, message, by, output)
    making.make(exempt, acting(exempt), given, as_json=json)


@app.command()
def bulk(
    missing: Annotated[bool, typer.Option("--missing", help="Where there is none.")] = False,
    expired: Annotated[bool, typer.Option("--expired", help="Where it has expired.")] = False,
    expiring: Annotated[bool, typer.Option("--expiring", help="Where it ends soon.")] = False,
    company: Company = None,
    only_this: OnlyThis = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show who would be asked, and ask nobody.")
    ] = False,
    json: Json = False,
) -> None:
    """Ask all whose certificates are missing, have expired, or soon will; nobody twice.

    Without any of the three it is all of them.
    """
    from exempt.cli import making  # noqa: PLC0415

    exempt = opened()
    kinds = [name for name, said in zip(making.KINDS, (missing, expired, expiring), strict=True)
             if said]  # fmt: skip
    making.bulk(
        exempt, acting(exempt), kinds or making.KINDS, (company, only_this),
        dry_run=dry_run, as_json=json,
    )  # fmt: skip


@app.command()
def cancel(request: RequestId, json: Json = False) -> None:
    """Take a request back: its links work no more, and its mails do not go out."""
    from exempt.cli import making  # noqa: PLC0415

    exempt = opened()
    making.cancel(exempt, acting(exempt), request, as_json=json)


@app.command()
def resend(
    request: RequestId,
    to: To = "",
    by: Annotated[
        Way, typer.Option("--by", help="By mail, as a link to pass on, or as a letter.")
    ] = Way.MAIL,
    only_this: Annotated[
        bool, typer.Option("--only-this", help="Let all older links of it work no more.")
    ] = False,
    output: Output = None,
    json: Json = False,
) -> None:
    """Send a request again, or make another link of it; also after its links have expired."""
    from exempt.cli import making  # noqa: PLC0415

    exempt = opened()
    again = making.Again(request, to, by, only_this, output)
    making.resend(exempt, acting(exempt), again, as_json=json)


@app.command()
def remind(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be written, and write nothing.")
    ] = False,
    json: Json = False,
) -> None:
    """Mail whom certificates end for, and who has not answered a request; each mail once.

    On the days that the settings name: daemon.expiry_notices before a certificate ends,
    daemon.reminders after a request. With daemon.send_notices the daemon does so by itself.
    """
    from exempt.cli import asking  # noqa: PLC0415

    raise typer.Exit(asking.remind(opened(), dry_run=dry_run, as_json=json))
