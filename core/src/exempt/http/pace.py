"""When the next call may go out: our own rate, and what the remote asked for."""

from __future__ import annotations

import datetime as dt
import threading
import time
import weakref
from collections.abc import Callable
from email.utils import parsedate_to_datetime

import stamina

_EVER = dt.timedelta(days=365)


def sleep(seconds: float) -> None:
    """Wait, unless a test switched waiting off with ``stamina.set_testing``."""
    if not stamina.is_testing():
        time.sleep(seconds)


class Pace:
    """Lets calls through at most *rate* a second, evenly; a bucket of one (GCRA)."""

    def __init__(
        self, rate: float | None, *, clock: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        self._interval = 1 / rate if rate else 0.0
        self._clock, self._sleep = clock, sleep
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Return when the next call may go out."""
        with self._lock:
            now = self._clock()
            slot = max(self._next, now)
            self._next = slot + self._interval
        if slot > now:
            self._sleep(slot - now)

    def penalise(self, seconds: float) -> None:
        """Let nothing through for *seconds*."""
        with self._lock:
            self._next = max(self._next, self._clock() + seconds)


_SHARED: weakref.WeakValueDictionary[tuple[str, float], Pace] = weakref.WeakValueDictionary()
_SHARING = threading.Lock()


def shared(
    name: str, rate: float, *, clock: Callable[[], float], sleep: Callable[[float], None]
) -> Pace:
    """The pace of that name and rate, made when nobody uses one yet."""
    with _SHARING:
        pace = _SHARED.get((name, rate)) or Pace(rate, clock=clock, sleep=sleep)
        _SHARED[name, rate] = pace
        return pace


def retry_after(value: str | None, now: dt.datetime) -> dt.timedelta | None:
    """Read a ``Retry-After`` header: seconds, or a date (RFC 9110, section 10.2.3).

    None where it is missing or makes no sense; never negative, at most a year.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return dt.timedelta(seconds=int(text)) if len(text) < 8 else _EVER
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=dt.UTC)
    return min(max(when - now, dt.timedelta(0)), _EVER)
