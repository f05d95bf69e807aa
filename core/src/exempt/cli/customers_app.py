"""The commands of ``exempt customers``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from exempt.cli import customer_options as o
from exempt.cli import imports_app, likeness_app, reconcile_app
from exempt.cli.base import Json, acting, opened
from exempt.cli.options import Company, InState, OnlyThis, Set, Version

app = typer.Typer(no_args_is_help=True, help="Customer cards.")

_FIELDS = {
    **{name: name for name in ("name", "number", "code", "tax_id", "email", "attention", "phone")},
    **{name: name for name in ("fax", "line1", "line2", "city", "state", "country", "exempt")},
    **{name: name for name in ("exemption_number", "exemption_code")},
    "zip_": "postal_code",
    "billed": "bill_to",
    "shipped_to": "ship_to",
    "no_mailings": "excluded_from_mailings",
}
"""The fields of a card, by the arguments of commands that give them."""


def _fields(said: Mapping[str, Any]) -> dict[str, Any]:
    return {field: said[argument] for argument, field in _FIELDS.items()}


@app.command("list")
def list_(
    words: o.Words = None,
    company: Company = None,
    only_this: OnlyThis = False,
    exempt: Annotated[
        bool | None,
        typer.Option("--exempt/--not-exempt", help="Those for which exemption is claimed."),
    ] = None,
    bought_exempt: Annotated[
        bool, typer.Option("--bought-exempt", help="Those with an order that was not taxed.")
    ] = False,
    lacking: Annotated[
        o.Lack | None,
        typer.Option(
            "--lacking",
            help="Without a usable e-mail, what a tax engine needs, a record in any source, or a"
            " certificate although exempt.",
        ),
    ] = None,
    no_mailings: Annotated[
        bool, typer.Option("--no-mailings", help="Those left out of all mailings.")
    ] = False,
    state: InState = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000, help="A page's rows.")] = 100,
    page: Annotated[int, typer.Option("--page", min=1, max=1_000_000, help="Which one.")] = 1,
    json: Json = False,
) -> None:
    """List customers, by name."""
    from exempt.cli import cards  # noqa: PLC0415

    cards.show_list(
        opened(),
        cards.Listing(
            words=words,
            company=company,
            only_this=only_this,
            exempt=exempt,
            bought_exempt=bought_exempt or None,
            lacking=lacking,
            no_mailings=no_mailings or None,
            state=state,
            limit=limit,
            page=page,
        ),
        as_json=json,
    )


@app.command()
def show(
    customer: o.Customer,
    history: Annotated[bool, typer.Option("--history", help="And who changed what.")] = False,
    json: Json = False,
) -> None:
    """Show all that is known of a customer.

    Its card, the states its goods go to and what covers them, sales, sources,
    ship-to customers, and certificates.
    """
    from exempt.cli import card_view  # noqa: PLC0415

    card_view.show_one(opened(), customer, history=history, as_json=json)


@app.command()
def add(
    name: Annotated[str, typer.Option("--name", help="The customer's name.")],
    company: o.OfCompany = None,
    number: o.Number = None,
    code: o.Code = None,
    tax_id: o.TaxId = None,
    email: o.Email = None,
    attention: o.Attention = None,
    phone: o.Phone = None,
    fax: o.Fax = None,
    line1: o.Line1 = None,
    line2: o.Line2 = None,
    city: o.City = None,
    state: o.State = None,
    zip_: o.Zip = None,
    country: o.Country = None,
    billed: o.BillTo = None,
    shipped_to: o.ShipTo = None,
    exempt: o.Exempt = None,
    exemption_number: o.ExemptionNumber = None,
    exemption_code: o.ExemptionCode = None,
    no_mailings: o.Mailings = None,
    contact: o.Contacts = None,
    ship_to_state: o.Zones = None,
    set_: Set = None,
    json: Json = False,
) -> None:
    """Make a card by hand.

    Sources and imports make theirs by themselves; check that the accounting
    software has the customer, too.
    """
    said = locals()
    from exempt.cli import cards  # noqa: PLC0415

    given = cards.Given(
        fields=_fields(said),
        contacts=contact or [],
        zones=ship_to_state or [],
        custom=set_ or [],
    )
    application = opened()
    cards.add(application, acting(application), company, given, as_json=json)


@app.command()
def edit(
    customer: o.Customer,
    name: o.Name = None,
    number: o.Number = None,
    code: o.Code = None,
    tax_id: o.TaxId = None,
    email: o.Email = None,
    attention: o.Attention = None,
    phone: o.Phone = None,
    fax: o.Fax = None,
    line1: o.Line1 = None,
    line2: o.Line2 = None,
    city: o.City = None,
    state: o.State = None,
    zip_: o.Zip = None,
    country: o.Country = None,
    billed: o.BillTo = None,
    shipped_to: o.ShipTo = None,
    exempt: o.Exempt = None,
    exemption_number: o.ExemptionNumber = None,
    exemption_code: o.ExemptionCode = None,
    no_mailings: o.Mailings = None,
    contact: o.Contacts = None,
    drop_contact: o.DropContacts = None,
    ship_to_state: o.Zones = None,
    drop_ship_to_state: o.DropZones = None,
    set_: Set = None,
    version: Version = None,
    json: Json = False,
) -> None:
    """Change a card.

    Only what is given changes; an empty text empties a field.
    """
    said = locals()
    from exempt.cli import cards  # noqa: PLC0415

    given = cards.Given(
        fields=_fields(said),
        contacts=contact or [],
        drop_contacts=drop_contact or [],
        zones=ship_to_state or [],
        drop_zones=drop_ship_to_state or [],
        custom=set_ or [],
    )
    application = opened()
    cards.edit(application, acting(application), customer, given, version, as_json=json)


# --- what belongs together ---------------------------------------------------------------


@app.command("link-ship-to")
def link_ship_to(
    customer: o.Customer,
    ship_to: Annotated[
        str, typer.Argument(metavar="SHIP-TO", help="The location's number, or id:12.")
    ],
    json: Json = False,
) -> None:
    """Let a customer be a ship-to location of another.

    Certificates of the billing customer cover it, by the state it is in.
    """
    from exempt.cli import joining  # noqa: PLC0415

    application = opened()
    joining.link_ship_to(application, acting(application), customer, ship_to, as_json=json)


@app.command("unlink-ship-to")
def unlink_ship_to(
    customer: o.Customer,
    ship_to: Annotated[
        str, typer.Argument(metavar="SHIP-TO", help="The location's number, or id:12.")
    ],
    json: Json = False,
) -> None:
    """Undo link-ship-to."""
    from exempt.cli import joining  # noqa: PLC0415

    application = opened()
    joining.unlink_ship_to(application, acting(application), customer, ship_to, as_json=json)


@app.command()
def link(
    connection: o.Connection, external_id: o.ExternalId, customer: o.Customer, json: Json = False
) -> None:
    """Put a source's record on a card; matching leaves it there."""
    from exempt.cli import joining  # noqa: PLC0415

    application = opened()
    joining.link(application, acting(application), connection, external_id, customer, as_json=json)


@app.command()
def split(connection: o.Connection, external_id: o.ExternalId, json: Json = False) -> None:
    """Give a source's record a card of its own."""
    from exempt.cli import joining  # noqa: PLC0415

    application = opened()
    joining.split(application, acting(application), connection, external_id, as_json=json)


@app.command()
def merge(customer: o.Customer, other: o.Other, json: Json = False) -> None:
    """Let the first card stand for the second one, too.

    All that hangs on the second goes to the first; its history stays.
    """
    from exempt.cli import joining  # noqa: PLC0415

    application = opened()
    joining.merge(application, acting(application), customer, other, as_json=json)


@app.command("not-same")
def not_same(customer: o.Customer, other: o.Other, json: Json = False) -> None:
    """Remember that two cards that look alike are two customers."""
    from exempt.cli import joining  # noqa: PLC0415

    application = opened()
    joining.not_same(application, acting(application), customer, other, as_json=json)


app.command("doubles")(likeness_app.doubles)
app.command("import")(imports_app.import_)
app.command("template")(imports_app.template)
app.command("reconcile")(reconcile_app.reconcile)
