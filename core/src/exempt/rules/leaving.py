"""What a customer's card gives up once a record of a source is put on another card.

The card had taken it over from that record. What somebody entered by hand stays,
and what another record on the card says, too.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from exempt.rules.ownership import OWNABLE, Shared

_NOWHERE = (None,) * 6


def give_up(
    card: Shared, left: Shared, staying: Sequence[Shared], by_hand: Collection[str]
) -> Shared:
    """*card* without what it has of the record that *left* alone.

    It is blank then, and open to who may fill it. A name, and whether it is billed,
    are those of the first record *staying*, or stay as they are. Fields that
    somebody entered *by_hand* are left alone.
    """
    taken: dict[str, Any] = {}
    for field in OWNABLE:
        mine = getattr(card, field)
        said = [getattr(record, field) for record in staying]
        if field in by_hand or mine != getattr(left, field) or mine in said:
            continue
        if field in {"name", "bill_to"}:
            taken[field] = next(iter(said), mine)
        else:
            taken[field] = _NOWHERE if field == "address" else None
    return card._replace(**taken)
