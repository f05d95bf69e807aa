"""Let a connection have the last word on fields of customers, from the settings on."""

from __future__ import annotations

from collections.abc import Collection

from exempt.services.ports import Clock, Store
from exempt.services.rows import ConnectionRow

_BEGUN = "(begun)"  # beside the fields until all cards were looked at: a crash begins anew


def narrow(store: Store, connection: ConnectionRow, fields: Collection[str]) -> None:
    """Let *connection* own no more than *fields*; what cards say stays."""
    with store.reading() as tx:
        owned = tx.cards.owns(connection.id)
    left = owned & {*fields, _BEGUN} if fields else set()
    if left != owned:
        with store.writing() as tx:
            tx.alone([connection.company_id])
            tx.cards.set_owns(connection.id, left)


def take_over(
    store: Store,
    connection: ConnectionRow,
    fields: Collection[str],
    clock: Clock,
    *,
    at_once: int = 500,
) -> int:
    """Let *connection* own *fields*; cards take over at once what it says of new ones.

    Returns:
        How many cards were looked at.
    """
    with store.reading() as tx:
        if tx.cards.owns(connection.id) == set(fields):
            return 0
    after = looked_at = 0
    with store.writing() as tx:
        tx.alone([connection.company_id])
        tx.cards.set_owns(connection.id, {*fields, _BEGUN})
    while True:
        with store.writing() as tx:
            tx.alone([connection.company_id])
            ids = tx.cards.of_connection(connection.id, after, at_once)
            if not ids:
                tx.cards.set_owns(connection.id, fields)
                return looked_at
            tx.cards.refill(ids, clock(), by=connection.name)
            looked_at += len(ids)
            after = ids[-1]
