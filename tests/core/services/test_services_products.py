"""What products are for tax: new ones appear, proposals, assigning one or many, unmapped ones."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from exempt.errors import NotFoundError
from exempt.model.fetching import Stream
from exempt.model.nexus import Totals, Treatment
from exempt.model.rulesdata import Confidence
from exempt.model.sources import Order
from exempt.services import products, recounting
from exempt.services.job_ports import JobKind
from exempt.services.product_ports import ProductFilter
from exempt.services.products import Assigned, Unmapped
from support.records import NOW, address, customer, line, order, product
from support.world import Source, World

ALL = ProductFilter()
READS = (Stream.CUSTOMERS, Stream.PRODUCTS, Stream.ORDERS)


def sold(number: str, state: str = "FL", **lines: str) -> Order:
    """An order with a line for each product."""
    made = tuple(line(name, amount, product_external_id=name) for name, amount in lines.items())
    total = sum(each.amount for each in made)
    return order(number, ship_to=address(state), lines=made, total=total)


@pytest.fixture
def shop(erp: Source) -> Source:
    """HAMMER and APP were sold to Florida and Georgia; both are in the list of products."""
    erp.remote.put(
        customer(),
        product("HAMMER", name="Hammer"),
        product("APP", name="Pro plan", tax_code="txcd_10103001"),
        sold("FL-1", HAMMER="100.00", APP="40.00"),
        sold("GA-1", "GA", APP="60.00"),
    )
    for stream in READS:
        erp.pull(stream)
    return erp


def found(world: World, **wanted: Any) -> dict[str, str | None]:
    """The categories of products."""
    with world.store.reading() as tx:
        codes = tx.products.find(ProductFilter(**wanted))
    return {code.external_id: code.tax_category for code in codes}


def assign(world: World, *ids: str, category: str | None) -> Assigned:
    """What Anna assigns."""
    return products.assign(world.store, ids, category, world.act(), ALL)


def totals(world: World, state: str) -> Totals:
    """What was sold in a state so far, in this month."""
    company = 1
    with world.store.reading() as tx:
        months = tx.sales.months([company]).get((company, f"US-{state}"), [])
    return months[0].totals if months else Totals()


def asks(world: World) -> int:
    """How often the watch over nexus was asked to run."""
    with world.store.reading() as tx:
        return sum(job.asked for job in tx.jobs.all() if job.kind is JobKind.NEXUS)


def recount(world: World) -> None:
    """Let the background count anew."""
    assert recounting.recount(world.store, world.act().policy, lambda: world.now, lambda: False)


def test_a_new_id_on_an_order_line_appears_with_the_moment_of_its_page(
    world: World, shop: Source
) -> None:
    world.now += dt.timedelta(days=3)
    shop.remote.put(sold("FL-2", NAIL="5.00"))
    shop.pull()
    with world.store.reading() as tx:
        nail = products.find(tx, "NAIL")
        hammer = products.find(tx, "HAMMER")
    assert (nail.first_seen_at, hammer.first_seen_at) == (world.now, NOW)
    assert (nail.name, nail.tax_category) == (None, None)


def test_a_renamed_product_keeps_what_it_is(world: World, shop: Source) -> None:
    assign(world, "APP", category="saas_business")
    shop.remote.put(product("APP", name="Platinum plan"))
    shop.pull(Stream.PRODUCTS)
    with world.store.reading() as tx:
        app = products.find(tx, "APP")
    assert (app.name, app.tax_category, app.first_seen_at) == (
        *("Platinum plan", "saas_business"),
        NOW,
    )


def test_unmapped_products_block_nothing_and_are_counted(world: World, shop: Source) -> None:
    assert world.decision("FL-1") is not None
    assert totals(world, "FL").taxable == 140_00
    with world.store.reading() as tx:
        assert products.unmapped(tx) == Unmapped(2, 2, {"USD": 200_00})
        assert products.unmapped(tx, [99]) == Unmapped(0, 0, {})
    assign(world, "APP", category="saas_business")
    with world.store.reading() as tx:
        assert products.unmapped(tx) == Unmapped(1, 1, {"USD": 100_00})


def test_what_florida_does_not_tax_leaves_its_base_and_stays_in_georgias(
    world: World, shop: Source
) -> None:
    done = assign(world, "APP", category="saas_business")
    assert done == Assigned((1,), frozenset({shop.row.id}))
    recount(world)
    florida, georgia = totals(world, "FL"), totals(world, "GA")
    assert (florida.taxable, florida.not_taxed) == (100_00, 40_00)
    retail = (Treatment.TAXABLE, Treatment.NOT_TAXED, Treatment.EXEMPT)
    assert georgia.amount(retail) == 60_00, "Georgia counts retail sales, taxed or not"


def test_taking_it_back_counts_it_as_taxed_again(world: World, shop: Source) -> None:
    assign(world, "APP", category="saas_business")
    recount(world)
    assign(world, "APP", category=None)
    recount(world)
    assert totals(world, "FL").taxable == 140_00
    assert found(world) == {"HAMMER": None, "APP": None}


def test_what_is_read_after_an_assignment_counts_by_it_at_once(world: World, shop: Source) -> None:
    assign(world, "APP", category="saas_business")
    recount(world)
    shop.remote.put(sold("FL-2", APP="10.00"))
    shop.pull()
    assert totals(world, "FL").not_taxed == 50_00


@pytest.mark.parametrize(
    ("category", "anew"),
    [
        pytest.param("goods_general", False, id="taxed everywhere, as before"),
        pytest.param("saas_business", True, id="not taxed somewhere"),
    ],
)
def test_orders_are_counted_anew_just_where_it_matters(
    world: World, shop: Source, category: str, anew: bool
) -> None:
    before = asks(world)
    done = assign(world, "HAMMER", category=category)
    with world.store.reading() as tx:
        asked = [each.connection_id for each in tx.recounts.all()]
    assert bool(done.recounted) is anew
    assert (shop.row.id in asked) is anew
    assert asks(world) == before + anew


def test_a_connection_without_orders_is_not_counted_anew(world: World, erp: Source) -> None:
    erp.remote.put(product("APP"))
    erp.pull(Stream.PRODUCTS)
    assert assign(world, "APP", category="saas_business") == Assigned((1,), frozenset())


def test_assigning_what_it_is_already_changes_nothing(world: World, shop: Source) -> None:
    assign(world, "APP", category="saas_business")
    recount(world)
    assert assign(world, "APP", category="saas_business") == Assigned((), frozenset())


def test_several_at_once_or_none_where_one_id_is_wrong(world: World, shop: Source) -> None:
    with pytest.raises(NotFoundError) as refused:
        assign(world, "APP", "NO-1", "HAMMER", "NO-2", category="candy")
    assert str(refused.value) == "product 'NO-1': there is none\nproduct 'NO-2': there is none"
    assert found(world) == {"HAMMER": None, "APP": None}
    assert assign(world, "APP", "id:2", category="candy").product_ids == (1, 2)


def test_of_many_wrong_ids_the_first_are_named(world: World, shop: Source) -> None:
    with pytest.raises(NotFoundError, match=r"\nand 5 more$"):
        assign(world, *(f"NO-{n}" for n in range(15)), category="candy")


def test_a_wrong_category_is_refused_before_anything_is_written(world: World, shop: Source) -> None:
    with pytest.raises(NotFoundError, match="did you mean candy"):
        assign(world, "APP", category="candi")
    with pytest.raises(NotFoundError, match="tax category 'nonsense_'"):
        products.assign_matching(world.store, ALL, "nonsense_", world.act())
    assert found(world, mapped=True) == {}


def test_an_id_in_two_connections_is_to_be_told_apart(world: World, shop: Source) -> None:
    pos = world.connect("pos")
    pos.remote.put(customer(), sold("P-1", APP="1.00"))
    pos.pull()
    with world.store.reading() as tx:
        with pytest.raises(NotFoundError) as refused:
            products.find(tx, "APP")
        assert products.find(tx, "APP", ProductFilter(connection="pos")).id == 3
        assert products.find(tx, "id:1").connection == "erp"
    assert str(refused.value) == (
        "product 'APP': is in 2 connections: name one of id:1 (erp), id:3 (pos)"
    )


def test_all_that_a_filter_finds(world: World, shop: Source) -> None:
    done = products.assign_matching(
        world.store, ProductFilter(words="plan"), "saas_business", world.act()
    )
    assert done.product_ids == (1,)
    products.assign_matching(world.store, ProductFilter(mapped=False), "goods_general", world.act())
    assert found(world) == {"HAMMER": "goods_general", "APP": "saas_business"}


# --- a file's products -------------------------------------------------------------------


def test_new_products_of_a_file_can_be_assigned_before_it_is_imported(
    world: World, shop: Source
) -> None:
    ids = ["APP", "FROM-FILE"]
    with world.store.writing() as tx:
        assert products.new_in(tx, shop.row.id, ids) == ["FROM-FILE"]
        products.assign_named(tx, shop.row.id, {"FROM-FILE": "candy"}, world.act())
        assert products.new_in(tx, shop.row.id, ids) == []
        assert tx.products.categories(shop.row.id, ids) == {"FROM-FILE": "candy"}


def test_of_a_file_all_are_assigned_or_none(world: World, shop: Source) -> None:
    told: dict[str, str | None] = {"FROM-FILE": "candy", "OTHER": "candi"}
    with pytest.raises(NotFoundError), world.store.writing() as tx:
        products.assign_named(tx, shop.row.id, told, world.act())
    assert found(world) == {"HAMMER": None, "APP": None}


def test_by_our_own_ids_all_or_none(world: World, shop: Source) -> None:
    with (
        pytest.raises(NotFoundError, match="product 99: there is none"),
        world.store.writing() as tx,
    ):
        products.assign_ids(tx, [1, 99], "candy", world.act())
    assert found(world, mapped=True) == {}


# --- proposals ---------------------------------------------------------------------------


def proposals(world: World) -> dict[str, tuple[str, Confidence]]:
    """What is proposed."""
    with world.store.reading() as tx:
        return {
            one.code.external_id: (one.proposal.category, one.proposal.confidence)
            for one in products.proposals(tx, ALL)
        }


def test_proposals_assign_nothing(world: World, shop: Source) -> None:
    assert proposals(world) == {"APP": ("saas_business", Confidence.MEDIUM)}
    assert found(world, mapped=True) == {}


def test_what_was_accepted_keeps_its_reason_and_is_proposed_no_more(
    world: World, shop: Source
) -> None:
    taken, done = products.accept_proposals(world.store, ALL, world.act())
    assert [one.code.external_id for one in taken] == ["APP"]
    assert done == Assigned((1,), frozenset({shop.row.id}))
    with world.store.reading() as tx:
        app = products.find(tx, "APP")
    assert (app.assigned_by, app.assigned_why) == (
        "anna",
        "txcd_10103001 is Stripe's code for it",
    )
    assert proposals(world) == {}


def test_just_what_is_sure_enough_is_accepted(world: World, shop: Source) -> None:
    taken, _ = products.accept_proposals(world.store, ALL, world.act(), sure=Confidence.HIGH)
    assert taken == []
    assign(world, "HAMMER", category="goods_general")
    pos = world.connect("pos")
    pos.remote.put(customer(), sold("P-1", HAMMER="1.00"))
    pos.pull()
    taken, _ = products.accept_proposals(world.store, ALL, world.act(), sure=Confidence.HIGH)
    assert [(one.code.connection, one.proposal.category) for one in taken] == [
        ("pos", "goods_general")
    ]


def test_a_product_with_all_that_is_known_of_it(world: World, shop: Source) -> None:
    with world.store.reading() as tx:
        seen = products.show(tx, products.find(tx, "APP"))
    assert seen.first_order is not None
    assert seen.first_order.record.external_id == "FL-1"
    assert (seen.sold.orders, seen.sold.amounts) == (2, {"USD": 100_00})
    assert seen.proposal is not None
    assign(world, "APP", category="saas_business")
    with world.store.reading() as tx:
        seen = products.show(tx, products.find(tx, "APP"))
    assert seen.proposal is None
    assert [(change.new, change.changed_by) for change in seen.history] == [
        ("saas_business", "anna")
    ]
