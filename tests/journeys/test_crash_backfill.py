"""``kill -9`` in the middle of an import of sales: nothing is missing, nothing is there twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from exempt.adapters.store.database import Database
from support.sale_files import as_csv, sale
from support.workspace import Workspace

pytestmark = pytest.mark.crash

SALES = 2_200

# Ends itself inside of a transaction, when the nth piece is written and not yet committed.
DYING = """
import os, signal, sys
from exempt.adapters.store.backfills import Backfills
from exempt.cli import main

left = int(sys.argv[1])
whole = Backfills.save

def cut(*arguments, **named):
    global left
    found = whole(*arguments, **named)
    run = arguments[1]
    left -= bool(run.position or run.state == "undoing")  # else the file is just being read
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return found

Backfills.save = cut
sys.argv[1:] = sys.argv[2:]
main()
"""


@pytest.fixture
def work(tmp_path: Path, database_url: str) -> Workspace:
    work = Workspace(tmp_path / "work", database_url, {}, {"EXEMPT_USER": "anna"})
    rows = (sale(f"INV-{n}", customer_id=f"C-{n}", amount="1.25") for n in range(SALES))
    (work.folder / "sales.csv").write_bytes(as_csv(*rows))
    work.run("migrate")
    work.run("backfill", "check", str(work.folder / "sales.csv"))
    return work


def die(work: Workspace, nth: int, *arguments: str) -> None:
    """Run a command that ends itself when it has written for the nth time."""
    ended = subprocess.run(
        [sys.executable, "-c", DYING, str(nth), "--now", work.now, *arguments],
        cwd=work.folder,
        env={**os.environ, "EXEMPT_TEST_DATABASE": work.database_url, **work.environment},
        check=False,
        capture_output=True,
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()


def counted(work: Workspace, sql: str) -> int:
    database = Database(work.database_url)
    try:
        with database.reading() as connection:
            return int(connection.execute(sa.text(sql)).scalar_one() or 0)
    finally:
        database.close()


@pytest.mark.parametrize(
    ("nth", "customers", "orders"),
    [
        pytest.param(2, 1_000, 0, id="while its customers are stored"),
        pytest.param(6, SALES, 1_000, id="while its sales are stored"),
    ],
)
def test_killed_while_importing(work: Workspace, nth: int, customers: int, orders: int) -> None:
    """The original is gone by then; the kept file does."""
    (work.folder / "sales.csv").unlink()
    die(work, nth, "backfill", "import", "1", "--wait")
    assert counted(work, "SELECT count(*) FROM source_customer") == customers, "committed"
    assert counted(work, "SELECT count(*) FROM sales_order") == orders, "committed"
    documents = work.folder / "documents"
    assert not [*documents.glob(".part-*")], "and nothing is left lying about"
    run = work.json("backfill", "import", "1", "--wait")
    assert run["state"] == "imported"
    counts = run["counts"]
    assert (counts["stored"], counts["new"], counts["unchanged"]) == (SALES, SALES, 0)
    assert counted(work, "SELECT count(*) FROM sales_order") == SALES
    assert counted(work, "SELECT count(DISTINCT external_id) FROM sales_order") == SALES
    assert counted(work, "SELECT count(*) FROM decision") == SALES
    assert counted(work, "SELECT count(*) FROM sale") == SALES
    months = "FROM sales_total WHERE grain = 'month'"
    assert counted(work, f"SELECT sum(taxable) {months}") == SALES * 125
    assert counted(work, f"SELECT sum(taxable_count) {months}") == SALES


@pytest.mark.parametrize(
    ("nth", "orders"),
    [
        pytest.param(3, SALES - 500, id="while its sales are put back"),
        pytest.param(8, 0, id="while its customers are put back"),
    ],
)
def test_killed_while_undoing(work: Workspace, nth: int, orders: int) -> None:
    work.run("backfill", "import", "1", "--wait")
    die(work, nth, "backfill", "undo", "1")
    alive = "WHERE deleted_at IS NULL"
    assert counted(work, f"SELECT count(*) FROM sales_order {alive}") == orders  # noqa: S608
    run = work.json("backfill", "undo", "1")
    assert run["state"] == "undone"
    undone = run["counts"]["undone"]
    assert (undone["removed"], undone["customers"], undone["left"]) == (SALES, SALES, 0)
    for table in ("sales_order", "source_customer", "product"):
        assert counted(work, f"SELECT count(*) FROM {table} {alive}") == 0  # noqa: S608
    assert counted(work, "SELECT count(*) FROM customer WHERE gone_at IS NULL") == 0
    assert counted(work, "SELECT count(*) FROM sale") == 0
    assert counted(work, "SELECT sum(taxable) FROM sales_total") == 0
