"""What people say on the command line is done by a worker that runs: a process without an engine.

An ERP refuses what it is owed, a person has it tried again; a connection is
paused and let go on; an import is left to the worker.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from exempt_erp_generic import sandbox as erp
from support.daemon import Daemon
from support.front import Answer, Front, fronts, let_through
from support.imports import billing, write

pytestmark = pytest.mark.crash

REFUSED = Answer(422)


def refuse_writes(method: str, _path: str) -> Answer | None:
    return REFUSED if method == "PATCH" else None


@pytest.fixture
def front() -> Iterator[Front]:
    with fronts(erp.Books()) as (front,):
        yield front


@pytest.fixture
def daemon(tmp_path: Path, database_url: str, front: Front) -> Iterator[Daemon]:
    """A worker that has read all, and written all that it is owed to."""
    settings = {"connector": "erp_generic", "write_back": True, "settings": front.settings}
    key = {"EXEMPT_SANDBOX_ERP_KEY": erp.KEY, "EXEMPT_USER": "anna"}
    with Daemon(tmp_path / "work", database_url, {"erp": settings}, key) as daemon:
        front.fault = refuse_writes
        daemon.worker("main")
        daemon.until(lambda: daemon.succeeded("pull:erp") and daemon.succeeded("push:erp"))
        yield daemon


def test_what_was_refused_is_tried_again_within_seconds(daemon: Daemon, front: Front) -> None:
    dead = daemon.deliveries("erp", "dead")
    assert dead > 1
    first = daemon.json("deliveries", "list", "--state", "dead", "--limit", "1")["deliveries"][0]
    assert first["outcome"] == "rejected"
    front.fault = let_through
    assert daemon.json("deliveries", "drop", str(first["id"]), "--reason", "by phone")
    assert daemon.json("deliveries", "retry", "--all") == {"again": dead - 1, "left": []}
    daemon.until(lambda: daemon.deliveries("erp", "sent") == dead - 1)
    assert len(front.written()) == dead - 1
    assert set(front.books.applied.values()) == {1}
    assert first["external_id"] not in {no for no, _key in front.written()}
    assert "No daemon runs" not in daemon.run("jobs")


def test_a_paused_connection_is_left_alone_until_it_is_let_go_on(
    daemon: Daemon, front: Front
) -> None:
    front.fault = let_through
    daemon.run("deliveries", "retry", "--all")
    daemon.until(lambda: not daemon.deliveries("erp", "pending"))
    daemon.run("connections", "pause", "erp", "--reason", "stocktaking")
    wrong = front.muddle(daemon.clock.forward(minutes=1))
    calls = len(front.calls)
    at = daemon.clock.forward(minutes=20)
    daemon.until(lambda: (job := daemon.job("pull:erp")) and job.ended_at and job.ended_at >= at)
    assert not daemon.succeeded("pull:erp", at), "nothing was read, so it did not succeed"
    assert "is paused by anna (stocktaking)" in daemon.run("sync", code=1)
    assert "is paused by anna (stocktaking)" in daemon.run("connections", "run", "erp", code=1)
    assert len(front.calls) == calls
    assert daemon.json("connections", "list")[0]["state"] == "paused by anna"
    written = len(front.written())
    daemon.run("connections", "resume", "erp")
    daemon.until(lambda: len(front.written()) == written + wrong)
    daemon.until(lambda: daemon.succeeded("pull:erp", at))


def test_what_is_asked_for_is_done_now(daemon: Daemon, front: Front) -> None:
    """A connection is read whatever its schedule says, and an import is applied."""
    calls = front.count("GET", "/orders?")
    daemon.run("connections", "run", "erp")
    rows = (billing(f"I-{n}", f"Imported {n}", city="Austin") for n in range(30))
    path = str(write(daemon.folder / "customers.csv", *rows))
    said = daemon.run("customers", "import", path, "--apply", "--background")
    assert "is left to the daemon." in said
    assert "No daemon runs" not in said
    daemon.until(lambda: daemon.one("SELECT state FROM import_run") == "applied")
    daemon.until(lambda: front.count("GET", "/orders?") > calls)
    assert daemon.json("customers", "show", "I-29")["name"] == "Imported 29"
    (worker,) = daemon.json("status")["daemon"]["workers"]
    assert (worker["name"], worker["silent"]) == ("main", False)
    assert worker["memory"] > 1_000_000
