"""Runs are carried to one worker each, and to another when that one dies."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from threading import Barrier, Event
from typing import Any

import pytest

from exempt.adapters.engine.engine import Engine
from exempt.adapters.store.store import SqlStore
from exempt.services.job_ports import JobKind
from support.work import AT_ONCE, LONG, Work


def test_a_run_whose_transaction_is_committed_is_done_once(work: Work) -> None:
    work.enqueue("pull:erp:1")
    assert work.engine.live() == {"pull:erp:1"}
    work.start()
    assert work.next() == "pull:erp"
    assert work.nothing_more()
    work.enqueue("push:erp:1")
    assert work.next() == "push:erp"
    assert work.nothing_more()


def test_a_run_whose_transaction_is_rolled_back_is_never_done(work: Work, store: SqlStore) -> None:
    work.start()
    with pytest.raises(KeyError), store.database.writing() as connection:
        work.ask(connection, "pull:erp:1")
        raise KeyError
    assert work.engine.live() == set()
    work.enqueue("pull:erp:2")
    assert work.next() == "pull:erp"
    assert work.nothing_more()


def test_a_run_begins_only_when_its_transaction_is_committed(work: Work, store: SqlStore) -> None:
    work.start()
    with store.database.writing() as connection:
        work.ask(connection, "pull:erp:1")
        if not store.database.is_sqlite:  # there nobody else can write meanwhile
            work.enqueue("push:erp:1")
            assert work.next() == "push:erp"
        assert work.did.empty()
    assert work.next() == "pull:erp"


def test_a_run_that_comes_twice_is_one(work: Work) -> None:
    work.start()
    work.enqueue("pull:erp:1")
    assert work.next() == "pull:erp"
    work.until(lambda: not work.engine.live())
    work.enqueue("pull:erp:1", "push:erp:1")
    assert work.next() == "push:erp"
    assert work.nothing_more()


def test_a_job_that_was_forgotten_and_made_again_is_done_again(work: Work, store: SqlStore) -> None:
    """Of a connection that was taken out of the settings and put back: its runs have new ids."""
    store.enqueue = work.engine.enqueue
    work.start()
    for _ in range(2):
        with store.writing() as tx:
            tx.jobs.ask(JobKind.IMPORT)
        assert work.next() == "import"
        work.until(lambda: not work.engine.live())
        with store.writing() as tx:
            tx.jobs.remove(["import"])


def test_one_run_of_a_job_at_a_time_and_several_jobs_side_by_side(work: Work) -> None:
    together, inside = Barrier(2), []

    def during(job: str) -> None:
        assert job not in inside
        inside.append(job)
        together.wait(LONG)
        inside.remove(job)

    work.during = during
    work.enqueue("a:1", "a:2", "a:3", "b:1", "b:2", "b:3")
    work.start()
    did = [work.next() for _ in range(6)]
    assert sorted(did) == ["a", "a", "a", "b", "b", "b"]
    assert work.nothing_more()
    assert work.rows("SELECT DISTINCT status FROM workflow_status") == [("SUCCESS",)]


def test_so_many_runs_at_once_as_it_was_told_and_hardly_more(work: Work) -> None:
    inside, most = [], [0]
    full = Barrier(AT_ONCE)

    def during(job: str) -> None:
        inside.append(job)
        most[0] = max(most[0], len(inside))
        full.wait(LONG)
        inside.remove(job)

    work.during = during
    count = 8 * AT_ONCE
    work.enqueue(*(f"job-{number}:1" for number in range(count)))
    work.start()
    assert len({work.next() for _ in range(count)}) == count
    assert AT_ONCE <= most[0] <= 2 * AT_ONCE


def test_a_run_that_fails_is_over_and_stops_no_other(work: Work) -> None:
    def during(job: str) -> None:
        if job == "bad":
            raise ValueError("a slip")

    work.during = during
    work.start()
    work.enqueue("bad:1", "good:1")
    assert work.next() == "good"
    assert work.nothing_more()
    work.enqueue("bad:2", "good:2")
    assert work.next() == "good"


def test_what_is_stored_is_text_that_anybody_can_read_and_nobody_can_run(work: Work) -> None:
    """The library's default is pickle: whoever can write the database could run code."""
    work.enqueue("pull:erp:1")
    work.start()
    assert work.next() == "pull:erp"
    work.until(lambda: not work.engine.live())
    ((inputs,),) = work.rows("SELECT inputs FROM workflow_input")
    assert json.loads(inputs)["positionalArgs"] == ["pull:erp"]
    ((serialization,),) = work.rows("SELECT serialization FROM workflow_status")
    assert serialization == "portable_json"
    for (output,) in work.rows("SELECT output FROM workflow_output"):
        json.loads(output)


