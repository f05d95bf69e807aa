"""Rows of files of sales, and what reads them."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from exempt.model.backfill import (
    BackfillField,
    BackfillOptions,
    DateForm,
    Mistake,
    MistakeKind,
)
from exempt.model.tabular import Cell, Line
from exempt.rules.backfill_dates import DayReader, FoundForm
from exempt.rules.backfill_rows import RowReader, SaleRow
from exempt.rules.backfill_titles import Layout, lay_out
from support.records import TODAY

Row = dict[str, str | None]

USUAL: Row = {
    "transaction_id": "INV-1",
    "date": "2026-03-04",
    "customer_id": "C-1",
    "customer_name": "Lone Star Tools",
    "state": "TX",
    "zip": "78701",
    "country": "US",
    "product_id": "SAAS",
    "amount": "100.00",
    "currency": "USD",
}
TITLES = [each.value for each in BackfillField]


def sale(transaction_id: str | None = "INV-1", **changes: str | None) -> Row:
    """A row of a file: a sale to Texas of 100 dollars in March."""
    return {**USUAL, "transaction_id": transaction_id, **changes}


def as_csv(*rows: Mapping[str, str | None], titles: list[str] | None = None) -> bytes:
    """A CSV file with these rows."""
    text = io.StringIO()
    writer = csv.DictWriter(text, titles or TITLES)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def layout(*titles: str, **options: Any) -> Layout:
    """How a file with these titles is read; without any, with all of ours."""
    return lay_out(titles or TITLES, 1, BackfillOptions(**options)).layout


def reader(
    form: DateForm = DateForm.YEAR_FIRST,
    zone: str = "UTC",
    *,
    utc: bool = False,
    today: dt.date = TODAY,
    **options: Any,
) -> RowReader:
    """Reads rows that have all our titles."""
    days = DayReader(FoundForm(form, 2, "as here"), ZoneInfo(zone), today, utc=utc)
    return RowReader(layout(), BackfillOptions(**options), days)


def line(row: Mapping[str, str | Cell | None], number: int = 2) -> Line:
    """A row of a file with all our titles."""
    cells = [row.get(title) for title in TITLES]
    return Line(number, tuple(c if isinstance(c, Cell) else Cell(c) for c in cells))


def rows_of(*rows: Row) -> list[SaleRow]:
    """What rows without mistakes say, from row 2 on."""
    read = reader()
    found = [read.read(line(row, number)) for number, row in enumerate(rows, 2)]
    assert not [mistake for _, mistakes in found for mistake in mistakes]
    return [row for row, _ in found]


def seen(mistake: Mistake) -> tuple[int, str, MistakeKind]:
    """Where a mistake is, and which."""
    return mistake.row, mistake.title, mistake.kind
