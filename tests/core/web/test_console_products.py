"""The pages of products and of exchange rates."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="needs exempt[web]")

from exempt.model.access import Role
from exempt.services.product_ports import ProductCode, ProductFilter
from support.browsing import Browser, Premises, premises_in
from support.forms import send_form
from support.nexus_desk import fill


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Premises]:
    """Northwind with five products, one of them assigned."""
    with premises_in(tmp_path) as made:
        fill(made.store, months=1)
        yield made


@pytest.fixture
def staff(house: Premises) -> Browser:
    """Who may edit, at Northwind."""
    return house.staff(Role.REVIEWER, "northwind")


@pytest.fixture
def theirs(house: Premises) -> Browser:
    """Who may do everything, at Acme."""
    return house.staff(Role.ADMINISTRATOR, "acme")


def codes(house: Premises) -> dict[str, ProductCode]:
    with house.store.reading() as tx:
        return {code.external_id: code for code in tx.products.find(ProductFilter())}


def ids(house: Premises, *names: str) -> list[str]:
    known = codes(house)
    return [str(known[name].id) for name in names]


def listed(page: str) -> list[str]:
    return re.findall(r'data-head="Product"><a href="/products/\d+">([^<]+)<', page)


def test_those_without_a_category_come_first_and_are_counted(staff: Browser) -> None:
    """B06, B07."""
    page = staff.get("/products").text
    assert listed(page)[-1] == "BOLT-M8", "which is assigned"
    assert "4 products have no tax category" in page
    assert "Nov 20, 2026" in page, "first seen"
    assert listed(staff.get("/products?status=mapped").text) == ["BOLT-M8"]
    assert listed(staff.get("/products?words=hoodie").text) == ["HOODIE-XL"]
    assert listed(staff.get("/products?sort=-product").text)[0] == "X-4711"


def test_what_was_sold_is_told_to_who_asks(staff: Browser) -> None:
    assert "USD" not in staff.get("/products").text.partition("data-rows")[2]
    assert "USD" in staff.get("/products?columns=product,sold").text.partition("data-rows")[2]
    assert "On orders" in staff.get("/products/1/sold").text


def test_the_pick_list_has_two_levels(staff: Browser) -> None:
    """B08."""
    page = staff.get("/products/2").text
    assert '<optgroup label="Clothing">' in page
    assert '<option value="clothing_general">' in page


def test_several_products_get_their_category_at_once(house: Premises, staff: Browser) -> None:
    """B32."""
    chosen = ids(house, "HELMET", "HOODIE-XL")
    asked = send_form(staff, "/products/bulk", do="assign", ids=chosen)
    assert "Batch assign 2 products" in asked.text
    sent = {"ids": ",".join(chosen)}
    assert send_form(staff, "/products/assign", **sent, category="").status_code == 422
    wrong = send_form(staff, "/products/assign", **sent, category="no_such")
    assert wrong.status_code == 422
    assert "no such tax category" in wrong.text
    done = send_form(staff, "/products/assign", **sent, category="clothing_general")
    assert done.status_code == 303
    known = codes(house)
    assert {known[name].tax_category for name in ("HELMET", "HOODIE-XL")} == {"clothing_general"}


def test_all_or_none_are_assigned(house: Premises, staff: Browser) -> None:
    (helmet,) = ids(house, "HELMET")
    answer = send_form(staff, "/products/assign", ids=f"{helmet},4711", category="goods_general")
    assert answer.status_code == 404
    assert codes(house)["HELMET"].tax_category is None


def test_a_category_is_taken_away_again(house: Premises, staff: Browser) -> None:
    (bolt,) = ids(house, "BOLT-M8")
    done = send_form(staff, "/products/assign", ids=bolt, category="none", back="one")
    assert done.headers["location"] == f"/products/{bolt}"
    assert codes(house)["BOLT-M8"].tax_category is None
    assert "not assigned" in staff.get(f"/products/{bolt}").text


def test_proposals_are_taken_over_one_by_one_or_all(house: Premises, staff: Browser) -> None:
    page = staff.get("/products/proposals").text
    assert "Accept all 2" in page
    (hoodie,) = ids(house, "HOODIE-XL")
    done = send_form(staff, "/products/proposals", product=hoodie, back="//evil.example")
    assert done.headers["location"] == "/products/proposals"
    assert codes(house)["HOODIE-XL"].tax_category == "clothing_general"
    assert codes(house)["HOODIE-XL"].assigned_why
    assert "Accept all 1" in staff.get("/products/proposals").text
    send_form(staff, "/products/proposals", sure="high")
    assert codes(house)["PLAN-PRO"].tax_category is None, "which is of medium confidence"
    send_form(staff, "/products/proposals", sure="low")
    assert codes(house)["PLAN-PRO"].tax_category == "saas_business"


def test_proposals_of_those_ticked_are_taken_over(house: Premises, staff: Browser) -> None:
    chosen = ids(house, "PLAN-PRO", "X-4711")
    done = send_form(staff, "/products/bulk", do="propose", ids=chosen)
    assert done.status_code == 303
    known = codes(house)
    assert known["PLAN-PRO"].tax_category == "saas_business"
    assert known["X-4711"].tax_category is None, "of which nothing is known"
    assert known["HOODIE-XL"].tax_category is None, "which was not ticked"


def test_products_of_another_company_do_not_exist(house: Premises, theirs: Browser) -> None:
    (helmet,) = ids(house, "HELMET")
    assert "HELMET" not in theirs.get("/products").text
    assert "HOODIE" not in theirs.get("/products/proposals").text
    assert "HELMET" not in theirs.get("/products/export").text
    before = codes(house)
    for answer in (
        theirs.get(f"/products/{helmet}"),
        theirs.get(f"/products/{helmet}/sold"),
        send_form(theirs, "/products/bulk", do="assign", ids=helmet),
        send_form(theirs, "/products/bulk", do="propose", ids=helmet),
        send_form(theirs, "/products/assign", ids=helmet, category="goods_general"),
        send_form(theirs, "/products/proposals", product=helmet),
    ):
        assert answer.status_code == 404
    send_form(theirs, "/products/proposals", sure="low")
    assert codes(house) == before


def test_whoever_may_only_look_assigns_nothing(house: Premises) -> None:
    viewer = house.staff(Role.VIEWER, "northwind")
    assert "Batch assign" not in viewer.get("/products").text
    assert "Accept" not in viewer.get("/products/proposals").text
    for path in ("/products/bulk", "/products/assign", "/products/proposals"):
        assert send_form(viewer, path).status_code == 403


def test_products_are_saved_with_what_was_sold_of_them(staff: Browser) -> None:
    answer = staff.get("/products/export?words=bolt")
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert (row["Product"], row["Product type"]) == ("BOLT-M8", "Physical goods")
    assert int(row["Orders"]) > 0


# --- rates -------------------------------------------------------------------------------

TABLE = "currency,day,rate\nEUR,2026-01-02,1.0841\n"


def test_rates_are_taken_in_and_what_waited_is_counted_anew(house: Premises) -> None:
    staff = house.staff(Role.REVIEWER)
    page = staff.get("/rates").text
    assert "12,000.00 EUR" in page, "set aside"
    done = send_form(staff, "/rates/import", table=TABLE, source="ECB <rates>")
    assert done.headers["location"] == "/rates"
    page = staff.get("/rates?currency=EUR").text
    assert "1.0841" in page
    assert "ECB &lt;rates&gt;" in page
    with house.store.reading() as tx:
        assert tx.recounts.all()


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("", "Choose a file"),
        ("currency,day,rate\nEUR,someday,1.1\n", "1 to mend"),
        ("something else", "to mend"),
    ],
)
def test_of_a_table_that_is_wrong_nothing_is_taken_and_it_stays_typed(
    house: Premises, table: str, said: str
) -> None:
    staff = house.staff(Role.REVIEWER)
    answer = send_form(staff, "/rates/import", table=table, source="me")
    assert answer.status_code == 422
    assert said in answer.text
    assert table.strip() in answer.text
    assert 'value="me"' in answer.text
    with house.store.reading() as tx:
        assert tx.rates.kept("EUR") == []


def test_who_sees_some_companies_takes_in_no_rates_for_all(theirs: Browser) -> None:
    page = theirs.get("/rates").text
    assert "12,000.00 EUR" not in page
    assert "only somebody who sees all of them can import them" in page
    assert send_form(theirs, "/rates/import", table=TABLE).status_code == 403
