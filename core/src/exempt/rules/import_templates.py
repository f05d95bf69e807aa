"""The templates for customers: their columns, and what stands in them.

Titles after Avalara, "Guidelines for the Basic (Full) Information customer
import template", https://help.avalara.com; those of the shipping block of the
full one mirror the billing block. The last four are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from exempt.model.custom import CustomField, CustomKind
from exempt.model.imports import Side, Template


class TemplateColumn(NamedTuple):
    """A column of a template.

    Attributes:
        field: Of `CustomerDetails`; ``name2``, or ``custom.KEY``.
        note: What to write into it.
    """

    title: str
    side: Side
    field: str
    note: str


_BILLING = "Billing Customer"
_SHIPPING = "Shipping Customer"

_PARTS = (
    ("Number", "number", "The number in your accounting software. No two customers share one."),
    ("Alternate ID", "code", "A second number, for your own records."),
    ("FEIN", "tax_id", "The customer's own federal tax number."),
    ("Name 1", "name", "The customer's name."),
    ("Name 2", "name2", "The rest of the name; it is joined to Name 1."),
    ("Attn Name", "attention", "To whom letters are addressed."),
    ("Address 1", "line1", "Street and number."),
    ("Address 2", "line2", "Suite, floor, building."),
    ("City", "city", "The city."),
    ("State", "state", "Two letters, such as TX."),
    ("Country", "country", "Two letters, such as US or CA."),
    ("Zip", "postal_code", "The postal code; leading zeros stay."),
    ("Phone", "phone", "A phone number."),
    ("Fax", "fax", "A fax number."),
    ("Email", "email", "Where accounts payable reads mail; one address."),
)
_OURS = (
    ("Exempt", "exempt", "yes or no: whether the customer counts as exempt without a number."),
    ("Exemption Number", "exemption_number", "A number that exemption is claimed by."),
    ("Exemption Code", "exemption_code", "A code that exemption is claimed by."),
    (
        "Exclude from Mailing Campaign",
        "excluded_from_mailings",
        "yes or no: yes leaves the customer out of all mailings.",
    ),
)
_ZONE = (
    "A state that your goods go to. For each further state repeat the row, and change this alone."
)
_LOCATION = "The location's own number: no other row, and no billing customer, has it."

BILLING_NUMBER = f"{_BILLING} Number"
BILLING_NAME = f"{_BILLING} Name 1"
SHIPPING_NUMBER = f"{_SHIPPING} Number"
SHIPPING_NAMES = (f"{_SHIPPING} Name 1", f"{_SHIPPING} Name 2")
SHIPPING_STATE = f"{_SHIPPING} State"

REQUIRED = (BILLING_NUMBER, BILLING_NAME)
"""The columns that may not be deleted."""


def columns(template: Template, custom: Mapping[str, CustomField]) -> tuple[TemplateColumn, ...]:
    """The columns of a template; *custom* are the seller's own fields of customers, by key."""
    found = [_of(_BILLING, Side.BILLING, part) for part in _PARTS]
    shipping = [_of(_SHIPPING, Side.SHIPPING, part) for part in _PARTS]
    if template is Template.FULL:
        found += [
            each._replace(note=_LOCATION) if each.title == SHIPPING_NUMBER else each
            for each in shipping
        ]
    else:
        found += [each._replace(note=_ZONE) for each in shipping if each.title == SHIPPING_STATE]
    found += [TemplateColumn(title, Side.BILLING, field, note) for title, field, note in _OURS]
    taken = {each.title for each in found}
    found += [
        TemplateColumn(field.title, Side.BILLING, f"custom.{key}", _asked(field))
        for key, field in custom.items()
        if field.title not in taken
    ]
    return tuple(found)


def _of(prefix: str, side: Side, part: tuple[str, str, str]) -> TemplateColumn:
    title, field, note = part
    return TemplateColumn(f"{prefix} {title}", side, field, note)


def _asked(field: CustomField) -> str:
    """What to write into the column of a field of the seller's own."""
    return {
        CustomKind.TEXT: "Any text.",
        CustomKind.NUMBER: "A number.",
        CustomKind.DATE: "A date as YYYY-MM-DD.",
        CustomKind.YES_NO: "yes or no.",
        CustomKind.CHOICE: f"One of: {', '.join(field.choices)}.",
    }[field.kind]


# --- other titles that are understood on request ---------------------------------------------

_OTHER_TITLES = {
    # As the loader of CertCapture has them.
    "Billing Customer Name": BILLING_NAME,
    "Sold To Customer Number": SHIPPING_NUMBER,
    "Sold To Customer Name": SHIPPING_NAMES[0],
    # As accounting software has them.
    "Customer Number": BILLING_NUMBER,
    "Customer No": BILLING_NUMBER,
    "Customer ID": BILLING_NUMBER,
    "Account Number": BILLING_NUMBER,
    "Number": BILLING_NUMBER,
    "Customer Name": BILLING_NAME,
    "Company Name": BILLING_NAME,
    "Name": BILLING_NAME,
    "Name 1": BILLING_NAME,
    "Name 2": f"{_BILLING} Name 2",
    "Alternate ID": f"{_BILLING} Alternate ID",
    "FEIN": f"{_BILLING} FEIN",
    "EIN": f"{_BILLING} FEIN",
    "Tax ID": f"{_BILLING} FEIN",
    "Attention": f"{_BILLING} Attn Name",
    "Contact": f"{_BILLING} Attn Name",
    "Address": f"{_BILLING} Address 1",
    "Address 1": f"{_BILLING} Address 1",
    "Address Line 1": f"{_BILLING} Address 1",
    "Street": f"{_BILLING} Address 1",
    "Address 2": f"{_BILLING} Address 2",
    "Address Line 2": f"{_BILLING} Address 2",
    "City": f"{_BILLING} City",
    "State": f"{_BILLING} State",
    "Country": f"{_BILLING} Country",
    "Zip": f"{_BILLING} Zip",
    "Zip Code": f"{_BILLING} Zip",
    "Postal Code": f"{_BILLING} Zip",
    "Phone": f"{_BILLING} Phone",
    "Fax": f"{_BILLING} Fax",
    "Email": f"{_BILLING} Email",
    "Email Address": f"{_BILLING} Email",
    "AP Email": f"{_BILLING} Email",
    "Ship To State": SHIPPING_STATE,
    "Shipping State": SHIPPING_STATE,
    "Ship To Number": SHIPPING_NUMBER,
    "Ship To Customer Number": SHIPPING_NUMBER,
    "Tax Exempt": "Exempt",
    "Do Not Mail": "Exclude from Mailing Campaign",
}


def alias_key(title: str) -> str:
    """*title* as aliases are compared: its letters and digits, capitals or not."""
    return "".join(filter(str.isalnum, title)).casefold()


def aliases(known: tuple[TemplateColumn, ...]) -> dict[str, str]:
    """Titles of *known* columns by the `alias_key` of those that are understood for them."""
    titles = {each.title for each in known}
    other = {alias_key(other): title for other, title in _OTHER_TITLES.items() if title in titles}
    return other | {alias_key(title): title for title in titles}
