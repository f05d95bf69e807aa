"""Days counted in calendar months."""

from __future__ import annotations

import calendar
import datetime as dt


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day of the month, *months* later; where there is none, the month's last.

    31 August and 6 months give 28 February, or the 29th in a leap year; so
    29 February and a year give 28 February, and four years the 29th again.
    """
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def year_end(day: dt.date, *, odd: bool = False) -> dt.date:
    """The 31 December that *day* leads to, with *odd* of the next odd year."""
    return dt.date(day.year + (odd and day.year % 2 == 0), 12, 31)
