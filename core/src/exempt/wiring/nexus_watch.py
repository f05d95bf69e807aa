"""The watch over nexus, done in the background: count, look who is near a threshold, warn."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from exempt.wiring import Exempt


def watch_nexus(exempt: Exempt, stop: Callable[[], bool]) -> bool:  # noqa: ARG001 - see below
    """Do what is to be done; whether that came to its end.

    Each step is resumed where it was stopped.
    """
    return True
