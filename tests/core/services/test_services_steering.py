"""A person pauses a connection, lets it go on, and has it run now."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from exempt import Capability
from exempt.errors import ConfigError, RefusedError, TransientError
from exempt.services import duties
from exempt.services.job_ports import JobKind
from exempt.services.rows import ConnectionRow
from exempt.services.running import Duty, Ended, run_job, tick
from exempt.services.steering import pause, resume, run_now
from exempt.services.sync import Job, rehearse_sync, stop_when_paused, sync
from support.fake_connector import WRITES_ORDERS
from support.owed import sell, waiting_jobs
from support.records import DAY, NOW, order
from support.stores import everything
from support.world import Source, World


def row_of(world: World, name: str = "erp") -> ConnectionRow:
    with world.store.reading() as tx:
        return next(row for row in tx.connections.all() if row.name == name)


def by_now(source: Source) -> Source:
    """The same connection, as the store knows it now."""
    source.row = row_of(source.world, source.row.name)
    return source


def stopping_when_paused(source: Source) -> Job:
    """A run as the daemon and the command line make them."""
    stop = stop_when_paused(source.world.store, source.row, lambda: False)
    return source.job(page_size=1, stop=stop)


def pause_it(world: World) -> None:
    pause(world.store, row_of(world), "stocktaking", world.act())


# --- paused ------------------------------------------------------------------------------


def test_a_connection_is_paused_by_somebody_for_a_reason(any_world: World) -> None:
    any_world.connect("erp")
    pause(any_world.store, row_of(any_world), " stock\ntaking ", any_world.act())
    row = row_of(any_world)
    assert (row.paused_by, row.paused_reason, row.paused_at) == ("anna", "stock taking", NOW)


@pytest.mark.parametrize("reason", ["", " \n", "x" * 501])
def test_a_pause_needs_a_reason(world: World, erp: Source, reason: str) -> None:
    with pytest.raises(RefusedError, match="erp: a pause has a reason"):
        pause(world.store, row_of(world), reason, world.act())
    assert row_of(world).paused_reason is None


def test_nobody_takes_anothers_pause_away(world: World, erp: Source) -> None:
    pause_it(world)
    with pytest.raises(RefusedError, match="erp: is paused by anna already: stocktaking"):
        pause(world.store, row_of(world), "my reason", world.act()._replace(by="bea"))
    assert row_of(world).paused_by == "anna"


@pytest.mark.parametrize("run", [sync, rehearse_sync], ids=["a sync", "a rehearsal"])
def test_nothing_is_read_from_it_nor_written_to_it(
    world: World, erp: Source, run: Callable[[Job], object]
) -> None:
    sell(erp, "O-1")
    world.certify("Acme", "TX")
    erp.remote.put(order("O-2"))
    pause_it(world)
    asked = len(erp.remote.fetched)
    before = everything(world.store)
    done = run(by_now(erp).job())
    assert str(getattr(done, "problem", None)) == (
        "erp: is paused by anna (stocktaking): exempt connections resume erp lets it go on"
    )
    assert (len(erp.remote.fetched), erp.remote.pushed) == (asked, [])
    assert everything(world.store) == before


def pause_in_the_middle(erp: Source) -> None:
    """Let somebody pause it while the second page of many is fetched."""
    erp.remote.put(*(order(f"O-{n}") for n in range(30)))

    def meanwhile(_hook: str) -> None:
        if len(erp.remote.fetched) == 2:
            erp.remote.before = lambda _hook: None
            pause_it(erp.world)

    erp.remote.before = meanwhile


def test_a_run_that_goes_on_ends_with_the_pages_at_hand(world: World, erp: Source) -> None:
    pause_in_the_middle(erp)
    done = sync(stopping_when_paused(erp))
    assert "is paused by anna" in str(done.problem)
    stored = erp.stored(*(f"O-{n}" for n in range(30)))
    assert 1 <= len(stored) <= 4, "the pages at hand, and no other"
    assert len(erp.remote.fetched) <= 5
    assert erp.remote.fetched[-1][1].ids is None, "nor are unknown customers looked up"
    assert erp.remote.pushed == []
    assert row_of(world).paused_by == "anna", "the end of the run does not end the pause"


def test_what_the_daemon_is_at_ends_too_and_comes_again(erp: Source) -> None:
    pause_in_the_middle(erp)
    assert duties.pull(stopping_when_paused(erp)).again
    assert len(erp.remote.fetched) <= 5


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(ConfigError("erp: the key was refused"), id="the run fails for good"),
        pytest.param(TransientError("busy"), id="the run fails"),
        pytest.param(None, id="the run succeeds"),
    ],
)
def test_what_a_person_paused_meanwhile_stays_so(
    world: World, erp: Source, fault: Exception | None
) -> None:
    erp.remote.put(order("O-1"))

    def meanwhile(hook: str) -> None:
        erp.remote.before = lambda _hook: None
        pause_it(world)
        if fault:
            raise fault

    erp.remote.before = meanwhile
    sync(erp.job())
    row = row_of(world)
    assert (row.paused_by, row.paused_reason) == ("anna", "stocktaking")


def test_a_probe_does_not_end_what_a_person_paused(world: World, erp: Source) -> None:
    with world.store.writing() as tx:
        tx.connections.pause(erp.row.id, "erp: the key was refused", NOW)
    erp.remote.before = lambda _hook: pause_it(world)
    duties.probe(world.store, row_of(world), erp.open(), NOW)
    assert row_of(world).paused_by == "anna"


# --- resumed -----------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["anna", None], ids=["whom a person paused", "what an error paused"])
def test_who_is_resumed_does_what_waited(any_world: World, by: str | None) -> None:
    any_world.connect("erp", WRITES_ORDERS | {Capability.WEBHOOKS})
    with any_world.store.writing() as tx:
        tx.connections.pause(row_of(any_world).id, "a reason", NOW, by)
        tx.jobs.plan(JobKind.PROBE, row_of(any_world).id, NOW + DAY)
    resume(any_world.store, row_of(any_world), any_world.act()._replace(by="bea"))
    row = row_of(any_world)
    assert (row.paused_reason, row.paused_by, row.paused_at) == (None, None, None)
    assert waiting_jobs(any_world) == ["pull:erp", "push:erp", "webhook:erp"]
    with any_world.store.reading() as tx:
        probe = tx.jobs.get("probe:erp")
    assert probe is not None
    assert probe.next_at is None, "there is nothing to look at again"


def test_what_goes_on_already_is_not_resumed(world: World, erp: Source) -> None:
    with pytest.raises(RefusedError, match="erp: is not paused"):
        resume(world.store, row_of(world), world.act())
    assert waiting_jobs(world) == []


def test_a_sync_that_ends_an_errors_pause_lets_webhooks_be_followed(
    world: World, erp: Source
) -> None:
    """They waited, and are the one thing that a sync does not do itself."""
    with world.store.writing() as tx:
        tx.connections.pause(erp.row.id, "erp: the key was refused", NOW)
    known = by_now(erp).row
    erp.row = known._replace(capabilities=known.capabilities | {Capability.WEBHOOKS})
    erp.sync()
    assert row_of(world).paused_reason is None
    assert waiting_jobs(world) == ["webhook:erp"]
    with world.store.writing() as tx:
        tx.jobs.begin("webhook:erp", "w1", NOW)
    erp.row = erp.row._replace(paused_reason=None)
    erp.sync()
    assert waiting_jobs(world) == [], "an ordinary sync asks for nothing"


# --- run now -----------------------------------------------------------------------------


def test_a_run_is_asked_for_and_found_by_a_worker(any_world: World) -> None:
    """Who asks has no engine: the next tick of any worker carries it on."""
    any_world.connect("erp")
    kinds = run_now(any_world.store, row_of(any_world))
    assert kinds == [JobKind.PULL, JobKind.PUSH]
    carried: list[str] = []
    any_world.store.enqueue = lambda _connection, _run_id, job: carried.append(job)
    duty = Duty(any_world.store, lambda: NOW, "w1", lambda _job, _after: None, {})
    assert tick(duty) == 2
    assert tick(duty) == 0, "they are on their way"
    assert sorted(carried) == ["pull:erp", "push:erp"]


def test_a_run_that_goes_on_already_comes_once_more(any_world: World) -> None:
    any_world.connect("erp")
    carried: list[str] = []
    any_world.store.enqueue = lambda _connection, _run_id, job: carried.append(job)
    run_now(any_world.store, row_of(any_world))
    with any_world.store.writing() as tx:
        tx.jobs.begin("pull:erp", "w1", NOW)
    any_world.store.enqueue = None
    run_now(any_world.store, row_of(any_world))
    with any_world.store.reading() as tx:
        assert [job.name for job in tx.jobs.overdue(NOW)] == ["pull:erp"], "push waits anyway"


@pytest.mark.parametrize("idle", [True, False], ids=["as it is paused", "although it is not"])
def test_a_run_that_did_nothing_is_no_success(any_world: World, idle: bool) -> None:
    """Whoever watches that a connection is read must be able to go by the last success."""
    any_world.connect("erp")
    run_now(any_world.store, row_of(any_world))
    doing = {JobKind.PULL: lambda _job: Ended(idle=idle)}
    run_job(Duty(any_world.store, lambda: NOW, "w1", lambda _job, _at: None, doing), "pull:erp")
    with any_world.store.reading() as tx:
        job = tx.jobs.get("pull:erp")
    assert job is not None
    assert job.ended_at == NOW
    assert job.succeeded_at == (None if idle else NOW)


@pytest.mark.parametrize(
    ("by", "said"),
    [
        pytest.param("anna", r"erp: is paused by anna \(closed\)", id="by a person"),
        pytest.param(None, r"erp: is paused \(closed\)", id="by an error"),
    ],
)
def test_what_is_paused_is_not_run(world: World, erp: Source, by: str | None, said: str) -> None:
    with world.store.writing() as tx:
        tx.connections.pause(erp.row.id, "closed", NOW, by)
    with pytest.raises(RefusedError, match=f"{said}: mend that, then exempt connections resume"):
        run_now(world.store, row_of(world))
    assert waiting_jobs(world) == []
