"""What stands in an address, or was typed: a number, a day, a page of ours; else None."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

LARGEST_ID = 2**31 - 1
"""Our databases count no further."""

FIRST_DAY, LAST_DAY = dt.date(1950, 1, 1), dt.date(2099, 12, 31)
"""As `exempt.model.record.Day` has them."""

LONGEST_ADDRESS = 2_000
"""Characters."""


def storable(text: str) -> str:
    """*text* without what a database cannot keep: NUL, and halves of characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def number_of(text: str | None) -> int | None:
    """A number that counts something, 1 to `LARGEST_ID`, such as an id."""
    if not (text and len(text) <= len(str(LARGEST_ID)) and text.isascii() and text.isdecimal()):
        return None
    number = int(text)
    return number if 0 < number <= LARGEST_ID else None


def numbers_of(texts: Iterable[str]) -> list[int]:
    """Those that are numbers, each once."""
    return list(dict.fromkeys(n for text in texts if (n := number_of(text.strip())) is not None))


def day_of(text: str | None) -> dt.date | None:
    """A day written as YYYY-MM-DD, of those that records can have."""
    try:
        day = dt.date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if FIRST_DAY <= day <= LAST_DAY else None


def inside(address: str, otherwise: str = "/") -> str:
    """*address*, if it is one of this site; else *otherwise*."""
    ours = address.startswith("/") and not address.startswith(("//", "/\\"))
    fits = address.isprintable() and len(address) < LONGEST_ADDRESS
    return address if ours and fits else otherwise
