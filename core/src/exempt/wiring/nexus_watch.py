"""The watch over nexus, done in the background: count, look who is near a threshold, warn."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from exempt.services import catching_up, nexus_warnings

if TYPE_CHECKING:
    from exempt.wiring import Exempt


def watch_nexus(exempt: Exempt, stop: Callable[[], bool]) -> bool:
    """Do what is to be done; whether that came to its end.

    Each step goes on where it was stopped. Where another process is at it,
    it is left to that one.
    """
    store, policy, clock = exempt.store, exempt.policy, exempt.clock
    with store.alone(catching_up.NAME) as held:
        if not held:
            return True
        if not catching_up.catch_up(store, policy, clock, stop):
            return False
        nexus_warnings.raise_employee_warnings(store, policy, clock)
        nexus_warnings.raise_threshold_warnings(store, policy, clock)
        return True


def catch_up_now(exempt: Exempt, told: Callable[[], None]) -> None:
    """Count anew what waits, for whoever wants to look, where no other process is at it.

    Args:
        exempt: Whose store.
        told: Called once if there is something to do, as it may take a while.
    """
    store, policy, clock = exempt.store, exempt.policy, exempt.clock
    catching_up.catch_up_now(store, policy, clock, lambda: exempt.stopping, told)
