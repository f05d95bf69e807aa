"""Closed orders held against the register as it stands now; what differs changes on request only.

An order that is closed keeps the decision that was made by what was on file.
A certificate that came in late may cover it, one that was rejected since may
not: somebody looks at the list and applies it, and the old decisions are kept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from exempt.model.decision import Decision
from exempt.rules.history import FieldChange
from exempt.services.certificates import Act
from exempt.services.counting import count_orders
from exempt.services.decide import decisions_of, held_for
from exempt.services.ports import Store, Transaction
from exempt.services.rows import ConnectionRow, StoredOrder, Subject


class Differs(NamedTuple):
    """A closed order that would be decided otherwise today."""

    connection: ConnectionRow
    order: StoredOrder
    customer_name: str | None
    kept: Decision
    today: Decision


def closed_orders(
    store: Store,
    act: Act,
    *,
    customer_ids: Collection[int] | None = None,
    apply: bool = False,
    at_once: int = 5000,
) -> Iterator[Differs]:
    """Closed orders whose decision would be another one today; with *apply* it becomes so.

    Args:
        store: Where they are kept.
        act: Who asks.
        customer_ids: Just those of these customers and their ship-to customers.
        apply: Keep today's decision in place of the one in force, a portion a transaction.
        at_once: How many orders to look at in one transaction.
    """
    after = 0
    while True:
        with store.writing() if apply else store.reading() as tx:
            connections = {row.id: row for row in tx.connections.all()}
            if apply:
                tx.alone({row.company_id for row in connections.values()})
            orders = tx.decisions.doubtful(
                act.policy.profile, after=after, limit=at_once, customer_ids=customer_ids
            )
            found = _differing(tx, connections, orders, act)
            if apply:
                tx.decisions.save([(one.order.id, one.today) for one in found], act.at)
                for connection in connections.values():
                    mine = [one for one in found if one.connection == connection]
                    count_orders(
                        tx, connection, [(one.order, one.today) for one in mine], act.policy
                    )
                for one in found:
                    change = FieldChange("decision", in_words(one.kept), in_words(one.today))
                    tx.history.add(Subject.ORDER, one.order.id, [change], act.at, act.by)
        yield from found
        if len(orders) < at_once:
            return
        after = orders[-1].id


def _differing(
    tx: Transaction,
    connections: dict[int, ConnectionRow],
    orders: Sequence[StoredOrder],
    act: Act,
) -> list[Differs]:
    kept = tx.decisions.decided([order.id for order in orders])
    found = []
    for connection in connections.values():
        mine = [o for o in orders if o.connection_id == connection.id and o.id in kept]
        held = held_for(tx, connection, mine)
        for order, today, _ in decisions_of(tx, mine, held, act.policy):
            if outcome(today) != outcome(kept[order.id]):
                card, _ = held.of(order)
                name = card.name if card else None
                found.append(Differs(connection, order, name, kept[order.id], today))
    return sorted(found, key=lambda one: one.order.id)


def outcome(decision: Decision) -> tuple[object, ...]:
    """What of a decision the order shows."""
    return (
        decision.tax_applicable,
        decision.exempt_percentage,
        decision.certificate_id,
        decision.certificate_number,
    )


def in_words(decision: Decision) -> str:
    """``taxed``, ``exempt, N-1`` or ``50 % exempt, N-1``."""
    said = "exempt" if decision.exempt else "taxed"
    if not decision.exempt and decision.exempt_percentage:
        said = f"{decision.exempt_percentage.normalize():f} % exempt"
    return ", ".join(filter(None, (said, decision.certificate_number)))
