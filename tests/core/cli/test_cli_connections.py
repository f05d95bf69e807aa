"""Connections and jobs on the command line: listed, paused, resumed, run now."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from exempt import Outcome
from exempt.services.job_ports import JobKind, WorkerRow
from exempt.services.steering import pause
from exempt.wiring import Exempt
from support.desk import Desk
from support.fake_connector import MAILS
from support.owed import waiting_jobs
from support.records import NOW, order
from support.stores import MINUTE
from support.workspace import Workspace
from support.world import Source

SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def mail(desk: Desk) -> Source:
    """A connection that only mails."""
    return desk.erp.world.connect("mail", MAILS)


@pytest.fixture
def settled(desk: Desk, mail: Source) -> Desk:
    """An ERP, which is owed a status, and a connection that only mails."""
    desk.add("--number", "N-1")
    desk.connections = {
        "erp": {"connector": "fake", "write_back": True},
        "mail": {"connector": "fake"},
    }
    desk.write_settings()
    return desk


def works(desk: Desk, name: str = "w1", seen: dt.datetime = NOW, **changes: Any) -> None:
    """Let a worker have given a sign of life."""
    worker = WorkerRow(name, "host-7", 42, "1.0", 123_456_789, NOW - MINUTE, seen)
    with desk.erp.world.store.writing() as tx:
        tx.workers.tick(worker._replace(**changes))


def ran(
    desk: Desk, kind: JobKind, connection_id: int | None = None, *,
    problem: str | None = None, times: int = 1, again: dt.datetime | None = None,
) -> None:  # fmt: skip
    """Let a job have run so often."""
    for _ in range(times):
        with desk.erp.world.store.writing() as tx:
            tx.jobs.ask(kind, connection_id)
        with desk.erp.world.store.writing() as tx:
            (name,) = [j.name for j in tx.jobs.all() if j.waiting and j.kind is kind]
            tx.jobs.begin(name, "w1", NOW - MINUTE)
            tx.jobs.end(name, NOW, problem=problem, next_at=again)


def served(desk: Desk) -> None:
    """Let nothing be asked for any more."""
    with desk.erp.world.store.writing() as tx:
        for job in tx.jobs.all():
            tx.jobs.begin(job.name, "w1", NOW)
            tx.jobs.end(job.name, NOW)


def line(said: str, word: str) -> str:
    """The first line with that word."""
    return next(" ".join(each.split()) for each in said.splitlines() if word in each)


# --- connections list --------------------------------------------------------------------


def test_connections_are_listed_with_how_they_are(settled: Desk) -> None:
    said = settled.run("connections", "list")
    assert line(said, "erp") == "erp fake northwind every 15 minutes ok 2026-11-20 12:00 1 –"
    assert line(said, "mail") == "mail fake northwind – ok never – –"
    assert "No daemon runs: start exempt run" in said
    found = settled.json("connections", "list")
    assert [(one["name"], one["state"], one["schedule"]) for one in found] == [
        ("erp", "ok", "15m"), ("mail", "ok", "15m"),
    ]  # fmt: skip
    assert found[0]["deliveries"] == {"pending": 1}


def test_a_schedule_of_its_own(settled: Desk) -> None:
    settled.connections["erp"]["schedule"] = "0 6 * * 1-5"  # type: ignore[index]
    settled.write_settings()
    assert "erp fake northwind 0 6 * * 1-5 (UTC) ok" in line(
        settled.run("connections", "list"), "erp"
    )
    settled.write_settings(schedule="never")
    assert "erp fake northwind never ok" in line(settled.run("connections", "list"), "erp")


def test_one_that_was_never_used_and_one_that_is_not_in_the_settings(settled: Desk) -> None:
    settled.connections = {"shop": {"connector": "fake"}}
    settled.write_settings()
    said = settled.run("connections", "list")
    assert line(said, "shop") == "shop fake northwind every 15 minutes never used never – –"
    assert line(said, "erp") == "erp fake – not in the settings 2026-11-20 12:00 1 –"


def test_one_that_fails_or_works_right_now(settled: Desk) -> None:
    works(settled)
    erp = settled.erp.row.id
    ran(settled, JobKind.PUSH, erp, problem="erp: cannot be reached", times=3)
    said = settled.run("connections", "list")
    assert "failed 3 times: erp: cannot be reached" in line(said, "erp")
    assert "No daemon runs" not in said
    assert settled.json("connections", "list")[0]["failing"] == ["push:erp"]
    ran(settled, JobKind.PUSH, erp)
    with settled.erp.world.store.writing() as tx:
        tx.jobs.ask(JobKind.PULL, erp)
        tx.jobs.begin("pull:erp", "w1", NOW)
    assert "ok, pull going on" in line(settled.run("connections", "list"), "erp")


# --- pause, resume, run ------------------------------------------------------------------


def test_a_connection_is_paused_and_let_go_on(settled: Desk) -> None:
    said = settled.run("connections", "pause", "erp", "--reason", "stocktaking")
    assert "erp is paused. To let it go on:" in said
    assert "exempt connections resume erp" in said
    listed = settled.run("connections", "list")
    assert "paused by anna" in line(listed, "erp")
    assert "! erp is paused by anna since 2026-11-20 12:00: stocktaking" in listed
    assert "exempt connections resume erp    lets it go on" in listed
    assert "is paused by anna already" in settled.refused(
        "connections", "pause", "erp", "--reason", "more"
    )
    assert "erp: is paused by anna (stocktaking)" in settled.refused("connections", "run", "erp")
    assert "erp goes on." in settled.run("connections", "resume", "erp")
    assert "erp: is not paused" in settled.refused("connections", "resume", "erp")
    assert "ok" in line(settled.run("connections", "list"), "erp")


def test_one_that_an_error_paused(settled: Desk) -> None:
    with settled.erp.world.store.writing() as tx:
        tx.connections.pause(settled.erp.row.id, "erp: the key was refused", NOW)
    listed = settled.run("connections", "list")
    assert "paused by an error" in line(listed, "erp")
    assert "! erp is paused since 2026-11-20 12:00: erp: the key was refused" in listed
    assert "exempt check erp    once it is mended" in listed
    assert "erp goes on." in settled.run("connections", "resume", "erp")


def test_once_mended_a_check_lets_it_do_what_waited(
    settled: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    erp = settled.erp
    monkeypatch.setattr(Exempt, "open", lambda _self, _name: erp.open())
    served(settled)
    with erp.world.store.writing() as tx:
        tx.connections.pause(erp.row.id, "erp: the key was refused", NOW)
    settled.run("check", "erp")
    assert line(settled.run("connections", "list"), "erp ").count("ok") == 1
    assert waiting_jobs(erp.world) == ["pull:erp", "push:erp"]
    served(settled)
    settled.run("check", "erp")
    assert waiting_jobs(erp.world) == [], "what works already is only looked at"
    settled.run("connections", "pause", "erp", "--reason", "closed")
    settled.run("check", "erp")
    assert "paused by anna" in settled.run("connections", "list"), "a person lets it go on"


def test_a_sync_ends_early_when_somebody_pauses_its_connection(
    settled: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    erp = settled.erp
    erp.remote.put(*(order(f"X-{n}") for n in range(30)))
    monkeypatch.setattr(Exempt, "open", lambda _self, _name: erp.open())
    monkeypatch.setattr(Exempt, "_guard", lambda _self, _configured: "guard")
    settled.write_settings(page_size=1)
    asked = len(erp.remote.fetched)

    def meanwhile(_hook: str) -> None:
        if len(erp.remote.fetched) == asked + 3:
            erp.remote.before = lambda _hook: None
            pause(erp.world.store, erp.row, "stocktaking", erp.world.act())

    erp.remote.before = meanwhile
    assert "erp: is paused by anna (stocktaking)" in settled.run("sync", "erp", code=1)
    assert len(erp.remote.fetched) < asked + 8
    assert erp.remote.pushed == []


def test_looks_at_a_paused_connection_are_no_failures_of_it(settled: Desk) -> None:
    """They fail until somebody mends it, and nobody looks any more once it goes on."""
    works(settled)
    ran(settled, JobKind.PROBE, settled.erp.row.id, problem="erp: the key was refused", times=2)
    assert settled.json("connections", "list")[0]["state"] == "ok"
    assert settled.json("status")["daemon"]["failing"] == []


def test_a_pause_needs_a_reason_and_a_connection(settled: Desk) -> None:
    assert settled.invoke("connections", "pause", "erp").exit_code == 2
    assert "erp: a pause has a reason" in settled.refused(
        "connections", "pause", "erp", "--reason", " "
    )
    for command in ("pause", "resume", "run"):
        options = ["--reason", "x"] if command == "pause" else []
        refused = settled.refused("connections", command, "shop", *options)
        assert "shop: no such connection: one of erp, mail" in refused


def test_one_that_was_never_used_must_be_openable(settled: Desk) -> None:
    settled.connections = {"shop": {"connector": "none_such"}}
    settled.write_settings()
    refused = settled.refused("connections", "pause", "shop", "--reason", "x")
    assert "connections.shop.connector" in refused


def test_a_run_is_asked_for(settled: Desk) -> None:
    served(settled)
    said = settled.run("connections", "run", "erp")
    assert "Asked for: pull:erp, push:erp." in said
    assert "No daemon runs" in said
    works(settled)
    assert "No daemon runs" not in settled.run("connections", "run", "erp")
    settled.write_settings(write_back=False)
    assert "write_back is off" in settled.run("connections", "run", "erp")
    assert settled.json("connections", "run", "mail") == {
        "connection": "mail", "asked": ["mail:mail"],
    }  # fmt: skip


def test_mails_wait_while_their_connection_is_paused(
    settled: Desk, mail: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks customers meanwhile sends nothing."""
    monkeypatch.setattr(Exempt, "open", lambda _self, _name: mail.open())
    settled.connections = {"mail": {"connector": "fake"}}
    settled.write_settings()
    settled.run("connections", "pause", "mail", "--reason", "the wording is wrong")
    assert "1 request made; mails: none." in settled.run("requests", "send", "C-1")
    assert mail.remote.sent == []
    assert "waits: paused" in settled.run("deliveries", "list", "--connection", "mail")
    settled.run("connections", "resume", "mail")
    settled.run("requests", "send", "--all", code=1)
    assert [each.to for each in mail.remote.sent] == [("ap@acme.example",)]


