"""Orders listed on both databases: what fits, in which order, how many, and whose they are."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from exempt import Stream
from exempt.adapters.store import order_lists, order_words
from exempt.adapters.store.store import SqlStore
from exempt.model.decision import Ground
from exempt.model.sources import OrderKind
from exempt.services.order_lists import orders_of_certificate, orders_of_customer
from exempt.services.order_ports import Decided, OrderFilter, OrderPage, OrderSort, OrderState
from support.records import DAY, NOW, TODAY
from support.sold import fill, order_id, sold
from support.stores import connected
from support.world import World

ALL = ("1001", "1002", "1007", "1003", "1004", "1005", "1006", "1008", "1009", "no-number")
"""By date, of the same day the one that came last first."""


@pytest.fixture
def world(store: SqlStore) -> World:
    return sold(store)


def page(world: World, **asked: Any) -> OrderPage:
    with world.store.reading() as tx:
        return tx.orders.page(OrderFilter(**asked))


def numbers(found: OrderPage) -> tuple[str, ...]:
    return tuple(row.number.removeprefix("SO-") for row in found.orders)


def test_all_come_by_date_the_newest_first(world: World) -> None:
    found = page(world)
    assert numbers(found) == ALL
    assert (found.total, found.capped) == (10, False)
    assert numbers(page(world, descending=False)) == ALL[::-1]


def test_a_row_says_what_is_known_of_an_order(world: World) -> None:
    row = page(world, words="SO-1007").orders[0]
    assert (row.connection, row.kind, row.state) == ("billing", OrderKind.ORDER, OrderState.OPEN)
    assert (row.order_date, row.currency, row.total) == (TODAY - 2 * DAY, "USD", Decimal(100))
    assert row.customer == "Bluebonnet Independent School District"
    assert (row.ground, row.tax_applicable) == (Ground.CERTIFICATE, True)
    assert row.exempt_percentage == 50
    assert (row.jurisdiction, row.certificate_number) == ("US-TX", "TX-SCHOOL")
    assert row.decided_at == NOW
    unknown = page(world, words="SO-1009").orders[0]
    assert (unknown.customer_id, unknown.customer, unknown.jurisdiction) == (None, "C-9", None)


FITS: dict[str, tuple[dict[str, Any], str]] = {
    "exempt": ({"decided": Decided.EXEMPT}, "1001 1003 1004"),
    "taxable, in part too, and no cancelled one": (
        {"decided": Decided.TAXABLE},
        "1002 1007 1005 1008 1009 no-number",
    ),
    "exempt without certificate: claimed, or by somebody's word": (
        {"decided": Decided.WITHOUT},
        "1002 1003 1005",
    ),
    "ground": ({"ground": Ground.NO_CERTIFICATE}, "1002 1005"),
    "ground that most orders have": ({"ground": Ground.NOT_CLAIMED}, "no-number"),
    "state": ({"jurisdiction": "US-CA"}, "1002 1004"),
    "both": ({"jurisdiction": "US-CA", "decided": Decided.EXEMPT}, "1004"),
    "closed": ({"state": OrderState.CLOSED}, "1005"),
    "cancelled": ({"state": OrderState.CANCELLED}, "1006"),
    "open, without": ({"state": OrderState.OPEN, "decided": Decided.WITHOUT}, "1002 1003"),
    "since a day": ({"first": TODAY - DAY}, "1001 1002"),
    "until a day": ({"last": TODAY - 8 * DAY}, "1009 no-number"),
    "days of decisions": (
        {"first": TODAY - 4 * DAY, "last": TODAY - 3 * DAY, "decided": Decided.TAXABLE},
        "1005",
    ),
    "beginning of a number": ({"words": "SO-100"}, " ".join(ALL[:9])),
    "a number in small letters": ({"words": "so-1005"}, "1005"),
    "id in the source": ({"words": "o-1008"}, "1008"),
    "our id": ({"words": "id:3"}, "1003"),
    "part of a name": ({"words": "LONE star"}, "1001 1004"),
    "a customer's number": ({"words": "c-4"}, "1003 1006 no-number"),
    "no pattern": ({"words": "100%"}, ""),
    "words and ground": ({"words": "Acme", "ground": Ground.NOT_CLAIMED}, ""),
    "its source": ({"connection": "billing", "words": "SO-1001"}, "1001"),
    "another source": ({"connection": "shop"}, ""),
    "no source": ({"connection": "nowhere"}, ""),
    "no company": ({"company_ids": []}, ""),
}


@pytest.mark.parametrize("few", [True, False], ids=["looked up", "looked through"])
def test_what_fits(world: World, monkeypatch: pytest.MonkeyPatch, few: bool) -> None:
    connected(world.store, "shop", company="other")
    if not few:  # as if there were too many to begin with these
        monkeypatch.setattr(order_words, "FEW_BUYERS", 0)
        monkeypatch.setattr(order_words, "FEW_ORDERS", 0)
        monkeypatch.setattr(order_lists, "_SCANTY", -1)
    found = {case: " ".join(numbers(page(world, **asked))) for case, (asked, _) in FITS.items()}
    assert found == {case: expected for case, (_, expected) in FITS.items()}


def test_just_orders_of_the_companies_that_are_asked_for(world: World) -> None:
    shop = world.connect("shop", company="other")
    fill(shop)
    shop.pull(Stream.CUSTOMERS)
    shop.pull()
    with world.store.reading() as tx:
        ids = {row.key: row.id for row in tx.cards.companies()}
    assert page(world).total == 20
    mine = page(world, company_ids={ids["n"]}, decided=Decided.WITHOUT)
    assert {row.connection for row in mine.orders} == {"billing"}
    assert numbers(mine) == ("1002", "1003", "1005")
    theirs = page(world, company_ids={ids["other"]}, words="lone star")
    assert {row.connection for row in theirs.orders} == {"shop"}


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ({"sort": OrderSort.NUMBER, "descending": False}, ("1001", "1002")),
        ({"sort": OrderSort.NUMBER, "descending": True, "words": "SO-"}, ("1009", "1008")),
        ({"sort": OrderSort.TOTAL, "descending": True}, ("1004", "no-number")),
        ({"sort": OrderSort.TOTAL, "descending": False, "decided": Decided.TAXABLE}, ("1008",)),
    ],
)
@pytest.mark.parametrize("most", [10_000, 3], ids=["all told", "more than are told"])
def test_sorting(
    world: World, monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any], first: Sequence[str],
    most: int,
) -> None:  # fmt: skip
    monkeypatch.setattr(order_lists, "MOST", most)
    with world.store.writing() as tx:
        tx._c.exec_driver_sql("UPDATE sales_order SET number = 'no-number' WHERE number IS NULL")
    asked = {"words": "SO-", **asked} if asked["sort"] is OrderSort.NUMBER else asked
    found = page(world, limit=len(first), **asked)
    assert numbers(found) == tuple(first)
    assert found.capped == (most == 3)


def test_of_very_many_it_is_said_that_there_are_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_lists, "MOST", 4)
    found = page(world, limit=3, offset=3)
    assert (found.total, found.capped) == (4, True)
    assert numbers(found) == ("1003",)


def test_more_are_counted_the_further_somebody_leafs(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_lists, "COUNTED", 2)
    monkeypatch.setattr(order_lists, "MOST", 9)
    counted = []
    for limit, offset in ((0, 0), (0, 3), (1, 0)):
        found = page(world, limit=limit, offset=offset)
        counted.append((found.total, found.capped, numbers(found)))
    assert counted == [(2, True, ()), (3, True, ()), (9, True, ("1001",))]


def test_pages_of_a_list_are_its_parts(world: World) -> None:
    parts = [numbers(page(world, limit=3, offset=start)) for start in (0, 3, 6, 9)]
    assert sum(parts, ()) == ALL
    assert page(world, offset=50).orders == []


@pytest.mark.parametrize("asked", [{}, {"decided": Decided.TAXABLE}, {"words": "SO-"}])
@pytest.mark.parametrize("descending", [True, False])
def test_portions_are_the_whole_list(world: World, asked: dict[str, Any], descending: bool) -> None:
    filters = OrderFilter(**asked, descending=descending)
    with world.store.reading() as tx:
        found, last = [], None
        while rows := tx.orders.portion(filters, last, 4):
            found += rows
            last = rows[-1]
        assert found == tx.orders.page(filters).orders
        assert tx.orders.portion(OrderFilter(connection="nowhere"), None, 4) == []


def test_orders_of_a_certificate_are_those_it_covers_now(world: World) -> None:
    with world.store.reading() as tx:
        found = {each: numbers(orders_of_certificate(tx, each)) for each in (1, 2, 3, 4, 99)}
        assert orders_of_certificate(tx, 1, company_ids=[]).total == 0
    assert found == {1: ("1001",), 2: (), 3: ("1004",), 4: ("1007",), 99: ()}


def test_orders_of_a_customer_with_cancelled_ones(world: World) -> None:
    with world.store.reading() as tx:
        found = orders_of_customer(tx, world.customer_id("Cactus"), 2)
        nobody = orders_of_customer(tx, 999)
    assert (numbers(found), found.total) == (("1003", "1006"), 3)
    assert nobody == OrderPage([], 0)


def test_an_order_that_its_source_deleted_is_not_listed(world: World) -> None:
    number = order_id(world, "SO-1002")
    with world.store.writing() as tx:
        (row,) = tx.connections.all()
        tx.sources.mark_deleted(row, Stream.ORDERS, ["o-1002"], NOW)
    assert "1002" not in numbers(page(world)) + numbers(page(world, ground=Ground.NO_CERTIFICATE))
    with world.store.reading() as tx:
        kept = tx.orders.one(number)
    assert kept is not None
    assert kept.number == "SO-1002"


def test_an_order_whose_day_changed_is_listed_by_the_new_one(world: World) -> None:
    """A list of decisions goes by the day of the decision, which follows the order's."""
    with world.store.reading() as tx:
        (stored,) = tx.sources.orders_by_id(1, ["o-1002"])
        moved = stored.record.model_copy(update={"order_date": TODAY - 50 * DAY})
    erp = world.connect("billing", company="n")
    erp.remote.put(moved)
    erp.pull(guard="another time")
    long_ago = {"last": TODAY - 40 * DAY}
    assert numbers(page(world, **long_ago)) == ("1002",)
    assert numbers(page(world, **long_ago, decided=Decided.TAXABLE)) == ("1002",)


def test_all_decisions_of_an_order_the_one_in_force_first(world: World) -> None:
    with world.store.reading() as tx:
        found = tx.orders.decisions(order_id(world, "SO-1001"))
        none = tx.orders.decisions(999)
    assert none == []
    assert [each.superseded_at is None for each in found] == [True, False, False]
    assert [each.decision.ground.value for each in found[:1]] == ["certificate"]
    assert found[-1].decision.ground is Ground.NO_CERTIFICATE
    assert found[-1].superseded_at == NOW
