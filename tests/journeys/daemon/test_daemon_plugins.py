"""Connectors that hang, end the process or eat its memory: the others' work goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from exempt.services.job_ports import JobRow
from exempt_erp_generic import sandbox as erp
from support.daemon import BEGAN, Daemon
from support.databases import KINDS, made
from support.front import Front, fronts

pytestmark = pytest.mark.crash

# What it does is in a file named as the connection.
PLUGIN = """
import threading
from pathlib import Path

from exempt import CheckRequest, CheckResult, Connector, ConnectorInfo, Customer, FetchRequest
from exempt import Page, Settings, hookimpl

KEPT = []


class Odd(Connector):
    def __init__(self, name):
        self.name = name

    @hookimpl
    def check(self, request: CheckRequest) -> CheckResult:
        return CheckResult(account="Odd Inc.")

    @hookimpl
    def fetch_customers(self, request: FetchRequest) -> Page[Customer]:
        match Path(self.name).read_text():
            case "hangs":
                threading.Event().wait()
            case "leaves":
                raise SystemExit(0)
            case "leaks":
                KEPT.append(b"x" * 300_000_000)
        return Page(records=(Customer(external_id=self.name, name=self.name),))


@hookimpl
def exempt_connectors():
    def opened(_settings, context):
        return Odd(context.connection_id)

    return [ConnectorInfo(name="odd", title="Odd", settings=Settings, open=opened)]
"""

ENTRY_POINTS = """
[exempt.connectors]
odd = exempt_odd
"""

# Ticks come quickly, and two threads that hang are many.
QUICKLY = """
from exempt.wiring import worker

worker.TICK, worker.BEAT, worker.HANGING = 0.1, 1.0, 2
"""
OWED_AT_FIRST = 21
"""How much Exempt corrects in books with two copies of each order."""
NAMES = ("hangs", "leaves", "leaks")


class Odd:
    """A worker with a remote that is well, and connectors that are not, when told so."""

    def __init__(self, daemon: Daemon, healthy: Front) -> None:
        self.daemon, self._healthy = daemon, healthy
        info = daemon.folder / "exempt_odd-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: exempt-odd\nVersion: 1\n")
        (info / "entry_points.txt").write_text(ENTRY_POINTS)
        (daemon.folder / "exempt_odd.py").write_text(PLUGIN)
        for name in NAMES:
            self.tell(name, "is well")
        self.worker = daemon.worker("main", before=QUICKLY)
        daemon.until(lambda: all(map(self.read, NAMES)))
        daemon.until(lambda: self._settled(OWED_AT_FIRST))

    def tell(self, name: str, what: str) -> None:
        """Let a connector do so from now on."""
        path = self.daemon.folder / name
        path.with_suffix(".new").write_text(what)
        path.with_suffix(".new").rename(path)

    def read(self, name: str) -> bool:
        """Whether a connector was read at this moment."""
        return self.daemon.succeeded(f"pull:{name}")

    def fails(self, name: str, times: int = 1) -> str:
        """Wait until it failed so often in a row; why."""
        self.daemon.until(lambda: self._job(name).failures == times)
        return str(self._job(name).problem)

    def try_again(self, name: str) -> None:
        """Move the clock to when it is tried again."""
        next_at = self._job(name).next_at
        assert next_at is not None
        self.daemon.clock.set(next_at)

    def _job(self, name: str) -> JobRow:
        job = self.daemon.job(f"pull:{name}")
        assert job is not None
        return job

    def others_go_on(self) -> None:
        """What a colleague does at the remote that is well is seen and mended."""
        now = self.daemon.clock.forward(seconds=10)
        owed = len(self._healthy.written()) + self._healthy.muddle(now)
        now = self.daemon.clock.forward(seconds=10)
        self.daemon.until(lambda: self._settled(owed))
        assert set(self._healthy.books.applied.values()) == {1}

    def _settled(self, owed: int) -> bool:
        written = len(self._healthy.written()) == owed
        return written and not self.daemon.deliveries("healthy")

    def started_anew(self, times: int) -> bool:
        """Whether the worker began so often to take jobs, in one and the same process."""
        assert self.worker.popen.poll() is None, self.worker.said
        return self.worker.said.count(BEGAN) == times


@pytest.fixture(scope="module", params=KINDS)
def odd(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Odd]:
    folder = tmp_path_factory.mktemp("odd")
    with (
        made(request.param, folder, migrated=False) as url,
        fronts(erp.Books(copies=2)) as (healthy,),
    ):
        connections: dict[str, dict[str, Any]] = {
            "healthy": {
                "connector": "erp_generic",
                "write_back": True,
                "schedule": "10s",
                "settings": healthy.settings,
            },
            **{name: {"connector": "odd"} for name in NAMES},
        }
        environment = {"EXEMPT_SANDBOX_ERP_KEY": erp.KEY, "PYTHONPATH": str(folder / "work")}
        daemon_settings = {"hook_timeout": "2s", "memory": 350}
        with Daemon(
            folder / "work", url, connections, environment, daemon=daemon_settings
        ) as daemon:
            yield Odd(daemon, healthy)


def test_one_that_ends_the_process_does_not(odd: Odd) -> None:
    odd.tell("leaves", "leaves")
    odd.daemon.clock.forward(minutes=15)
    said = odd.fails("leaves")
    assert said == "leaves: fetch_customers failed unexpectedly with SystemExit: 0"
    odd.others_go_on()
    odd.tell("leaves", "is well")
    odd.try_again("leaves")
    odd.daemon.until(lambda: odd.read("leaves"))
    assert odd.started_anew(1), "it runs on as it was"


def test_one_that_hangs_is_given_up_and_a_worker_of_such_starts_anew(odd: Odd) -> None:
    odd.tell("hangs", "hangs")
    odd.daemon.clock.forward(minutes=15)
    odd.others_go_on()
    said = odd.fails("hangs")
    assert said == "hangs: fetch_customers gave no answer for 2 s: it was given up"
    odd.try_again("hangs")
    odd.fails("hangs", times=2)
    odd.daemon.until(lambda: odd.started_anew(2))
    assert "2 connectors do not answer: starts anew" in odd.worker.said
    odd.others_go_on()
    odd.tell("hangs", "is well")
    odd.try_again("hangs")
    odd.daemon.until(lambda: odd.read("hangs"))


def test_one_that_eats_memory_makes_the_worker_start_anew(odd: Odd) -> None:
    begun = odd.worker.said.count(BEGAN)
    odd.tell("leaks", "leaks")
    odd.daemon.clock.forward(minutes=15)
    odd.daemon.until(lambda: odd.started_anew(begun + 1))
    assert odd.read("leaks"), "what it was at came to its end"
    odd.tell("leaks", "is well")
    odd.others_go_on()
    odd.daemon.until(lambda: odd.daemon.one("SELECT memory FROM worker") < 300_000_000)
