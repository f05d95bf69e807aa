"""When something that is done again and again is done next.

A schedule is an interval (``30s``, ``15m``, ``2h``, ``1d``), a line of cron with
five fields in the clock of a time zone, or ``never``. How cron takes the hours
that summer time leaves out or repeats is that of Debian: a job of a skipped
hour runs right after the change, one of a repeated hour once. A line whose
minute or hour begins with ``*`` runs whenever the clock shows such a time.
"""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

Schedule = str
"""As it stands in the settings."""

NEVER = "never"
SHORTEST = 10
"""Seconds."""

_INTERVAL = re.compile(r"^([0-9]{1,6})\s*([smhd])\Z")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_WORDS = {"s": "second", "m": "minute", "h": "hour", "d": "day"}
_SOMETIME = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def seconds(text: str) -> int:
    """How long an interval as ``15m`` is.

    Raises:
        ValueError: It is none, or has no length.
    """
    found = _INTERVAL.match(text)
    if not found or not int(found[1]):
        msg = "is no time: write it as 30s, 15m, 2h or 1d"
        raise ValueError(msg)
    return int(found[1]) * _UNITS[found[2]]


def parse(text: str) -> str:
    """*text*, if it is a schedule.

    Raises:
        ValueError: It is none.
    """
    if text == NEVER:
        return text
    if _INTERVAL.match(text):
        if seconds(text) < SHORTEST:
            msg = f"is too often: write {SHORTEST}s or more"
            raise ValueError(msg)
        return text
    try:
        if len(text.split()) == 5:
            next(CronSim(text, _SOMETIME))
            return text
    except (CronSimError, StopIteration):
        pass
    msg = 'is no schedule: write 15m, 2h, a line of cron as "0 6 * * 1-5", or never'
    raise ValueError(msg)


def in_words(schedule: Schedule, zone: str = "UTC") -> str:
    """A schedule for people: ``every 15 minutes``, ``0 6 * * 1-5 (UTC)``, ``never``."""
    if found := _INTERVAL.match(schedule):
        number, unit = int(found[1]), _WORDS[found[2]]
        return f"every {unit}" if number == 1 else f"every {number} {unit}s"
    return schedule if schedule == NEVER else f"{schedule} ({zone})"


def next_after(schedule: Schedule, moment: dt.datetime, zone: str = "UTC") -> dt.datetime | None:
    """The first moment after *moment* that *schedule* names, in UTC; None = never."""
    if schedule == NEVER:
        return None
    if _INTERVAL.match(schedule):
        return moment + dt.timedelta(seconds=seconds(schedule))
    named = CronSim(schedule, moment.astimezone(ZoneInfo(zone)))
    times = (each.astimezone(dt.UTC) for each in named)
    # In a repeated hour it begins with those of its first pass, which are over, and never now.
    return next(at for at in times if at > moment)  # pragma: no mutate
