"""``kill -9`` in the middle of an import, and of its undoing: nothing is missing, nothing twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from exempt.adapters.store.database import Database
from support.imports import billing, shipping, write
from support.workspace import Workspace

pytestmark = pytest.mark.crash

CUSTOMERS = 1_300

# Ends itself inside of a transaction, when the nth piece is written and not yet committed.
DYING = """
import os, signal, sys
from exempt.adapters.store.imports import Imports
from exempt.cli import main

method, left = sys.argv[1], int(sys.argv[2])
whole = getattr(Imports, method)

def cut(*arguments, **named):
    global left
    found = whole(*arguments, **named)
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return found

setattr(Imports, method, cut)
sys.argv[1:] = sys.argv[3:]
main()
"""


@pytest.fixture
def work(tmp_path: Path, database_url: str) -> Workspace:
    work = Workspace(tmp_path / "work", database_url, {}, {"EXEMPT_USER": "anna"})
    rows = (
        billing(f"C-{n}", f"Customer {n}", city="Austin")
        | shipping(f"S-{n}", f"Dock {n}", state="TX", country="US")
        for n in range(CUSTOMERS)
    )
    write(work.folder / "customers.csv", *rows)
    work.run("migrate")
    return work


def die(work: Workspace, method: str, nth: int, *arguments: str) -> None:
    """Run a command that ends itself when *method* was called for the nth time."""
    ended = subprocess.run(
        [sys.executable, "-c", DYING, method, str(nth), "--now", work.now, *arguments],
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
            return int(connection.execute(sa.text(sql)).scalar_one())
    finally:
        database.close()


def complete(work: Workspace) -> None:
    """Every customer is there once, and linked once."""
    assert counted(work, "SELECT count(*) FROM customer WHERE gone_at IS NULL") == 2 * CUSTOMERS
    assert counted(work, "SELECT count(DISTINCT number_key) FROM customer") == 2 * CUSTOMERS
    assert counted(work, "SELECT count(*) FROM ship_to_link") == CUSTOMERS
    assert counted(work, "SELECT count(*) FROM import_change") == 3 * CUSTOMERS
    assert counted(work, "SELECT count(*) FROM history") == 4 * CUSTOMERS
    assert counted(work, "SELECT count(*) FROM import_row") == 0


IMPORT = ("customers", "import", "customers.csv", "--apply")


def test_killed_while_reading(work: Workspace) -> None:
    """The same command goes on with the import that it began."""
    work_file = str(work.folder / "customers.csv")
    rows = (work.folder / "customers.csv").read_text().splitlines()
    more = [row.replace("C-", "D-").replace("S-", "T-") for row in rows[1:]]
    (work.folder / "customers.csv").write_text("\n".join([*rows, *more]) + "\n")
    die(work, "add_rows", 2, *IMPORT)
    assert counted(work, "SELECT count(*) FROM import_row") == 2000, "what was committed"
    work.run("customers", "import", work_file, "--apply")
    assert counted(work, "SELECT count(*) FROM import_run") == 1
    assert counted(work, "SELECT count(*) FROM customer") == 4 * CUSTOMERS


@pytest.mark.parametrize("nth", [2, 4])
def test_killed_while_applying(work: Workspace, nth: int) -> None:
    """In the middle of the billing customers, and of their locations."""
    die(work, "keep", nth, *IMPORT)
    made = counted(work, "SELECT count(*) FROM customer")
    assert made == {2: 500, 4: CUSTOMERS}[nth], "what was committed"
    assert counted(work, "SELECT count(*) FROM import_change") == made
    done = work.json("imports", "resume", "1")["import"]
    assert done["state"] == "applied"
    assert done["counts"]["done"] == done["counts"]["planned"]
    complete(work)


def test_killed_while_applying_and_the_command_repeated(work: Workspace) -> None:
    die(work, "keep", 2, *IMPORT)
    work.run("customers", "import", str(work.folder / "customers.csv"), "--apply")
    complete(work)


def test_killed_while_undoing(work: Workspace) -> None:
    work.run("customers", "import", str(work.folder / "customers.csv"), "--apply")
    die(work, "keep", 3, "imports", "undo", "1")
    assert counted(work, "SELECT count(*) FROM ship_to_link") > 0
    undone = work.json("imports", "resume", "1")["import"]
    assert undone["state"] == "undone"
    assert undone["counts"]["undone"]["left"] == 0
    assert undone["counts"]["undone"]["new"] == 2 * CUSTOMERS
    assert undone["counts"]["undone"]["links"] == CUSTOMERS
    assert counted(work, "SELECT count(*) FROM customer WHERE gone_at IS NULL") == 0
    assert counted(work, "SELECT count(*) FROM ship_to_link") == 0
