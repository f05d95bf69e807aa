"""What a merge of two customer cards would do, for whoever is about to merge them."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from exempt.errors import RefusedError
from exempt.model.customer import CustomerCard, card_title
from exempt.rules.history import card_changes
from exempt.services import joining
from exempt.services.cards import owned_as
from exempt.services.ports import Transaction
from exempt.services.rows import CustomerRecord, Subject


class Filled(NamedTuple):
    """A field, and what will stand in it."""

    title: str
    value: str


class Differing(NamedTuple):
    """A field in which the two differ: what stays, and what only the history keeps."""

    title: str
    stays: str
    goes: str


class MergePreview(NamedTuple):
    """What a merge would do.

    Attributes:
        wrong: Why the two cannot be merged; "" = they can.
        records: The records of sources that move, with all below.
        filled: What the card that stays takes over.
        differing: What the other card says otherwise.
    """

    keep: CustomerCard
    other: CustomerCard
    wrong: str
    records: list[CustomerRecord]
    certificates: int
    requests: int
    ship_tos: int
    zones: tuple[str, ...]
    entries: int
    filled: list[Filled]
    differing: list[Differing]


def preview(tx: Transaction, keep: CustomerCard, other: CustomerCard) -> MergePreview:
    """What it would do to let *keep* stand for *other*, too."""
    merged = joining.both(keep, other)
    owned = tx.cards.owners([keep.id]).get(keep.id, {})
    filled = [
        Filled(_title(change.field), change.new)
        for change in card_changes(keep, merged)
        if change.new and _is_plain(change.field) and owned_as(change.field) not in owned
    ]
    differing = [
        Differing(_title(change.field), change.new, change.old)
        for change in card_changes(other.details, merged)
        if change.old and change.new and _is_plain(change.field)
    ]
    return MergePreview(
        keep=keep,
        other=other,
        wrong=_wrong(keep, other),
        records=tx.cards.records([other.id]),
        certificates=len(tx.cards.certificates_of(other.id)),
        requests=len(tx.requests.of([other.id])),
        ship_tos=_links(tx, other, {keep.id, other.id}),
        zones=tuple(zone for zone in other.ship_to_zones if zone not in keep.ship_to_zones),
        entries=len(tx.entries.of(Subject.CUSTOMER, other.id)),
        filled=filled,
        differing=differing,
    )


def _is_plain(field: str) -> bool:
    """Whether a card has one of it; of the others it keeps both cards'."""
    return field not in {"contacts", "ship_to_zones"}


def _title(field: str) -> str:
    title = card_title(field)
    return f"{title[:1].upper()}{title[1:]}"


def _links(tx: Transaction, other: CustomerCard, two: Collection[int]) -> int:
    """How many customers it is linked to, but for the card that stays."""
    pairs = {(link.bill_to_id, link.ship_to_id) for link in tx.cards.ship_tos([other.id])}
    return sum(not set(two).issuperset(pair) for pair in pairs)


def _wrong(keep: CustomerCard, other: CustomerCard) -> str:
    if keep.id == other.id:
        return "It is the same card: name another one."
    try:
        joining.check_pair(keep, other)
    except RefusedError as error:
        return f"{str(error)[:1].upper()}{str(error)[1:]}"
    return ""
