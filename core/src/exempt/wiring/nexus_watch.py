"""The watch over nexus, done in the background: count, look who is near a threshold, warn."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from exempt.services import counting, crossings, nexus_warnings, recounting

if TYPE_CHECKING:
    from exempt.wiring import Exempt

_NAME = "nexus"
"""What whoever does it holds meanwhile."""


def watch_nexus(exempt: Exempt, stop: Callable[[], bool]) -> bool:
    """Do what is to be done; whether that came to its end.

    Each step goes on where it was stopped. Where another process is at it,
    it is left to that one.
    """
    store, policy, clock = exempt.store, exempt.policy, exempt.clock
    with store.alone(_NAME) as held:
        if not held:
            return True
        if not catch_up(exempt, stop):
            return False
        nexus_warnings.raise_employee_warnings(store, policy, clock)
        nexus_warnings.raise_threshold_warnings(store, policy, clock)
        return True


def catch_up(exempt: Exempt, stop: Callable[[], bool]) -> bool:
    """Count anew what is to be, and keep when lines were crossed; whether all of it is done.

    Nothing is done twice, and where nothing waits this takes no time.
    """
    store, policy, clock = exempt.store, exempt.policy, exempt.clock
    counting.follow_counting(store, policy, clock)
    return recounting.recount(store, policy, clock, stop) and crossings.refresh(
        store, policy, clock, stop
    )


def catch_up_now(exempt: Exempt, told: Callable[[], None]) -> None:
    """`catch_up`, for whoever wants to look, where no other process is at it.

    Args:
        exempt: Whose store.
        told: Called once if there is something to do, as it may take a while.
    """
    with exempt.store.reading() as tx:
        waits = bool(tx.recounts.all()) or tx.recounts.next_customer() is not None
    if not waits:
        return
    with exempt.store.alone(_NAME) as held:
        if held:
            told()
            catch_up(exempt, lambda: exempt.stopping)
