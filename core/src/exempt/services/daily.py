"""What a new day brings: statuses carried on to it, and the remotes told."""

from __future__ import annotations

from exempt.services.counting import follow_counting
from exempt.services.owing import owe_customers
from exempt.services.policy import Policy
from exempt.services.ports import Clock, Store
from exempt.services.rules_changed import follow_rules


def carry_on(store: Store, policy: Policy, clock: Clock) -> None:
    """Owe every source the statuses of its customers on this day, where they changed."""
    follow_rules(store, policy, clock)
    follow_counting(store, policy, clock)
    with store.reading() as tx:
        rows = tx.connections.all()
    for row in rows:
        at = clock()
        with store.writing() as tx:
            tx.alone([row.company_id])
            owe_customers(tx, row, at.date(), at)
