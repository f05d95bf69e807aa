"""What takes long has threads of its own, so that all else goes on meanwhile.

Looking into a file, or drawing a page of it, may take a minute, and whoever
has a link can bring it about as often as they like: those of the portal and
those of staff wait for one another, and for nobody else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import anyio.to_thread
from anyio import CapacityLimiter
from anyio.lowlevel import RunVar
from starlette.exceptions import HTTPException

T = TypeVar("T")

AT_ONCE = 8
"""Threads, for the portal and for staff each."""

WAITING_MAX = 40
"""So many wait for one; who comes then is to come again."""

RETRY_AFTER = "10"
"""Seconds."""


@dataclass
class _Lane:
    """Threads of one kind, and how many calls have one or wait for it."""

    threads: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(AT_ONCE))
    calls: int = 0


_PORTAL: RunVar[_Lane] = RunVar("portal")
_STAFF: RunVar[_Lane] = RunVar("staff")


async def run_slowly(path: str, function: Callable[..., T], *arguments: Any) -> T:
    """Run *function* in one of the threads for pages like that at *path*.

    Raises:
        HTTPException: 503, too many wait already.
    """
    lane = _lane(_PORTAL if path.startswith("/portal") else _STAFF)
    if lane.calls >= AT_ONCE + WAITING_MAX:
        raise HTTPException(503, headers={"Retry-After": RETRY_AFTER})
    lane.calls += 1
    try:
        return await anyio.to_thread.run_sync(function, *arguments, limiter=lane.threads)
    finally:
        lane.calls -= 1


def _lane(which: RunVar[_Lane]) -> _Lane:
    """That of this loop."""
    try:
        return which.get()
    except LookupError:
        lane = _Lane()
        which.set(lane)
        return lane
