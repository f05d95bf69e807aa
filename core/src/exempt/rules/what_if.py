"""What may be asked of a forecast: what if sales grew, a customer came, or the line moved?

Each question is a line of text, as ``sale 40000 on 2026-12-15``; amounts are
dollars, and days are written YYYY-MM-DD.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from exempt.errors import RefusedError
from exempt.model.nexus import Base, Threshold
from exempt.rules.dates import add_months

HELP = (
    "write one of: +20% from 2027-01-01; customer 5000 a month from 2027-02-01;"
    " sale 40000 on 2026-12-15; resale 30000; line 250000"
)
"""What can be asked, for whoever wrote something else."""

MONTHS = 24
"""How far ahead forecasts look."""

_LEAST, _MOST = Decimal("0.01"), Decimal(10**9)
_AMOUNT = r"\$?(?P<amount>[\d,]+(?:\.\d+)?)"
_FROM = r"(?: from (?P<day>\S+))?"


@dataclass(frozen=True)
class Added:
    """Sales beside those that are known or expected.

    Attributes:
        day: Of the sale, or of the first of them.
        amount: In cents.
        monthly: Whether it comes again each month.
    """

    day: dt.date
    amount: int
    monthly: bool = False

    def days(self, through: dt.date) -> list[dt.date]:
        """Its days up to the day *through*."""
        many = MONTHS + 12 if self.monthly else 1
        found = (add_months(self.day, number) for number in range(many))
        return [day for day in found if day <= through]


@dataclass(frozen=True)
class Changes:
    """What is supposed of sales and of the law.

    Attributes:
        grows: By what factor expected sales grow, from which day on.
        added: Sales that come on top; each is a transaction.
        resale: For how much of what counts now, in cents, there were
            certificates of resale, so that as large a part of all sales is resale.
        line: The threshold's amount, in dollars; None = the law's own.
    """

    grows: tuple[tuple[dt.date, float], ...] = ()
    added: tuple[Added, ...] = ()
    resale: int = 0
    line: Decimal | None = None

    def __bool__(self) -> bool:
        """Whether anything is supposed."""
        return self != Changes()

    def factor(self, day: dt.date) -> float:
        """By what the sales that are expected of a day are multiplied."""
        found = 1.0
        for first, factor in self.grows:
            if first <= day:
                found *= factor
        return found

    def share(self, base: Base, counted: int) -> float:
        """Which part of sales still counts with the certificates that are supposed.

        Args:
            base: What counts; all sales do whether or not they are for resale.
            counted: What counts now, in cents.

        Raises:
            RefusedError: They are for more than counts.
        """
        if not self.resale or base is Base.GROSS:
            return 1.0
        if self.resale > counted:
            most = f"{Decimal(max(0, counted)).scaleb(-2):,.2f}"
            msg = f"what if 'resale': only {most} USD count now: write no more than that"
            raise RefusedError(msg)
        return 1 - self.resale / counted

    def law(self, versions: Iterable[Threshold], on: dt.date) -> tuple[Threshold, ...]:
        """The versions of a law; where a line is supposed, those from the day *on* have it."""
        if self.line is None:
            return tuple(versions)
        return tuple(
            each
            if each.amount is None or (each.in_force_through or dt.date.max) < on
            else each.model_copy(update={"amount": self.line})
            for each in versions
        )


def read_what_if(texts: Iterable[str], on: dt.date) -> Changes:
    """What several lines of text suppose, all at once, as seen on the day *on*.

    Raises:
        RefusedError: One of them cannot be read; it is named, with what can be.
    """
    changes = Changes()
    for text in texts:
        changes = _read(changes, text, on)
    return changes


def _read(changes: Changes, text: str, on: dt.date) -> Changes:
    words = " ".join(text.lower().split())
    for pattern, change in _KINDS:
        if found := pattern.fullmatch(words):
            return change(changes, found, on)
    raise _wrong(text, HELP)


def _grows(changes: Changes, found: re.Match[str], on: dt.date) -> Changes:
    first = _day(found, on + dt.timedelta(days=1))
    if first <= on:
        raise _wrong(found[0], f"only what is still to come can grow: write a day after {on}")
    percent = Decimal(found["percent"])
    if not -100 <= percent <= 1000:
        raise _wrong(found[0], "write a percentage from -100 to +1000")
    return replace(changes, grows=(*changes.grows, (first, float(1 + percent / 100))))


def _customer(changes: Changes, found: re.Match[str], on: dt.date) -> Changes:
    first = _day(found, on + dt.timedelta(days=1))
    if first <= on:
        raise _wrong(found[0], f"the customer is to come: write a day after {on}")
    return replace(changes, added=(*changes.added, Added(first, _cents(found), monthly=True)))


def _sale(changes: Changes, found: re.Match[str], on: dt.date) -> Changes:
    return replace(changes, added=(*changes.added, Added(_day(found, on), _cents(found))))


def _resale(changes: Changes, found: re.Match[str], _on: dt.date) -> Changes:
    return replace(changes, resale=changes.resale + _cents(found))


def _line(changes: Changes, found: re.Match[str], _on: dt.date) -> Changes:
    if changes.line is not None:
        raise _wrong(found[0], "another line is supposed already: give one")
    dollars = Decimal(_cents(found)).scaleb(-2)
    if dollars < 1000:
        raise _wrong(found[0], "a line is 1,000 dollars at least")
    return replace(changes, line=dollars)


_KINDS: tuple[tuple[re.Pattern[str], Callable[[Changes, re.Match[str], dt.date], Changes]], ...] = (
    (re.compile(rf"(?P<percent>[+-]\d+(?:\.\d+)?) ?%{_FROM}"), _grows),
    (re.compile(rf"customer {_AMOUNT} (?:a|per) month{_FROM}"), _customer),
    (re.compile(rf"sale {_AMOUNT}(?: on (?P<day>\S+))?"), _sale),
    (re.compile(rf"resale {_AMOUNT}"), _resale),
    (re.compile(rf"line {_AMOUNT}"), _line),
)


def _day(found: re.Match[str], default: dt.date) -> dt.date:
    if found["day"] is None:
        return default
    try:
        day = dt.date.fromisoformat(found["day"])
    except ValueError:
        raise _wrong(found[0], f"{found['day']} is no day: write YYYY-MM-DD") from None
    if not 1950 <= day.year <= 2099:
        raise _wrong(found[0], f"{found['day']} is too far away: write a day from 1950 to 2099")
    return day


def _cents(found: re.Match[str]) -> int:
    dollars = Decimal(found["amount"].replace(",", "") or "0")
    if not _LEAST <= dollars <= _MOST:
        raise _wrong(found[0], "write an amount of more than 0 and at most 1,000,000,000 dollars")
    return int(dollars.scaleb(2))


def _wrong(text: str, mend: str) -> RefusedError:
    return RefusedError(f"what if {text!r}: {mend}")