def test_it_can_be_stopped_and_started_again_under_another_name(work: Work) -> None:
    work.start("w1")
    work.enqueue("a:1")
    assert work.next() == "a"
    work.stop(10)
    work.stop(10)
    work.enqueue("b:1")
    assert work.engine.live() == {"b:1"}, "nobody takes it now"
    work.start("w2")
    assert work.next() == "b"


def test_a_stop_waits_for_what_goes_on(work: Work) -> None:
    began, go_on = Event(), Event()

    def during(_job: str) -> None:
        began.set()
        go_on.wait(0.3)

    work.during = during
    work.start()
    work.enqueue("a:1")
    assert began.wait(LONG)
    work.stop(30)
    assert work.did.get_nowait() == "a"
    assert work.engine.live() == set()


# --- workers that die ----------------------------------------------------------------------------

DIES = """
import os, sys, threading
from exempt.adapters.engine.engine import Engine
engine = Engine(sys.argv[1])
engine.start(sys.argv[2], lambda job: os._exit(9), at_once=4)
engine.pace(busy=True)
threading.Event().wait(60)
"""


def die(work: Work, store: SqlStore, name: str, *runs: str) -> None:
    """Let a worker take these runs, and be gone."""
    work.enqueue(*runs)
    dead = subprocess.run([sys.executable, "-c", DIES, store.database.url, name], check=False)
    assert dead.returncode == 9
    assert work.engine.live() == set(runs)


def held_by(*names: str) -> Callable[[str], AbstractContextManager[bool]]:
    """These workers live."""
    return lambda name: nullcontext(name not in names)


@pytest.mark.crash
def test_what_a_dead_worker_had_begun_is_taken_over(work: Work, store: SqlStore) -> None:
    die(work, store, "w-dead", "pull:erp:1")
    work.start("w2")
    work.enqueue("pull:shop:1")
    assert work.next() == "pull:shop"
    work.until(lambda: work.engine.live() == {"pull:erp:1"})  # nobody knows yet that it is dead
    assert work.engine.adopt(held_by("w-dead")) == 0
    assert work.engine.adopt(held_by()) == 1
    assert work.next() == "pull:erp"
    assert work.nothing_more()
    assert work.engine.adopt(held_by()) == 0


@pytest.mark.crash
def test_a_worker_that_comes_back_goes_on_by_itself(work: Work, store: SqlStore) -> None:
    die(work, store, "w-back", "pull:erp:1")
    work.start("w-back")
    assert work.next() == "pull:erp"
    assert work.nothing_more()


def begun_by(work: Work, name: str, run: str) -> None:
    """Let it seem that a worker is at a run."""
    work.change(
        f"UPDATE workflow_status SET status = 'PENDING', executor_id = '{name}'"  # noqa: S608
        f" WHERE workflow_uuid = '{run}'"
    )


