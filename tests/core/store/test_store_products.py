"""Every product id that sources name, and what each is for tax, on both databases."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from exempt.adapters.store.store import SqlStore
from exempt.model.fetching import Stream
from exempt.services.product_ports import Assignment, ProductFilter, ProductSort, Sold
from exempt.services.rows import ConnectionRow, Subject
from support.records import NOW, line, order, product
from support.stores import connected, save_orders, side_by_side

LATER = NOW + dt.timedelta(days=1)


def sold_lines(*products: str, **changes: Any) -> dict[str, Any]:
    """What an order with a line for each of these says."""
    named = (line(str(n), "40.00", product_external_id=p) for n, p in enumerate(products))
    return {"lines": tuple(named), **changes}


def named(store: SqlStore, **wanted: Any) -> list[str]:
    """The ids of what is wanted."""
    with store.reading() as tx:
        filters = ProductFilter(**wanted)
        found = tx.products.find(filters)
        assert tx.products.count(filters) == len(found)
    return [code.external_id for code in found]


def assign(store: SqlStore, *given: Assignment, at: dt.datetime = NOW) -> list[int]:
    """What Anna assigns."""
    with store.writing() as tx:
        return tx.products.assign(given, at, "anna")


def test_an_order_lines_product_appears_with_its_first_seen_moment(
    store: SqlStore, erp: ConnectionRow
) -> None:
    save_orders(store, erp, order(**sold_lines("NEW-1", "NEW-1")))
    with store.writing() as tx:
        tx.sources.save_orders(erp, [order("O-2", **sold_lines("NEW-1", "NEW-2"))], LATER)
        found = tx.products.named(erp.id, ["NEW-1", "NEW-2", "never"])
    assert {each: code.first_seen_at for each, code in found.items()} == {
        "NEW-1": NOW,
        "NEW-2": LATER,
    }
    assert found["NEW-1"]._replace(id=0) == (
        *(0, erp.id, "erp", erp.company_id, "NEW-1", NOW),
        *(None, None, None, None, None, None, None),
    )


def test_a_line_without_a_product_names_none(store: SqlStore, erp: ConnectionRow) -> None:
    save_orders(store, erp, order(lines=(line(),)))
    assert named(store) == []


def test_a_product_of_the_list_has_its_name_and_takes_a_new_one(
    store: SqlStore, erp: ConnectionRow
) -> None:
    save_orders(store, erp, order(**sold_lines("P-1")))
    with store.writing() as tx:
        tx.sources.save_products(erp, [product(tax_code="PC040100")], LATER)
        tx.sources.save_products(erp, [product("P-1", name="Nut", tax_code="PC040100")], LATER)
        (code,) = tx.products.find(ProductFilter())
    assert (code.name, code.tax_code, code.active, code.first_seen_at) == (
        *("Nut", "PC040100", True),
        NOW,
    )


def test_a_product_that_its_source_deleted_is_still_what_was_sold(
    store: SqlStore, erp: ConnectionRow
) -> None:
    with store.writing() as tx:
        tx.sources.save_products(erp, [product()], NOW)
        tx.sources.mark_deleted(erp, Stream.PRODUCTS, ["P-1"], LATER)
        (code,) = tx.products.find(ProductFilter())
    assert (code.external_id, code.name, code.active) == ("P-1", "Hex bolt", False)


def test_seen_tells_what_is_new_and_only_that(store: SqlStore, erp: ConnectionRow) -> None:
    shop = connected(store, "shop", company="acme")
    with store.writing() as tx:
        assert tx.products.new_in(erp.id, ["B", "A"]) == ["A", "B"]
        assert tx.products.seen(erp.id, ["B", "A", "B"], NOW) == ["A", "B"]
        assert tx.products.seen(erp.id, ["A", "C"], LATER) == ["C"]
        assert tx.products.seen(erp.id, [], LATER) == []
        assert tx.products.new_in(shop.id, ["A"]) == ["A"], "ids are each connection's own"
        assert tx.products.named(erp.id, ["A"])["A"].first_seen_at == NOW


def test_two_that_name_the_same_at_once_name_it_once(store: SqlStore, erp: ConnectionRow) -> None:
    side_by_side(
        store,
        lambda tx: tx.products.seen(erp.id, ["A", "B"], NOW),
        lambda tx: tx.products.seen(erp.id, ["B", "A", "C"], LATER),
    )
    assert named(store) == ["A", "B", "C"]


@pytest.fixture
def listed(store: SqlStore, erp: ConnectionRow) -> ConnectionRow:
    """P-1 to P-3 of the ERP, of which P-2 is candy; P-1 of Acme's shop."""
    shop = connected(store, "shop", company="acme")
    with store.writing() as tx:
        products = [product("P-1"), product("P-2", name="100% Candy"), product("P-3")]
        tx.sources.save_products(erp, products, NOW)
        tx.sources.save_products(shop, [product("P-1", name="Nut", tax_code="T_7")], NOW)
    assign(store, Assignment(2, "candy"))
    return shop


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        pytest.param({}, ["P-1", "P-2", "P-3", "P-1"], id="all"),
        pytest.param({"mapped": True}, ["P-2"], id="with a category"),
        pytest.param({"mapped": False}, ["P-1", "P-3", "P-1"], id="without"),
        pytest.param({"connection": "shop"}, ["P-1"], id="of a connection"),
        pytest.param({"category": "candy"}, ["P-2"], id="of a category"),
        pytest.param({"words": "HEX bolt"}, ["P-1", "P-3"], id="by words of the name"),
        pytest.param({"words": "p-1 nut"}, ["P-1"], id="by words of id and name"),
        pytest.param({"words": "t_7"}, ["P-1"], id="by the tax code"),
        pytest.param({"words": "100%"}, ["P-2"], id="a sign means itself"),
        pytest.param({"words": "0%c"}, [], id="and nothing else"),
        pytest.param({"company_ids": []}, [], id="of no company"),
    ],
)
def test_filters(
    store: SqlStore, listed: ConnectionRow, wanted: dict[str, Any], found: list[str]
) -> None:
    assert named(store, **wanted) == found


