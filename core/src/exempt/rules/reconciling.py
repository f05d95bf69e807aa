"""Where a customer's card and a source's record of it differ, and what to do about it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from exempt.model.customer import ADDRESS, CARD_TITLES
from exempt.rules.matching import email_key, number_key, tax_id_key
from exempt.rules.ownership import Shared

COMPARED = ("name", "number", "code", "tax_id", "email", *ADDRESS, "bill_to")
"""The fields that are compared, in the order of `values`."""

_KEYS = {"number": number_key, "tax_id": tax_id_key, "email": email_key}


class FieldDifference(NamedTuple):
    """A field, what the card says, and what the record says; None = nothing."""

    field: str
    ours: str | None
    theirs: str | None


def values(shared: Shared) -> tuple[object, ...]:
    """What stands in the fields of `COMPARED`."""
    return (*shared[:5], *shared.address, shared.bill_to)


def differing(
    card: Shared, record: Shared, given: Collection[str] = COMPARED
) -> Iterator[FieldDifference]:
    """The fields among *given* in which the two differ.

    Numbers and e-mails are compared as matching compares them, other texts
    without the blanks around them.
    """
    for field, ours, theirs in zip(COMPARED, values(card), values(record), strict=True):
        if field in given and _key(field, ours) != _key(field, theirs):
            yield FieldDifference(field, _text(ours), _text(theirs))


def advice(
    found: FieldDifference, connection: str, owners: Mapping[str, str], *, several: bool
) -> str:
    """Which of the two counts, and what to do.

    Args:
        found: What differs.
        connection: Whose record it is.
        owners: By field of `ownership.OWNABLE`, the connection with the last word on this card.
        several: Whether other records of the connection are on the card.
    """
    owner = owners.get("address" if found.field in ADDRESS else found.field)
    if owner is None:
        return (
            f"the card counts: correct it in {connection}, edit the card, or let {connection} own"
            " the field (owns in the settings)"
        )
    if owner != connection:
        return f"{owner} has the last word: correct it in {connection}"
    if found.theirs is None:
        return f"{connection} has the last word and says nothing: enter it there"
    if several:
        return f"{connection} has several records on this card: merge them there, or split one off"
    return f"{connection} has the last word: the card follows when the record changes there"


def title(field: str) -> str:
    """What a compared field is called for people."""
    return CARD_TITLES[field]


def _key(field: str, value: object) -> object:
    text = _text(value)
    return _KEYS[field](text) if field in _KEYS else text


def _text(value: object) -> str | None:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value or "").strip() or None
