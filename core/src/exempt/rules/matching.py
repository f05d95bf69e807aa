"""Which customer card a source's customer belongs to.

By customer number first, then by e-mail; otherwise it gets a card of its own.
Two that both have a number and differ in it are never the same customer, even
when one mailbox serves both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from exempt.model.sources import Customer


@dataclass(frozen=True)
class Candidate:
    """A card that a customer might belong to."""

    customer_id: int
    number: str | None
    email: str | None


def number_key(number: str | None) -> str | None:
    """*number* as it is compared: without spaces around it, capitals or not."""
    return (number or "").strip().casefold() or None


def email_key(email: str | None) -> str | None:
    """*email* as it is compared."""
    return (email or "").strip().casefold() or None


def match(customer: Customer, candidates: Iterable[Candidate]) -> int | None:
    """The id of the card that *customer* belongs to, None for none or for several."""
    number, email = number_key(customer.number), email_key(customer.email)
    cards = list(candidates)
    if number:
        same = {c.customer_id for c in cards if number_key(c.number) == number}
        if same:
            return same.pop() if len(same) == 1 else None
    if email:
        same = {
            c.customer_id
            for c in cards
            if email_key(c.email) == email and not (number and number_key(c.number))
        }
        return same.pop() if len(same) == 1 else None
    return None