def test_filters_by_company_and_a_part_at_a_time(
    store: SqlStore, erp: ConnectionRow, listed: ConnectionRow
) -> None:
    assert named(store, company_ids=[listed.company_id]) == ["P-1"]
    with store.reading() as tx:
        part = tx.products.find(ProductFilter(company_ids=[erp.company_id]), after=1, limit=1)
    assert [code.external_id for code in part] == ["P-2"]


def test_categories_of_a_page(store: SqlStore, erp: ConnectionRow, listed: ConnectionRow) -> None:
    with store.reading() as tx:
        assert tx.products.categories(erp.id, ["P-1", "P-2", "never"]) == {"P-2": "candy"}
        assert tx.products.categories(listed.id, ["P-2"]) == {}
        assert tx.products.categories(erp.id, []) == {}


def test_what_the_same_id_is_in_other_connections_of_the_company(
    store: SqlStore, erp: ConnectionRow, listed: ConnectionRow
) -> None:
    pos = connected(store, "pos")
    with store.writing() as tx:
        tx.products.seen(pos.id, ["P-1", "P-2"], NOW)
        mine = tx.products.named(pos.id, ["P-1", "P-2"])
        ids = [code.id for code in mine.values()]
        assert tx.products.elsewhere(ids) == {mine["P-2"].id: {"erp": "candy"}}
        theirs = tx.products.named(listed.id, ["P-1"])["P-1"]
        assert tx.products.elsewhere([theirs.id]) == {}, "of another company"


