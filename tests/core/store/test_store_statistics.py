"""PostgreSQL looks at its tables as soon as a large page has filled them."""

from __future__ import annotations

import pytest

from exempt.adapters.store.store import SqlStore
from support.records import order
from support.stores import connected, rows, save_orders

LOOKED_AT = "SELECT reltuples >= 0 FROM pg_class WHERE relname = 'sales_order'"


@pytest.mark.parametrize(
    ("orders", "looks"), [pytest.param(100, True, id="large"), pytest.param(99, False, id="small")]
)
def test_a_large_page_has_it_look(store: SqlStore, orders: int, *, looks: bool) -> None:
    row = connected(store)
    save_orders(store, row, *(order(f"O-{n}") for n in range(orders)))
    if not store.database.is_sqlite:
        assert rows(store, LOOKED_AT) == [(looks,)]
    assert rows(store, "SELECT count(*) FROM sales_order") == [(orders,)]
