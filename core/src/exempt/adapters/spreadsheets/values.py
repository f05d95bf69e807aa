"""What stands in a cell of a workbook, as text."""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import re
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from openpyxl.styles.numbers import is_date_format, is_timedelta_format
from openpyxl.utils.datetime import from_excel

from exempt.adapters.spreadsheets.cells import BLANK, text_cell
from exempt.adapters.spreadsheets.parsing import unescaped
from exempt.model.tabular import Cell

_FORMULA = "holds a formula: copy the column and paste it as values"
_ERROR = "holds an error of the spreadsheet: put a value there"
_TOO_LONG = (
    "is a number of more than 15 digits, of which spreadsheets keep 15:"
    " format the column as text, then type it again"
)
_NO_NUMBER = "is a number that cannot be read: type it again"
_NO_DATE = "is a date that the calendar does not have: type it again"
_EXACT = 10**15
_PADDED = re.compile(r"0[0 -]*0")


class Style(NamedTuple):
    """How numbers are shown that have one number format.

    Attributes:
        zeros: Digits and what stands between them, as ``00000``; empty for any number.
    """

    zeros: str = ""
    date: bool = False
    duration: bool = False
    percent: bool = False


PLAIN = Style()
"""Any number as it is."""


@functools.lru_cache(1024)
def style_of(number_format: str) -> Style:
    """What a number format makes of a number."""
    plain = number_format.partition(";")[0].replace("\\", "").replace('"', "")
    found = Style(
        zeros=plain if _PADDED.fullmatch(plain) else "",
        date=is_date_format(number_format),
        duration=is_timedelta_format(number_format),
        percent=plain.endswith("%"),
    )
    return PLAIN if found == PLAIN else found


class Values:
    """Reads the cells of one workbook."""

    def __init__(self, strings: Callable[[int], str], epoch: dt.datetime) -> None:
        self._strings = strings
        self._epoch = epoch
        self._readers = {
            "n": self._number,
            "s": self._shared,
            "inlineStr": _text,
            "str": _text,
            "b": _bool,
            "e": _error,
            "d": _iso_date,
        }

    def cell(self, kind: str, style: Style, value: str) -> Cell:
        """The cell whose type, as the file names it, is *kind*."""
        return self._readers[kind](value, style) if value else BLANK

    def _shared(self, value: str, _: Style) -> Cell:
        return text_cell(self._strings(int(value)))

    def _number(self, value: str, style: Style) -> Cell:
        if style is PLAIN and len(value) <= 15 and value.isascii() and value.isdecimal():
            return Cell(value, kind="number")
        number = float(value)
        if style.date:
            return self._date(value, number, style)
        if not abs(number) < float("inf"):
            return Cell(value, _NO_NUMBER, kind="number")
        if abs(number) >= _EXACT:
            return Cell(f"{number:.0f}", _TOO_LONG, kind="number")
        return _shown(Decimal(f"{number:.15g}") + 0, style)  # minus nothing is nothing

    def _date(self, value: str, number: float, style: Style) -> Cell:
        if number >= 0:
            with contextlib.suppress(OverflowError):
                return _date(from_excel(number, self._epoch, timedelta=style.duration))
        return Cell(value, _NO_DATE, kind="date")


def formula(text: str) -> Cell:
    """A cell that is computed."""
    return Cell(f"={text}", _FORMULA)


def _shown(number: Decimal, style: Style) -> Cell:
    if style.percent:
        text = f"{_plain(number * 100)}%"
        return Cell(text, note=f"is a percentage in the spreadsheet: read as {text}", kind="number")
    text = _plain(number)
    if style.zeros and text.isdecimal():
        padded = _padded(text, style.zeros)
        if padded != text:
            return Cell(padded, note=f"is a number in the spreadsheet: read as {padded}",
                        kind="number")  # fmt: skip
    return Cell(text, kind="number")


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _padded(digits: str, zeros: str) -> str:
    """*digits* put from the right into ``00000-0000``."""
    left = list(digits.rjust(zeros.count("0"), "0"))
    shown = [left.pop() if sign == "0" else sign for sign in reversed(zeros)]
    return "".join(left) + "".join(reversed(shown))


def _text(value: str, _: Style) -> Cell:
    return text_cell(unescaped(value))


def _bool(value: str, _: Style) -> Cell:
    return Cell("TRUE" if value.strip() in {"1", "true"} else "FALSE", kind="bool")


def _error(value: str, _: Style) -> Cell:
    return Cell(value, _ERROR)


def _iso_date(value: str, _: Style) -> Cell:
    for read in (dt.datetime.fromisoformat, dt.time.fromisoformat):
        with contextlib.suppress(ValueError):
            return _date(read(value))
    return Cell(value, _NO_DATE, kind="date")


def _date(moment: dt.datetime | dt.date | dt.time | dt.timedelta | None) -> Cell:
    if isinstance(moment, dt.datetime):
        midnight = moment.time() == dt.time.min
        text = moment.date().isoformat() if midnight else moment.isoformat()
    elif isinstance(moment, dt.timedelta):
        text = str(moment)
    else:
        text = moment.isoformat() if moment else ""
    return Cell(text, kind="date")
