"""Options that several commands on customers share."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

Lack = Literal["email", "engine", "source", "certificate"]

OfCompany = Annotated[
    str | None, typer.Option("--company", help="The company's key, where there are several.")
]
Words = Annotated[
    str | None, typer.Argument(help="Part of the name, number, code, tax ID or e-mail.")
]
Customer = Annotated[
    str, typer.Argument(metavar="CUSTOMER", help="Number, e-mail or name, or id:12.")
]
Other = Annotated[str, typer.Argument(metavar="OTHER", help="Number, e-mail or name, or id:12.")]
Connection = Annotated[str, typer.Argument(metavar="CONNECTION", help="The source's name.")]
ExternalId = Annotated[
    str, typer.Argument(metavar="EXTERNAL-ID", help="What the source knows it by.")
]
Name = Annotated[str | None, typer.Option("--name", help="The customer's name.")]
Number = Annotated[
    str | None, typer.Option("--number", help="What the accounting software knows it by.")
]
Code = Annotated[str | None, typer.Option("--code", help="A second number of yours.")]
TaxId = Annotated[str | None, typer.Option("--tax-id", help="Its own, such as its FEIN.")]
Email = Annotated[
    str | None,
    typer.Option("--email", help="Where its accounts payable reads mail: requests go there."),
]
Attention = Annotated[str | None, typer.Option("--attention", help="To whom letters go.")]
Phone = Annotated[str | None, typer.Option("--phone", help="A number to call.")]
Fax = Annotated[str | None, typer.Option("--fax", help="A number to fax to.")]
Line1 = Annotated[str | None, typer.Option("--line1", help="The address's first line.")]
Line2 = Annotated[str | None, typer.Option("--line2", help="Its second line.")]
City = Annotated[str | None, typer.Option("--city", help="Its city.")]
State = Annotated[str | None, typer.Option("--state", help="Its state: two letters in the US.")]
Zip = Annotated[str | None, typer.Option("--zip", help="Its zip, or postal code.")]
Country = Annotated[
    str | None, typer.Option("--country", help="Its country: two letters such as US.")
]
BillTo = Annotated[
    bool | None, typer.Option("--billed/--not-billed", help="Whether invoices go to it.")
]
ShipTo = Annotated[
    bool | None, typer.Option("--shipped-to/--not-shipped-to", help="Whether goods go to it.")
]
Exempt = Annotated[
    bool | None,
    typer.Option("--exempt/--not-exempt", help="Flag it exempt, without a number or code."),
]
ExemptionNumber = Annotated[
    str | None, typer.Option("--exemption-number", help="A number flags it exempt, too.")
]
ExemptionCode = Annotated[str | None, typer.Option("--exemption-code", help="And so does a code.")]
Mailings = Annotated[
    bool | None,
    typer.Option("--no-mailings/--mailings", help="Whether it is left out of all mailings."),
]
Contacts = Annotated[
    list[str] | None,
    typer.Option(
        "--contact",
        help="ROLE=NAME <E-MAIL> PHONE; roles: accounts-payable, tax, purchasing, other.",
    ),
]
DropContacts = Annotated[
    list[str] | None, typer.Option("--drop-contact", help="The contact of this name.")
]
Zones = Annotated[
    list[str] | None,
    typer.Option("--ship-to-state", help="A state that its goods go to; again for more."),
]
DropZones = Annotated[
    list[str] | None, typer.Option("--drop-ship-to-state", help="Its goods go there no more.")
]
