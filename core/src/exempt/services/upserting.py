"""Customers as a program knows them: made the first time, brought up to date after that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from exempt.errors import ConflictError, RefusedError
from exempt.model.customer import CustomerCard, CustomerDetails
from exempt.rules.matching import number_key
from exempt.services import cards
from exempt.services.certificates import Act
from exempt.services.ports import Store

_TRIES = 5


class Upserted(NamedTuple):
    """A card, whether it was made, and how many decisions of orders that changed."""

    card: CustomerCard
    made: bool
    orders_changed: int


def upsert(store: Store, company_id: int, told: Mapping[str, Any], act: Act) -> Upserted:
    """Make the customer with this number, or let its card say what is *told*.

    Fields that are not told stay as they are, and of those told a field that a
    source has the last word on must be as it is there. Without a number a card
    is made each time.

    Args:
        store: Where cards are.
        company_id: Whose customer it is.
        told: Fields of `CustomerDetails`; at least the name, to make a card.
        act: Who tells it.

    Raises:
        ValidationError: They do not make a card.
        RefusedError: A field belongs to a source, or cannot be as told.
    """
    number = told.get("number")
    for _ in range(_TRIES):
        with store.reading() as tx:
            ids = list(tx.cards.numbered(company_id, [number]).values()) if number else []
            before = cards.get(tx, ids[0][0]) if ids else None
        try:
            if before is not None:
                return _edited(store, before, told, act)
            return Upserted(*_added(store, company_id, told, act))
        except ConflictError:
            continue  # somebody edited it meanwhile
        except _TakenError:
            continue  # somebody made it meanwhile
    msg = f"customer number {number}: others change it all the time: try again"
    raise ConflictError(msg)


class _TakenError(Exception):
    """Somebody has the number by now."""


def _added(
    store: Store, company_id: int, told: Mapping[str, Any], act: Act
) -> tuple[CustomerCard, bool, int]:
    details = CustomerDetails(**told)
    try:
        done = cards.add(store, company_id, details, act)
    except RefusedError:
        with store.reading() as tx:
            if details.number and tx.cards.numbered(company_id, [details.number]):
                raise _TakenError from None
        raise
    return done.card, True, done.orders_changed


def _edited(store: Store, before: CustomerCard, told: Mapping[str, Any], act: Act) -> Upserted:
    now = {name: getattr(before, name) for name in CustomerDetails.model_fields}
    if number_key(told.get("number")) == number_key(before.number):
        told = {**told, "number": before.number}  # as people write it here
    details = CustomerDetails(**{**now, **told})
    done = cards.edit(store, before.id, details, act, seen=before.version)
    return Upserted(done.card, made=False, orders_changed=done.orders_changed)
