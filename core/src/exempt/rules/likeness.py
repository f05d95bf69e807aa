"""By what two customer cards look like one customer, and why matching left them apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from exempt.rules.matching import Likeness, email_key, number_key, tax_id_key

TITLES: Mapping[Likeness, str] = {
    Likeness.NUMBER: "number",
    Likeness.TAX_ID: "tax ID",
    Likeness.EMAIL: "e-mail",
    Likeness.NAME_AND_ZIP: "name and zip",
    Likeness.NAME: "name",
}
"""What a likeness is called for people; the strongest comes first."""

_BY_NAME = {Likeness.NAME_AND_ZIP, Likeness.NAME}


class ComparedCard(NamedTuple):
    """What of a customer card is compared, and what hangs on it.

    Attributes:
        is_ship_to: It is a ship-to customer of another.
        sources: How many records of sources it has.
        certificates: How many it holds itself, whatever their status.
    """

    id: int
    company: str
    name: str
    number: str | None
    tax_id: str | None
    email: str | None
    country: str | None
    postal_code: str | None
    is_ship_to: bool
    sources: int
    certificates: int


def zip_key(country: str | None, postal_code: str | None) -> str | None:
    """*postal_code* as it is compared: of a ZIP+4 the first five digits."""
    code = (postal_code or "").replace(" ", "")
    return (code[:5] if (country or "US") == "US" else code.upper()) or None


def likenesses(one: ComparedCard, other: ComparedCard) -> tuple[Likeness, ...]:
    """By what two cards of a company look alike, the strongest first."""

    def found() -> Iterator[Likeness]:
        for likeness, key, its_key in (
            (Likeness.NUMBER, number_key(one.number), number_key(other.number)),
            (Likeness.TAX_ID, tax_id_key(one.tax_id), tax_id_key(other.tax_id)),
            (Likeness.EMAIL, email_key(one.email), email_key(other.email)),
        ):
            if key and key == its_key:
                yield likeness
        if one.name.casefold() == other.name.casefold():
            zips = [zip_key(card.country, card.postal_code) for card in (one, other)]
            yield Likeness.NAME_AND_ZIP if zips[0] and zips[0] == zips[1] else Likeness.NAME

    return tuple(found())


def why_apart(one: ComparedCard, other: ComparedCard, on_cards: Mapping[Likeness, int]) -> str:
    """Why two cards that look alike were not taken for one customer.

    *on_cards* has, for number, tax ID and e-mail where they are the same, how
    many cards of the company have it.
    """
    strongest = likenesses(one, other)[0]
    if one.number and other.number and number_key(one.number) != number_key(other.number):
        return f"numbers differ: {one.number}, {other.number}"
    if strongest in _BY_NAME:
        return f"by {TITLES[strongest]} only"
    if strongest is not Likeness.NUMBER and (one.is_ship_to or other.is_ship_to):
        return f"a ship-to customer may share its {TITLES[strongest]} with others"
    if on_cards.get(strongest, 0) > 2:
        return f"{on_cards[strongest]:,} cards have this {TITLES[strongest]}"
    if not (one.sources and other.sources):
        return "only records of sources are matched: one of the two has none"
    return f"one had another {TITLES[strongest]} before, or was put apart by hand"


def to_keep(one: ComparedCard, other: ComparedCard) -> tuple[ComparedCard, ComparedCard]:
    """The two with that first which a merge should keep: with sources, certificates, older."""
    first, second = sorted((one, other), key=lambda c: (not c.sources, -c.certificates, c.id))
    return first, second
