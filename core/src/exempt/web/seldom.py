"""What anybody can bring about is logged, but not each time."""

from __future__ import annotations

import logging
import time

EVERY = 60.0
"""Seconds."""


class Seldom(logging.Filter):
    """Lets each thing through once a minute: the lines of a log, or whatever has a name."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[str, float] = {}

    def due(self, name: str) -> bool:
        """Whether it is time to tell of it again."""
        now = time.monotonic()
        if now - self._last.get(name, -EVERY) < EVERY:
            return False
        self._last[name] = now
        return True

    def filter(self, record: logging.LogRecord) -> bool:
        """Let a line through, unless there was one like it."""
        return self.due(str(record.msg))
