"""An import that is left to the daemon: what a person sees of it."""

from __future__ import annotations

import datetime as dt

import pytest

from exempt.model.imports import ImportState
from exempt.services.importing import applying, runs, walking
from exempt.services.job_ports import WorkerRow
from support.desk import Desk
from support.imports import billing, write
from support.owed import begin, waiting_jobs
from support.records import NOW, act


@pytest.fixture
def path(desk: Desk) -> str:
    """A file with two new customers."""
    return str(write(desk.folder / "new.csv", billing("C-3", "Cog"), billing("C-4", "Dot")))


def state(desk: Desk) -> ImportState:
    with desk.erp.world.store.reading() as tx:
        return runs.get(tx, 1).state


def test_an_import_is_left_to_the_daemon(desk: Desk, path: str) -> None:
    begin(desk.erp.world, *waiting_jobs(desk.erp.world))
    said = desk.run("customers", "import", path, "--apply", "--background")
    assert "All looks good!" in said
    assert "Import 1 of new.csv is left to the daemon." in said
    assert "exempt imports show 1    how far it is" in said
    assert "No daemon runs: start exempt run, or exempt imports resume 1." in said
    assert state(desk) is ImportState.APPLYING
    assert waiting_jobs(desk.erp.world) == ["import"]
    assert desk.json("customers", "list")["total"] == 2, "nobody is at it yet"


def test_it_shows_how_far_it_is(desk: Desk, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.run("customers", "import", path, "--apply", "--background")
    assert "applying, 0 %" in desk.run("imports", "list")
    monkeypatch.setattr(walking, "CARDS", 1)

    def stop(_rows: int, _part: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        applying.resume(desk.erp.world.store, 1, act(), told=stop)
    assert "applying, 50 %" in desk.run("imports", "list")
    assert "State       applying, 50 %" in desk.run("imports", "show", "1")
    applying.resume(desk.erp.world.store, 1, act())
    assert "applied" in desk.run("imports", "list")
    assert desk.json("customers", "list")["total"] == 4


def test_where_a_daemon_runs_nothing_more_is_to_be_done(desk: Desk, path: str) -> None:
    worker = WorkerRow("w1", "host", 1, "1.0", 1, NOW, NOW - dt.timedelta(seconds=3))
    with desk.erp.world.store.writing() as tx:
        tx.workers.tick(worker)
    said = desk.run("customers", "import", path, "--apply", "--background")
    assert "No daemon runs" not in said


def test_whoever_leaves_it_twice_leaves_it_once(desk: Desk, path: str) -> None:
    first = desk.json("customers", "import", path, "--apply", "--background")
    second = desk.json("customers", "import", path, "--apply", "--background")
    assert first["import"]["id"] == second["import"]["id"] == 1
    assert second["import"]["state"] == "applying"
    assert "Import 1 of new.csv is applied." in desk.run("imports", "resume", "1")


def test_what_has_to_be_confirmed_must_be_so_here_too(desk: Desk) -> None:
    path = str(write(desk.folder / "b.csv", billing("C-1", "Acme", email=None), billing("", "X")))
    refused = desk.refused("customers", "import", path, "--apply", "--background")
    assert "1 of 2 rows cannot go in" in refused
    refused = desk.refused(
        "customers", "import", path, "--apply", "--background", "--skip-bad-rows"
    )
    assert "blank cells would erase 1 field" in refused
    assert state(desk) is ImportState.CHECKED


def test_the_command_to_type_next_keeps_it(desk: Desk, path: str) -> None:
    said = desk.run("customers", "import", path, "--background")
    assert f"exempt customers import {path} --apply --background" in said
    assert state(desk) is ImportState.CHECKED
