"""The commands of ``exempt certificates``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from exempt.cli.base import Json, acting, opened
from exempt.cli.options import (
    LARGEST,
    Anyway,
    CertificateId,
    Company,
    Descending,
    Effective,
    Expires,
    ExpiresFrom,
    ExpiresTo,
    FormOption,
    IdType,
    InState,
    IssuedBy,
    Notes,
    Number,
    OfCustomer,
    OfReason,
    OnlyThis,
    Orders,
    Percentage,
    Set,
    Sorted,
    Statuses,
    Version,
    Words,
)

app = typer.Typer(no_args_is_help=True, help="The certificate register.")


@app.command()
def add(
    customer: Annotated[
        list[str], typer.Option("--customer", "-c", help="Number or e-mail, or id:12.")
    ],
    state: Annotated[
        list[str],
        typer.Option("--state", help="A state, or STATE=NUMBER with the number it knows them by."),
    ],
    reason: Annotated[str, typer.Option("--reason", help="Such as resale or educational.")],
    signed: Annotated[str, typer.Option("--signed", help="The day it was signed: YYYY-MM-DD.")],
    effective: Effective = None,
    expires: Annotated[
        str | None,
        typer.Option(
            "--expires", help="Its last day, or never; left out = what follows from the law."
        ),
    ] = None,
    number: Number = None,
    form: FormOption = None,
    single_use: Annotated[bool, typer.Option("--single-use", help="For one sale.")] = False,
    order: Orders = None,
    percentage: Percentage = None,
    apply_tax: Annotated[
        bool, typer.Option("--apply-tax", help="Tax the orders all the same.")
    ] = False,
    id_type: IdType = None,
    issued_by: IssuedBy = None,
    notes: Notes = None,
    set_: Set = None,
    file: Annotated[
        list[Path] | None, typer.Option("--file", help="PDF, PNG, JPEG or TIFF.")
    ] = None,
    pending: Annotated[
        bool, typer.Option("--pending", help="It waits for review, and covers nothing yet.")
    ] = False,
    anyway: Anyway = False,
    json: Json = False,
) -> None:
    """Enter a certificate.

    The open orders that it concerns are decided anew.
    """
    from exempt.cli import entering  # noqa: PLC0415

    given = entering.Given(
        whole={
            "signed_date": signed,
            "number": number,
            "form_kind": form,
            "kind": "single_use" if single_use else None,
            "order_numbers": order,
            "exempt_percentage": percentage,
            "apply_tax": apply_tax or None,
            "notes": notes,
        },
        each={
            "exemption_reason": reason,
            "effective_date": effective,
            "expiration_date": expires,
            "identification_type": id_type,
            "issued_by": issued_by,
        },
        states=state,
        custom=set_ or [],
    )
    exempt = opened()
    entering.add(
        exempt,
        acting(exempt),
        customer,
        given,
        file or [],
        pending=pending,
        anyway=anyway,
        as_json=json,
    )


@app.command()
def edit(
    certificate: CertificateId,
    number: Number = None,
    signed: Annotated[str | None, typer.Option("--signed", help="The day it was signed.")] = None,
    form: FormOption = None,
    single_use: Annotated[
        bool | None, typer.Option("--single-use/--blanket", help="For one sale, or for all.")
    ] = None,
    order: Orders = None,
    percentage: Percentage = None,
    apply_tax: Annotated[
        bool | None,
        typer.Option("--apply-tax/--no-apply-tax", help="Whether to tax the orders all the same."),
    ] = None,
    notes: Notes = None,
    set_: Set = None,
    add_customer: Annotated[
        list[str] | None, typer.Option("--add-customer", help="Number or e-mail, or id:12.")
    ] = None,
    drop_customer: Annotated[
        list[str] | None, typer.Option("--drop-customer", help="It is theirs no more.")
    ] = None,
    state: Annotated[
        list[str] | None,
        typer.Option("--state", help="Add a state, or STATE=NUMBER: change the number there."),
    ] = None,
    drop_state: Annotated[
        list[str] | None, typer.Option("--drop-state", help="It covers this state no more.")
    ] = None,
    in_: Annotated[
        list[str] | None,
        typer.Option(
            "--in", help="Change dates, reasons and what stands below in this state only."
        ),
    ] = None,
    effective: Effective = None,
    expires: Expires = None,
    reason: Annotated[
        str | None, typer.Option("--reason", help="The reason that it claims.")
    ] = None,
    validated: Annotated[
        str | None, typer.Option("--validated", help="The reason that you found to be right.")
    ] = None,
    verified: Annotated[
        str | None, typer.Option("--verified", help="The day the number was checked.")
    ] = None,
    id_type: IdType = None,
    issued_by: IssuedBy = None,
    state_notes: Annotated[
        str | None, typer.Option("--state-notes", help="What else is to be known there.")
    ] = None,
    version: Version = None,
    anyway: Anyway = False,
    json: Json = False,
) -> None:
    """Change a certificate.

    Only what is given changes; an empty text empties a field.
    """
    from exempt.cli import entering  # noqa: PLC0415

    kinds = {True: "single_use", False: "blanket", None: None}
    given = entering.Given(
        whole={
            "number": number,
            "signed_date": signed,
            "form_kind": form,
            "kind": kinds[single_use],
            "order_numbers": order,
            "exempt_percentage": percentage,
            "apply_tax": apply_tax,
            "notes": notes,
        },
        each={
            "effective_date": effective,
            "expiration_date": expires,
            "exemption_reason": reason,
            "validated_reason": validated,
            "verified_date": verified,
            "identification_type": id_type,
            "issued_by": issued_by,
            "notes": state_notes,
        },
        states=state or [],
        custom=set_ or [],
        drop_states=drop_state or [],
        within=in_ or [],
        add_customers=add_customer or [],
        drop_customers=drop_customer or [],
    )
    exempt = opened()
    entering.edit(exempt, acting(exempt), certificate, given, version, anyway=anyway, as_json=json)


# --- looking -----------------------------------------------------------------------------


@app.command()
def show(
    certificate: CertificateId,
    history: Annotated[bool, typer.Option("--history", help="And who changed what.")] = False,
    json: Json = False,
) -> None:
    """Show all that is known of a certificate.

    Its details, those of each state, notes, files, what the states' rules have
    against it, and what can be done next.
    """
    from exempt.cli import register  # noqa: PLC0415

    register.show_one(opened(), certificate, history=history, as_json=json)


@app.command("list")
def list_(
    words: Words = None,
    customer: OfCustomer = None,
    state: InState = None,
    reason: OfReason = None,
    status: Statuses = None,
    expires_from: ExpiresFrom = None,
    expires_to: ExpiresTo = None,
    company: Company = None,
    only_this: OnlyThis = False,
    sort: Sorted = "id",
    descending: Descending = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="A page's rows.")] = 50,
    page: Annotated[int, typer.Option("--page", min=1, max=1_000_000, help="Which one.")] = 1,
    json: Json = False,
) -> None:
    """List certificates with their statuses today.

    Below stands how many there are of each status.
    """
    from exempt.cli import register  # noqa: PLC0415

    exempt = opened()
    filters = register.filters(
        exempt,
        words=words,
        customer=customer,
        state=state,
        reason=reason,
        statuses=status or [],
        expires_from=expires_from,
        expires_to=expires_to,
        company=company,
        only_this=only_this,
    )._replace(
        sort=register.SORTS[sort], descending=descending, limit=limit, offset=(page - 1) * limit
    )
    register.show_list(exempt, filters, page, as_json=json)


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="A folder to make.")],
    certificates: Annotated[
        list[int] | None,
        typer.Argument(metavar="ID", min=1, max=LARGEST, help="These; else those that fit."),
    ] = None,
    words: Annotated[str | None, typer.Option("--words", help="As those of the list.")] = None,
    customer: OfCustomer = None,
    state: InState = None,
    reason: OfReason = None,
    status: Statuses = None,
    expires_from: ExpiresFrom = None,
    expires_to: ExpiresTo = None,
    company: Company = None,
    only_this: OnlyThis = False,
    json: Json = False,
) -> None:
    """Make a folder for an auditor.

    It has a table, the files as they came, and a page to print for each
    certificate.
    """
    from exempt.cli import exporting, register  # noqa: PLC0415

    exempt = opened()
    filters = register.filters(
        exempt,
        words=words,
        customer=customer,
        state=state,
        reason=reason,
        statuses=status or [],
        expires_from=expires_from,
        expires_to=expires_to,
        company=company,
        only_this=only_this,
    )
    raise typer.Exit(exporting.export(exempt, folder, certificates or [], filters, as_json=json))


@app.command("print")
def print_(
    certificate: CertificateId,
    to: Annotated[
        Path | None,
        typer.Option("--to", help="The file; left out = certificate-ID.pdf here."),
    ] = None,
) -> None:
    """Print a certificate with the pages of its files, as a PDF."""
    from exempt.cli import papers  # noqa: PLC0415

    papers.print_certificate(opened(), certificate, to)


# --- doing -------------------------------------------------------------------------------


@app.command()
def archive(certificate: CertificateId, version: Version = None, json: Json = False) -> None:
    """Archive a certificate: from today on it covers no order."""
    from exempt.cli import reviewing  # noqa: PLC0415

    exempt = opened()
    reviewing.archive(exempt, acting(exempt), certificate, version, archived=True, as_json=json)


@app.command()
def unarchive(certificate: CertificateId, version: Version = None, json: Json = False) -> None:
    """Take a certificate out of the archive again."""
    from exempt.cli import reviewing  # noqa: PLC0415

    exempt = opened()
    reviewing.archive(exempt, acting(exempt), certificate, version, archived=False, as_json=json)


@app.command()
def accept(
    certificate: CertificateId, version: Version = None, anyway: Anyway = False, json: Json = False
) -> None:
    """Accept a certificate that waits for review, or was rejected."""
    from exempt.cli import reviewing  # noqa: PLC0415

    exempt = opened()
    reviewing.accept(exempt, acting(exempt), certificate, version, anyway=anyway, as_json=json)


@app.command()
def reject(
    certificate: CertificateId,
    because: Annotated[
        list[str],
        typer.Option(
            "--because", help="CODE, or CODE=TEXT: such as not_signed, or other='It is torn.'"
        ),
    ],
    tell: Annotated[
        bool, typer.Option("--tell", help="Mail its customer, and ask for another one.")
    ] = False,
    version: Version = None,
    json: Json = False,
) -> None:
    """Reject a certificate, and say why.

    A customer who sent it in through a link is told by mail in any case.
    """
    from exempt.cli import reviewing  # noqa: PLC0415

    exempt, why = opened(), because
    reviewing.reject(exempt, acting(exempt), certificate, why, version, tell=tell, as_json=json)


@app.command()
def attach(
    certificate: CertificateId,
    file: Annotated[list[Path], typer.Argument(metavar="FILE", help="PDF, PNG, JPEG or TIFF.")],
    version: Version = None,
    json: Json = False,
) -> None:
    """Keep files with a certificate."""
    from exempt.cli import reviewing  # noqa: PLC0415

    exempt = opened()
    reviewing.attach(exempt, acting(exempt), certificate, file, version, as_json=json)
