"""The templates that files are filled in after: of customers, of sales, of employees."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, NamedTuple

from exempt.model.backfill import BackfillField
from exempt.model.custom import CustomField
from exempt.model.imports import Template
from exempt.rules import backfill_titles, import_templates
from exempt.rules.staff_rows import NOTES as OF_EMPLOYEES
from exempt.rules.staff_rows import REQUIRED as NEEDED_OF_EMPLOYEES


class Blank(NamedTuple):
    """A table to fill in.

    Attributes:
        required: The titles of columns that it must have.
        notes: By title, what to write there.
        examples: Rows that show it.
    """

    heads: Sequence[str]
    required: Collection[str]
    notes: Mapping[str, str]
    examples: Sequence[Sequence[str | int | Decimal | dt.date | None]] = ()


class TemplateName(StrEnum):
    """What templates are called."""

    BASIC = "basic"
    FULL = "full"
    SALES = "sales"
    EMPLOYEES = "employees"


BlankWriter = Callable[[Path, Blank], None]
"""Writes a template, .csv or .xlsx by its name; raises a `RefusedError` if it cannot."""


def template(name: TemplateName, custom: Mapping[str, CustomField]) -> Blank:
    """The template of that name; *custom* are the seller's own fields of customers."""
    if name is TemplateName.SALES:
        return of_sales()
    if name is TemplateName.EMPLOYEES:
        return of_employees()
    return of_customers(Template(name.value), custom)


def of_customers(template: Template, custom: Mapping[str, CustomField]) -> Blank:
    """The one for customers, with columns for *custom* fields."""
    found = import_templates.columns(template, custom)
    return Blank(
        [column.title for column in found],
        import_templates.REQUIRED,
        {column.title: column.note for column in found},
    )


def of_sales() -> Blank:
    """The one for sales of the past, with some example rows."""
    return Blank(
        [field.value for field in BackfillField],
        {field.value for field in backfill_titles.REQUIRED},
        {field.value: note for field, note in backfill_titles.NOTES.items()},
        [
            [_value(field, row.get(field, "")) for field in BackfillField]
            for row in backfill_titles.EXAMPLES
        ],
    )


def of_employees() -> Blank:
    """The one for employees."""
    return Blank(list(OF_EMPLOYEES), NEEDED_OF_EMPLOYEES, OF_EMPLOYEES)


def _value(field: BackfillField, text: str) -> str | Decimal:
    """Amounts as numbers: a text that begins with a minus would be guarded as a formula is."""
    amounts = {BackfillField.AMOUNT, BackfillField.TAX_AMOUNT}
    return Decimal(text) if text and field in amounts else text


def spooled(blank: Blank, file_name: str, writer: BlankWriter) -> IO[bytes]:
    """The file of a template, open at its beginning; gone from the disk when it is closed.

    Raises:
        RefusedError: Nobody writes workbooks here.
    """
    with TemporaryDirectory(prefix="exempt-template-") as folder:
        path = Path(folder, file_name)
        writer(path, blank)
        return path.open("rb")
