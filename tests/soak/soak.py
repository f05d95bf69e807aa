"""A business of days in minutes: books that change all the time, and workers that are killed.

``nox -s soak`` runs it. EXEMPT_SOAK_MINUTES says for how long (10), once on
each database; EXEMPT_SOAK_SEED repeats what chance did in another run, as far
as threads and processes allow.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from exempt.testing import sample
from exempt_erp_generic import sandbox as erp
from support.daemon import Clock, Daemon, Process
from support.databases import KINDS, made
from support.front import CUT_WHEN_DONE, Answer, Front, fronts

MINUTES = float(os.environ.get("EXEMPT_SOAK_MINUTES", "10"))
SEED = os.environ.get("EXEMPT_SOAK_SEED") or secrets.token_hex(4)

WORKERS = {"sqlite": ["one"], "postgresql": ["one", "two"]}
COPIES = 100
STEP = 0.1
"""Seconds between two things that happen."""
SPEED = 10
"""So much faster the clock of the business runs."""
CHANGED_AT_ONCE = 10
KILLED_EVERY = (2.0, 6.0)
"""Seconds."""
AWAY_FOR = (5.0, 12.0)
"""Seconds that a worker is away at times, where there is another that can take over."""
WITH_KILLS = 2 / 3
"""Of the time; in the rest memory is watched, which only grows in processes that live."""
MEMORY_MAY_GROW = 40_000_000
"""Bytes a worker, from the second to the last quarter of that time: the first warms up."""

# What the remotes do wrong, and how often; a call that fails is tried again without waiting.
FAULTS = ((0.005, CUT_WHEN_DONE), (0.005, Answer(503)), (0.002, Answer(429)))
BEFORE = f"""
import datetime as dt
import time
from pathlib import Path

import stamina

import exempt.cli
from exempt.wiring import worker

stamina.set_testing(True, attempts=4, cap=True)
worker.TICK = 0.2

def running(text):
    file = Path(text[1:])

    def now():
        began, at = file.read_text(encoding="ascii").split()
        gone = dt.timedelta(seconds=time.monotonic() - float(at))
        return dt.datetime.fromisoformat(began) + {SPEED} * gone

    return now

