"""Which column of a file of sales is which of the template."""

from __future__ import annotations

from typing import Any

import pytest

from exempt.model.backfill import BackfillField, BackfillOptions, MistakeKind
from exempt.rules.backfill_titles import EXAMPLES, NOTES, REQUIRED, lay_out
from support.sale_files import TITLES, layout, line, reader

F = BackfillField
NEEDED = [each.value for each in F if each in REQUIRED]


def mistakes(*titles: str, **options: Any) -> list[tuple[str, str, MistakeKind]]:
    laid_out = lay_out(titles, 1, BackfillOptions(**options))
    return [(m.column, m.title, m.kind) for m in laid_out.mistakes]


@pytest.mark.parametrize(
    ("title", "field"),
    [
        ("customer_address_state", F.STATE),
        ("customer_address_zip", F.ZIP),
        ("customer_address_country", F.COUNTRY),
        ("currency_code", F.CURRENCY),
        ("Invoice #", F.TRANSACTION_ID),
        ("DocCode", F.TRANSACTION_ID),
        ("DocDate", F.DATE),
        ("CustomerCode", F.CUSTOMER_ID),
        ("ItemCode", F.PRODUCT_ID),
        ("DestRegion", F.STATE),
        ("to_zip", F.ZIP),
        ("sales_tax", F.TAX_AMOUNT),
        ("PurchaseOrderNo", F.PURCHASE_ORDER),
        ("Created (UTC)", F.DATE),
        ("TRANSACTION ID", F.TRANSACTION_ID),
        ("Ship-To State", F.STATE),
    ],
)
def test_others_titles_are_understood(title: str, field: BackfillField) -> None:
    assert layout(title).at == {field: 0}
    assert layout(title).titles[field] == title


def test_every_title_of_the_template_is_taken_for_itself() -> None:
    laid_out = lay_out(TITLES, 1, BackfillOptions())
    assert laid_out.mistakes == ()
    assert laid_out.layout.at == {field: at for at, field in enumerate(F)}
    assert not laid_out.layout.utc


def test_the_template_says_something_of_each_column_and_its_examples_are_sales() -> None:
    assert set(NOTES) == set(F)
    for row in EXAMPLES:
        assert set(row) >= REQUIRED
        _, wrong = reader().read(line({field.value: text for field, text in row.items()}))
        assert wrong == []


@pytest.mark.parametrize("title", NEEDED)
def test_a_column_that_is_needed_and_missing(title: str) -> None:
    found = mistakes(*(each for each in NEEDED if each != title))
    assert found == [("", title, MistakeKind.MISSING_HEADER)]


def test_a_default_stands_in_for_a_column() -> None:
    there = [each for each in NEEDED if each not in {"country", "currency"}]
    assert mistakes(*there, defaults={F.COUNTRY: "US", F.CURRENCY: "USD"}) == []


def test_a_name_of_a_customer_without_a_column_of_ids() -> None:
    titles = [each for each in NEEDED if each != "customer_id"]
    assert ("I", "customer_name", MistakeKind.NAME_WITHOUT_ID) in mistakes(
        *titles, "x", "customer_name", mapping={"x": None}
    )
    by_default = {"defaults": {F.CUSTOMER_ID: "WEB"}}
    assert mistakes(*titles, "customer_name", **by_default) == []


def test_an_unknown_title_is_told_with_the_nearest() -> None:
    (found,) = lay_out([*NEEDED, "amout"], 3, BackfillOptions()).mistakes
    assert (found.row, found.column, found.kind) == (3, "I", MistakeKind.UNKNOWN_HEADER)
    assert (
        found.mend
        == "write amount, if it is that; else say --map 'amout'=OURS, or --ignore 'amout'"
    )


def test_an_unknown_title_that_is_like_none() -> None:
    (found,) = lay_out([*NEEDED, "Warehouse"], 1, BackfillOptions()).mistakes
    assert found.mend == "say --map 'Warehouse'=OURS, or --ignore 'Warehouse'"


def test_a_title_is_mapped_or_left_out() -> None:
    titles = [*(each for each in NEEDED if each != "date"), "Gebucht", "Warehouse"]
    mapping = {"Gebucht": F.DATE, "Warehouse": None}
    assert mistakes(*titles, mapping=mapping) == []
    assert layout(*titles, mapping=mapping).at[F.DATE] == 7


def test_what_is_mapped_goes_before_what_usually_stands_for_it() -> None:
    titles = [*(each for each in NEEDED if each != "date"), "Invoice Date", "Shipped"]
    mapping = {"Shipped": F.DATE}
    assert mistakes(*titles, mapping=mapping) == []
    assert layout(*titles, mapping=mapping).at[F.DATE] == 8


def test_a_mapping_of_a_title_that_is_not_there() -> None:
    found = lay_out(NEEDED, 1, BackfillOptions(mapping={"amout": F.AMOUNT, "??": None})).mistakes
    assert [(m.title, m.mend) for m in found] == [
        ("amout", "did you mean 'amount'?"),
        ("??", "see how the file writes it"),
    ]


def test_two_columns_for_one_field() -> None:
    found = mistakes("Invoice Date", *NEEDED)
    assert found == [("A", "Invoice Date", MistakeKind.HEADER_TWICE)]
    assert layout("Invoice Date", *NEEDED).at[F.DATE] == 2, "our own title goes first"


def test_what_is_not_needed_is_left_out_without_a_word() -> None:
    assert mistakes(*NEEDED, "Quantity", "Unit Price", "", "Address Line 2") == []


def test_a_title_says_that_its_dates_are_in_utc() -> None:
    assert layout("Created (UTC)").utc
    assert not layout("Created").utc


def test_a_long_value_is_shortened() -> None:
    found = layout().mistake(2, F.CITY, "x" * 100, MistakeKind.TOO_LONG, "", "")
    assert len(found.value) == 80
    assert found.value.endswith("…")