# --- jobs --------------------------------------------------------------------------------


def test_no_job_yet(settled: Desk) -> None:
    with settled.erp.world.store.writing() as tx:
        tx.jobs.remove([job.name for job in tx.jobs.all()])
    said = settled.run("jobs")
    assert "There is no job yet" in said
    assert settled.json("jobs") == []


def test_jobs_with_what_becomes_of_them(settled: Desk) -> None:
    works(settled)
    erp = settled.erp.row.id
    served(settled)
    ran(settled, JobKind.PULL, erp, problem="erp: busy", times=2, again=NOW + 5 * MINUTE)
    with settled.erp.world.store.writing() as tx:
        tx.jobs.ask(JobKind.DAILY)
        tx.jobs.plan(JobKind.UPKEEP, None, NOW + MINUTE)
        tx.jobs.plan(JobKind.PROBE, erp, None)
        tx.jobs.ask(JobKind.IMPORT)
    with settled.erp.world.store.writing() as tx:
        tx.jobs.begin("import", "w1", NOW)
    said = settled.run("jobs")
    assert line(said, "daily") == "daily waits for a worker now never"
    assert line(said, "upkeep") == "upkeep idle 2026-11-20 12:01:00 never"
    assert line(said, "import").startswith("import running on w1 since 2026-11-20 12:00:00")
    assert line(said, "pull:erp") == "pull:erp failed 2 times 2026-11-20 12:05:00 never erp: busy"
    assert line(said, "push:erp") == (
        "push:erp idle when there is something to do 2026-11-20 12:00:00"
    )
    assert "probe:erp" not in said, "nobody has to look whether it works again"
    found = {job["name"]: job for job in settled.json("jobs")}
    assert found["pull:erp"]["failures"] == 2
    assert (found["import"]["running"], found["import"]["worker"]) == (True, "w1")
    assert found["daily"]["waiting"] is True


