"""A worker that is killed or stopped with a pull, a push and an import on their way at once."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from exempt.services.importing.applying import leave_to_daemon
from exempt.testing import sample
from exempt.wiring import Exempt
from exempt_erp_generic import sandbox as erp
from support.daemon import BEGAN, Daemon
from support.databases import OwnServer
from support.front import Front, fronts
from support.imports import billing, write

pytestmark = pytest.mark.crash

COPIES = 16
ORDERS = len(sample.SHOP_SALES) * COPIES
OWED = 7 * COPIES + 7
"""Orders and customers that Exempt corrects there."""
PAGE = 50
WRITES = 70
"""So many are done when the answer of the last one is held up."""
IMPORTED, PIECE = 1_100, 500
TAKEN_OVER_WITHIN = 15.0
"""Seconds."""
DRAIN = 2
"""Seconds."""

# Waits where the second piece of an import is stored, and the third is to come.
HELD_IN_IMPORT = """
import threading
from pathlib import Path
from exempt.wiring.upkeep import Upkeep

pieces, go_on = [], Upkeep._go_on

def held(self, *told):
    pieces.append(1)
    while len(pieces) == 2 and not Path("go").exists():
        threading.Event().wait(0.05)
    go_on(self, *told)

Upkeep._go_on = held
"""


class Busy:
    """A worker in the middle of everything."""

    def __init__(self, daemon: Daemon, reads: Front, writes: Front) -> None:
        self.daemon, self.reads, self.writes = daemon, reads, writes
        self.began = daemon.clock.now
        page = reads.hold("GET", "/orders?", nth=3)
        batch = writes.hold("PATCH", "", nth=WRITES)
        self._leave_import()
        self.first = daemon.worker("first", before=HELD_IN_IMPORT)
        assert page.reached.wait(60)
        assert batch.reached.wait(60)
        daemon.until(lambda: self.imported == 2 * PIECE)
        self.pages = len(reads.calls)

    def _leave_import(self) -> None:
        rows = (billing(f"I-{n}", f"Imported {n}", city="Austin") for n in range(IMPORTED))
        write(self.daemon.folder / "customers.csv", *rows)
        self.daemon.run("customers", "import", str(self.daemon.folder / "customers.csv"))
        settings = self.daemon.folder / "exempt.toml"
        environ = {"EXEMPT_TEST_DATABASE": self.daemon.database_url}
        clock = self.daemon.clock
        exempt = Exempt(settings, clock=lambda: clock.now, environ=environ)
        with contextlib.closing(exempt):
            leave_to_daemon(exempt.store, 1, exempt.act("anna"))

    def release(self) -> None:
        """Let everything go on that is held up."""
        (self.daemon.folder / "go").touch()
        for front in (self.reads, self.writes):
            front.release()

    @property
    def imported(self) -> int:
        return int(self.daemon.one("SELECT count(*) FROM import_change"))

    @property
    def orders(self) -> int:
        """How many orders of the one that is only read are stored."""
        sql = (
            "SELECT count(*) FROM sales_order o JOIN connection n ON n.id = o.connection_id"
            " WHERE n.name = 'reads'"
        )
        return int(self.daemon.one(sql))

    def gone_on(self) -> bool:
        """Whether all three go on."""
        return (
            len(self.reads.calls) > self.pages
            and len(self.writes.books.journal) > WRITES
            and self.imported > 2 * PIECE
        )

    def complete(self) -> None:
        """Wait until nothing is left to do: everything is there, and was done once."""
        daemon, names = self.daemon, ("pull:reads", "push:writes", "import")
        daemon.until(
            lambda: (
                all(daemon.succeeded(name, self.began) for name in names)
                and not daemon.deliveries("writes")
            )
        )
        assert self.orders == ORDERS
        asked = [urlsplit(path) for _, path in [*self.reads.calls]]
        orders = [parse_qs(each.query) for each in asked if each.path.endswith("/orders")]
        first = min(each["updated_since"] for each in orders)  # where history begins
        pages = [each["page"] for each in orders if each["updated_since"] == first]
        assert pages.count(["1"]) == 1, "what was stored is not read again"
        assert pages.count(["2"]) == 1
        assert not self.reads.books.journal, "it is not to be written to"
        assert set(self.writes.books.applied.values()) == {1}, "no key was carried out twice"
        assert len(self.writes.books.journal) == OWED
        assert daemon.one("SELECT state FROM import_run") == "applied"
        assert self.imported == IMPORTED
        assert daemon.one("SELECT count(DISTINCT number_key) FROM customer") >= IMPORTED
        assert not daemon.one("SELECT count(*) FROM job WHERE deaths > 0")
        if daemon.one(_FAILED):
            daemon.clock.forward(minutes=1)  # what was at work just then comes again
            daemon.until(lambda: not daemon.one(_FAILED))


_FAILED = "SELECT count(*) FROM job WHERE problem IS NOT NULL"


@contextlib.contextmanager
def at_work(folder: Path, database_url: str) -> Iterator[Busy]:
    """A worker in the middle of everything, in that database."""
    with fronts(erp.Books(copies=COPIES), erp.Books(copies=COPIES)) as (reads, writes):
        erps = {"connector": "erp_generic"}
        connections = {
            "reads": {**erps, "page_size": PAGE, "settings": reads.settings},
            "writes": {**erps, "write_back": True, "settings": writes.settings},
        }
        key = {"EXEMPT_SANDBOX_ERP_KEY": erp.KEY}
        settings = {"drain": f"{DRAIN}s"}
        with Daemon(folder / "work", database_url, connections, key, daemon=settings) as daemon:
            yield Busy(daemon, reads, writes)


@pytest.fixture
def busy(tmp_path: Path, database_url: str) -> Iterator[Busy]:
    with at_work(tmp_path, database_url) as busy:
        yield busy


def test_killed_another_worker_takes_over(busy: Busy) -> None:
    busy.daemon.worker("second")
    assert not busy.gone_on(), "each of them is begun, and by one worker"
    at = busy.first.kill()
    busy.release()
    busy.daemon.until(busy.gone_on, TAKEN_OVER_WITHIN - (time.monotonic() - at))
    busy.complete()


def test_killed_and_started_again_it_goes_on(busy: Busy) -> None:
    busy.first.kill()
    busy.release()
    busy.daemon.worker("first")
    busy.complete()


def test_stopped_it_ends_what_is_at_hand_and_begins_nothing(busy: Busy) -> None:
    busy.first.popen.terminate()
    busy.daemon.until(lambda: "ends: it was told to stop" in busy.first.said)
    busy.release()
    assert busy.first.popen.wait(DRAIN + 10) == 0
    assert busy.orders == 3 * PAGE, "the page at hand was stored"
    assert len(busy.reads.calls) <= busy.pages + 1, "at most one page was asked for ahead"
    assert len(busy.writes.books.journal) == WRITES
    assert busy.daemon.deliveries("writes", "sent") >= WRITES, "the batch at hand was noted"
    assert busy.imported == 2 * PIECE
    busy.daemon.worker("first")
    busy.complete()


def test_stopped_it_waits_for_no_answer_longer_than_its_drain(busy: Busy) -> None:
    began = time.monotonic()
    assert busy.first.stop(DRAIN + 10) == 0
    assert time.monotonic() - began >= DRAIN
    busy.release()
    busy.daemon.worker("first")
    busy.complete()


@pytest.fixture
def server() -> Iterator[OwnServer]:
    with contextlib.closing(OwnServer()) as server:
        yield server


def test_its_database_is_restarted(tmp_path: Path, server: OwnServer) -> None:
    """It starts itself anew, since what it held there may be held by others."""
    with at_work(tmp_path, server.url) as busy:
        server.stop()
        server.start()
        busy.release()
        busy.daemon.until(lambda: busy.first.said.count(BEGAN) == 2)
        busy.complete()
        assert busy.first.popen.poll() is None, "the process is the same"


def test_its_database_is_away_for_longer(tmp_path: Path, server: OwnServer) -> None:
    with at_work(tmp_path, server.url) as busy:
        server.stop()
        busy.release()
        busy.daemon.until(lambda: "waits for the database" in busy.first.said)
        server.start()
        busy.daemon.until(lambda: busy.first.said.count(BEGAN) == 2)
        busy.daemon.clock.forward(minutes=1)  # what failed meanwhile comes again
        busy.complete()
