"""A disk without room: the worker says so, loses nothing, and goes on when there is room again."""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from exempt_erp_generic import sandbox as erp
from support.daemon import BEGAN, Daemon, Process
from support.databases import made
from support.front import Front, fronts

pytestmark = [
    pytest.mark.crash,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a process that runs"),
]

OWED_AT_FIRST = 21
"""How much Exempt corrects in books with two copies of each order."""
FULL = 100_000
"""Bytes: larger than the log, and smaller than what SQLite keeps already."""

# Without a store for 2 seconds it starts anew.
HASTY = """
from exempt.wiring import worker

worker.PATIENCE = 2.0
"""


class Disk:
    """A worker in the middle of a pull, whose disk can be filled."""

    def __init__(self, daemon: Daemon, front: Front, *, before: str) -> None:
        self.daemon, self.front = daemon, front
        self.worker = daemon.worker("main", before=before)
        daemon.until(lambda: self._settled(OWED_AT_FIRST))
        self.owed = OWED_AT_FIRST + front.muddle(daemon.clock.now)
        self._page = front.hold("GET", "/orders?")
        daemon.clock.forward(seconds=10)
        assert self._page.reached.wait(60)

    def fill(self) -> None:
        """Let no file grow any more, or be written beyond that size."""
        kept = Path(self.daemon.database_url.removeprefix("sqlite:///") + "-wal")
        assert self.worker.log.stat().st_size < FULL / 2 < FULL < kept.stat().st_size
        _limit(self.worker, FULL)
        self._page.release()
        self.daemon.until(lambda: "the database cannot be used: disk I/O error" in self.worker.said)

    def make_room(self) -> None:
        """Let everything be written again."""
        _limit(self.worker, resource.RLIM_INFINITY)

    def complete(self) -> None:
        """Wait until nothing is left to do: everything arrived, once."""
        self.daemon.clock.forward(minutes=10)  # by then runs that were lost are found
        self.daemon.until(lambda: self._settled(self.owed))
        assert set(self.front.books.applied.values()) == {1}
        assert self.daemon.one("PRAGMA integrity_check") == "ok"
        assert self.worker.popen.poll() is None

    def _settled(self, owed: int) -> bool:
        return len(self.front.written()) == owed and not self.daemon.deliveries("erp")


def _limit(process: Process, size: int) -> None:
    limits = (size, resource.RLIM_INFINITY)
    resource.prlimit(process.popen.pid, resource.RLIMIT_FSIZE, limits)


@pytest.fixture
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    with made("sqlite", tmp_path, migrated=False) as url, fronts(erp.Books(copies=2)) as (front,):
        connections = {
            "erp": {
                "connector": "erp_generic",
                "write_back": True,
                "schedule": "10s",
                "settings": front.settings,
            }
        }
        settings = {"drain": "1s"}
        key = {"EXEMPT_SANDBOX_ERP_KEY": erp.KEY}
        with Daemon(tmp_path / "work", url, connections, key, daemon=settings) as daemon:
            yield Disk(daemon, front, before=getattr(request, "param", ""))


def test_full_for_a_moment(disk: Disk) -> None:
    disk.fill()
    disk.make_room()
    disk.complete()
    assert disk.worker.said.count(BEGAN) == 1


@pytest.mark.parametrize("disk", [pytest.param(HASTY, id="it starts anew")], indirect=True)
def test_full_for_longer(disk: Disk) -> None:
    disk.fill()
    disk.daemon.until(lambda: "waits for the database: disk I/O error" in disk.worker.said)
    disk.make_room()
    disk.daemon.until(lambda: disk.worker.said.count(BEGAN) == 2)
    disk.complete()
