"""The one form in which a file writes all its dates.

``03/04/2025`` is read either way round, and only another row, ``25/12/2024``,
tells which. So the form is decided by every date of a file, before the first
is read. A date that fits no form at all has no say: its row is rejected alone.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Sequence
from dataclasses import dataclass

from exempt import ConfigError

FORMATS = (
    "%Y-%m-%d",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%m-%d-%Y",
    "%d-%m-%Y",
    "%d.%m.%Y",
    "%m/%d/%y",
    "%d/%m/%y",
    "%d-%b-%Y",
)
"""The forms that are tried; of several that fit the first is taken, so the month comes first."""

FORMATS_MAX = 36
"""So many forms may be tried: one of them is one letter of a cursor."""


@functools.lru_cache(maxsize=65536)
def parse_day(text: str, form: str) -> dt.date | None:
    """The day that *text* names in *form*, a format of ``strptime``; None if it names none."""
    try:
        return dt.datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return None


@functools.lru_cache(maxsize=65536)
def _fitting(text: str, formats: tuple[str, ...]) -> int:
    """Which of *formats* read *text*: a bit each."""
    return sum(1 << n for n, form in enumerate(formats) if parse_day(text, form))


@dataclass(frozen=True)
class DateForm:
    """The form of a file's dates.

    Attributes:
        number: Its position in the formats that were tried.
        others: Further formats that fit all dates, too.
        dates: How many dates decided.
    """

    number: int
    others: tuple[str, ...]
    dates: int


class DateVote:
    """Asks date after date which of *formats* it has; memory does not grow with their number."""

    def __init__(self, formats: Sequence[str]) -> None:
        self._formats = tuple(formats)
        self._left = (1 << len(self._formats)) - 1
        self._ruled_out: dict[int, tuple[int, int]] = {}
        self._dates = 0
        self._contradiction: str | None = None

    def see(self, text: str, line: int) -> None:
        """Let *text* decide, which stands in *line*."""
        fits = _fitting(text, self._formats)
        if not fits:
            return
        self._dates += 1
        if not self._left & ~fits:
            return
        if not self._left & fits and self._contradiction is None:
            self._contradiction = self._words(fits, line)
        for number in range(len(self._formats)):
            if not fits >> number & 1:
                self._ruled_out.setdefault(number, (line, fits))
        self._left &= fits

    def decided(self) -> DateForm:
        """The first of the formats that fits every date seen.

        Raises:
            ConfigError: None does; names two lines.
        """
        if self._contradiction:
            raise ConfigError(self._contradiction)
        fit = [n for n in range(len(self._formats)) if self._left >> n & 1]
        others = tuple(self._formats[n] for n in fit[1:]) if self._dates else ()
        return DateForm(fit[0], others, self._dates)

    def _words(self, fits: int, line: int) -> str:
        number = (fits & -fits).bit_length() - 1
        other_line, other_fits = self._ruled_out[number]
        other = self._formats[(other_fits & -other_fits).bit_length() - 1]
        return (
            f"dates in two forms: line {other_line} has {other}, line {line} has"
            f" {self._formats[number]}: write all dates of a file in one form, best as 2024-12-31"
        )
