"""Words that mails and pages share: what is said of an end."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from exempt.data import jurisdiction_name
from exempt.rules.day_words import long_date


class Ending(NamedTuple):
    """An exemption that comes to its end.

    Attributes:
        day: Its last one.
        number: The certificate's, or the exemption's, if it has one.
        holder: The ship-to customer that holds it, if it is not the one who is written to.
    """

    place: str
    day: dt.date
    number: str | None = None
    holder: str | None = None

    @property
    def pair(self) -> tuple[str, dt.date]:
        """What it is known by: the jurisdiction and the day."""
        return self.place, self.day


def ending_line(ending: Ending) -> str:
    """``Texas: until December 20, 2026 (certificate TX-1)``."""
    details = (
        f"certificate {ending.number}" if ending.number else "",
        f"for {ending.holder}" if ending.holder else "",
    )
    said = ", ".join(one_line(detail) for detail in details if detail)
    until = f"{jurisdiction_name(ending.place)}: until {long_date(ending.day)}"
    return f"{until} ({said})" if said else until


def one_line(text: str) -> str:
    """*text* without breaks, and with single blanks."""
    return " ".join(text.split())