def test_assigning_keeps_who_and_when_and_its_history(store: SqlStore, erp: ConnectionRow) -> None:
    with store.writing() as tx:
        tx.products.seen(erp.id, ["A", "B"], NOW)
    assert assign(store, Assignment(1, "candy", "its name"), Assignment(2, "books")) == [1, 2]
    assert assign(store, Assignment(1, "candy"), Assignment(2, None), at=LATER) == [2]
    with store.reading() as tx:
        one, other = tx.products.of([1, 2, 99]).values()
        changes = tx.history.of(Subject.PRODUCT, 2)
    assert (one.tax_category, one.assigned_at, one.assigned_by, one.assigned_why) == (
        *("candy", NOW),
        *("anna", "its name"),
    )
    assert (other.tax_category, other.assigned_at) == (None, LATER)
    assert [(c.field, c.old, c.new, c.changed_at, c.changed_by) for c in changes] == [
        ("tax_category", None, "books", NOW, "anna"),
        ("tax_category", "books", None, LATER, "anna"),
    ]


def test_what_was_sold_of_products(store: SqlStore, erp: ConnectionRow) -> None:
    save_orders(
        store,
        erp,
        order("O-1", **sold_lines("A", "A", "B")),
        order("O-2", currency="EUR", **sold_lines("A")),
        order("O-3", voided=True, **sold_lines("A")),
        order("O-4", **sold_lines("A")),
        order("O-5", lines=(line("1", "-10.00", product_external_id="A"),)),
    )
    other = connected(store, "shop")
    save_orders(store, other, order("O-1", **sold_lines("A")))
    with store.writing() as tx:
        tx.sources.mark_deleted(erp, Stream.ORDERS, ["O-4"], NOW)
        codes = tx.products.named(erp.id, ["A", "B"])
        a, b = codes["A"].id, codes["B"].id
        assert tx.products.sold([a, b, 99]) == {
            a: Sold(3, {"EUR": 4000, "USD": 7000}),
            b: Sold(1, {"USD": 4000}),
        }
        assert tx.products.sold([]) == {}
        assert tx.products.sold_in_all(ProductFilter(connection="erp")) == Sold(
            3, {"EUR": 4000, "USD": 11000}
        )
        assert tx.products.sold_in_all(ProductFilter()).orders == 4
        assert tx.products.sold_in_all(ProductFilter(mapped=True)) == Sold(0, {})
        first = tx.products.first_order(b)
        assert first is not None
        assert tx.sources.order(first) is not None
        tx.products.seen(erp.id, ["C"], NOW)
        unsold = tx.products.named(erp.id, ["C"])["C"].id
        assert tx.products.first_order(unsold) is tx.products.first_order(99) is None


@pytest.mark.parametrize(
    ("sort", "descending", "expected"),
    [
        (ProductSort.WAITING, False, ["C-3", "B-2", "A-1"]),
        (ProductSort.PRODUCT, False, ["A-1", "B-2", "C-3"]),
        (ProductSort.PRODUCT, True, ["C-3", "B-2", "A-1"]),
        (ProductSort.NAME, False, ["C-3", "A-1", "B-2"]),
        (ProductSort.SEEN, False, ["A-1", "B-2", "C-3"]),
        (ProductSort.CATEGORY, True, ["A-1", "B-2", "C-3"]),
        (ProductSort.SOURCE, False, ["A-1", "B-2", "C-3"]),
    ],
)
def test_a_page_of_products_is_sorted(
    store: SqlStore, erp: ConnectionRow, sort: ProductSort, descending: bool, expected: list[str]
) -> None:
    """A-1 is assigned, C-3 was seen last and has a name that comes first."""
    save_orders(store, erp, order(**sold_lines("A-1", "B-2")))
    with store.writing() as tx:
        tx.sources.save_orders(erp, [order("O-2", **sold_lines("C-3"))], LATER)
        tx.sources.save_products(erp, [product("C-3", name="0815 battery")], LATER)
        found = tx.products.named(erp.id, ["A-1"])["A-1"]
    assign(store, Assignment(found.id, "goods_general"))
    with store.reading() as tx:
        every = ProductFilter()
        page = tx.products.page(every, sort, descending=descending)
        second = tx.products.page(every, sort, descending=descending, offset=1, limit=1)
    assert [code.external_id for code in page] == expected
    assert [code.external_id for code in second] == expected[1:2]
