"""A worker does the jobs of its settings, by their schedules; here its runs are carried by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from exempt import AuthError
from exempt.adapters.engine.engine import Engine
from exempt.cli.toml import to_toml
from exempt.discovery import Catalogue
from exempt.errors import RefusedError
from exempt.services.job_ports import JobKind, JobRow
from exempt.services.rows import ConnectionRow
from exempt.services.running import mend_schedules, tick
from exempt.wiring import Exempt, worker
from exempt.wiring.worker import EVERY_LOOK, Why, Worker
from support.databases import KINDS
from support.engines import ByHand
from support.fake_connector import WRITES, Remote, info
from support.records import DAY, NOW, customer, order
from support.stores import MINUTE, rows

OF_ALL = ["daily", "events", "import", "nexus", "reading", "upkeep"]


@dataclass
class House:
    """An installation with two connections, and a worker of it."""

    exempt: Exempt
    worker: Worker
    engine: ByHand
    remotes: dict[str, Remote]
    now: dt.datetime = NOW

    def begin(self) -> list[str]:
        """Do what a worker does when it begins; which jobs it does first."""
        self.worker._make_jobs()
        return self.work()

    def work(self) -> list[str]:
        """Do all runs that wait; of which jobs they were, each once."""
        return sorted(set(self.engine.work(self.worker._run)))

    def move(self, by: dt.timedelta) -> list[str]:
        """Move the clock, tick, and do what is due."""
        self.now += by
        mend_schedules(self.worker._duty)
        tick(self.worker._duty)
        return self.work()

    def job(self, name: str) -> JobRow:
        with self.exempt.store.reading() as tx:
            found = tx.jobs.get(name)
        assert found is not None
        return found

    def connection(self, name: str = "erp") -> ConnectionRow:
        with self.exempt.store.reading() as tx:
            return next(row for row in tx.connections.all() if row.name == name)

    def fetched(self, name: str) -> int:
        """How many requests for pages came to a remote."""
        return len(self.remotes[name].fetched)


COMMON = {"company": "northwind", "settings": {"secret": "env:KEY"}}
SETTINGS: dict[str, Any] = {
    "exempt": {"database": "env:DB"},
    "companies": {"northwind": {"name": "Northwind Fasteners Inc."}},
    "connections": {
        "erp": {"connector": "erp", **COMMON, "write_back": True},
        "shop": {"connector": "shop", **COMMON, "schedule": "0 6 * * *"},
    },
    "daemon": {"time_zone": "America/New_York", "memory": 1_000_000},
}


def opened(folder: Path, url: str, settings: dict[str, Any]) -> House:
    file = folder / "exempt.toml"
    file.write_text(to_toml(settings), encoding="utf-8")
    exempt = Exempt(file, environ={"DB": url, "KEY": "k"})
    remotes = {name: Remote() for name in ("erp", "shop")}
    connectors = {name: info(remote, WRITES, name=name) for name, remote in remotes.items()}
    exempt.__dict__["catalogue"] = Catalogue(connectors, ())
    house = House(exempt, Worker(exempt, "w1"), ByHand(exempt.store), remotes)
    exempt.clock = lambda: house.now
    object.__setattr__(house.worker._duty, "clock", exempt.clock)
    house.worker._upkeep._engine = cast("Engine", house.engine)
    return house


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    """An ERP that is written to, and a shop that is read once a day."""
    house = opened(tmp_path, database_url, SETTINGS)
    yield house
    house.worker.engine.close()
    house.exempt.close()


def test_a_worker_that_begins_does_everything_once_and_then_by_schedule(house: House) -> None:
    erp = house.remotes["erp"]
    erp.put(customer(resale_certificate_number="FF-1"), order())
    assert house.begin() == sorted([*OF_ALL, "pull:erp", "push:erp", "pull:shop", "push:shop"])
    assert erp.order().certificate_number == "FF-1", "read, decided and written back"
    assert house.worker._exempt.patience == 600, "nobody is waited for any longer"
    assert house.move(5 * MINUTE) == []
    assert house.move(5 * MINUTE) == ["import", "nexus", "upkeep"]
    assert house.move(5 * MINUTE) == ["nexus", "pull:erp"], "what was written is read again"
    assert house.job("pull:shop").next_at == dt.datetime(2026, 11, 21, 11, tzinfo=dt.UTC), (
        "six in the morning in New York"
    )
    assert house.job("daily").next_at == dt.datetime(2026, 11, 21, 5, 10, tzinfo=dt.UTC)
    assert "daily" in house.move(DAY)


def test_what_its_schedules_are(house: House) -> None:
    house.begin()
    for kind in (JobKind.PUSH, JobKind.WEBHOOK, JobKind.MAIL, JobKind.PROBE):
        job = house.job("push:erp")._replace(kind=kind)
        assert house.worker._due(job, NOW) is None, "it comes when there is something to do"
    gone = house.job("pull:erp")._replace(connection="gone")
    assert house.worker._due(gone, NOW) is None
    assert house.worker._due(gone._replace(connection=None), NOW) is None


def test_a_connection_that_never_could_be_opened_is_tried_again(
    database_url: str, tmp_path: Path
) -> None:
    late = {**COMMON, "connector": "erp", "settings": {"secret": "file:late.key"}}
    connections = {**SETTINGS["connections"], "late": late}
    house = opened(tmp_path, database_url, {**SETTINGS, "connections": connections})
    try:
        assert "pull:late" not in house.begin(), "nobody knows what it can do"
        house.worker._look_for_missing()
        assert house.work() == [], "it was looked at just now"
        (tmp_path / "late.key").write_text("k")
        house.worker._looked -= EVERY_LOOK
        house.worker._look_for_missing()
        assert {"pull:late", "push:late"} <= set(house.work())
        assert house.worker._missing == set()
    finally:
        house.worker.engine.close()
        house.exempt.close()


def test_a_connection_whose_key_is_refused_is_left_alone_until_that_is_mended(
    house: House,
) -> None:
    erp, shop = house.remotes["erp"], house.remotes["shop"]
    erp.put(order())
    erp.faults = {
        "fetch_customers": [AuthError("refused")],
        "check": [AuthError("refused"), AuthError("refused")],
    }
    house.begin()
    assert house.connection().paused_reason == "erp: refused"
    assert erp.fetched == []
    assert shop.fetched, "the other is not concerned"
    assert house.move(MINUTE) == ["probe:erp", "pull:erp"]
    assert erp.fetched == [], "it is only looked at"
    assert house.job("pull:erp").problem == "erp: refused", "as it was"
    house.move(MINUTE)
    assert erp.fetched == []
    assert house.move(5 * MINUTE) == ["nexus", "probe:erp", "pull:erp", "push:erp"]
    assert house.connection().paused_reason is None
    assert erp.fetched
    assert house.job("pull:erp").failures == 0


def test_what_a_person_paused_is_not_even_looked_at(house: House) -> None:
    house.begin()
    erp = house.connection()
    before = house.fetched("erp"), house.fetched("shop")
    with house.exempt.store.writing() as tx:
        tx.connections.pause(erp.id, "the books are closed", NOW, "anna")
        tx.jobs.ask(JobKind.PROBE, erp.id)
        tx.jobs.ask(JobKind.PULL, erp.id)
        tx.jobs.ask(JobKind.PUSH, erp.id)
    opened_before = house.remotes["erp"].closed
    assert house.work() == ["probe:erp", "pull:erp", "push:erp"]
    assert (house.fetched("erp"), house.fetched("shop")) == before
    assert house.remotes["erp"].closed == opened_before, "it was not opened"
    assert house.connection().paused_by == "anna"
    assert house.job("pull:erp").ended_at is not None


def test_what_the_settings_have_no_more_is_left_alone(house: House) -> None:
    house.begin()
    before = house.fetched("shop")
    left = {name: each for name, each in SETTINGS["connections"].items() if name == "erp"}
    changed = house.exempt.settings.file.model_copy(
        update={"connections": {k: house.exempt.settings.file.connections[k] for k in left}}
    )
    object.__setattr__(house.exempt.settings, "file", changed)
    with house.exempt.store.writing() as tx:
        tx.jobs.ask(JobKind.PULL, house.connection("shop").id)
    assert house.work() == ["pull:shop"]
    assert house.fetched("shop") == before
    house.worker._make_jobs()
    with house.exempt.store.reading() as tx:
        names = [job.name for job in tx.jobs.all()]
    assert names == sorted([*OF_ALL, "pull:erp", "push:erp"])


def test_one_that_cannot_be_opened_stops_no_other(house: House) -> None:
    house.begin()
    house.exempt.__dict__["catalogue"] = Catalogue(
        {"shop": info(house.remotes["shop"], WRITES, name="shop")}, ()
    )
    assert house.begin() == ["probe:erp"]
    assert "connections.erp.connector" in (house.connection().paused_reason or "")
    before = house.fetched("shop")
    assert "pull:shop" in house.move(DAY)
    assert house.fetched("shop") > before


def test_a_connector_is_closed_whatever_becomes_of_its_job(house: House) -> None:
    house.begin()
    erp = house.remotes["erp"]
    erp.faults = {"fetch_customers": [ValueError("a slip")]}
    before = erp.closed
    house.move(15 * MINUTE)
    assert house.job("pull:erp").failures == 1
    assert erp.closed == before + 1


@pytest.mark.parametrize("name", ["", "a/b", "../w", "two words", "w\n", "x" * 101])
def test_what_is_no_name_of_a_worker(house: House, name: str) -> None:
    with pytest.raises(RefusedError, match="a name has letters, digits, dots and hyphens"):
        Worker(house.exempt, name)


# --- signs of life -------------------------------------------------------------------------------


def loop(house: House, monkeypatch: pytest.MonkeyPatch) -> Why:
    """Run its loop until it ends by itself."""
    monkeypatch.setattr(worker, "TICK", 0.01)
    monkeypatch.setattr(house.worker.engine, "pace", lambda **_: None)  # it was not started
    house.worker._loop()
    return house.worker._why


def test_a_beat_tells_that_it_lives(house: House) -> None:
    house.begin()
    house.worker._beat()
    house.now += MINUTE
    house.worker._beat()
    with house.exempt.store.reading() as tx:
        (alive,) = tx.workers.all()
    assert (alive.name, alive.ticked_at, alive.stopped_at) == ("w1", NOW + MINUTE, None)
    assert alive.memory > 1_000_000
    house.worker._say_good_bye()
    with house.exempt.store.reading() as tx:
        assert [each.stopped_at for each in tx.workers.all()] == [NOW + MINUTE]


def test_one_that_takes_too_much_memory_starts_anew(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "own_memory", lambda: 10**12 + 1)
    assert loop(house, monkeypatch) is Why.ANEW
    assert house.exempt.stopping, "what goes on ends after its page or batch"


def test_one_with_connectors_that_hang_starts_anew(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "hanging", lambda: worker.HANGING)
    assert loop(house, monkeypatch) is Why.ANEW


def test_one_that_is_told_to_stop_stays_stopped(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.worker.stop()
    house.worker.stop(Why.ANEW)
    assert loop(house, monkeypatch) is Why.STOPPED


def test_one_whose_store_is_away_for_long_starts_anew(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "PATIENCE", 0.05)

    def away(*_: object) -> int:
        raise OSError

    monkeypatch.setattr(worker, "tick", away)
    assert loop(house, monkeypatch) is Why.ANEW


@pytest.mark.parametrize(
    "database_kind", [kind for kind in KINDS if kind == "postgresql"], indirect=True
)
def test_one_that_may_have_lost_its_name_starts_anew(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    sql = (
        "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with house.exempt.store.alone("worker-w1") as held:
        assert held
        assert rows(house.exempt.store, sql)[0][0] > 0
        assert loop(house, monkeypatch) is Why.ANEW


def test_a_store_that_is_away_for_a_moment_is_waited_for(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = [True] * 3

    def away(duty: Any) -> int:
        if left:
            left.pop()
            raise OSError
        house.worker.stop()
        return tick(duty)

    monkeypatch.setattr(worker, "tick", away)
    assert loop(house, monkeypatch) is Why.STOPPED


def test_the_engine_of_a_worker_carries_what_its_store_is_asked_for(house: House) -> None:
    assert isinstance(house.worker.engine, Engine)
    house.exempt.store.enqueue = house.worker.engine.enqueue
    with house.exempt.store.writing() as tx:
        tx.jobs.ask(JobKind.IMPORT)
    assert house.worker.engine.live() == {house.job("import").run_id}
