"""Orders counted anew in the background, by what is on file today.

A closed order keeps the decision that was made of it. How it counts does not
hang on that: a certificate that comes late covers the sale as well, so what
counts is what the rule would say today.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from exempt.services.counting import count_orders, uncount
from exempt.services.decide import decisions_of, held_for
from exempt.services.policy import Policy
from exempt.services.ports import Clock, Store, Transaction
from exempt.services.rows import StoredOrder


def recount(
    store: Store,
    policy: Policy,
    clock: Clock,  # noqa: ARG001 - as every step of the background has it
    stop: Callable[[], bool],
    *,
    at_once: int = 1000,
) -> bool:
    """Count anew what was asked for; whether that came to its end.

    A portion a transaction, which keeps how far it is: it goes on there after a
    crash, and from the beginning where somebody asked again meanwhile.
    """
    while True:
        with store.reading() as tx:
            asked = tx.recounts.all()
            customer = tx.recounts.next_customer()
        if not asked and customer is None:
            return True
        if stop():
            return False
        with store.writing() as tx:
            if asked:
                _of_connection(tx, asked[0].connection_id, policy, at_once)
            elif customer:
                _of_customer(tx, customer.customer_id, policy, at_once)


def _of_connection(tx: Transaction, connection_id: int, policy: Policy, at_once: int) -> None:
    """Count the next orders of a connection."""
    connection = next(row for row in tx.connections.all() if row.id == connection_id)
    tx.alone([connection.company_id])
    # As it stands once nobody else counts there.
    asked = next((each for each in tx.recounts.all() if each.connection_id == connection_id), None)
    if asked is None:
        return
    orders = tx.sources.orders_after(connection_id, asked.after_id, at_once)
    through = orders[-1].id if len(orders) == at_once else None
    counted = tx.sales.counted_between(connection_id, asked.after_id, through)
    count_today(tx, orders, policy)
    uncount(tx, set(counted) - {order.id for order in orders})
    if through is None:
        tx.recounts.done(asked)
    else:
        tx.recounts.move(asked, through)


def _of_customer(tx: Transaction, customer_id: int, policy: Policy, at_once: int) -> None:
    """Count the next closed orders of a customer."""
    tx.alone(tx.sources.companies_of([customer_id]))
    asked = tx.recounts.next_customer()
    if asked is None or asked.customer_id != customer_id:
        return
    orders = tx.sources.closed_orders_of(customer_id, asked.after_id, at_once)
    count_today(tx, orders, policy)
    if len(orders) == at_once:
        tx.recounts.move_customer(asked, orders[-1].id)
    else:
        tx.recounts.customer_done(asked)


def count_today(tx: Transaction, orders: Sequence[StoredOrder], policy: Policy) -> None:
    """Count *orders*, of whatever connections, as the rule decides them today."""
    by_connection: dict[int, list[StoredOrder]] = defaultdict(list)
    for order in orders:
        by_connection[order.connection_id].append(order)
    connections = {row.id: row for row in tx.connections.all()} if by_connection else {}
    for connection_id, mine in sorted(by_connection.items()):
        connection = connections[connection_id]
        decided = decisions_of(tx, mine, held_for(tx, connection, mine), policy)
        count_orders(tx, connection, [(order, made) for order, made, _ in decided], policy)
