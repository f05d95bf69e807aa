"""``exempt products``: what products are for tax, as a person sees and says it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from exempt import Stream
from support.desk import Desk
from support.records import address, line, order, product


@pytest.fixture
def shelf(desk: Desk) -> Desk:
    """HAMMER, sold to Texas for 100; APP, sold to Florida for 40 and in the list; CARD, unsold."""
    desk.write_settings()
    desk.erp.remote.put(
        product("APP", name="Pro plan", tax_code="txcd_10103001"),
        product("CARD", name="Gift card"),
    )
    desk.erp.pull(Stream.PRODUCTS)
    desk.sell(
        order("FL-1", ship_to=address("FL"), lines=(line("1", "40.00", product_external_id="APP"),))
    )
    return desk


def told(desk: Desk, *arguments: str) -> Any:
    """What a script reads."""
    return desk.json("products", *arguments)


def said(desk: Desk, *arguments: str) -> str:
    """What a person reads, line breaks aside."""
    return " ".join(desk.run("products", *arguments).split())


def kinds(desk: Desk) -> dict[str, str | None]:
    """What each product is."""
    return {one["external_id"]: one["tax_category"] for one in told(desk, "list")["products"]}


def test_the_list_has_ids_from_orders_and_from_the_list_of_products(shelf: Desk) -> None:
    table = said(shelf, "list")
    assert "3 products" in table
    assert "HAMMER – erp 2026-11-20 not assigned 1 100.00 USD" in table
    assert "CARD Gift card erp 2026-11-20 not assigned 0 –" in table
    assert "3 products without a tax category, on 2 orders: 140.00 USD" in table


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        pytest.param(["gift"], ["CARD"], id="by words"),
        pytest.param(["--category", "candy"], ["HAMMER"], id="by category"),
        pytest.param(["--unmapped"], ["APP", "CARD"], id="without one"),
        pytest.param(["--connection", "erp", "--limit", "1"], ["HAMMER"], id="the first"),
        pytest.param(["--company", "northwind", "nothing"], [], id="nothing fits"),
    ],
)
def test_the_list_by_filters(shelf: Desk, arguments: list[str], found: list[str]) -> None:
    said(shelf, "assign", "HAMMER", "--category", "candy")
    assert [one["external_id"] for one in told(shelf, "list", *arguments)["products"]] == found


def test_a_list_that_is_cut_off_or_empty_says_so(shelf: Desk) -> None:
    assert "These are the first 1: --limit shows more." in said(shelf, "list", "--limit", "1")
    assert "No products" in said(shelf, "list", "nothing")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["list", "--connection", "nope"], "no such connection", id="connection"),
        pytest.param(["list", "--category", "candi"], "did you mean candy?", id="category"),
        pytest.param(["show", "NOPE"], "product 'NOPE': there is none", id="product"),
        pytest.param(
            ["assign", "APP", "--category", "candi"], "did you mean candy?", id="assigned"
        ),
        pytest.param(["assign", "APP", "NO", "--category", "candy"], "'NO'", id="one of them"),
        pytest.param(["assign", "--category", "candy"], "say which", id="none said"),
        pytest.param(
            ["assign", "APP", "--all-unmapped", "--category", "candy"], "say which", id="two ways"
        ),
        pytest.param(["assign", "APP"], "say what they are", id="not said what"),
        pytest.param(
            ["assign", "APP", "--none", "--category", "candy"], "say what they are", id="both said"
        ),
        pytest.param(["categories", "fod"], "did you mean food?", id="type"),
        pytest.param(["categories", "xyzzy"], "one of goods, food", id="like no type"),
        pytest.param(["categories", "--state", "QQ"], "--state: unknown state", id="state"),
    ],
)
def test_a_mistake_names_its_mend(shelf: Desk, arguments: list[str], words: str) -> None:
    assert words in shelf.refused("products", *arguments)
    assert set(kinds(shelf).values()) == {None}


def test_one_product_before_and_after_it_is_assigned(shelf: Desk) -> None:
    before = said(shelf, "show", "APP")
    assert "name Pro plan" in before
    assert "first seen 2026-11-20, first on order FL-1 of 2026-11-20" in before
    assert (
        "Proposed: Software: Software as a service, for business,"
        " as txcd_10103001 is Stripe's code for it."
    ) in before
    assert "It counts as taxed everywhere" in before
    done = said(shelf, "assign", "APP", "--category", "saas_business")
    assert "1 product: is Software: Software as a service, for business now." in done
    assert "The orders of erp are counted anew, in the background." in done
    after = said(shelf, "show", "APP")
    assert "assigned 2026-11-20 by anna" in after
    assert "FL no No thing changes hands. (high) Florida Department of Revenue" in after
    said(shelf, "assign", "APP", "--none")
    assert "2026-11-20 anna: saas_business → none" in said(shelf, "show", "APP")


def test_one_product_for_scripts(shelf: Desk) -> None:
    said(shelf, "assign", "APP", "--category", "saas_business")
    one = told(shelf, "show", "APP")
    assert (one["orders"], one["amounts"], one["first_order"]) == (1, {"USD": "40.00"}, "FL-1")
    assert one["proposal"] is None
    florida = [row for row in one["taxability"] if row["jurisdiction"] == "US-FL"]
    assert [row["taxed"] for row in florida] == ["no"]
    assert [change["new"] for change in one["history"]] == ["saas_business"]


def test_a_product_that_is_on_orders_only_has_no_name(shelf: Desk) -> None:
    assert "none: it is in no list of products, only on orders" in said(shelf, "show", "HAMMER")
    assert told(shelf, "show", "HAMMER")["taxability"] == []


def test_many_at_once(shelf: Desk) -> None:
    done = told(shelf, "assign", "HAMMER", "CARD", "--category", "goods_general")
    assert done == {"assigned": [1, 3], "counted_anew": []}
    said(shelf, "assign", "--matching", "plan", "--category", "saas_business")
    assert kinds(shelf) == {
        "HAMMER": "goods_general",
        "APP": "saas_business",
        "CARD": "goods_general",
    }
    assert "Nothing changed" in said(shelf, "assign", "--all-unmapped", "--category", "candy")
    said(shelf, "assign", "APP", "--none")
    assert "No state taxes it otherwise" in said(
        shelf, "assign", "--all-unmapped", "--category", "candy"
    )
    assert kinds(shelf)["APP"] == "candy"


def test_proposals_are_shown_and_taken_on_request(shelf: Desk) -> None:
    shown = said(shelf, "propose")
    assert "2 proposals" in shown
    assert 'CARD Gift card erp Other: Gift cards medium its name has "gift card"' in shown
    assert "Nothing is known of 1 product" in shown
    assert "Nothing was assigned." in shown
    assert set(kinds(shelf).values()) == {None}
    assert "Nothing to propose." in said(shelf, "propose", "--at-least", "high", "--accept")
    taken = told(shelf, "propose", "--accept", "--at-least", "medium", "pro")
    assert [(one["external_id"], one["category"]) for one in taken["proposals"]] == [
        ("APP", "saas_business")
    ]
    assert (taken["assigned"], taken["counted_anew"]) == ([2], ["erp"])
    assert "1 proposal accepted" in said(shelf, "propose", "--accept")
    assert "because its name has" in said(shelf, "show", "CARD")


def test_the_pick_list_has_two_levels(shelf: Desk) -> None:
    table = said(shelf, "categories")
    assert "Food and drink (food): What people eat and drink, and supplements." in table
    assert "groceries Groceries Food for people to eat at home, not prepared." in table
    assert {row["product_type"] for row in told(shelf, "categories", "food")} == {"food"}


def test_the_pick_list_by_state(shelf: Desk) -> None:
    table = said(shelf, "categories", "food", "--state", "FL")
    assert "groceries Groceries no (high) Federation of Tax Administrators" in table
    assert "candy Candy yes (medium)" in table
    assert "snacks Snacks not known: counts as taxed" in table
    rows = {row["category"]: row for row in told(shelf, "categories", "food", "--state", "fl")}
    assert (rows["groceries"]["taxed"], rows["snacks"]["taxed"]) == (False, True)
    assert (rows["snacks"]["why"], rows["snacks"]["by"]) == ("unknown", None)


def test_a_source_past_its_review_date_says_so(shelf: Desk) -> None:
    shelf.now = "2027-10-02T12:00:00+00:00"
    table = said(shelf, "categories", "food", "--state", "FL")
    assert "no (high, past its review date) Federation" in table


def test_status_counts_what_nobody_has_assigned(shelf: Desk) -> None:
    assert "3 products without a tax category: exempt products propose" in shelf.run("status")
    assert shelf.json("status")["unmapped_products"] == 3
    said(shelf, "assign", "--all-unmapped", "--category", "goods_general")
    assert "without a tax category" not in shelf.run("status")


# --- a table of one's own ----------------------------------------------------------------

HEAD = "tax_category,jurisdiction,taxed,as_of,review_by,confidence,source"


def own_table(desk: Desk, text: str) -> Path:
    """A folder with a table of what states tax, and nothing else, in the settings."""
    folder = desk.folder / "rules"
    folder.mkdir()
    (folder / "taxability.csv").write_text(text, encoding="utf-8")
    path = desk.folder / "exempt.toml"
    settings = path.read_text(encoding="utf-8")
    line_ = f"rules_folder = {json.dumps('rules')}\n"
    path.write_text(settings.replace("[exempt]\n", f"[exempt]\n{line_}"), encoding="utf-8")
    return folder


def test_a_table_of_ones_own_takes_the_place_of_the_shipped_one(shelf: Desk) -> None:
    own = own_table(shelf, f"{HEAD}\nsnacks,US-FL,no,2026-10-01,2027-10-01,high,our lawyer\n")
    rows = {row["category"]: row for row in told(shelf, "categories", "food", "--state", "FL")}
    assert (rows["groceries"]["taxed"], rows["snacks"]["taxed"]) == (True, False)
    assert shelf.invoke("rules", "check", str(own)).exit_code == 0


def test_the_shipped_table_can_be_copied_to_be_changed(shelf: Desk) -> None:
    folder = shelf.folder / "copy"
    shelf.run("rules", "copy", str(folder), "--taxability")
    assert [path.name for path in folder.iterdir()] == ["taxability.csv"]
    assert shelf.invoke("rules", "check", str(folder)).exit_code == 0
    assert "is there already" in shelf.refused("rules", "copy", str(folder), "--taxability")


def test_a_mistake_in_it_is_named_by_line_and_column(shelf: Desk) -> None:
    own = own_table(shelf, f"{HEAD}\nsnax,US-FL,no,2026-10-01,2027-10-01,high,our lawyer\n")
    wrong = "taxability.csv, line 2, column tax_category: snax is not in the list"
    assert wrong in shelf.refused("products", "categories", "--state", "FL")
    assert wrong in " ".join(shelf.invoke("rules", "check", str(own)).output.split())