def test_a_job_whose_worker_is_silent(settled: Desk) -> None:
    works(settled, seen=NOW - 31 * SECOND)
    with settled.erp.world.store.writing() as tx:
        tx.jobs.ask(JobKind.DAILY)
        tx.jobs.begin("daily", "w1", NOW - MINUTE)
    assert "running on w1 since 2026-11-20 11:59:00, which is silent" in settled.run("jobs")


def test_jobs_of_a_paused_connection(settled: Desk) -> None:
    served(settled)
    settled.run("connections", "pause", "erp", "--reason", "closed")
    said = settled.run("jobs")
    assert line(said, "push:erp") == "push:erp paused 2026-11-20 12:00:00"
    with settled.erp.world.store.writing() as tx:
        tx.jobs.plan(JobKind.PROBE, settled.erp.row.id, NOW + MINUTE)
    assert line(settled.run("jobs"), "probe:erp") == "probe:erp idle 2026-11-20 12:01:00 never"


# --- status ------------------------------------------------------------------------------


def test_a_status_without_a_daemon_says_so_in_a_line(settled: Desk) -> None:
    said = settled.run("status")
    assert line(said, "aemon") == (
        "No daemon runs: start exempt run, or let exempt sync run by a timer."
    )
    assert settled.json("status")["daemon"] == {"workers": [], "failing": []}


