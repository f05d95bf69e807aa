"""Which products states tax: dated rows, and what is not known counts as taxed."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.errors import SettingsError
from exempt.model.nexus import Base
from exempt.model.products import Taxed, WhyTaxed
from exempt.model.rulesdata import Confidence
from exempt.rules.tax_categories import shipped_categories
from exempt.rules.taxability import read_taxability, shipped_taxability
from exempt.rules.thresholds import shipped_thresholds

HEAD = (
    "tax_category,jurisdiction,taxed,in_force_from,in_force_through,note,"
    "as_of,review_by,confidence,source"
)
END = ",2026-10-01,2027-10-01,high,state revenue department"
DAY = dt.date(2026, 11, 20)


def table(*rows: str) -> str:
    """A table with these rows."""
    return "\n".join((HEAD, *(row + END for row in rows)))


TEXAS = (
    "books,US-TX,yes,,2025-12-31,",
    "books,US-TX,no,2026-01-01,2026-06-30,",
    "books,US-TX,unknown,2026-07-01,,not settled",
    "books,,no,,,",
)


@pytest.mark.parametrize(
    ("category", "place", "day", "taxed", "why"),
    [
        pytest.param("books", "US-TX", "2025-12-31", True, "listed", id="on its last day"),
        pytest.param("books", "US-TX", "2026-01-01", False, "listed", id="on its first day"),
        pytest.param("books", "US-TX", "2026-06-30", False, "listed", id="the other's last day"),
        pytest.param("books", "US-TX", "2026-07-01", True, "unknown", id="not settled: taxed"),
        pytest.param("books", "US-CA", "2026-07-01", False, "listed", id="the row for everywhere"),
        pytest.param("candy", "US-TX", "2026-07-01", True, "unknown", id="no row: taxed"),
        pytest.param("no_such", "US-TX", "2026-07-01", True, "unknown", id="no such category"),
        pytest.param(None, "US-TX", "2026-07-01", True, "unmapped", id="nobody said what it is"),
    ],
)
def test_taxed_or_not(category: str | None, place: str, day: str, taxed: bool, why: str) -> None:
    taxability = read_taxability(table(*TEXAS), "x")
    on = dt.date.fromisoformat(day)
    answer = taxability.why(category, place, on)
    assert taxability.taxed(category, place, on) is answer.taxed is taxed
    assert answer.why == why


def test_an_answer_names_its_row() -> None:
    answer = read_taxability(table(*TEXAS), "x").why("books", "US-TX", DAY)
    assert answer.row is not None
    assert answer.row.note == "not settled"
    assert answer.row.version == "books US-TX from 2026-07-01"


def test_a_states_own_row_goes_before_the_one_for_everywhere_even_if_it_knows_nothing() -> None:
    taxability = read_taxability(table("books,US-TX,unknown,,,", "books,,no,,,"), "x")
    assert taxability.taxed("books", "US-TX", DAY)
    assert not taxability.taxed("books", "US-FL", DAY)
    assert [row.version for row in taxability.of("books")] == ["books everywhere", "books US-TX"]


def test_where_a_states_rows_leave_a_day_out_the_one_for_everywhere_holds() -> None:
    taxability = read_taxability(table("books,US-TX,yes,2027-01-01,,", "books,,no,,,"), "x")
    assert not taxability.taxed("books", "US-TX", DAY)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        pytest.param("books", "books", True, id="the same"),
        pytest.param("candy", None, True, id="taxed everywhere, and not assigned"),
        pytest.param("candy", "snacks", True, id="both taxed everywhere"),
        pytest.param("books", None, False, id="not taxed somewhere"),
        pytest.param("candy", "books", False, id="the other not taxed somewhere"),
    ],
)
def test_whether_it_matters_which_of_two_a_product_is(
    one: str | None, other: str | None, alike: bool
) -> None:
    assert read_taxability(table(*TEXAS), "x").alike(one, other) is alike


@pytest.mark.parametrize(
    ("rows", "mistake"),
    [
        pytest.param(
            ["bookz,US-TX,no,,,"],
            ["line 2, column tax_category: bookz is not in the list of tax categories"],
            id="no such category",
        ),
        pytest.param(
            ["books,US-TX,no,,,", "books,US-TX,yes,2026-01-01,,"],
            [
                (
                    "line 2, column in_force_through: books US-TX from 2026-01-01 is in force"
                    " too, line 3: end this one on the day before that one begins"
                )
            ],
            id="two at once",
        ),
        pytest.param(
            ["books,US-TX,no,,,", "books,US-TX,no,,,"],
            ["line 3, column version: books US-TX has line 2 already: keep one"],
            id="twice the same",
        ),
        pytest.param(
            ["books,US-TX,no,2026-01-02,2026-01-01,"],
            ["line 2, column in_force_through: lies before in_force_from, 2026-01-02"],
            id="ends before it begins",
        ),
        pytest.param(
            ["books,US-TX,perhaps,,,"],
            ["line 2, column taxed: 'perhaps' is not known: write 'yes', 'no' or 'unknown'"],
            id="neither yes nor no",
        ),
    ],
)
def test_a_mistake_is_named_by_line_and_column(rows: list[str], mistake: list[str]) -> None:
    with pytest.raises(SettingsError) as refused:
        read_taxability(table(*rows), "x")
    told = str(refused.value).splitlines()
    assert len(told) == len(mistake)
    assert all(
        line.startswith(f"x/taxability.csv, {wrong}")
        for line, wrong in zip(told, mistake, strict=True)
    )


def test_one_state_may_follow_on_another_and_a_row_without_source_is_refused() -> None:
    read_taxability(table("books,US-FL,no,,,", "books,US-TX,no,,,"), "x")
    with pytest.raises(SettingsError, match="column source: is empty: name the publication"):
        read_taxability(f"{HEAD}\nbooks,US-TX,no,,,,2026-10-01,2027-10-01,high,", "x")


def test_the_version_moves_with_the_text() -> None:
    one, other = (read_taxability(table(row), "x") for row in ("books,,no,,,", "books,,yes,,,"))
    assert one.digest != other.digest
    assert one.version == f"2026-10-01+{one.digest}"
    assert read_taxability(HEAD, "x").version.startswith("none+")


# --- the table that is shipped -----------------------------------------------------------


def test_states_whose_threshold_counts_taxable_sales_are_known_well() -> None:
    taxability = shipped_taxability()
    counted = {row.jurisdiction for row in shipped_thresholds().rows if row.base is Base.TAXABLE}
    assert counted == {"US-AR", "US-FL", "US-MO", "US-NM", "US-ND", "US-OK"}
    for state in counted:
        known = {row.tax_category for row in taxability.rows if row.jurisdiction == state}
        must = {"groceries", "prescription_drugs", "otc_drugs", "clothing_general"}
        must |= {"saas_business", "saas_personal", "software_download_business", "ebooks"}
        assert must <= known, state


def test_what_takes_sales_out_of_a_base_is_never_of_low_confidence() -> None:
    low = [
        row.version
        for row in shipped_taxability().rows
        if row.taxed is Taxed.NO
        and row.confidence is Confidence.LOW
        and row.jurisdiction in {"US-AR", "US-FL", "US-MO", "US-NM", "US-ND", "US-OK"}
    ]
    assert low == []


@pytest.mark.parametrize(
    ("category", "place", "day", "taxed"),
    [
        pytest.param("saas_business", "US-FL", "2026-01-01", False, id="SaaS in Florida"),
        pytest.param("saas_business", "US-TX", "2026-01-01", True, id="SaaS in Texas"),
        pytest.param("groceries", "US-FL", "2026-01-01", False, id="groceries in Florida"),
        pytest.param("groceries", "US-OK", "2024-08-28", True, id="groceries in Oklahoma before"),
        pytest.param("groceries", "US-OK", "2024-08-29", True, id="and after: cities tax on"),
        pytest.param("groceries", "US-AR", "2026-01-01", True, id="groceries in Arkansas"),
        pytest.param("ebooks", "US-AR", "2026-01-01", True, id="e-books in Arkansas"),
        pytest.param("ebooks", "US-OK", "2026-01-01", False, id="e-books in Oklahoma"),
        pytest.param("professional_services", "US-NM", "2026-01-01", True, id="services: NM"),
        pytest.param("shipping_charge", "US-MO", "2017-08-27", True, id="delivery: MO before"),
        pytest.param("shipping_charge", "US-MO", "2017-08-28", False, id="delivery: MO after"),
        pytest.param("prescription_drugs", "US-IL", "2026-01-01", True, id="Illinois: 1 percent"),
        pytest.param("clothing_general", "US-PA", "2026-01-01", False, id="clothing: PA"),
        pytest.param("clothing_general", "US-NY", "2026-01-01", True, id="clothing: NY, by price"),
        pytest.param("goods_general", "US-FL", "2026-01-01", True, id="goods: no row needed"),
        pytest.param("not_taxed", "US-WY", "2026-01-01", False, id="what the seller knows"),
    ],
)
def test_what_is_shipped(category: str, place: str, day: str, taxed: bool) -> None:
    assert shipped_taxability().taxed(category, place, dt.date.fromisoformat(day)) is taxed


@given(
    st.sampled_from([None, "nowhere", *shipped_categories().keys]),
    st.sampled_from(["US-AR", "US-FL", "US-TX", "US-VT"]),
    st.dates(dt.date(2015, 1, 1), dt.date(2030, 1, 1)),
)
def test_only_a_row_that_says_so_leaves_anything_untaxed(
    category: str | None, place: str, day: dt.date
) -> None:
    answer = shipped_taxability().why(category, place, day)
    assert shipped_taxability().taxed(category, place, day) == answer.taxed
    if not answer.taxed:
        assert answer.why is WhyTaxed.LISTED
        assert answer.row is not None
        assert answer.row.taxed is Taxed.NO
        assert answer.row.in_force(day)