exempt.cli.pretended = running
"""
"""What a worker runs first: a clock that runs, quick ticks, and no waits between two tries."""

COVERED = [
    (buyer.number, state, number)
    for buyer in sample.BUYERS
    for state, _reason, number, _signed, expires in buyer.certificates
    if expires is None
]


class RunningClock(Clock):
    """A clock that runs, for all processes alike: the monotonic clock is one for them all."""

    @property
    def now(self) -> dt.datetime:
        """What it shows."""
        return self._moment + SPEED * dt.timedelta(seconds=time.monotonic() - self._at)

    def written(self) -> str:
        """How it stands in its file."""
        self._at = time.monotonic()
        return f"{self._moment.isoformat()} {self._at}"


class Business:
    """Two ERPs, their people, the register, and the workers between them."""

    def __init__(self, daemon: Daemon, remotes: list[Front], workers: list[str]) -> None:
        self.daemon, self.remotes = daemon, remotes
        daemon.clock = RunningClock(daemon.clock.path)
        self.chance = random.Random(SEED)  # noqa: S311 - to be repeated, not to be kept secret
        self.happened: Counter[str] = Counter()
        self.orders = [sale.number for sale in sample.SHOP_SALES]
        self.held: dict[int, int] = {}
        self.workers = {name: self._start(name) for name in workers}
        self._next_kill = time.monotonic() + KILLED_EVERY[1]
        self._away: dict[str, float] = {}

    def _start(self, name: str) -> Process:
        self.daemon.now = f"@{self.daemon.clock.path}"
        return self.daemon.worker(name, before=BEFORE, wait=False)

    def step(self, *, kills: bool) -> None:
        """Let a little time go by, in which something happens."""
        threading.Event().wait(STEP)
        now = self.daemon.clock.now
        remote = self.chance.choice(self.remotes)
        with remote.books.lock:
            remote.books._now = max(remote.books._now, now)
            for _ in range(self.chance.randint(0, CHANGED_AT_ONCE)):
                self._change(remote)
        if self.chance.random() < 0.02:
            self._certify()
        for name in [name for name, until in self._away.items() if time.monotonic() > until]:
            del self._away[name]
            self.workers[name] = self._start(name)
        if kills and time.monotonic() > self._next_kill and not self._away:
            self._kill()
            self._next_kill = time.monotonic() + self.chance.uniform(*KILLED_EVERY)

    def _change(self, remote: Front) -> None:
        """A colleague frees an order of tax, or taxes it, without asking anybody."""
        copy = self.chance.randrange(COPIES)
        no = self.chance.choice(self.orders) + (f"-{copy}" if copy else "")
        taxable = self.chance.random() < 0.5
        part = 0 if taxable else 100
        remote.books.write("orders", no, {"taxable": taxable, "exempt_percent": part})
        self.happened["changed"] += 1

    def _certify(self) -> None:
        """Enter a certificate, or take one away again."""
        self.daemon.now = self.daemon.clock.now.isoformat()
        which = self.chance.randrange(len(COVERED))
        if which in self.held:
            self.daemon.run("certificates", "archive", str(self.held.pop(which)))
            self.happened["archived"] += 1
            return
        customer, state, number = COVERED[which]
        words = ["--reason", "resale", "--signed", "2026-01-05", "--state", f"{state}={number}"]
        if not self.daemon.one("SELECT 1 FROM customer WHERE number = :no", no=customer):
            return
        added = self.daemon.json("certificates", "add", "-c", customer, *words, "--anyway")
        self.held[which] = added["id"]
        self.happened["certified"] += 1

    def _kill(self) -> None:
        """End a worker, mostly as a power cut does, and start it again under its name.

        Where there is another one, that may have to take over first.
        """
        name = self.chance.choice(list(self.workers))
        if self.chance.random() < 0.8:
            self.workers[name].kill()
            self.happened["killed"] += 1
        else:
            assert self.workers[name].stop(30) in {0, -15}, self.workers[name].said
            self.happened["stopped"] += 1
        later = len(self.workers) > 1 and self.chance.random() < 0.5
        self._away[name] = time.monotonic() + (self.chance.uniform(*AWAY_FOR) if later else 0)

    def fail_now_and_then(self) -> None:
        """Let the remotes do what remotes do."""
        dice = random.Random(f"{SEED} faults")  # noqa: S311

        def fault(_method: str, _path: str) -> Answer | None:
            thrown = dice.random()
            for part, answer in FAULTS:
                if thrown < part:
                    self.happened["faults"] += 1
                    return answer
                thrown -= part
            return None

        for remote in self.remotes:
            remote.fault = fault

    def memory(self) -> int:
        """How many bytes the workers take together."""
        pages = [
            int(Path(f"/proc/{each.popen.pid}/statm").read_text().split()[1])
            for each in self.workers.values()
            if each.popen.poll() is None
        ]
        return sum(pages) * os.sysconf("SC_PAGE_SIZE")

    def settle(self) -> None:
        """Let nothing more happen but time, until everything is done."""
        for remote in self.remotes:
            remote.fault = lambda _method, _path: None
        now = self.daemon.clock.forward(minutes=1)
        names = [f"pull:{name}" for name in NAMES]

        def settled() -> bool:
            self.daemon.clock.forward(minutes=5)
            threading.Event().wait(1)
            done = all(self.daemon.succeeded(name, now) for name in names)
            return done and not any(map(self.daemon.deliveries, NAMES))

        self.daemon.until(settled, 300)


NAMES = ("north", "south")


@pytest.fixture(params=KINDS)
def business(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Business]:
    with (
        made(request.param, tmp_path, migrated=False) as url,
        fronts(*(erp.Books(copies=COPIES) for _ in NAMES)) as remotes,
    ):
        connections = {
            name: {
                "connector": "erp_generic",
                "write_back": True,
                "schedule": "10s",
                "settings": remote.settings,
            }
            for name, remote in zip(NAMES, remotes, strict=True)
        }
        key = {"EXEMPT_SANDBOX_ERP_KEY": erp.KEY}
        settings = {"drain": "5s"}
        with Daemon(tmp_path / "work", url, connections, key, daemon=settings) as daemon:
            daemon.run("migrate")
            yield Business(daemon, remotes, WORKERS[request.param])


def test_nothing_is_lost_and_nothing_done_twice(business: Business) -> None:
    print(f"\nEXEMPT_SOAK_SEED={SEED}", flush=True)  # noqa: T201 - to repeat it
    began = time.monotonic()
    business.fail_now_and_then()
    while time.monotonic() - began < MINUTES * 60 * WITH_KILLS:
        business.step(kills=True)
    memory = watch(business, began + MINUTES * 60)
    business.settle()
    print(dict(business.happened), report(business), memory, flush=True)  # noqa: T201
    as_decided(business)
    assert memory[3] - memory[1] < MEMORY_MAY_GROW * len(business.workers), memory


def watch(business: Business, until: float) -> list[int]:
    """Go on without kills; the medians of memory taken in each quarter of the time."""
    samples = []
    while time.monotonic() < until:
        business.step(kills=False)
        samples.append(business.memory())
    size = max(1, len(samples) // 4)
    return [sorted(samples[at : at + size])[size // 2] for at in range(0, 4 * size, size)]


def report(business: Business) -> dict[str, Any]:
    """What there is to tell of a run."""
    said = "".join(process.said for process in business.daemon.processes)
    return {
        "processes": len(business.daemon.processes),
        "written": sum(len(remote.written()) for remote in business.remotes),
        "taken over": said.count("took over"),
        "unforeseen": said.count("unforeseen"),
    }


def as_decided(business: Business) -> None:
    """The remotes show what was decided, each write was done once, and no worker stumbled."""
    daemon = business.daemon
    for name, remote in zip(NAMES, business.remotes, strict=True):
        keys = remote.books.applied
        assert [key for key, times in keys.items() if times > 1] == []
        assert not daemon.deliveries(name, "dead")
        wrong = [no for no, taxed in decided(daemon, name) if shown(remote, no) != taxed]
        assert wrong == [], f"{len(wrong)} orders of {name} are not as decided"
    assert all(worker.popen.poll() is None for worker in business.workers.values())
    for process in daemon.processes:
        assert "unforeseen" not in process.said, process.said[-6000:]
        assert "Traceback" not in process.said, process.said[-6000:]


def decided(daemon: Daemon, name: str) -> list[tuple[str, bool]]:
    """The orders of a connection that Exempt ever wrote to, and whether they are to be taxed."""
    sql = (
        "SELECT o.external_id, d.tax_applicable FROM sales_order o"
        " JOIN connection n ON n.id = o.connection_id"
        " JOIN decision d ON d.order_id = o.id AND d.superseded_at IS NULL"
        " WHERE n.name = :name AND EXISTS (SELECT 1 FROM delivery w"
        " WHERE w.connection_id = n.id AND w.target = 'order' AND w.external_id = o.external_id)"
    )
    with daemon.database.reading() as connection:
        rows = connection.execute(sa.text(sql), {"name": name})
        return [(no, bool(taxed)) for no, taxed in rows]


def shown(remote: Front, no: str) -> bool:
    """Whether the ERP taxes an order."""
    row = remote.books.find("orders", no)
    assert row is not None
    return bool(row["taxable"])
