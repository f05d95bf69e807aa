"""The days of sales in a file: in which form it writes them, and whose day a moment is on.

``03/04/2025`` is read either way round, and only another row, ``25/12/2024``,
tells which: so the form is decided once for a file. One that writes dates in
two forms is refused: a spreadsheet that took a part of them for dates of its
own country has changed those.
"""

from __future__ import annotations

import datetime as dt
import difflib
import functools
import re
from collections.abc import Iterable
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from exempt.model.backfill import DateForm, MistakeKind
from exempt.rules.backfill_cells import WrongError

FIRST_YEAR, LAST_YEAR = 1950, 2099

_CLOCK = r"(?P<clock>[T ]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AaPp]\.?[Mm]\.?)?)?"
_OFFSET = r"(?P<offset> ?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}))?"
_YEAR_FIRST = re.compile(
    r"(?P<year>\d{4})(?P<sign>[-/.])(?P<month>\d{1,2})(?P=sign)(?P<day>\d{1,2})" + _CLOCK + _OFFSET
)
_NUMBERS = re.compile(
    r"(?P<one>\d{1,2})(?P<sign>[-/.])(?P<two>\d{1,2})(?P=sign)(?P<year>\d{4}|\d{2})"
    + _CLOCK
    + _OFFSET
)
_MONTH = r"(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_NAMED = tuple(
    re.compile(pattern + _CLOCK + _OFFSET, re.IGNORECASE)
    for pattern in (
        rf"{_MONTH}[- ](?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?[- ](?P<year>\d{{4}}|\d{{2}})",
        rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[- ]{_MONTH},?[- ](?P<year>\d{{4}}|\d{{2}})",
    )
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_USUAL = (
    *("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"),
    *("America/Phoenix", "America/Anchorage", "Pacific/Honolulu", "UTC"),
)
_EXAMPLES = {
    DateForm.YEAR_FIRST: "2025-03-04",
    DateForm.MONTH_FIRST: "3/4/2025 for 4 March",
    DateForm.DAY_FIRST: "4/3/2025 for 4 March",
    DateForm.NAMED_MONTH: "Mar 4, 2025",
}


class FoundForm(NamedTuple):
    """How a file writes its dates, and which row says so; no form: no row of it tells.

    Attributes:
        row: The first row that tells; without a form the first that leaves it open.
        text: What stands there.
    """

    form: DateForm | None
    row: int = 0
    text: str = ""


def form_of(dates: Iterable[tuple[int, str]]) -> FoundForm:
    """How a file writes its dates, by the first one that can be read in one way only.

    Args:
        dates: Rows, and what stands there.

    Returns:
        Month first where every date is the same both ways; nothing where some
        are not and none of the others tells.
    """
    left_open: FoundForm | None = None
    for row, text in dates:
        forms = _forms(text.strip())
        if len(forms) == 1:
            return FoundForm(forms[0], row, text)
        if forms and left_open is None and not _same_both_ways(text.strip()):
            left_open = FoundForm(None, row, text)
    return left_open or FoundForm(DateForm.MONTH_FIRST)


@functools.lru_cache(4096)
def _forms(text: str) -> tuple[DateForm, ...]:
    """In which forms *text* can be a date."""
    if _YEAR_FIRST.fullmatch(text):
        return (DateForm.YEAR_FIRST,)
    if any(named.fullmatch(text) for named in _NAMED):
        return (DateForm.NAMED_MONTH,)
    found = _NUMBERS.fullmatch(text)
    if found is None:
        return ()
    one, two = int(found["one"]), int(found["two"])
    month_first = 1 <= one <= 12 and found["sign"] != "."  # points: as Europe writes them
    day_first = 1 <= two <= 12
    forms = ((month_first and two <= 31, DateForm.MONTH_FIRST),
             (day_first and one <= 31, DateForm.DAY_FIRST))  # fmt: skip
    return tuple(form for fits, form in forms if fits)


def _same_both_ways(text: str) -> bool:
    found = _NUMBERS.fullmatch(text)
    return found is not None and found["one"].lstrip("0") == found["two"].lstrip("0")


@functools.cache
def _zones() -> dict[str, str]:
    """The names of time zones by themselves in small letters.

    Abbreviations are left out: EST is New York's time in winter only.
    """
    known = {name.lower(): name for name in available_timezones() if "/" in name}
    return known | {"utc": "UTC", "gmt": "UTC", "z": "UTC"}


@functools.lru_cache(256)
def zone_of(text: str) -> ZoneInfo:
    """The time zone that *text* names.

    Raises:
        WrongError: There is none of that name.
    """
    name = _zones().get(text.strip().lower().replace(" ", "_"))
    if name is None:
        near = difflib.get_close_matches(text.strip(), (*_USUAL, *_zones().values()), 1)
        mend = f"write {near[0]}, if it is that" if near else "write it as America/New_York"
        what = "is no time zone that is supported: the names of the IANA are"
        raise WrongError(MistakeKind.BAD_TIME_ZONE, what, mend)
    return ZoneInfo(name)


