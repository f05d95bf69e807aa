"""What a product may be: by other connections, by its tax code, by its name."""

from __future__ import annotations

from typing import Any

import pytest

from exempt.errors import SettingsError
from exempt.model.products import KnownProduct
from exempt.model.rulesdata import Confidence
from exempt.rules.product_proposals import as_sure, propose, read_words, shipped_words
from exempt.rules.tax_categories import shipped_categories


def proposed(**known: Any) -> tuple[str, str, str] | None:
    """What is proposed by the tables that are shipped."""
    product = KnownProduct(external_id="P-1", **known)
    found = propose(product, shipped_categories(), shipped_words())
    return found and (found.category, found.confidence.value, found.reason)


@pytest.mark.parametrize(
    ("known", "found"),
    [
        pytest.param({}, None, id="nothing is known"),
        pytest.param(
            {"tax_code": "txcd_10103001"},
            ("saas_business", "medium", "txcd_10103001 is Stripe's code for it"),
            id="Stripe's code",
        ),
        pytest.param(
            {"tax_code": " pc040100 "},
            ("clothing_general", "high", "pc040100 is Avalara's code for it"),
            id="Avalara's code, in small letters",
        ),
        pytest.param(
            {"tax_code": "81110"},
            ("textbooks", "medium", "81110 is TaxJar's code for it"),
            id="five digits may be anybody's: never sure",
        ),
        pytest.param(
            {"tax_code": "40030"},
            ("groceries", "medium", "40030 is TaxJar's code for it"),
            id="a row that is not sure itself",
        ),
        pytest.param({"tax_code": "OUR-7"}, None, id="a code of the seller's own"),
        pytest.param(
            {"tax_code": "OUR-7", "name": "Gift Cards"},
            ("gift_cards", "medium", 'its name has "gift card"'),
            id="then by its name, several of them",
        ),
        pytest.param(
            {"name": "Shipping & Handling"},
            ("shipping_and_handling", "medium", 'its name has "shipping and handling"'),
            id="neither shipping nor handling",
        ),
        pytest.param(
            {"name": "Monthly plan"},
            ("saas_business", "low", 'its name has "monthly plan"'),
            id="a word that says little",
        ),
        pytest.param({"name": "Hex bolt"}, None, id="a name that says nothing"),
        pytest.param({"name": "Reboot"}, None, id="a word within a word is none"),
        pytest.param(
            {"elsewhere": {"shop": "candy", "pos": "candy"}, "tax_code": "81110"},
            ("candy", "high", "the same product has it in pos, shop"),
            id="what people chose elsewhere goes first",
        ),
        pytest.param(
            {"elsewhere": {"shop": "candy", "pos": "snacks"}, "tax_code": "81110"},
            ("textbooks", "medium", "81110 is TaxJar's code for it"),
            id="unless they disagree",
        ),
        pytest.param(
            {"elsewhere": {"shop": "gone_since"}}, None, id="or it is in the list no more"
        ),
    ],
)
def test_proposals(known: dict[str, Any], found: tuple[str, str, str] | None) -> None:
    assert proposed(**known) == found


def test_words_that_weigh_the_same_for_two_categories_say_nothing() -> None:
    assert proposed(name="Wine and beer") == ("alcohol", "low", 'its name has "wine" and "beer"')
    assert proposed(name="Wheelchair crutches")
    assert proposed(name="Beer soda") is None


def test_the_heavier_word_wins() -> None:
    found = proposed(name="Laptop charger")
    assert found is not None
    assert found[0] == "computers"


@pytest.mark.parametrize(
    ("one", "other", "enough"),
    [("high", "high", True), ("high", "low", True), ("low", "medium", False)],
)
def test_as_sure_as(one: str, other: str, enough: bool) -> None:
    assert as_sure(Confidence(one), Confidence(other)) is enough


def test_without_words_no_name_says_anything() -> None:
    head = "words,tax_category,weight,as_of,review_by,confidence,source"
    assert read_words(head, "x").found_in("Gift card") == []


def test_words_lead_to_categories_that_there_are() -> None:
    assert len(shipped_words().rows) > 100
    head = "words,tax_category,weight,as_of,review_by,confidence,source"
    row = "hammer,tools,50,2026-10-01,2027-10-01,high,our own"
    with pytest.raises(SettingsError) as refused:
        read_words(f"{head}\n{row}\n", "x")
    assert str(refused.value) == (
        "x/product_words.csv, line 2, column tax_category:"
        " tools is not in the list of tax categories"
    )
