"""Sales counted anew where that was asked for, and crossings worked out, for whoever looks now."""

from __future__ import annotations

from collections.abc import Callable

from exempt.services import counting, crossings, recounting
from exempt.services.policy import Policy
from exempt.services.ports import Clock, Store

NAME = "nexus"
"""What whoever does it holds meanwhile."""


def catch_up(store: Store, policy: Policy, clock: Clock, stop: Callable[[], bool]) -> bool:
    """Count anew what is to be, and keep when lines were crossed; whether all of it is done.

    Nothing is done twice, and where nothing waits this takes no time.
    """
    counting.follow_counting(store, policy, clock)
    return recounting.recount(store, policy, clock, stop) and crossings.refresh(
        store, policy, clock, stop
    )


def catch_up_now(
    store: Store,
    policy: Policy,
    clock: Clock,
    stop: Callable[[], bool],
    told: Callable[[], None] = lambda: None,
) -> bool:
    """`catch_up` where no other process is at it; whether nothing waits any more.

    *told* is called once if there is something to do, as it may take a while.
    """
    with store.reading() as tx:
        waits = bool(tx.recounts.all()) or tx.recounts.next_customer() is not None
    if not waits:
        return True
    with store.alone(NAME) as held:
        if not held:
            return False
        told()
        return catch_up(store, policy, clock, stop)
