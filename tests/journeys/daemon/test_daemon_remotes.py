"""Remotes that are down, ask for patience or lose answers, and a clock that is put back.

One worker has a connection for each of these faults, beside one that never
fails: what happens to one connection is no matter to another.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from exempt.adapters.store.columns import micros
from exempt_erp_generic import sandbox as erp
from support.daemon import Daemon
from support.databases import KINDS, made
from support.front import CUT_WHEN_DONE, Answer, Front, fronts, let_through

pytestmark = pytest.mark.crash

LIMITED = Answer(429)
LIMITED_FOR_TEN_MINUTES = Answer(429, (("Retry-After", "600"),))
AWAY = Answer(503)
NAMES = ("healthy", "dark", "strict", "vague", "deaf")
OWED_AT_FIRST = 21
"""How much Exempt corrects in books with two copies of each order."""
QUARTER = dt.timedelta(minutes=15)

# Time is the clock's: nobody waits between two tries at once, and ticks come quickly.
QUICKLY = """
import stamina
from exempt.wiring import worker

stamina.set_testing(True, attempts=4, cap=True)
worker.TICK, worker.BEAT = 0.1, 1.0
"""


class Remotes:
    """A worker, and an ERP for each of its connections."""

    def __init__(self, daemon: Daemon, by_name: Mapping[str, Front]) -> None:
        self.daemon, self._by_name = daemon, by_name
        self.owed = dict.fromkeys(NAMES, 0)
        self.latest = daemon.clock.now
        self.worker = daemon.worker("main", before=QUICKLY)
        daemon.until(self._settled)

    def _settled(self) -> bool:
        """Whether all was read, and corrected; two customers twice, if another was read later.

        They all are one company's, so what one connection shows of a customer counts for all.
        """
        pulled = all(self.daemon.succeeded(f"pull:{name}") for name in NAMES)
        self.owed = {name: len(self[name].written()) for name in NAMES}
        return (
            pulled
            and self._idle()
            and all(self.owed[name] >= OWED_AT_FIRST and self.arrived(name) for name in NAMES)
        )

    def __getitem__(self, name: str) -> Front:
        return self._by_name[name]

    def muddle(self, name: str) -> int:
        """Let a colleague undo what Exempt wrote to orders; how many these are."""
        self.latest = max(self.latest, self.daemon.clock.now)
        orders = self[name].muddle(self.latest + dt.timedelta(seconds=1))
        self.owed[name] += orders
        return orders

    def forward(self, **by: float) -> None:
        """Move the clock, and wait until all that is due by then was tried."""
        self.daemon.clock.forward(**by)
        self.daemon.until(lambda: self.daemon.succeeded("pull:healthy"))
        self.daemon.until(self._idle)

    def next_pull(self, name: str) -> dt.datetime:
        """When a remote is read next."""
        job = self.daemon.job(f"pull:{name}")
        assert job is not None
        assert job.next_at is not None
        return job.next_at

    def to_the_next_pull(self, name: str) -> None:
        """Move the clock there."""
        self.forward(seconds=(self.next_pull(name) - self.daemon.clock.now).total_seconds())

    def _idle(self) -> bool:
        """Whether nothing is asked for, on its way, or to be asked for by now."""
        waits = (
            "SELECT count(*) FROM job WHERE asked > begun OR next_at <= :now"
            " OR (started_at IS NOT NULL AND ended_at IS NULL)"
        )
        return not self.daemon.one(waits, now=micros(self.daemon.clock.now))

    def planned_by(self, latest: dt.datetime) -> bool:
        """Whether every remote is read again until then."""
        late = "SELECT count(*) FROM job WHERE kind = 'pull' AND next_at > :latest"
        return not self.daemon.one(late, latest=micros(latest))

    def arrived(self, name: str) -> bool:
        """Whether all that was ever owed to a remote was written to it, each of it once."""
        written = self[name].written()
        waits = self.daemon.deliveries(name) + self.daemon.deliveries(name, "dead")
        return len(written) == len(set(written)) == self.owed[name] and not waits


@pytest.fixture(scope="module", params=KINDS)
def remotes(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Remotes]:
    folder = tmp_path_factory.mktemp("remotes")
    with (
        made(request.param, folder, migrated=False) as url,
        fronts(*(erp.Books(copies=2) for _ in NAMES)) as all_fronts,
    ):
        by_name = dict(zip(NAMES, all_fronts, strict=True))
        connections = {
            name: {
                "connector": "erp_generic",
                "write_back": True,
                "schedule": "10s" if name == "healthy" else "15m",
                "settings": settings(name, front),
            }
            for name, front in by_name.items()
        }
        key = {"EXEMPT_SANDBOX_ERP_KEY": erp.KEY}
        with Daemon(folder / "work", url, connections, key) as daemon:
            yield Remotes(daemon, by_name)


def settings(name: str, front: Front) -> dict[str, Any]:
    """The deaf one is not looked at before it is written to: only the key tells a repetition."""
    described = front.settings
    if name == "deaf":
        for target in described["push"].values():
            del target["read"]
    return described


def limited(front: Front, after: int, answer: Answer) -> None:
    """Let a remote give that answer to every call once it took so many more writes."""
    front.calls.clear()
    front.fault = lambda _method, _path: answer if front.count("PATCH") > after else None


def test_a_second_worker_of_the_same_name_ends_with_a_plain_sentence(remotes: Remotes) -> None:
    second = remotes.daemon.begin("worker", "--id", "main", log="second")
    assert second.popen.wait(30) == 1
    sentence = "Error: worker 'main' runs already: give this one a name with --id"
    assert second.said.splitlines()[-1] == sentence
    assert "Traceback" not in second.said
    assert remotes.worker.popen.poll() is None


def test_an_answer_that_is_lost_after_the_write_was_done_makes_no_second_write(
    remotes: Remotes,
) -> None:
    front = remotes["deaf"]
    remotes.muddle("deaf")
    front.calls.clear()
    lost: list[str] = []

    def lose(method: str, path: str) -> Answer | None:
        """Of three orders, more often than a call is repeated at once."""
        if method != "PATCH" or lost.count(path) >= 4 or len({*lost, path}) > 3:
            return None
        lost.append(path)
        return CUT_WHEN_DONE

    front.fault = lose
    remotes.to_the_next_pull("deaf")
    assert len(lost) == 12
    assert remotes.daemon.deliveries("deaf") == 3
    remotes.forward(minutes=1)
    assert remotes.arrived("deaf")
    assert {front.calls.count(("PATCH", path)) for path in lost} == {5}, "they were sent again"


def test_a_remote_that_asks_for_patience_is_left_alone_so_long(remotes: Remotes) -> None:
    front = remotes["strict"]
    remotes.muddle("strict")
    limited(front, 4, LIMITED_FOR_TEN_MINUTES)
    remotes.to_the_next_pull("strict")
    called = len(front.calls)
    assert front.count("PATCH") == 5
    remotes.forward(minutes=9, seconds=45)
    assert len(front.calls) == called, "nobody called before it was over"
    front.fault = let_through
    remotes.forward(seconds=15)
    assert remotes.arrived("strict")


def test_nor_is_it_read_before_it_is_over(remotes: Remotes) -> None:
    front = remotes["strict"]
    remotes.muddle("strict")
    limited(front, -1, LIMITED_FOR_TEN_MINUTES)
    remotes.to_the_next_pull("strict")
    assert len(front.calls) == 1, "it is not asked again at once"
    remotes.forward(minutes=9, seconds=45)
    assert len(front.calls) == 1
    front.fault = let_through
    remotes.forward(seconds=15)
    assert remotes.arrived("strict")


def test_a_remote_that_limits_and_says_no_more_is_asked_later_and_later(remotes: Remotes) -> None:
    front = remotes["vague"]
    remotes.muddle("vague")
    limited(front, 4, LIMITED)
    remotes.to_the_next_pull("vague")
    assert front.count("PATCH") == 4 + 4, "a call is repeated three times at once"
    limited(front, -1, LIMITED)
    called = []
    for minutes in (1, 1, 1, 4):
        front.calls.clear()
        remotes.forward(minutes=minutes)
        called.append(len(front.calls))
    assert called == [4, 4, 0, 4], "after 1 minute, 1 and 5"
    front.fault = let_through
    remotes.forward(minutes=30)
    assert remotes.arrived("vague")


def test_a_remote_that_is_down_for_an_hour_gets_everything_after_it(remotes: Remotes) -> None:
    front, healthy = remotes["dark"], remotes["healthy"]
    orders = remotes.muddle("dark")
    shut = front.hold("PATCH", "", nth=5)
    beside = len(healthy.calls)
    began = remotes.next_pull("dark")
    remotes.daemon.clock.set(began)
    assert shut.reached.wait(60)
    front.down()
    front.release()
    remotes.forward(minutes=1)
    assert remotes.daemon.deliveries("dark") == orders - 5
    remotes.forward(minutes=1)
    front.fault = lambda _method, _path: AWAY
    front.calls.clear()
    front.up()
    for minutes in (5, 8, 1, 5, 16, 14, 9):
        remotes.forward(minutes=minutes)
    assert remotes.daemon.clock.now == began + dt.timedelta(hours=1)
    assert 8 <= len(front.calls) <= 40, "no storm of calls"
    assert len(healthy.calls) > beside + 8, "the others go on"
    front.fault = let_through
    remotes.muddle("healthy")
    remotes.forward(hours=2)
    assert remotes.arrived("dark")
    assert remotes.arrived("healthy")


def test_the_clock_put_back_by_two_hours_stops_no_schedule(remotes: Remotes) -> None:
    front = remotes["healthy"]
    remotes.muddle("healthy")
    held = front.hold("PATCH", "", nth=5)
    remotes.daemon.clock.forward(seconds=10)
    assert held.reached.wait(60), "a push is on its way"
    remotes.daemon.clock.forward(hours=-2)
    front.release()
    remotes.daemon.until(lambda: remotes.planned_by(remotes.daemon.clock.now + QUARTER))
    remotes.daemon.until(lambda: remotes.arrived("healthy"))
    for name in NAMES:
        remotes.muddle(name)
    remotes.daemon.clock.forward(minutes=15)
    remotes.daemon.until(lambda: all(map(remotes.arrived, NAMES)))
