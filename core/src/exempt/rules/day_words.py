"""How days and moments are written for people; files, fields and programs have ISO 8601."""

from __future__ import annotations

import datetime as dt
import re

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
_ISO_DAY = re.compile(r"(?<!\bas )(?<![\w./=-])\d{4}-\d{2}-\d{2}(?![\w=-])")
"""A day by itself: no part of a name or a number, nor one that shows how to write a day."""


def long_date(day: dt.date) -> str:
    """``December 20, 2026``, in letters and mails."""
    return f"{_MONTHS[day.month - 1]} {day.day}, {day.year}"


def short_date(day: dt.date) -> str:
    """``Dec 20, 2026``, on pages."""
    return f"{_MONTHS[day.month - 1][:3]} {day.day}, {day.year}"


def clock_time(at: dt.datetime) -> str:
    """``14:05 UTC``."""
    return f"{at.astimezone(dt.UTC):%H:%M} UTC"


def short_moment(at: dt.datetime) -> str:
    """``Dec 20, 2026, 14:05 UTC``."""
    return f"{short_date(at.astimezone(dt.UTC))}, {clock_time(at)}"


def with_short_dates(sentence: str) -> str:
    """*sentence* with its ISO days as pages write them: ``it ended on Dec 20, 2026``."""
    return _ISO_DAY.sub(_written, sentence)


def _written(found: re.Match[str]) -> str:
    try:
        return short_date(dt.date.fromisoformat(found.group()))
    except ValueError:
        return found.group()
