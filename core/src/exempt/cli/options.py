"""Options that several commands share, most of them on certificates."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

LARGEST = 2**31 - 1
"""Of an id; our databases count no further."""

Form = Literal["single-state", "sst", "mtc"]
Sort = Literal["id", "customer", "number", "expires"]

CertificateId = Annotated[
    int, typer.Argument(metavar="ID", min=1, max=LARGEST, help="Its id, from the list.")
]
Version = Annotated[
    int | None,
    typer.Option("--version", help="The version you looked at: refused if it is another by now."),
]
Anyway = Annotated[
    bool, typer.Option("--anyway", help="Take it although a state's rule refuses it.")
]
Effective = Annotated[str | None, typer.Option("--effective", help="Its first day.")]
Expires = Annotated[str | None, typer.Option("--expires", help="Its last day, or never.")]
Number = Annotated[str | None, typer.Option("--number", help="The certificate's own.")]
FormOption = Annotated[Form | None, typer.Option("--form", help="Whose form it is written on.")]
Orders = Annotated[
    list[str] | None,
    typer.Option("--order", help="Only for this order, by its number or the customer's."),
]
Percentage = Annotated[
    str | None, typer.Option("--percentage", help="How much of a sale is exempt, if not all.")
]
IdType = Annotated[
    str | None,
    typer.Option(
        "--id-type",
        help="What kind of number it is: fein, driver_license, diplomat, foreign, other; else"
        " state_tax_id.",
    ),
]
IssuedBy = Annotated[
    str | None, typer.Option("--issued-by", help="The state that gave the number, if another.")
]
Notes = Annotated[str | None, typer.Option("--notes", help="What else is to be known of it.")]

Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="A custom field; without a value, empty it."),
]
Company = Annotated[
    str | None,
    typer.Option("--company", help="Of the company with this key, and of those below it."),
]
OnlyThis = Annotated[bool, typer.Option("--only-this", help="Not of the companies below it.")]

Words = Annotated[
    str | None, typer.Argument(help="Part of a customer's name, number or e-mail, or of a number.")
]
OfCustomer = Annotated[str | None, typer.Option("--customer", "-c", help="Of this one.")]
InState = Annotated[str | None, typer.Option("--state", help="Those that cover it.")]
OfReason = Annotated[str | None, typer.Option("--reason", help="Such as resale.")]
Statuses = Annotated[
    list[str] | None, typer.Option("--status", help="Of this status today, such as expired.")
]
ExpiresFrom = Annotated[
    str | None, typer.Option("--expires-from", help="Ending on this day or later.")
]
ExpiresTo = Annotated[
    str | None, typer.Option("--expires-to", help="Ending on this day or earlier.")
]
Sorted = Annotated[Sort, typer.Option("--sort", help="By what.")]
Descending = Annotated[bool, typer.Option("--descending", help="The last one first.")]