class DayReader:
    """Reads the dates of one file.

    Args:
        found: In which form they are.
        seller: The time zone of the seller, whose day counts.
        today: The day there now.
        utc: Times of the day without a zone are those of UTC.
    """

    def __init__(
        self, found: FoundForm, seller: ZoneInfo, today: dt.date, *, utc: bool = False
    ) -> None:
        self._found = found
        self._form = found.form or DateForm.MONTH_FIRST
        self._seller = seller
        self._today = today
        self._utc = utc
        self.read = functools.lru_cache(65536)(self._read)

    def _read(self, text: str, zone: str) -> str:
        """The day of a sale, ISO.

        Args:
            text: What the cell says.
            zone: The time zone that the row names; empty = none.

        Raises:
            WrongError: It is no date, none of the form of the file, or none of a sale.
        """
        moment, offset = self._moment(text.strip())
        if offset is None and zone:
            offset = zone_of(zone)
        elif offset is None and self._utc:
            offset = dt.UTC
        if isinstance(moment, dt.datetime) and offset is not None:
            try:
                day = moment.replace(tzinfo=offset).astimezone(self._seller).date()
            except OverflowError:
                day = moment.date()
        else:
            day = moment.date() if isinstance(moment, dt.datetime) else moment
        self._check(day)
        return day.isoformat()

    def _check(self, day: dt.date) -> None:
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            what = f"lies before {FIRST_YEAR} or after {LAST_YEAR}"
            mend = "it is a slip, or stands for no date: write the day of the sale"
            raise WrongError(MistakeKind.FAR_DATE, what, mend)
        if day > self._today:
            what = f"lies in the future: today is {self._today}"
            raise WrongError(MistakeKind.FUTURE_DATE, what, "write the day of the sale")

    def _moment(self, text: str) -> tuple[dt.date | dt.datetime, dt.tzinfo | None]:
        """The day or local moment that *text* names, and the offset that it says."""
        forms = _forms(text)
        if not forms:
            mend = f"write it as {_EXAMPLES[self._form]}"
            raise WrongError(MistakeKind.BAD_DATE, "is no date", mend)
        if self._form not in forms:
            said = f"row {self._found.row} has" if self._found.row else "the others are"
            what = f"is written {forms[0].value}, and {said} {self._form.value}"
            mend = "write all dates of the file in one form, best as 2025-03-04"
            raise WrongError(MistakeKind.MIXED_DATES, what, mend)
        found = _match(text, self._form)
        try:
            day = _day(found, self._form)
            clock = _clock(found["clock"])
        except ValueError:
            what = "is no day of the calendar, or no time of a day"
            raise WrongError(MistakeKind.BAD_DATE, what, "write the day of the sale") from None
        if clock is None:
            return day, None
        return dt.datetime.combine(day, clock), _offset(found["offset"])


def _match(text: str, form: DateForm) -> re.Match[str]:
    patterns = {DateForm.YEAR_FIRST: (_YEAR_FIRST,), DateForm.NAMED_MONTH: _NAMED}
    return next(m for each in patterns.get(form, (_NUMBERS,)) if (m := each.fullmatch(text)))


def _day(found: re.Match[str], form: DateForm) -> dt.date:
    year = int(found["year"])
    if year < 100:
        year += 2000 if year < 80 else 1900
    if form is DateForm.YEAR_FIRST:
        return dt.date(year, int(found["month"]), int(found["day"]))
    if form is DateForm.NAMED_MONTH:
        return dt.date(year, _MONTHS.index(found["month"].lower()) + 1, int(found["day"]))
    one, two = int(found["one"]), int(found["two"])
    month, day = (one, two) if form is DateForm.MONTH_FIRST else (two, one)
    return dt.date(year, month, day)


def _clock(text: str | None) -> dt.time | None:
    if text is None:
        return None
    bare = text.strip("T ").lower().replace(".m.", "m").replace(" ", "")
    digits, half = (bare[:-2], bare[-2:]) if bare.endswith("m") else (bare, "")
    hour, minute, *_seconds = digits.split(":")
    hours = int(hour)
    if half:
        if not 1 <= hours <= 12:
            raise ValueError
        hours = hours % 12 + (12 if half == "pm" else 0)
    return dt.time(hours, int(minute))


def _offset(text: str | None) -> dt.tzinfo | None:
    if text is None:
        return None
    bare = text.strip()
    if bare in {"Z", "UTC", "GMT"}:
        return dt.UTC
    sign = -1 if bare[0] == "-" else 1
    hours, minutes = int(bare[1:3]), int(bare[-2:])
    return dt.timezone(sign * dt.timedelta(hours=hours % 24, minutes=minutes % 60))
