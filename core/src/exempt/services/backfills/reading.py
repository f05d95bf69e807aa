"""Read a file of sales row by row into a spool, and find what is wrong with it."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from exempt.errors import RefusedError
from exempt.model.backfill import (
    BackfillCounts,
    BackfillField,
    BackfillOptions,
    BackfillRun,
    Mistake,
    MistakeKind,
)
from exempt.model.tabular import Line, TableFile
from exempt.rules.backfill_dates import DayReader, FoundForm, form_of, zone_of
from exempt.rules.backfill_rows import RowReader, SaleRow, dates_of
from exempt.rules.backfill_sales import MOST_LINES, telling, wrong_in
from exempt.rules.backfill_titles import Layout, lay_out
from exempt.services.backfill_ports import Parts, Spool

Told = Callable[[int, float], None]
"""Told how many rows are done, and what part of the whole, from 0 to 1."""

ROWS = 2_000
"""How many are put into the spool at once."""


_LATEST = 1_000


def no_one(_rows: int, _part: float) -> None:
    """Nobody is told."""


class Tally:
    """What is counted while a file is read."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self.rows = 0
        self.transactions = 0
        self.days: list[str] = []
        self.sums: dict[str, Decimal] = {}
        self.mistakes: Counter[MistakeKind] = Counter()

    def wrong(self, mistakes: Sequence[Mistake]) -> None:
        """Keep mistakes."""
        if mistakes:
            self._spool.mistaken(mistakes)
            self.mistakes.update(mistake.kind for mistake in mistakes)

    def add(self, batch: Sequence[SaleRow]) -> None:
        """Keep rows, and count what they come to."""
        self._spool.add([row for row in batch if row.transaction_id])
        self.rows += len(batch)
        for row in batch:
            if row.amount and row.currency:
                self.sums[row.currency] = self.sums.get(row.currency, Decimal()) + Decimal(
                    row.amount
                )
        days = [*self.days, *(row.day for row in batch if row.day)]
        self.days = [min(days), max(days)] if days else []

    def counts(self) -> BackfillCounts:
        """All of it."""
        customers, products = self._spool.counted()
        first, last = map(dt.date.fromisoformat, self.days) if self.days else (None, None)
        return BackfillCounts(
            rows=self.rows,
            transactions=self.transactions,
            customers=customers,
            products=products,
            sums=self.sums,
            first_day=first,
            last_day=last,
            mistakes=dict(self.mistakes),
        )


def read_kept(
    parts: Parts, run: BackfillRun, at: dt.datetime, spool: Spool, told: Told = no_one
) -> BackfillCounts:
    """`read_file`, of a file that is kept; one that is no table has that for its mistake.

    Raises:
        NotFoundError: It is not there any more.
    """
    try:
        with parts.table(run.sha256, run.file_name) as table:
            return read_file(table, run.options, at, spool, told)
    except RefusedError as error:
        tally = Tally(spool)
        tally.wrong([_unreadable(1, error)])
        return tally.counts()


def _unreadable(row: int, error: RefusedError) -> Mistake:
    what, _, mend = str(error).rpartition(": ")
    return Mistake(row, "", "", "", MistakeKind.UNREADABLE, what or mend, mend)


def read_file(
    table: TableFile,
    options: BackfillOptions,
    at: dt.datetime,
    spool: Spool,
    told: Told = no_one,
) -> BackfillCounts:
    """Read a file into *spool*: its rows, and all that is wrong with it.

    Args:
        table: The file.
        options: How it is read.
        at: The moment; no sale is later.
        spool: Takes it.
        told: Told after some thousand rows.
    """
    tally = Tally(spool)
    laid_out = lay_out(table.titles, table.title_row, options)
    tally.wrong(laid_out.mistakes)
    if not laid_out.mistakes:
        layout = laid_out.layout
        try:
            reader = _reader(table, layout, options, at, tally)
            if reader is not None:
                _read_rows(table, reader, tally, told)
                _look_at_sales(spool, layout, tally, told)
        except RefusedError as error:  # the file itself cannot be read on
            tally.wrong([_unreadable(table.title_row, error)])
    return tally.counts()


def _reader(
    table: TableFile,
    layout: Layout,
    options: BackfillOptions,
    at: dt.datetime,
    tally: Tally,
) -> RowReader | None:
    """What reads the rows; None where it is open how dates are written."""
    found = FoundForm(options.date_form)
    if options.date_form is None:
        found = form_of(_dates(table, layout))
    if found.form is None:
        what = "may be either day first or month first, and no other date of the file tells"
        mend = "say --date-format month-first or day-first"
        field, kind = BackfillField.DATE, MistakeKind.OPEN_DATES
        tally.wrong([layout.mistake(found.row, field, found.text, kind, what, mend)])
        return None
    seller = zone_of(options.time_zone)
    days = DayReader(found, seller, at.astimezone(seller).date(), utc=layout.utc)
    return RowReader(layout, options, days)


def _dates(table: TableFile, layout: Layout) -> Iterator[tuple[int, str]]:
    lines = table.lines()
    while batch := list(itertools.islice(lines, ROWS)):
        yield from dates_of(batch, layout)


def _read_rows(table: TableFile, reader: RowReader, tally: Tally, told: Told) -> None:
    lines: Iterator[Line] = table.lines()
    while batch := list(itertools.islice(lines, ROWS)):
        rows, wrong = [], []
        for line in batch:
            row, mistakes = reader.read(line)
            rows.append(row)
            wrong += mistakes
        tally.add(rows)
        tally.wrong(wrong)
        told(tally.rows, table.progress())
    if not tally.rows:
        what, mend = "has titles, and no rows", "fill it in, or look for the right file"
        tally.wrong([Mistake(table.title_row, "", "", "", MistakeKind.NO_ROWS, what, mend)])


def _look_at_sales(spool: Spool, layout: Layout, tally: Tally, told: Told) -> None:
    for rows in grouped(spool.sales()):
        tally.transactions += 1
        tally.wrong([*wrong_in(rows, layout)])
        if tally.transactions % ROWS == 0:
            told(tally.rows, 1.0)


def grouped(rows: Iterator[SaleRow]) -> Iterator[list[SaleRow]]:
    """The rows of each sale; of one with far too many no more than tell that."""
    for _, mine in itertools.groupby(rows, key=lambda row: row.transaction_id):
        yield list(itertools.islice(mine, MOST_LINES + 1))


def by_id(name: str, rows: Iterator[SaleRow]) -> Iterator[list[SaleRow]]:
    """The latest row of each customer or product, and those that say what it does not."""
    for _, mine in itertools.groupby(rows, key=lambda row: getattr(row, name)):
        yield telling(itertools.islice(mine, _LATEST))