def test_a_status_shows_workers_and_what_fails(settled: Desk) -> None:
    works(settled, "w1", NOW - 2 * SECOND)
    works(settled, "w2", NOW - 31 * SECOND)
    works(settled, "w3", stopped_at=NOW)
    erp = settled.erp.row.id
    ran(settled, JobKind.PULL, erp, problem="erp: busy", again=NOW + MINUTE)
    ran(settled, JobKind.DAILY, problem="stopped by an unforeseen KeyError")
    said = settled.run("status")
    assert line(said, "w1") == "w1 host-7 123 MB seen 2 s ago"
    assert line(said, "w2") == "w2 host-7 123 MB silent since 2026-11-20 11:59:29"
    assert "w3" not in said
    assert line(said, "pull:erp") == "pull:erp 1 time 2026-11-20 12:01:00 erp: busy"
    assert "daily" in said
    found = settled.json("status")["daemon"]
    assert [(one["name"], one["silent"]) for one in found["workers"]] == [
        ("w1", False), ("w2", True),
    ]  # fmt: skip
    assert [job["name"] for job in found["failing"]] == ["daily", "pull:erp"]
    settled.run("connections", "pause", "erp", "--reason", "closed")
    said = settled.run("status")
    assert "pull:erp" not in said, "what is paused does not fail"
    assert "! erp is paused by anna since 2026-11-20 12:00: closed" in said


def test_a_status_of_one_company_is_not_about_others(settled: Desk) -> None:
    works(settled)
    with (settled.folder / "exempt.toml").open("a") as settings:
        settings.write('\n[companies.other]\nname = "Other"\n')
    ran(settled, JobKind.PULL, settled.erp.row.id, problem="erp: busy")
    ran(settled, JobKind.DAILY, problem="broken")
    said = settled.run("status", "--company", "other")
    assert "pull:erp" not in said
    assert "daily" in said


def test_many_dead_deliveries_are_shown_in_part(settled: Desk) -> None:
    ids = [f"X-{n}" for n in range(25)]
    settled.sell(*(order(each) for each in ids))
    settled.erp.remote.answers = {each: [Outcome.REJECTED] for each in ids}
    settled.erp.push()
    said = settled.run("status")
    assert "… and 5 more: exempt deliveries list --state dead" in said
    assert "exempt deliveries retry ID" in said
    assert len(settled.json("status")["dead_deliveries"]) == 25


def test_no_connection_at_all(tmp_path: Path) -> None:
    work = Workspace(tmp_path / "new", f"sqlite:///{tmp_path}/new.db", {})
    assert work.run("connections", "list").startswith("There is no connection: exempt init")
    assert work.json("connections", "list") == []
