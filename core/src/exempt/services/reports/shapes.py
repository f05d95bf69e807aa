"""What every report is made of: what is asked, its columns, its lines and their totals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from exempt.services.policy import Policy
from exempt.services.ports import Store, Transaction
from exempt.services.report_ports import Period
from exempt.services.tables_out import Row, Sheet


class Kind(StrEnum):
    """What stands in a column.

    ``place`` is a jurisdiction's code, ``places`` several with blanks between
    them; the currency of ``money`` is in the column ``currency``.
    """

    TEXT = "text"
    PLACE = "place"
    PLACES = "places"
    DAY = "day"
    MOMENT = "moment"
    NUMBER = "number"
    MONEY = "money"


class About(StrEnum):
    """What a line can be about."""

    CERTIFICATE = "certificate"
    CUSTOMER = "customer"
    DELIVERY = "delivery"


class Field(NamedTuple):
    """A column: a ``hidden`` one is shown to who chooses it, a ``wide`` one has sentences."""

    key: str
    title: str
    kind: Kind = Kind.TEXT
    hidden: bool = False
    wide: bool = False


class Ask(NamedTuple):
    """What is asked of a report.

    Attributes:
        on: The day for which statuses are said.
        company_ids: Of these companies; None = all.
        jurisdiction: Of this state; None = all.
        after: The last line of the page before, in reports that are leafed through by it.
    """

    on: dt.date
    soon_days: int
    policy: Policy
    company_ids: frozenset[int] | None = None
    jurisdiction: str | None = None
    period: Period = Period()
    limit: int = 50
    offset: int = 0
    after: int = 0


class Line(NamedTuple):
    """A line, and what it is about: its number there."""

    cells: Row
    about: About | None = None
    about_id: int = 0


class Total(NamedTuple):
    """A figure above the lines; ``currency`` = it is an amount of that."""

    title: str
    figure: int | Decimal
    currency: str = ""


class Found(NamedTuple):
    """A part of a report.

    Attributes:
        total: Lines of the whole report; None where only looking at all would tell.
        looked: How many were looked through for these lines; 0 = not so.
        onward: Where the next part begins, as `Ask.after`; 0 = this is the last.
    """

    lines: Sequence[Line]
    total: int | None
    totals: Sequence[Total] = ()
    looked: int = 0
    onward: int = 0


class Report(NamedTuple):
    """One report.

    Attributes:
        key: Its name in addresses and files.
        lead: What it is for, in a sentence.
        none: What is said when it has no line.
        by_state: Whether one state can be asked for; ``by_period``: days, whose
            meaning is ``period_of``.
        recent: It is about this quarter unless another period is asked for.
        part: Finds a part of it.
        lines: Finds all of it, whatever `Ask.limit` says, in one transaction.
    """

    key: str
    title: str
    lead: str
    none: str
    fields: Sequence[Field]
    part: Callable[[Transaction, Ask], Found]
    lines: Callable[[Store, Ask], Iterator[Line]]
    by_state: bool = True
    by_period: bool = False
    period_of: str = ""
    recent: bool = False

    def sheet(self, store: Store, ask: Ask) -> Sheet:
        """All of it, to be given out."""
        rows = (line.cells for line in self.lines(store, ask))
        return Sheet(self.title, [field.title for field in self.fields], rows)


def whole(part: Callable[[Transaction, Ask], Found]) -> Callable[[Store, Ask], Iterator[Line]]:
    """How all lines of a short report are found: it has one part."""

    def lines(store: Store, ask: Ask) -> Iterator[Line]:
        with store.reading() as tx:
            yield from part(tx, ask).lines

    return lines


def quarter(on: dt.date) -> Period:
    """The quarter of the calendar that *on* is in, through that day."""
    return Period(dt.date(on.year, on.month - (on.month - 1) % 3, 1), on)


def spoken(word: str) -> str:
    """One of our own words as people say it: ``Federal government``."""
    return word.replace("_", " ").capitalize()
