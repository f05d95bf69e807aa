"""How everything is, told from what stands in the tables."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from exempt.services.health import ConnectionHealth, Health, look
from exempt.services.job_ports import JobKind, WorkerRow
from support.records import NOW, customer, order
from support.webhooks import event, hooked
from support.world import World

MINUTE = dt.timedelta(minutes=1)


def looked(world: World, version: str | None = "0008") -> Health:
    """How the world is; it needs a database of version 0008."""
    return look(world.store, lambda: version, "0008", lambda: world.now)


def tick(world: World, name: str = "w1", **changes: Any) -> None:
    """Let a worker give a sign of life."""
    row = WorkerRow(name, "here", 1, "0.1", 100_000_000, NOW, world.now)
    with world.store.writing() as tx:
        tx.workers.tick(row._replace(**changes))


def test_nothing_runs_yet(any_world: World) -> None:
    health = looked(any_world)
    assert not health.ready
    assert health.problems == ("no worker runs: start exempt run, or exempt worker",)
    assert health[3:] == ((), (), None, (), ())


def test_ready_while_a_worker_lives(any_world: World) -> None:
    tick(any_world)
    assert looked(any_world).ready
    any_world.now += MINUTE
    assert looked(any_world).problems == ("no worker gave a sign of life for 60 s: see its log",)
    tick(any_world, "w2")
    assert looked(any_world).ready
    assert [worker.name for worker in looked(any_world).workers] == ["w1", "w2"]


def test_a_worker_that_was_stopped_does_not_count(world: World) -> None:
    tick(world, stopped_at=NOW)
    assert not looked(world).ready
    assert looked(world).workers == ()


@pytest.mark.parametrize("version", ["0003", "0009", None])
def test_a_database_of_another_version_is_not_looked_into(
    world: World, version: str | None
) -> None:
    tick(world)
    health = looked(world, version)
    assert not health.ready
    assert (health.version, len(health.problems), health.workers) == (version, 1, ())


def test_a_database_that_is_away_is_an_error(world: World) -> None:
    def away() -> str:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        look(world.store, away, "0008", lambda: NOW)


# --- what waits --------------------------------------------------------------------------


def test_a_webhook_that_nobody_follows(any_world: World) -> None:
    shop = hooked(any_world)
    shop.send(event("e-1", "O-1"))
    any_world.now += 2 * MINUTE
    shop.send(event("e-2", "O-2"))
    health = looked(any_world)
    assert (health.waiting, health.waits) == (("webhook:shop",), 2 * MINUTE)


def test_a_delivery_that_nobody_writes(any_world: World) -> None:
    erp = any_world.connect("erp")
    erp.remote.put(customer(), order(tax_applicable=False))
    erp.sync(write_back=False)
    any_world.now += 3 * MINUTE
    health = looked(any_world)
    assert "push:erp" in health.waiting
    assert health.waits == 3 * MINUTE
    (connection,) = health.connections
    assert (connection.owed, connection.dead) == (1, 0)


def test_a_job_whose_time_came_and_whom_nobody_asked_for(world: World) -> None:
    with world.store.writing() as tx:
        tx.jobs.plan(JobKind.DAILY, None, NOW)
        tx.jobs.plan(JobKind.IMPORT, None, NOW + MINUTE)
    health = looked(world)
    assert (health.waiting, health.waits) == (("daily",), dt.timedelta())


def test_of_a_job_that_was_just_asked_for_nobody_knows_how_long_it_waits(world: World) -> None:
    with world.store.writing() as tx:
        tx.jobs.ask(JobKind.UPKEEP)
    health = looked(world)
    assert (health.waiting, health.waits) == (("upkeep",), None)


def test_a_job_that_goes_on_does_not_wait(world: World) -> None:
    with world.store.writing() as tx:
        tx.jobs.ask(JobKind.DAILY)
        tx.jobs.begin("daily", "w1", NOW)
    with world.store.writing() as tx:
        tx.jobs.ask(JobKind.DAILY)
    assert looked(world).waiting == ()


# --- what needs a person -----------------------------------------------------------------


def test_connections_and_what_is_wrong_with_them(any_world: World) -> None:
    erp, shop = any_world.connect("erp"), any_world.connect("shop")
    erp.remote.put(customer(), order(tax_applicable=False))
    with any_world.store.writing() as tx:
        tx.connections.pause(shop.row.id, "the books are closed", NOW, by="anna")
        tx.jobs.ask(JobKind.PULL, erp.row.id)
        tx.jobs.begin("pull:erp", "w1", NOW)
        tx.jobs.end("pull:erp", NOW)
        tx.jobs.ask(JobKind.PUSH, erp.row.id)
        tx.jobs.begin("push:erp", "w1", NOW)
        tx.jobs.end("push:erp", NOW, problem="erp: gives no answer", next_at=NOW + MINUTE)
    health = looked(any_world)
    assert health.connections == (
        ConnectionHealth("erp", None, None, NOW, 0, 0),
        ConnectionHealth("shop", "the books are closed", "anna", None, 0, 0),
    )
    assert [(job.name, job.problem) for job in health.failing] == [
        ("push:erp", "erp: gives no answer")
    ]
    assert health.waiting == (), "it comes again by itself"
