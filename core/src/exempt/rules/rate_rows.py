"""A table of exchange rates, read row by row."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from exempt.model.nexus import USD

TITLES: Mapping[str, tuple[str, ...]] = {
    "currency": ("currency", "currency_code", "code", "iso", "iso_code"),
    "day": ("day", "date", "from", "effective_date", "valid_from", "rate_date"),
    "rate": ("rate", "usd", "usd_rate", "usd_per_unit", "rate_usd", "us_dollars"),
}
"""What the columns may be called; capitals, blanks and hyphens do not matter."""

_SIGNS = re.compile(r"[\s\-]+")
_CURRENCY = re.compile(r"[A-Z]{3}")
_RATE = re.compile(r"\d{1,9}(\.\d{1,12})?|\.\d{1,12}")
_FIRST, _LAST = dt.date(1950, 1, 1), dt.date(2099, 12, 31)


class RateRow(NamedTuple):
    """US dollars for one unit of a currency, from that day on."""

    currency: str
    day: dt.date
    rate: Decimal


class RateMistake(NamedTuple):
    """What is wrong in a cell, and how to mend it.

    Attributes:
        row: As a spreadsheet counts: the titles stand in row 1.
        column: Its title.
    """

    row: int
    column: str
    message: str

    def __str__(self) -> str:
        return f"row {self.row}, column {self.column}: {self.message}"


class RateTable(NamedTuple):
    """The rates of a table, each once, and what is wrong with the others."""

    rates: tuple[RateRow, ...]
    mistakes: tuple[RateMistake, ...]


def read_rates(text: str) -> RateTable:
    """The rates in *text*: CSV with the columns currency, day and rate, in any order.

    Other columns are left alone; cells are parted by commas, semicolons or tabs.
    """
    text = text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
    first, _, _ = text.partition("\n")
    delimiter = max(",;\t", key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error:
        wrong = "it cannot be read: save the table as CSV, and look for quotes that do not end"
        return RateTable((), (RateMistake(1, "currency", wrong),))
    titles = [_SIGNS.sub("_", title.strip().lower()) for title in rows[0]] if rows else []
    places = {
        name: next((titles.index(alias) for alias in aliases if alias in titles), None)
        for name, aliases in TITLES.items()
    }
    missing = [
        RateMistake(
            1, name, f"it is missing: title a column {name}, or {' or '.join(TITLES[name][1:3])}"
        )
        for name, place in places.items()
        if place is None
    ]
    if missing:
        return RateTable((), tuple(missing))
    columns = [place for place in places.values() if place is not None]
    return _read(rows, columns)


def _read(rows: Sequence[Sequence[str]], columns: Sequence[int]) -> RateTable:
    rates: dict[tuple[str, dt.date], tuple[RateRow, int]] = {}
    mistakes: list[RateMistake] = []
    for number, row in enumerate(rows[1:], 2):
        if not any(cell.strip() for cell in row):
            continue
        cells = [row[place].strip() if place < len(row) else "" for place in columns]
        wrong = [RateMistake(number, *each) for each in _mistakes(*cells)]
        mistakes += wrong
        if wrong:
            continue
        rate = RateRow(cells[0].upper(), dt.date.fromisoformat(cells[1]), Decimal(cells[2]))
        before, where = rates.setdefault((rate.currency, rate.day), (rate, number))
        if before.rate != rate.rate:
            said = (
                f"{rate.currency} has {before.rate:f} on {rate.day} in row {where},"
                f" and {rate.rate:f} here: leave one of them out"
            )
            mistakes.append(RateMistake(number, "rate", said))
    if not rates and not mistakes:
        mistakes.append(
            RateMistake(2, "currency", "there is no row: write a rate below the titles")
        )
    return RateTable(tuple(rate for rate, _ in rates.values()), tuple(mistakes))


def _mistakes(currency: str, day: str, rate: str) -> Iterator[tuple[str, str]]:
    """What is wrong with the three cells, by column."""
    if currency.upper() == USD:
        yield "currency", "USD needs no rate: leave the row out"
    elif not _CURRENCY.fullmatch(currency.upper()):
        yield "currency", f"{currency!r} is no currency: write its code of three letters, as EUR"
    if not _is_day(day):
        yield "day", f"{day!r} is no day from 1950 to 2099: write it as 2026-01-31"
    if not _RATE.fullmatch(rate) or not Decimal(rate):
        yield (
            "rate",
            f"{rate!r} is no rate: write US dollars for one unit of the currency, as 1.0823",
        )


def _is_day(text: str) -> bool:
    try:
        return len(text) == len("2026-01-31") and _FIRST <= dt.date.fromisoformat(text) <= _LAST
    except ValueError:
        return False
