"""Lists that are given out whole: all that fits, each once, however it is portioned."""

from __future__ import annotations

import pytest

from exempt import Rejected
from exempt.model.fetching import Stream
from exempt.services import order_lists, source_rows
from exempt.services.order_ports import OrderFilter
from support.records import order
from support.stores import connected, save_orders, save_rejected
from support.world import World


@pytest.mark.parametrize(
    ("most", "told"),
    [
        pytest.param(9, "edcba", id="all there are"),
        pytest.param(4, "edcb", id="two whole portions"),
        pytest.param(3, "edc", id="and no more than was asked for"),
        pytest.param(0, "", id="nothing is asked for"),
    ],
)
def test_rejected_rows(world: World, monkeypatch: pytest.MonkeyPatch, most: int, told: str) -> None:
    monkeypatch.setattr(source_rows, "AT_ONCE", 2)
    erp, shop = connected(world.store), connected(world.store, "shop")
    save_rejected(world.store, erp, *(Rejected(row=n, reason="odd") for n in "abcde"))
    save_rejected(world.store, shop, Rejected(row="z", reason="odd"))
    for stream, expected in ((None, told), (Stream.ORDERS, told), (Stream.CUSTOMERS, "")):
        found = source_rows.all_rejected(world.store, erp.id, stream, most)
        assert "".join(each.row for each in found) == expected


def test_orders(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The size of a page, and which one it is, do not count."""
    monkeypatch.setattr(order_lists, "AT_ONCE", 2)
    erp, shop = connected(world.store), connected(world.store, "shop")
    names = [f"O-{number}" for number in range(5)]
    save_orders(world.store, erp, *map(order, names))
    save_orders(world.store, shop, order("S-1"))
    found = order_lists.every(world.store, OrderFilter(connection="erp", limit=1, offset=3))
    assert sorted(each.number for each in found) == names
