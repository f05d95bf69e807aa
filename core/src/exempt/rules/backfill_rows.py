"""What a row of a file of sales says, and all that is wrong with it by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from exempt.model.backfill import BackfillField, BackfillOptions, Mistake, MistakeKind
from exempt.model.tabular import Cell, Line
from exempt.rules import backfill_cells as cells
from exempt.rules.backfill_cells import WrongError
from exempt.rules.backfill_dates import DayReader
from exempt.rules.backfill_titles import Layout

F = BackfillField


class SaleRow(NamedTuple):
    """A line of a sale; what it does not say is empty.

    Attributes:
        row: As the spreadsheet shows it.
        day: ISO.
        amount: Plain digits, below zero for a credit.
        tax: The same.
        kind: ``sale`` or ``credit``.
        exempt: ``yes`` or ``no``.
    """

    transaction_id: str
    row: int
    line_id: str = ""
    day: str = ""
    customer_id: str = ""
    customer_name: str = ""
    customer_email: str = ""
    line1: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""
    product_id: str = ""
    product_name: str = ""
    amount: str = ""
    tax: str = ""
    currency: str = ""
    kind: str = ""
    exempt: str = ""
    marketplace: str = ""
    purchase_order: str = ""


_MISSING = {
    F.TRANSACTION_ID: (MistakeKind.MISSING_TRANSACTION_ID, "write the number of the invoice"),
    F.DATE: (MistakeKind.MISSING_DATE, "write the day of the sale"),
    F.CUSTOMER_ID: (MistakeKind.MISSING_CUSTOMER_ID, "write the customer's number"),
    F.COUNTRY: (MistakeKind.MISSING_COUNTRY, "write its two letters, as US"),
    F.PRODUCT_ID: (MistakeKind.MISSING_PRODUCT_ID, "write the number of the product"),
    F.AMOUNT: (MistakeKind.MISSING_AMOUNT, "write what the line comes to, without tax"),
    F.CURRENCY: (MistakeKind.MISSING_CURRENCY, "write its three letters, as USD"),
}
_LINE = 500


def _email(text: str) -> str:
    return cells.read_email(text)


def _long_text(text: str) -> str:
    return cells.read_text(text, _LINE)


_SIMPLE: dict[BackfillField, Callable[[str], str]] = {
    F.CUSTOMER_NAME: _long_text,
    F.CUSTOMER_EMAIL: _email,
    F.ADDRESS: _long_text,
    F.CITY: _long_text,
    F.PRODUCT_NAME: _long_text,
    F.CURRENCY: cells.read_currency,
    F.KIND: cells.read_kind,
    F.EXEMPT: cells.read_yes_no,
    F.MARKETPLACE: cells.read_marketplace,
    F.PURCHASE_ORDER: _long_text,
    F.COUNTRY: cells.read_country,
}
_IDS = (F.TRANSACTION_ID, F.LINE_ID, F.CUSTOMER_ID, F.PRODUCT_ID)
_LEFT = (F.DATE, F.TIME_ZONE, F.STATE, F.ZIP, F.AMOUNT, F.TAX_AMOUNT)
"""What is read only once others are known."""


class RowReader:
    """Reads the rows of one file.

    Args:
        layout: Where in a row each field stands.
        options: How the file is read.
        days: Reads its dates.
    """

    def __init__(self, layout: Layout, options: BackfillOptions, days: DayReader) -> None:
        self._layout = layout
        self._days = days
        ids = cells.read_id if options.any_signs else cells.read_strict_id
        readers = {**_SIMPLE, **dict.fromkeys(_IDS, ids)}
        self._readers = [
            (field, at, readers[field]) for field, at in layout.at.items() if field in readers
        ]
        self._defaults = options.defaults
        self._empty = dict.fromkeys(F, "")
        self._left = {field: layout.at[field] for field in _LEFT if field in layout.at}

    def read(self, line: Line) -> tuple[SaleRow, list[Mistake]]:
        """What the row says, and what is wrong with it; what is wrong is left empty."""
        wrong: list[Mistake] = []
        said = self._empty.copy()
        refused: set[BackfillField] = set()
        row = line.cells
        for field, at, read in self._readers:
            text = row[at].text
            if row[at].problem is not None:
                self._problem(line, field, row[at], wrong, refused)
            elif text is not None:
                try:
                    said[field] = read(text)
                except WrongError as error:
                    refused.add(field)
                    wrong.append(self._mistake(line, field, text, error))
        for field, value in self._defaults.items():
            if not said[field] and field not in refused and field not in _LEFT:
                said[field] = self._default(line, field, value, wrong)
        self._read_left(line, said, wrong, refused)
        self._find_missing(line, said, wrong, refused)
        return _sale_row(line.row, said), wrong

    def _default(self, line: Line, field: BackfillField, value: str, wrong: list[Mistake]) -> str:
        read = _SIMPLE.get(field, cells.read_id)
        try:
            return read(value)
        except WrongError as error:
            wrong.append(self._mistake(line, field, value, error))
            return value

    def _problem(
        self,
        line: Line,
        field: BackfillField,
        cell: Cell,
        wrong: list[Mistake],
        refused: set[BackfillField],
    ) -> None:
        """What the spreadsheet itself shows no value for, such as a formula."""
        what, _, mend = (cell.problem or "").partition(": ")
        error = WrongError(MistakeKind.BAD_CELL, what, mend or "type it again")
        refused.add(field)
        wrong.append(self._mistake(line, field, cell.text or "", error))

    def _read_left(
        self,
        line: Line,
        said: dict[BackfillField, str],
        wrong: list[Mistake],
        refused: set[BackfillField],
    ) -> None:
        """Read what goes by other cells: the state by its country, an amount by its currency."""
        texts, numbers = self._texts_left(line, wrong, refused)
        said[F.COUNTRY], texts[F.STATE] = cells.home_of(said[F.COUNTRY], texts[F.STATE])
        for field, text in texts.items():
            if not text or field is F.TIME_ZONE or field in refused:
                continue
            try:
                if field in numbers:
                    said[field] = cells.read_number(text)
                else:
                    said[field] = self._read_one(field, text, texts[F.TIME_ZONE], said)
            except WrongError as error:
                refused.add(field)
                # A time zone is wrong in its own column, though the date goes by it.
                of_zone = error.kind is MistakeKind.BAD_TIME_ZONE
                column, value = (F.TIME_ZONE, texts[F.TIME_ZONE]) if of_zone else (field, text)
                wrong.append(self._mistake(line, column, value, error))

    def _texts_left(
        self, line: Line, wrong: list[Mistake], refused: set[BackfillField]
    ) -> tuple[dict[BackfillField, str], set[BackfillField]]:
        """What these cells say, and which amounts the spreadsheet keeps as numbers."""
        texts = dict.fromkeys(_LEFT, "")
        numbers: set[BackfillField] = set()
        for field in _LEFT:
            at = self._left.get(field)
            cell = None if at is None else line.cells[at]
            if cell is None or cell.text is None:
                texts[field] = self._defaults.get(field, "")
            elif cell.problem is not None:
                self._problem(line, field, cell, wrong, refused)
            else:
                texts[field] = cell.text.strip()
                if cell.kind == "number" and field in {F.AMOUNT, F.TAX_AMOUNT}:
                    numbers.add(field)
        return texts, numbers

    def _read_one(
        self, field: BackfillField, text: str, zone: str, said: dict[BackfillField, str]
    ) -> str:
        if field is F.DATE:
            return self._days.read(text, zone)
        if field is F.STATE:
            return cells.read_state(text, said[F.COUNTRY])
        if field is F.ZIP:
            return cells.read_zip(text, said[F.COUNTRY])
        return cells.read_amount(text, said[F.CURRENCY])

    def _find_missing(
        self,
        line: Line,
        said: dict[BackfillField, str],
        wrong: list[Mistake],
        refused: set[BackfillField],
    ) -> None:
        for field, (usual, mend) in _MISSING.items():
            if said[field] or field in refused:
                continue
            kind, what = usual, "is empty"
            if field is F.CUSTOMER_ID and said[F.CUSTOMER_NAME]:
                kind, what = MistakeKind.NAME_WITHOUT_ID, "is empty, and the row names a customer"
            wrong.append(self._layout.mistake(line.row, field, "", kind, what, mend))
        at_home = said[F.COUNTRY] == "US"
        if at_home and not said[F.STATE] and F.STATE not in refused:
            what, mend = "is empty", "write its two letters, as TX"
            kind = MistakeKind.MISSING_STATE
            wrong.append(self._layout.mistake(line.row, F.STATE, "", kind, what, mend))

    def _mistake(self, line: Line, field: BackfillField, text: str, error: WrongError) -> Mistake:
        return self._layout.mistake(line.row, field, text, error.kind, error.what, error.mend)


def _sale_row(row: int, said: dict[BackfillField, str]) -> SaleRow:
    return SaleRow(
        transaction_id=said[F.TRANSACTION_ID],
        row=row,
        line_id=said[F.LINE_ID],
        day=said[F.DATE],
        customer_id=said[F.CUSTOMER_ID],
        customer_name=said[F.CUSTOMER_NAME],
        customer_email=said[F.CUSTOMER_EMAIL],
        line1=said[F.ADDRESS],
        city=said[F.CITY],
        state=said[F.STATE],
        postal_code=said[F.ZIP],
        country=said[F.COUNTRY],
        product_id=said[F.PRODUCT_ID],
        product_name=said[F.PRODUCT_NAME],
        amount=said[F.AMOUNT],
        tax=said[F.TAX_AMOUNT],
        currency=said[F.CURRENCY],
        kind=said[F.KIND],
        exempt=said[F.EXEMPT],
        marketplace=said[F.MARKETPLACE],
        purchase_order=said[F.PURCHASE_ORDER],
    )


def dates_of(lines: Sequence[Line], layout: Layout) -> list[tuple[int, str]]:
    """The rows of *lines* with a date, and what stands there."""
    at = layout.at.get(F.DATE)
    if at is None:
        return []
    return [(line.row, text) for line in lines if (text := line.cells[at].text)]
