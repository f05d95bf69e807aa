"""What a customer's card takes over from a source, and what it keeps.

A field may be owned: then one connection has the last word on it, and what it
clears is cleared. Of the others, the source that made the card leads: what it
changes counts. Any source fills what is blank.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

OWNABLE = ("name", "number", "code", "tax_id", "email", "address", "bill_to")
"""The fields of a card that sources have, too."""

_NOTHING = (None,) * 6


class Shared(NamedTuple):
    """The fields that a card and a source's record have in common; ``OWNABLE`` names them."""

    name: str
    number: str | None
    code: str | None
    tax_id: str | None
    email: str | None
    address: tuple[str | None, ...]
    bill_to: bool


def follow(
    card: Shared,
    before: Shared | None,
    now: Shared,
    *,
    owned: Collection[str] = (),
    elsewhere: Collection[str] = (),
    leads: bool = False,
) -> Shared:
    """*card* once a source's record went from *before* to *now*.

    Args:
        card: As it stands.
        before: The record as it was; None = it is new on this card.
        now: The record as it is.
        owned: The fields that this source has the last word on.
        elsewhere: The fields that another source of the card has the last word on.
        leads: Whether this source made the card.
    """
    taken = {}
    for field in OWNABLE:
        mine, was, new = (
            getattr(card, field),
            before and getattr(before, field),
            getattr(now, field),
        )
        if field in owned:
            taken[field] = new if not _blank(new) or not _blank(was) else mine
        elif field in elsewhere or _blank(new):
            taken[field] = mine
        elif _blank(mine) or (leads and (before is None or new != was)):
            taken[field] = new
        else:
            taken[field] = mine
    return Shared(**{**taken, "name": taken["name"] or card.name})


def refill(
    card: Shared, records: Sequence[Shared], *, owned: Collection[str], elsewhere: Collection[str]
) -> Shared:
    """*card* with what one source's *records* on it own, and with its blanks filled from them.

    Of several that differ, one with which the card agrees already counts, else the first.
    """
    for record in records:
        settled = {
            field
            for field in OWNABLE
            if field in owned
            and not _blank(mine := getattr(card, field))
            and any(getattr(each, field) == mine for each in records)
        }
        card = follow(
            card, None, record, owned={*owned} - settled, elsewhere={*elsewhere, *settled}
        )
    return card


def of_several(
    card: Shared, now: Shared, records: Sequence[Shared], owned: Collection[str]
) -> Shared:
    """*now*, where several *records* of the owner of these fields are on one card.

    What *card* said already counts while one of them says it, else the first that says something.
    """
    taken = {}
    for field in owned:
        said = [value for one in records if not _blank(value := getattr(one, field))]
        if said:
            mine = getattr(card, field)
            taken[field] = mine if mine in said else said[0]
    return now._replace(**taken)


def _blank(value: object) -> bool:
    return value is None or value in ("", _NOTHING)
