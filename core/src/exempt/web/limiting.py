"""How often an API key may call: so many times in a minute, counted in this process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import NamedTuple

WINDOW = 60.0
"""Seconds."""

_KNOWN_MAX = 10_000


class Taken(NamedTuple):
    """A call that was counted.

    Attributes:
        allowed: Whether it may be made.
        limit: How many may be made in `WINDOW`.
        remaining: How many more may be made in this one.
        reset: After how many seconds the next one begins.
    """

    allowed: bool
    limit: int
    remaining: int
    reset: float

    def headers(self) -> list[tuple[bytes, bytes]]:
        """As an answer tells it (draft-ietf-httpapi-ratelimit-headers)."""
        wait = max(1, round(self.reset))
        return [
            (b"ratelimit-policy", b'"key";q=%d;w=60' % self.limit),
            (b"ratelimit", b'"key";r=%d;t=%d' % (self.remaining, wait)),
        ]


class Limiter:
    """Counts the calls of each key, in windows that begin with its first call.

    The package ``limits`` does the same, and starts a thread for each hundredth
    of a second in which somebody calls.
    """

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._mutex = threading.Lock()
        self._windows: dict[int, tuple[float, int]] = {}

    def take(self, key_id: int) -> Taken:
        """Count one more call with a key."""
        now = self._clock()
        with self._mutex:
            end, made = self._windows.get(key_id, (0.0, 0))
            if end <= now:
                end, made = now + WINDOW, 0
                self._forget(now)
            self._windows[key_id] = (end, made + 1)
        allowed = made < self._limit
        return Taken(allowed, self._limit, max(0, self._limit - made - 1), end - now)

    def _forget(self, now: float) -> None:
        if len(self._windows) >= _KNOWN_MAX:
            self._windows = {each: one for each, one in self._windows.items() if one[0] > now}
