"""Sales of the past out of a file: what it may say, how it is read, and how far that is."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from pydantic import Field

from exempt.model.record import Moment, Record


class BackfillField(StrEnum):
    """A column of the template, by its title there.

    A row is a line of a sale; rows with the same ``transaction_id`` are one
    sale. ``amount`` is the whole line without tax, after discounts, whatever
    the quantity.
    """

    TRANSACTION_ID = "transaction_id"
    LINE_ID = "line_id"
    DATE = "date"
    TIME_ZONE = "time_zone"
    CUSTOMER_ID = "customer_id"
    CUSTOMER_NAME = "customer_name"
    CUSTOMER_EMAIL = "customer_email"
    ADDRESS = "address_line1"
    CITY = "city"
    STATE = "state"
    ZIP = "zip"
    COUNTRY = "country"
    PRODUCT_ID = "product_id"
    PRODUCT_NAME = "product_name"
    AMOUNT = "amount"
    TAX_AMOUNT = "tax_amount"
    CURRENCY = "currency"
    KIND = "kind"
    EXEMPT = "exempt"
    MARKETPLACE = "marketplace"
    PURCHASE_ORDER = "purchase_order"


class MistakeKind(StrEnum):
    """What is wrong with a file, a row, or the rows of one transaction."""

    MISSING_HEADER = "missing_header"
    UNKNOWN_HEADER = "unknown_header"
    HEADER_TWICE = "header_twice"
    UNREADABLE = "unreadable"
    NO_ROWS = "no_rows"
    BAD_CELL = "bad_cell"
    BAD_SIGNS = "bad_signs"
    TOO_LONG = "too_long"
    MISSING_TRANSACTION_ID = "missing_transaction_id"
    MISSING_DATE = "missing_date"
    BAD_DATE = "bad_date"
    OPEN_DATES = "open_dates"
    MIXED_DATES = "mixed_dates"
    FAR_DATE = "far_date"
    FUTURE_DATE = "future_date"
    BAD_TIME_ZONE = "bad_time_zone"
    MISSING_CUSTOMER_ID = "missing_customer_id"
    NAME_WITHOUT_ID = "name_without_id"
    BAD_EMAIL = "bad_email"
    MISSING_STATE = "missing_state"
    BAD_STATE = "bad_state"
    MISSING_COUNTRY = "missing_country"
    BAD_COUNTRY = "bad_country"
    BAD_ZIP = "bad_zip"
    MISSING_PRODUCT_ID = "missing_product_id"
    MISSING_AMOUNT = "missing_amount"
    BAD_AMOUNT = "bad_amount"
    MISSING_CURRENCY = "missing_currency"
    BAD_CURRENCY = "bad_currency"
    BAD_KIND = "bad_kind"
    BAD_SIGN = "bad_sign"
    BAD_YES_NO = "bad_yes_no"
    DIFFERS = "differs"
    SAME_LINE = "same_line"
    TOO_MANY_LINES = "too_many_lines"


class Mistake(NamedTuple):
    """What is wrong in a file, where, and how to mend it.

    Attributes:
        row: As the spreadsheet shows it, the titles' own for one of the whole column.
        column: How the spreadsheet program names it; empty = no single one.
        title: The file's own title of the column; ours where it has none.
        value: What stands there, shortened.
        what: What is wrong with it.
        mend: What to do.
    """

    row: int
    column: str
    title: str
    value: str
    kind: MistakeKind
    what: str
    mend: str


class DateForm(StrEnum):
    """How a file writes all its dates.

    ===========  ==========================================
    year-first   ``2025-03-04``; also with a time of the day
    month-first  ``3/4/2025``, as in the United States
    day-first    ``4/3/2025``, ``4.3.2025``
    named-month  ``Mar 4, 2025``, ``4-Mar-2025``
    ===========  ==========================================
    """

    YEAR_FIRST = "year-first"
    MONTH_FIRST = "month-first"
    DAY_FIRST = "day-first"
    NAMED_MONTH = "named-month"


class BackfillOptions(Record):
    """How somebody wants a file to be read.

    Attributes:
        mapping: Our titles by the file's; None = the column is left out.
        defaults: What holds where a cell is empty, by our title.
        time_zone: The seller's: whose day a moment is on.
        date_form: None = as the file's own dates say.
        any_signs: Ids may have signs that usually stand for what a spreadsheet could not show.
    """

    mapping: dict[str, BackfillField | None] = Field(default_factory=dict)
    defaults: dict[BackfillField, str] = Field(default_factory=dict)
    time_zone: str = "UTC"
    date_form: DateForm | None = None
    any_signs: bool = False


class BackfillState(StrEnum):
    """How far a file is.

    =========  =====================================================================
    draft      it is not checked, or has mistakes
    checking   it is being checked by the daemon, or waits for that
    checked    all looks good
    importing  its sales are being stored
    imported   all of them are stored
    complete   somebody looked at what came of it
    undoing    what it brought is being put back
    undone     put back
    dropped    given up before it was imported
    =========  =====================================================================
    """

    DRAFT = "draft"
    CHECKING = "checking"
    CHECKED = "checked"
    IMPORTING = "importing"
    IMPORTED = "imported"
    COMPLETE = "complete"
    UNDOING = "undoing"
    UNDONE = "undone"
    DROPPED = "dropped"


class BackfillUndone(Record):
    """What was put back of a file, counted.

    Attributes:
        removed: Sales that it had made, and that are gone.
        restored: Sales that it had changed, and that are as before.
        customers: That it had made, and that are gone.
        products: The same of products.
        details: Customers and products that it had changed, and that are as before.
        left: What stays as it is, each with its reason.
    """

    removed: int = 0
    restored: int = 0
    customers: int = 0
    products: int = 0
    details: int = 0
    left: int = 0

    def plus(self, more: BackfillUndone) -> BackfillUndone:
        """Both together."""
        names = BackfillUndone.model_fields
        return BackfillUndone(**{name: getattr(self, name) + getattr(more, name) for name in names})


class BackfillCounts(Record):
    """What a file has in it, and what became of that.

    Attributes:
        transactions: Sales and credits, each of one or more rows.
        new_products: Of these those that the source never named before.
        first_new: The first some thousand of these, with their names.
        sums: What the rows come to by currency, credits taken off.
        first_day: Of the sales.
        mistakes: How many there are of each kind.
        new: Sales that were not there before, stored so far.
        changed: Sales that were there and that the file corrected.
        unchanged: Sales that were there just so.
        already_there: Sales that the connection itself has shown, and that stay as it shows them.
        shrinking: Sales that were there with more lines than the file has of them.
        stored: Rows whose sales are stored.
        part: How much of the file was read, from 0 to 1, while it is; or was put back.
        remembers: Whether it is known what stood there before.
        undone: What was put back so far.
    """

    rows: int = 0
    transactions: int = 0
    customers: int = 0
    products: int = 0
    new_products: int = 0
    sums: dict[str, Decimal] = Field(default_factory=dict)
    first_new: dict[str, str] = Field(default_factory=dict)
    first_day: dt.date | None = None
    last_day: dt.date | None = None
    mistakes: dict[MistakeKind, int] = Field(default_factory=dict)
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    already_there: int = 0
    shrinking: int = 0
    stored: int = 0
    part: float = 0.0
    remembers: bool = False
    undone: BackfillUndone = BackfillUndone()

    @property
    def wrong(self) -> int:
        """How many mistakes there are in all."""
        return sum(self.mistakes.values())


class BackfillRun(Record):
    """A file of sales, and how far it is.

    Attributes:
        connection_id: The source that its sales are of.
        sha256: Of its bytes; it lies with the documents.
        mistakes: The first of them.
        position: While it is imported: what was stored last.
        imported_by: Who had it imported.
    """

    id: int
    connection_id: int
    file_name: str
    sha256: str
    options: BackfillOptions
    counts: BackfillCounts
    mistakes: tuple[Mistake, ...]
    state: BackfillState
    position: str
    created_at: Moment
    created_by: str
    imported_by: str | None = None
    imported_at: Moment | None = None
    completed_at: Moment | None = None
    completed_by: str | None = None
    undone_at: Moment | None = None
    undone_by: str | None = None
