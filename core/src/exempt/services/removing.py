"""A customer's card that was made for nothing is taken away; its history stays."""

from __future__ import annotations

from exempt.errors import ConflictError, RefusedError
from exempt.rules.history import FieldChange
from exempt.services import cards
from exempt.services.certificates import Act
from exempt.services.ports import Store
from exempt.services.rows import Subject

_HANGS = (
    "a record of a source, a certificate, a request, a linked customer, or a comment or file"
    " hangs on it: take that off first, or merge the card into another one"
)


def remove(store: Store, customer_id: int, act: Act, *, seen: int) -> None:
    """Show a card no more on which nothing hangs.

    Raises:
        ConflictError: Somebody changed it since *seen*.
        RefusedError: Something hangs on it.
        NotFoundError: There is no such card.
    """
    with store.writing() as tx:
        card = cards.get(tx, customer_id)
        tx.alone([card.company_id])
        card = cards.get(tx, customer_id)
        if card.version != seen:
            msg = f"id:{card.id}: somebody changed it since: look at it again, then remove it"
            raise ConflictError(msg)
        if tx.cards.retire([card.id], act.at):
            msg = f"id:{card.id}: {_HANGS}"
            raise RefusedError(msg)
        gone = FieldChange("made", card.origin.value, None)
        tx.history.add(Subject.CUSTOMER, card.id, [gone], act.at, act.by)
