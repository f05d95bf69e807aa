"""Which customer card a source's customer belongs to, and which cards look like one customer.

By customer number first, then by tax ID, then by e-mail; otherwise it gets a
card of its own. Two that both have a number and differ in it are never taken
for the same customer, even when one mailbox serves both: that is for a person.
Nor are two by what stands in a field for want of something better, such as N/A.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from exempt.model.customer import usable_email
from exempt.model.sources import Customer


class Likeness(StrEnum):
    """By what two cards look like one customer."""

    NUMBER = "number"
    TAX_ID = "tax_id"
    EMAIL = "email"
    NAME_AND_ZIP = "name_and_zip"
    NAME = "name"


@dataclass(frozen=True)
class Candidate:
    """A card that a customer might belong to.

    ``of_this_source``: a record of the same source is on it already. Who keeps
    two records means two customers, unless they have one number.
    """

    customer_id: int
    number: str | None
    email: str | None
    tax_id: str | None = None
    name: str = ""
    of_this_source: bool = False


def number_key(number: str | None) -> str | None:
    """*number* as it is compared: without spaces around it, capitals or not."""
    return (number or "").strip().casefold() or None


def email_key(email: str | None) -> str | None:
    """*email* as it is compared."""
    return (email or "").strip().casefold() or None


def tax_id_key(tax_id: str | None) -> str | None:
    """*tax_id* as it is compared: its letters and digits; 12-3456789 is 123456789."""
    return "".join(filter(str.isalnum, tax_id or "")).casefold() or None


def telling_number(number: str | None) -> str | None:
    """`number_key`, unless it is what people write for want of a number."""
    key = number_key(number)
    return None if key is None or key in _FILLERS or not key.strip("0-. ") else key


def telling_tax_id(tax_id: str | None) -> str | None:
    """`tax_id_key`, unless it is what people write for want of a tax ID."""
    key = tax_id_key(tax_id)
    digits = {character for character in key or "" if character.isdecimal()}
    return key if key and len(key) >= 5 and digits - {"0"} else None


def telling_email(email: str | None) -> str | None:
    """`email_key`, unless no mail could be sent to it, or it is made up."""
    key = email_key(email)
    made_up = key is not None and key.partition("@")[0] in _FILLERS
    return key if usable_email(key) and not made_up else None


_FILLERS = frozenset(
    {
        *("n/a", "na", "none", "null", "nil", "no", "unknown", "tbd", "test", "x", "xx", "xxx"),
        *("-", ".", "noemail", "no-email", "noreply", "no-reply"),
    }
)
"""What stands in a field for want of something better."""


def match(customer: Customer, candidates: Iterable[Candidate]) -> int | None:
    """The id of the card that *customer* belongs to, None for none or for several."""
    number = telling_number(customer.number)
    cards = list(candidates)
    if number:
        same = {
            c.customer_id
            for c in cards
            if telling_number(c.number) == number and not _contradicts(customer, c)
        }
        if same:
            return same.pop() if len(same) == 1 else None
    if customer.parent_external_id:
        return None  # a location often shares its company's tax ID and mailbox
    keys: tuple[tuple[str | None, Callable[[Candidate], str | None]], ...] = (
        (telling_tax_id(customer.tax_id), lambda card: telling_tax_id(card.tax_id)),
        (telling_email(customer.email), lambda card: telling_email(card.email)),
    )
    for key, key_of in keys:
        same = {
            c.customer_id for c in cards if key and key_of(c) == key and not _differs(number, c)
        }
        if same:
            of_this = {c.customer_id for c in cards if c.of_this_source}
            return same.pop() if len(same) == 1 and not same & of_this else None
    return None


def _differs(number: str | None, card: Candidate) -> bool:
    return bool(number and telling_number(card.number))


def _contradicts(customer: Customer, card: Candidate) -> bool:
    """Whether another tax ID and quite another name speak against an equal number."""
    one, other = telling_tax_id(customer.tax_id), telling_tax_id(card.tax_id)
    if not (one and other and one != other and card.name):
        return False
    return _words(customer.name).isdisjoint(_words(card.name))


def _words(name: str) -> set[str]:
    return {word for word in re.split(r"\W+", name.casefold()) if len(word) > 2}
