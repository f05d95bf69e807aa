"""Which customer card a source's customer belongs to, and which cards look like one customer.

By customer number first, then by tax ID, then by e-mail; otherwise it gets a
card of its own. Two that both have a number and differ in it are never taken
for the same customer, even when one mailbox serves both: that is for a person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

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
    """A card that a customer might belong to."""

    customer_id: int
    number: str | None
    email: str | None
    tax_id: str | None = None


def number_key(number: str | None) -> str | None:
    """*number* as it is compared: without spaces around it, capitals or not."""
    return (number or "").strip().casefold() or None


def email_key(email: str | None) -> str | None:
    """*email* as it is compared."""
    return (email or "").strip().casefold() or None


def tax_id_key(tax_id: str | None) -> str | None:
    """*tax_id* as it is compared: its letters and digits; 12-3456789 is 123456789."""
    return "".join(filter(str.isalnum, tax_id or "")).casefold() or None


def match(customer: Customer, candidates: Iterable[Candidate]) -> int | None:
    """The id of the card that *customer* belongs to, None for none or for several."""
    number = number_key(customer.number)
    cards = list(candidates)
    if number:
        same = {c.customer_id for c in cards if number_key(c.number) == number}
        if same:
            return same.pop() if len(same) == 1 else None
    if customer.parent_external_id:
        return None  # a location often shares its company's tax ID and mailbox
    keys: tuple[tuple[str | None, Callable[[Candidate], str | None]], ...] = (
        (tax_id_key(customer.tax_id), lambda card: tax_id_key(card.tax_id)),
        (email_key(customer.email), lambda card: email_key(card.email)),
    )
    for key, key_of in keys:
        same = {
            c.customer_id
            for c in cards
            if key and key_of(c) == key and not (number and number_key(c.number))
        }
        if same:
            return same.pop() if len(same) == 1 else None
    return None
