"""The pick list of product types and tax categories."""

from __future__ import annotations

import pytest

from exempt.errors import NotFoundError, SettingsError
from exempt.model.products import CodeSystem
from exempt.rules.tax_categories import read_categories, shipped_categories

HEAD = (
    "category,product_type,title,description,stripe,avalara,taxjar,"
    "as_of,review_by,confidence,source"
)
END = "2026-10-01,2027-10-01,high,our own list"
FOOD = f"food,,Food,What people eat.,,,,{END}"
BREAD = f"bread,food,Bread,Baked.,txcd_1,PF1|pf2,40030,{END}"


def table(*rows: str) -> str:
    """A table with these rows."""
    return "\n".join((HEAD, *rows))


def test_the_shipped_list_has_two_levels() -> None:
    listed = shipped_categories()
    assert 8 <= len(listed.types) <= 12
    assert len(listed.keys) >= 50
    assert all(listed.of_type(each) for each in listed.types)
    assert sum(len(listed.of_type(each)) for each in listed.types) == len(listed.keys)


def test_types_and_categories() -> None:
    listed = read_categories(table(FOOD, BREAD), "x")
    assert list(listed.types) == ["food"]
    assert [row.category for row in listed.of_type("food")] == ["bread"]
    assert listed.of_type("nothing") == ()
    assert listed.keys == ("bread",)
    assert listed.get("food") is None
    assert (listed.title("bread"), listed.title("gone")) == ("Food: Bread", "gone")
    assert listed.find("bread").title == "Bread"


def test_a_code_of_another_system_means_one_category() -> None:
    known = read_categories(table(FOOD, BREAD), "x").by_code
    assert {code: (system, row.category) for code, (system, row) in known.items()} == {
        "TXCD_1": (CodeSystem.STRIPE, "bread"),
        "PF1": (CodeSystem.AVALARA, "bread"),
        "PF2": (CodeSystem.AVALARA, "bread"),
        "40030": (CodeSystem.TAXJAR, "bread"),
    }


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        pytest.param("saas_busines", "did you mean saas_business?", id="mistyped"),
        pytest.param("xyzzy", "there is none: look at the list", id="like nothing"),
        pytest.param("food", "is a product type: choose one in it: groceries", id="a type"),
    ],
)
def test_a_wrong_key_is_refused_with_its_mend(wrong: str, said: str) -> None:
    with pytest.raises(NotFoundError, match=said.replace("?", r"\?")):
        shipped_categories().find(wrong)


@pytest.mark.parametrize(
    ("rows", "mistake"),
    [
        pytest.param(
            [BREAD],
            "x/tax_categories.csv, line 2, column product_type: food has no row of its own:"
            " add it above",
            id="a type that is not there",
        ),
        pytest.param(
            [FOOD, BREAD, f"rolls,food,Rolls,Baked.,,PF2,,{END}"],
            "x/tax_categories.csv, line 4, column avalara: PF2 means bread already: keep one",
            id="a code twice",
        ),
        pytest.param(
            [FOOD, f"Bread,food,Bread,Baked.,,,,{END}"],
            "x/tax_categories.csv, line 3, column category: String should match pattern",
            id="a key in capitals",
        ),
        pytest.param(
            [FOOD, f"bread,food,Bread,Baked.,a b,,,{END}"],
            "x/tax_categories.csv, line 3, column stripe: String should match pattern",
            id="a code with a blank",
        ),
    ],
)
def test_a_mistake_is_named_by_line_and_column(rows: list[str], mistake: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_categories(table(*rows), "x")
    assert str(refused.value).startswith(mistake)
