"""How long somebody who tried in vain waits before the next try (OWASP ASVS 5.0, 6.3.1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple


class Limit(NamedTuple):
    """How often something may be tried.

    Attributes:
        free: So many tries cost no wait.
        first: The wait after these; each further try doubles it.
        most: It never grows beyond this.
        memory: Tries longer ago than this are forgotten.
    """

    free: int
    first: dt.timedelta
    most: dt.timedelta
    memory: dt.timedelta = dt.timedelta(hours=1)


def wait(tries: Sequence[dt.datetime], limit: Limit, at: dt.datetime) -> dt.timedelta:
    """How long to wait, with these *tries* behind one, oldest first; zero = not at all."""
    counted = [tried for tried in tries if tried > at - limit.memory]
    if len(counted) < max(limit.free, 1):
        return dt.timedelta()
    doublings = min(len(counted) - limit.free, 32)  # far beyond any limit, and no huge number
    due = counted[-1] + min(limit.first * (1 << doublings), limit.most)
    return max(due - at, dt.timedelta())
