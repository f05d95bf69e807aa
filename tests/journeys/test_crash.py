"""``kill -9`` while reading and while writing: nothing is missing, nothing there twice."""

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

SALES = len(sample.SHOP_SALES)


class TrippingBooks(erp.Books):  # type: ignore[misc, name-defined]
    """Books that say when a page was asked for, or a write done, for the nth time."""

    def __init__(self, *, copies: int, pages: int | None = None, writes: int | None = None) -> None:
        super().__init__(copies=copies)
        self.reached = threading.Event()
        self._pages, self._writes = pages, writes

    def rows(self, stream: str, *arguments: Any) -> Any:
        found = super().rows(stream, *arguments)
        if stream == "orders" and self._pages is not None:
            self._pages -= 1
            if self._pages == 0:
                self.reached.set()
        return found

    def write(self, *arguments: Any, **named: Any) -> Any:
        row = super().write(*arguments, **named)
        if len(self.journal) == self._writes:
            self.reached.set()
        return row


def workspace(folder: Path, database_url: str, url: str) -> Workspace:
    return Workspace(
        folder,
        database_url,
        {"erp": {"connector": "erp_generic", "settings": erp.settings_for(url)}},
        {"EXEMPT_SANDBOX_ERP_KEY": erp.KEY},
    )


def kill_once_reached(work: Workspace, books: TrippingBooks) -> None:
    process = work.start("sync")
    assert books.reached.wait(120), process.communicate()[1]
    process.kill()
    process.communicate()


def counted(database_url: str, sql: str) -> int:
    database = Database(database_url)
    try:
        with database.reading() as connection:
            return int(connection.execute(sa.text(sql)).scalar_one())
    finally:
        database.close()


def test_killed_while_reading_20000_orders(tmp_path: Path, database_url: str) -> None:
    """The next run goes on at the last page that was stored."""
    copies = 20_000 // SALES + 1
    books = TrippingBooks(copies=copies, pages=12)
    with erp.serve(books) as url:
        work = workspace(tmp_path / "work", database_url, url)
        kill_once_reached(work, books)
        before = counted(database_url, "SELECT count(*) FROM sales_order")
        assert 0 < before < SALES * copies
        read = work.json("sync")[0]["read"]
    assert read["orders"]["rows"] == SALES * copies - before, "what was stored is not read again"
    assert read["orders"]["new"] == SALES * copies - before
    assert counted(database_url, "SELECT count(*) FROM sales_order") == SALES * copies
    distinct = "SELECT count(DISTINCT external_id) FROM sales_order"
    assert counted(database_url, distinct) == SALES * copies
    in_force = "SELECT count(*) FROM decision WHERE superseded_at IS NULL"
    assert counted(database_url, in_force) == SALES * copies
    lines = sum(len(sale.quantities) for sale in sample.SHOP_SALES) * copies
    assert counted(database_url, "SELECT count(*) FROM order_line") == lines


def test_killed_while_writing(tmp_path: Path, database_url: str) -> None:
    """The next run writes the rest, and nothing a second time."""
    books = TrippingBooks(copies=40, writes=60)
    with erp.serve(books) as url:
        work = workspace(tmp_path / "work", database_url, url)
        work.run("sync")
        certify = ("--reason", "resale", "--signed", "2024-02-01", "--state", "TX")
        work.run("certificates", "add", "--customer", "C-1001", *certify)  # none: none is written
        owed = counted(database_url, "SELECT count(*) FROM delivery WHERE state = 'pending'")
        assert owed > 150, "there is enough to write to be killed in the middle of it"
        assert not books.journal, "nothing is written while write_back is off"
        work.write_settings(write_back=True)
        kill_once_reached(work, books)
        assert len(books.journal) < owed
        work.now = "2026-11-20T12:02:00+00:00"
        work.run("sync")
    assert len(books.journal) == owed, "each thing owed was written once"
    assert set(books.applied.values()) == {1}, "no key was carried out twice"
    assert len({(change.stream, change.no) for change in books.journal}) == owed
    assert counted(database_url, "SELECT count(*) FROM delivery WHERE state = 'pending'") == 0
    assert counted(database_url, "SELECT count(*) FROM delivery WHERE state = 'sent'") == owed
