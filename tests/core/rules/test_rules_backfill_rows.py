"""What a row of a file of sales says, and what is wrong with it."""

from __future__ import annotations

import pytest

from exempt.model.backfill import BackfillField, BackfillOptions, DateForm, MistakeKind
from exempt.model.tabular import Cell, Line
from exempt.rules.backfill_dates import DayReader
from exempt.rules.backfill_rows import RowReader, SaleRow, dates_of
from support.sale_files import TITLES, Row, layout, line, reader, sale, seen

Kind = MistakeKind


def test_a_row_says_what_its_cells_say() -> None:
    row, wrong = reader().read(
        line(
            sale(
                line_id="7",
                customer_email="ap@example.com",
                address_line1="1 Main St",
                city="Austin",
                product_name="Plan",
                tax_amount="8.25",
                kind="invoice",
                exempt="no",
                marketplace="Amazon",
                purchase_order="PO-9",
            )
        )
    )
    assert wrong == []
    assert row == SaleRow(
        transaction_id="INV-1",
        row=2,
        line_id="7",
        day="2026-03-04",
        customer_id="C-1",
        customer_name="Lone Star Tools",
        customer_email="ap@example.com",
        line1="1 Main St",
        city="Austin",
        state="TX",
        postal_code="78701",
        country="US",
        product_id="SAAS",
        product_name="Plan",
        amount="100.00",
        tax="8.25",
        currency="USD",
        kind="sale",
        exempt="no",
        marketplace="Amazon",
        purchase_order="PO-9",
    )


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("transaction_id", Kind.MISSING_TRANSACTION_ID),
        ("date", Kind.MISSING_DATE),
        ("customer_id", Kind.NAME_WITHOUT_ID),
        ("state", Kind.MISSING_STATE),
        ("country", Kind.MISSING_COUNTRY),
        ("product_id", Kind.MISSING_PRODUCT_ID),
        ("amount", Kind.MISSING_AMOUNT),
        ("currency", Kind.MISSING_CURRENCY),
    ],
)
def test_what_is_needed_and_empty(title: str, kind: MistakeKind) -> None:
    _, wrong = reader().read(
        line(sale(**{title: None}) if title != "transaction_id" else sale(None))
    )
    assert [seen(each) for each in wrong] == [(2, title, kind)]


def test_a_customer_without_id_or_name() -> None:
    _, wrong = reader().read(line(sale(customer_id=None, customer_name=None)))
    assert [seen(each) for each in wrong] == [(2, "customer_id", Kind.MISSING_CUSTOMER_ID)]


def test_what_is_not_needed_may_be_empty() -> None:
    _, wrong = reader().read(line(sale(customer_name=None, zip=None)))
    assert wrong == []
    row, wrong = reader().read(line(sale(state=None, country="DE", zip=None)))
    assert (wrong, row.state, row.country) == ([], "", "DE")


def test_all_that_is_wrong_with_a_row_is_named_each_once() -> None:
    _, wrong = reader().read(
        line(
            sale(
                date="soon",
                state="Bayern",
                zip="?",
                amount="many",
                currency="US$",
                kind="gift",
                customer_email="call",
                tax_amount="some",
            ),
            9,
        )
    )
    assert sorted((each.row, each.title) for each in wrong) == [
        (9, title)
        for title in sorted(
            ["customer_email", "currency", "kind", "date", "state", "zip", "amount", "tax_amount"]
        )
    ]


def test_a_time_zone_is_wrong_in_its_own_column() -> None:
    _, (found,) = reader().read(line(sale(date="2026-03-04 10:00", time_zone="EST")))
    assert seen(found) == (2, "time_zone", Kind.BAD_TIME_ZONE)
    assert (found.column, found.value) == ("D", "EST")


def test_a_cell_that_the_spreadsheet_itself_shows_no_value_of() -> None:
    formula = Cell("=A1", "holds a formula: copy the column and paste it as values")
    row: dict[str, str | Cell | None] = {**sale(), "amount": formula, "customer_id": formula}
    _, wrong = reader().read(line(row))
    assert [(m.title, m.kind, m.what) for m in wrong] == [
        ("customer_id", Kind.BAD_CELL, "holds a formula"),
        ("amount", Kind.BAD_CELL, "holds a formula"),
    ]
    _, (found,) = reader().read(line({**sale(), "city": Cell("x", "is odd")}))
    assert (found.what, found.mend) == ("is odd", "type it again")


def test_a_number_of_the_spreadsheet_is_no_thousand() -> None:
    cell = Cell("1.234", kind="number")
    row, wrong = reader().read(line({**sale(), "amount": cell, "zip": Cell("2134", kind="number")}))
    assert (wrong, row.amount, row.postal_code) == ([], "1.234", "02134")


def test_ids_with_any_signs_where_that_is_asked_for() -> None:
    _, (found,) = reader().read(line(sale("#1001")))
    assert seen(found) == (2, "transaction_id", Kind.BAD_SIGNS)
    row, wrong = reader(any_signs=True).read(line(sale("#1001")))
    assert (row.transaction_id, wrong) == ("#1001", [])


def test_defaults_stand_for_empty_cells_only() -> None:
    defaults = {
        BackfillField.COUNTRY: "us",
        BackfillField.MARKETPLACE: "Amazon",
        BackfillField.STATE: "TX",
        BackfillField.PRODUCT_ID: "MISC",
    }
    read = reader(defaults=defaults).read
    row, wrong = read(line(sale(country=None, state=None, product_id=None)))
    assert (wrong, row.country, row.state) == ([], "US", "TX")
    assert (row.marketplace, row.product_id) == ("Amazon", "MISC")
    row, _ = read(line(sale(state="CA", marketplace="Etsy", zip="94025")))
    assert (row.state, row.marketplace) == ("CA", "Etsy")


def test_a_default_that_is_wrong_is_told_of_each_row_that_takes_it() -> None:
    read = reader(defaults={BackfillField.COUNTRY: "Texas"}).read
    _, wrong = read(line(sale(country=None)))
    assert seen(wrong[0]) == (2, "country", Kind.BAD_COUNTRY)
    _, wrong = read(line(sale(country="Nowhere")))
    assert [seen(each) for each in wrong] == [(2, "country", Kind.BAD_COUNTRY)], "and not twice"


def test_columns_that_a_file_does_not_have_are_empty() -> None:
    titles = [title for title in TITLES if title not in {"zip", "city", "tax_amount"}]
    days = DayReader.__new__(DayReader)
    days.read = lambda text, _zone: text  # type: ignore[assignment]
    usual: Row = sale()
    cells = tuple(Cell(usual.get(title)) for title in titles)
    row, wrong = RowReader(layout(*titles), BackfillOptions(), days).read(Line(2, cells))
    assert (wrong, row.postal_code, row.city, row.tax) == ([], "", "", "")


def test_dates_of_rows() -> None:
    lines = [line(sale(date="3/4/2025")), line(sale(date=None), 3)]
    assert dates_of(lines, layout()) == [(2, "3/4/2025")]
    assert dates_of(lines, layout("amount")) == []


def test_dates_in_the_form_of_the_file() -> None:
    row, wrong = reader(DateForm.DAY_FIRST).read(line(sale(date="4/3/2026")))
    assert (wrong, row.day) == ([], "2026-03-04")
