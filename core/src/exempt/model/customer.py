"""Customer cards: what a seller knows of a customer, whatever system it stands in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, field_validator, model_validator

from exempt.model.address import Country, Jurisdiction, state_of
from exempt.model.custom import CustomValues
from exempt.model.record import ExternalId, Moment, Record, Text

_MAILBOX = re.compile(r"[^@\s,;<>()\[\]\"]+@[^@\s,;<>()\[\]\"]+\.[^@\s,;<>()\[\]\".]{2,}")


def usable_email(address: str | None) -> bool:
    """Whether a mail could be sent to *address*: one mailbox, with a domain."""
    if not address or len(address) > 254 or not _MAILBOX.fullmatch(address):
        return False
    local, _, domain = address.rpartition("@")
    dots = ".." in address or local[:1] == "." or local[-1:] == "." or domain[:1] in ".-"
    return len(local) <= 64 and not dots


def mailbox(address: str | None, bounced: str | None) -> str | None:
    """*address*, where mail can be sent to it and did not come back from it."""
    if not usable_email(address) or (bounced or "").casefold() == (address or "").casefold():
        return None
    return address


def invisible(text: str) -> bool:
    """Whether *text* has a line break, a tab, or another character that shows nothing."""
    return any(unicodedata.category(character) in _UNSEEN for character in text)


_UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp"})

INVISIBLE = "a line break or a character that cannot be seen: type it anew, without that"
"""What is wrong with a text that is `invisible`, and how to mend it."""


def _mailbox(value: str) -> str:
    if value and not usable_email(value):
        msg = "no e-mail address: write one, such as ap@example.com"
        raise ValueError(msg)
    return value


Email = Annotated[Text, AfterValidator(_mailbox)]
"""An e-mail address that mail can be sent to."""


class ContactRole(StrEnum):
    """What a contact of a customer is for."""

    ACCOUNTS_PAYABLE = "accounts_payable"
    TAX = "tax"
    PURCHASING = "purchasing"
    OTHER = "other"


class Contact(Record):
    """Somebody at a customer."""

    name: Annotated[Text, Field(min_length=1)]
    role: ContactRole = ContactRole.OTHER
    email: Email | None = None
    phone: Text | None = None


class CustomerDetails(Record):
    """A customer as staff enter and edit it, and as an import has it: the whole of it.

    Attributes:
        number: What the accounting software knows it by; no two customers of
            a company share one.
        code: A second number, for the seller's own records.
        tax_id: The customer's own tax registration, such as its FEIN.
        email: Where accounts payable reads mail; requests go there.
        attention: To whom letters are addressed.
        state: Of the address: two letters in the United States.
        bill_to: Invoices go to it.
        ship_to: Goods go to it.
        exempt: It counts as exempt although it shows neither number nor code.
        exemption_number: A number that it claims exemption by. It counts as
            exempt by either of this and the code, however incomplete.
        excluded_from_mailings: No request is mailed to it.
        ship_to_zones: The states that goods go to, beside those of addresses.
    """

    name: Annotated[Text, Field(min_length=1)]
    number: ExternalId | None = None
    code: Text | None = None
    tax_id: Text | None = None
    email: Text | None = None
    attention: Text | None = None
    phone: Text | None = None
    fax: Text | None = None
    line1: Text | None = None
    line2: Text | None = None
    city: Text | None = None
    country: Country | None = None
    state: Text | None = None
    postal_code: Text | None = None
    bill_to: bool = True
    ship_to: bool = True
    exempt: bool = False
    exemption_number: Text | None = None
    exemption_code: Text | None = None
    excluded_from_mailings: bool = False
    ship_to_zones: tuple[Jurisdiction, ...] = ()
    contacts: tuple[Contact, ...] = ()
    custom: CustomValues = Field(default_factory=dict)

    @field_validator("number", mode="before")
    @classmethod
    def _stripped(cls, value: object) -> object:
        return (value.strip() or None) if isinstance(value, str) else value

    @field_validator("country", mode="before")
    @classmethod
    def _no_country(cls, value: object) -> object:
        return None if isinstance(value, str) and not value.strip() else value

    @field_validator("state")
    @classmethod
    def _known_state(cls, value: str | None, info: object) -> str | None:
        country = info.data.get("country")  # type: ignore[attr-defined]
        return state_of(value, country) if value else None

    @field_validator("ship_to_zones")
    @classmethod
    def _each_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted(set(value)))

    @model_validator(mode="after")
    def _nothing_is_none(self) -> CustomerDetails:
        for name in TEXTS:
            if getattr(self, name) == "":
                self.__dict__[name] = None
        return self

    @property
    def flagged(self) -> bool:
        """Whether this card itself claims exemption, by flag, number or code."""
        return bool(self.exempt or self.exemption_number or self.exemption_code)

    @property
    def jurisdiction(self) -> str | None:
        """The state of its address, ``US-TX``; None where none is known by its code."""
        if self.country and self.state and re.fullmatch(r"[A-Za-z0-9]{1,3}", self.state):
            return f"{self.country}-{self.state.upper()}"
        return None


TEXTS = (
    *("number", "code", "tax_id", "email", "attention", "phone", "fax"),
    *("line1", "line2", "city", "state", "postal_code", "exemption_number", "exemption_code"),
)
"""The fields of a card that hold a text or nothing."""

ADDRESS = ("country", "state", "line1", "line2", "city", "postal_code")
"""The fields of a card that make its address."""

ENGINE_NEEDS = ("name", "line1", "city", "state", "country", "postal_code")
"""What a tax engine wants to know of a customer before it takes it (AvaTax's minimum)."""

RECOMMENDED = ("number", "email")
"""What a card should have beside its name, and works without."""

CARD_TITLES = {
    "name": "name",
    "number": "customer number",
    "code": "code",
    "tax_id": "tax ID",
    "email": "A/P e-mail",
    "attention": "attention",
    "phone": "phone",
    "fax": "fax",
    "line1": "address line 1",
    "line2": "address line 2",
    "city": "city",
    "country": "country",
    "state": "state",
    "postal_code": "zip",
    "bill_to": "billed",
    "ship_to": "shipped to",
    "exempt": "flagged exempt",
    "exemption_number": "exemption number",
    "exemption_code": "exemption code",
    "excluded_from_mailings": "excluded from mailings",
    "ship_to_zones": "ship-to states",
    "contacts": "contacts",
    "ship_to_customers": "ship-to customers",
    "bill_to_customers": "ship-to of",
    "sources": "records of sources",
    "flagged_exempt": "counts as exempt",
    "resale_certificate_number": "free-form number",
    "merged": "merged",
    "made": "made",
}
"""What a field of a card is called for people."""


def card_title(field: str) -> str:
    """What a field of a history is called for people."""
    name = field.removeprefix("merged.")
    title = CARD_TITLES.get(name, name.removeprefix("custom."))
    return title if name == field else f"{title} of the merged card"


def lacks_for_engine(details: CustomerDetails) -> tuple[str, ...]:
    """The fields without which nothing of it flows to a tax engine; empty = ready."""
    return tuple(_blank(details, ENGINE_NEEDS))


def lacks_recommended(details: CustomerDetails) -> tuple[str, ...]:
    """The recommended fields that are blank, or an e-mail that no mail can be sent to."""
    lacking = list(_blank(details, RECOMMENDED))
    if "email" not in lacking and not usable_email(details.email):
        lacking.append("email")
    return tuple(lacking)


def _blank(details: CustomerDetails, names: tuple[str, ...]) -> Iterator[str]:
    return (name for name in names if not getattr(details, name))


class CustomerOrigin(StrEnum):
    """How a card came to be."""

    SOURCE = "source"
    STAFF = "staff"
    IMPORT = "import"


class CustomerCard(CustomerDetails):
    """A customer as Exempt knows it, with what hangs on it.

    Attributes:
        version: Grows with every change by hand; whoever edits names the one they saw.
        flagged_exempt: Whether exemption is claimed, here or in a source.
        resale_certificate_number: The free-form number that prevails over every certificate.
        bounced_email: The address that a mail came back from for good.
        certificates: How many active ones it holds itself, on the day asked for.
        bill_to_ids: The billing customers whose ship-to it is.
        ship_to_ids: Its own ship-to customers.
        merged_into_id: The card that it was merged into, and that stands for it now.
        gone: It was merged, or its making was undone: kept for its history only.
    """

    id: int
    company_id: int
    version: int = 1
    origin: CustomerOrigin = CustomerOrigin.SOURCE
    made_at: Moment
    made_by: Text = ""
    flagged_exempt: bool = False
    resale_certificate_number: Text | None = None
    bill_to_ids: tuple[int, ...] = ()
    ship_to_ids: tuple[int, ...] = ()
    merged_into_id: int | None = None
    gone: bool = False
    bounced_email: Text | None = None

    @property
    def mailbox(self) -> str | None:
        """Its e-mail address, where mail reaches it."""
        return mailbox(self.email, self.bounced_email)

    @property
    def details(self) -> CustomerDetails:
        """The part of it that is entered and edited."""
        return CustomerDetails(
            **{name: getattr(self, name) for name in CustomerDetails.model_fields}
        )