def test_what_the_living_and_it_itself_are_at_is_left_alone(work: Work) -> None:
    go_on = Event()
    work.during = lambda _job: go_on.wait(LONG)
    work.start("w1")
    work.enqueue("own:1")
    work.until(lambda: work.rows("SELECT status FROM workflow_status") == [("PENDING",)])
    work.enqueue("alive:1", "dead:1")
    begun_by(work, "w-alive", "alive:1")
    begun_by(work, "w-dead", "dead:1")
    asked: list[str] = []

    def hold(name: str) -> AbstractContextManager[bool]:
        asked.append(name)
        return nullcontext(name == "w-dead")

    work.during = lambda _job: None
    assert work.engine.adopt(hold) == 1
    assert asked == ["w-alive", "w-dead"]
    assert work.next() == "dead"
    work.until(lambda: work.engine.live() == {"own:1", "alive:1"})
    go_on.set()
    assert work.next() == "own"


def test_while_a_dead_worker_had_a_run_of_a_job_no_other_run_of_it_begins(work: Work) -> None:
    work.enqueue("a:1", "a:2", "b:1")
    begun_by(work, "w-dead", "a:1")
    work.start("w1")
    assert work.next() == "b"
    work.until(lambda: work.engine.live() == {"a:1", "a:2"})
    assert work.engine.adopt(held_by()) == 1
    assert [work.next(), work.next()] == ["a", "a"]
    assert work.nothing_more()


# --- what is known of runs -----------------------------------------------------------------------


def test_only_what_ended_before_is_forgotten(work: Work) -> None:
    work.enqueue("old:1", "failed:1", "new:1", "begun:1", "waiting:1")
    work.change("UPDATE workflow_status SET created_at = 5000")
    begun_by(work, "w-other", "begun:1")
    for run, status, moment in (
        ("old:1", "SUCCESS", 9000),
        ("failed:1", "ERROR", 9001),
        ("new:1", "SUCCESS", 11_000),
    ):
        work.change(
            f"UPDATE workflow_status SET status = '{status}', completed_at = {moment}"  # noqa: S608
            f" WHERE workflow_uuid = '{run}'"
        )
    assert work.engine.forget(8) == 0, "however long ago they were asked for"
    assert work.engine.forget(10) == 2
    for table in ("workflow_status", "workflow_input"):
        left = {row[0] for row in work.rows(f"SELECT workflow_uuid FROM {table}")}  # noqa: S608
        assert left == {"new:1", "begun:1", "waiting:1"}
    assert work.engine.forget(12) == 1
    assert work.engine.live() == {"begun:1", "waiting:1"}


def test_many_are_forgotten(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exempt.adapters.engine.engine._AT_ONCE", 3)
    work.enqueue(*(f"a:{number}" for number in range(7)))
    work.change("UPDATE workflow_status SET status = 'SUCCESS', completed_at = 9000")
    assert work.engine.forget(10) == 7
    assert work.rows("SELECT 1 FROM workflow_status") == []


# --- its tables ----------------------------------------------------------------------------------

PREPARE = """
import sys
from pathlib import Path
from exempt.wiring import Exempt
from exempt.wiring.worker import prepared
exempt = Exempt(Path(sys.argv[1]))
prepared(exempt).close()
exempt.close()
"""


def test_its_tables_are_made_once_and_stay(work: Work) -> None:
    work.enqueue("a:1")
    Engine.prepare(str(work.engine._engine.url.render_as_string(hide_password=False)))
    assert work.engine.live() == {"a:1"}


@pytest.mark.crash
def test_two_processes_that_begin_at_once_make_its_tables_once(
    database_url: str, tmp_path: Any
) -> None:
    file = tmp_path / "exempt.toml"
    file.write_text(f'[exempt]\ndatabase = "{database_url}"\n', encoding="utf-8")
    command = [sys.executable, "-W", "error", "-c", PREPARE, str(file)]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    ended = [(process.communicate(timeout=LONG)[1], process.returncode) for process in processes]
    assert [code for _, code in ended] == [0, 0], ended
    engine = Engine(database_url)
    try:
        assert engine.live() == set()
    finally:
        engine.close()
