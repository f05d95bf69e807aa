"""``kill -9`` while orders are read further back: it goes on, and nothing is there twice."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from exempt.adapters.store.database import Database
from exempt.testing import sample
from support.workspace import Workspace

erp = pytest.importorskip(
    "exempt_erp_generic.sandbox", reason="exempt-erp-generic is not installed"
)

pytestmark = pytest.mark.crash

COPIES = 2_000 // len(sample.SHOP_SALES)
ORDERS = COPIES * len(sample.SHOP_SALES)
OLD = ORDERS // 2
"""So many orders were last changed before the years that are wanted."""


class OldBooks(erp.Books):  # type: ignore[misc, name-defined]
    """Books of many years, that say when a page of all of them was asked for the nth time."""

    def __init__(self, pages: int) -> None:
        super().__init__(copies=COPIES)
        self.reached = threading.Event()
        self.first_days: list[str] = []
        self._pages = pages

    def rows(self, stream: str, first: int, size: int, since: Any) -> Any:
        if stream != "orders":
            return super().rows(stream, first, size, since)
        if since is None:
            self._pages -= 1
            if self._pages == 0:
                self.reached.set()
            return super().rows(stream, first, size, None)
        if since.year < 2026:
            self.first_days.append(f"{since:%Y-%m-%d}")
            return super().rows(stream, first + OLD, size, None)
        return super().rows(stream, first, size, since)


def counted(database_url: str, sql: str) -> int:
    database = Database(database_url)
    try:
        with database.reading() as connection:
            return int(connection.execute(sa.text(sql)).scalar_one())
    finally:
        database.close()


def test_killed_while_reading_further_back(tmp_path: Path, database_url: str) -> None:
    """First three years, then all: killed in the middle, it ends with each order once."""
    books = OldBooks(pages=3)
    with erp.serve(books) as url:
        settings = {"connector": "erp_generic", "settings": erp.settings_for(url)}
        environment = {"EXEMPT_SANDBOX_ERP_KEY": erp.KEY}
        work = Workspace(tmp_path / "work", database_url, {"erp": settings}, environment)
        work.run("sync")
        assert counted(database_url, "SELECT count(*) FROM sales_order") == ORDERS - OLD
        # The ERP's own time zone, and what the connector asks for twice to be safe.
        assert set(books.first_days) <= {"2022-12-31", "2023-01-01"}
        process = work.start("backfill", "run", "--all")
        assert books.reached.wait(60), process.communicate()[1]
        process.kill()
        process.communicate()
        (half,) = work.json("backfill", "status")["connections"]
        assert (half["reads_from"], half["read_at"]) == (None, None)
        assert half["state"] in {"being read", "about to be read"}
        before = half["reading"]["records"]
        assert 0 < before < ORDERS
        (told,) = work.json("backfill", "run", "--all")
    assert (told["further"], told["was_read"], told["problem"]) == (False, False, None)
    assert told["read"]["orders"]["rows"] == ORDERS - before, "what was stored is not read again"
    assert counted(database_url, "SELECT count(*) FROM sales_order") == ORDERS
    distinct = "SELECT count(DISTINCT external_id) FROM sales_order"
    assert counted(database_url, distinct) == ORDERS
    in_force = "SELECT count(*) FROM decision WHERE superseded_at IS NULL"
    assert counted(database_url, in_force) == ORDERS
    (done,) = work.json("backfill", "status")["connections"]
    assert (done["reading"], done["orders"], bool(done["read_at"])) == (None, ORDERS, True)
    total = (
        "SELECT sum(gross) FROM (SELECT taxable + not_taxed + exempt + resale AS gross FROM {}) g"
    )
    sales, totals = (
        counted(database_url, total.format(source))
        for source in ("sale", "sales_total WHERE grain = 'day'")
    )
    assert sales == totals, "the running totals count each order once"
