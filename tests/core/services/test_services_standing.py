"""There are jobs for what the settings connect, and for nothing else."""

from __future__ import annotations

import pytest

from exempt import ConfigError
from exempt.errors import ExemptError, SettingsError
from exempt.services.job_ports import OF_ALL, JobKind
from exempt.services.rows import ConnectionRow
from exempt.services.standing import make_jobs
from support.engines import ByHand
from support.fake_connector import MAILS, READS, WRITES
from support.records import NOW
from support.stores import connected, everything
from support.world import World

ALL = sorted(map(str, OF_ALL))


@pytest.fixture
def engine(any_world: World) -> ByHand:
    """What carries the runs of any world."""
    return ByHand(any_world.store)


def make(world: World, *names: str, **broken: ExemptError) -> list[str]:
    """Make the jobs of these connections; which jobs there are then."""
    make_jobs(world.store, {*names, *broken}, broken, NOW)
    with world.store.reading() as tx:
        return [job.name for job in tx.jobs.all()]


def carry_out(engine: ByHand, world: World) -> list[str]:
    """Begin and end whatever waits; of which jobs that was."""

    def run(name: str) -> None:
        with world.store.writing() as tx:
            tx.jobs.begin(name, "w1", NOW)
            tx.jobs.end(name, NOW)

    return sorted(engine.work(run))


def paused(world: World) -> tuple[str | None, str | None]:
    with world.store.reading() as tx:
        (row,) = tx.connections.all()
    return row.paused_reason, row.paused_by


def pause(world: World, row: ConnectionRow, reason: str, by: str | None = None) -> None:
    with world.store.writing() as tx:
        tx.connections.pause(row.id, reason, NOW, by)


def test_without_connections_there_is_what_is_done_for_all(
    any_world: World, engine: ByHand
) -> None:
    assert make(any_world) == ALL
    assert carry_out(engine, any_world) == ALL


def test_a_new_job_is_asked_for_at_once_and_a_known_one_not_again(
    any_world: World, engine: ByHand
) -> None:
    connected(any_world.store, "erp", capabilities=WRITES)
    connected(any_world.store, "post", capabilities=MAILS)
    jobs = sorted([*ALL, "pull:erp", "push:erp", "mail:post"])
    assert make(any_world, "erp", "post") == jobs
    assert carry_out(engine, any_world) == jobs
    before = everything(any_world.store)
    assert make(any_world, "erp", "post") == jobs
    assert everything(any_world.store) == before


def test_the_jobs_of_what_is_connected_no_more_are_forgotten(
    any_world: World, engine: ByHand
) -> None:
    connected(any_world.store, "erp", capabilities=WRITES)
    shop = connected(any_world.store, "shop", capabilities=WRITES)
    with any_world.store.writing() as tx:
        tx.jobs.plan(JobKind.PROBE, shop.id, NOW)
    make(any_world, "erp", "shop")
    carry_out(engine, any_world)
    assert make(any_world, "erp") == sorted([*ALL, "pull:erp", "push:erp"])
    connected(any_world.store, "erp", capabilities=READS)
    assert make(any_world, "erp") == sorted([*ALL, "pull:erp"]), "it cannot be written to any more"


def test_what_is_connected_again_runs_again(any_world: World, engine: ByHand) -> None:
    connected(any_world.store, "erp", capabilities=READS)
    ids = set()
    for names in (["erp"], [], ["erp"], [], ["erp"]):
        make(any_world, *names)
        ids |= {each for each in engine.run_ids() if each.startswith("pull:erp")}
        engine.lose()
    assert len(ids) == 3


def test_what_cannot_be_opened_is_paused_and_looked_at_again(
    any_world: World, engine: ByHand
) -> None:
    connected(any_world.store, "erp", capabilities=READS)
    assert "probe:erp" in make(any_world, erp=SettingsError("erp: KEY is not set"))
    assert paused(any_world) == ("erp: KEY is not set", None)
    assert "probe:erp" in carry_out(engine, any_world)
    make(any_world, erp=SettingsError("erp: KEY is not set either"))
    assert paused(any_world) == ("erp: KEY is not set", None)
    assert carry_out(engine, any_world) == ["probe:erp"], "each time a worker begins"


def test_what_an_error_paused_may_be_mended_by_now(any_world: World, engine: ByHand) -> None:
    erp = connected(any_world.store, "erp", capabilities=READS)
    make(any_world, "erp")
    carry_out(engine, any_world)
    pause(any_world, erp, "erp: refused")
    make(any_world, "erp")
    assert carry_out(engine, any_world) == ["probe:erp"]
    assert paused(any_world) == ("erp: refused", None), "that is for the probe to say"


@pytest.mark.parametrize("error", [None, ConfigError("erp: the key was refused")])
def test_what_a_person_paused_is_left_alone(
    any_world: World, engine: ByHand, error: ExemptError | None
) -> None:
    erp = connected(any_world.store, "erp", capabilities=READS)
    pause(any_world, erp, "the books are closed", "anna")
    jobs = make(any_world, erp=error) if error else make(any_world, "erp")
    assert "probe:erp" not in jobs
    assert paused(any_world) == ("the books are closed", "anna")


def test_what_was_never_opened_has_no_jobs(any_world: World, engine: ByHand) -> None:
    assert make(any_world, erp=ConfigError("erp: cannot be opened")) == ALL


def test_what_can_do_nothing_has_no_jobs(any_world: World, engine: ByHand) -> None:
    connected(any_world.store, "erp", capabilities=[])
    assert make(any_world, "erp") == ALL
