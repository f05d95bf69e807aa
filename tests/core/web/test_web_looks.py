"""Health and metrics over HTTP: well or not for everybody, the rest for whoever may see it."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

pytest.importorskip("starlette", reason="needs exempt[web]")

from exempt.services.health import ConnectionHealth, Health
from exempt.services.job_ports import JobKind, JobRow, WorkerRow
from exempt.web import looks
from exempt.web.app import make_app
from exempt.web.looks import Sights
from support.http import LOCAL, STRANGER, Caller
from support.records import NOW

TOKEN = "t0ken-of-forty-characters"
FAILING = JobRow(
    name="pull:erp",
    kind=JobKind.PULL,
    connection_id=1,
    connection="erp",
    asked=2,
    queued=1,
    begun=1,
    next_at=NOW,
    failures=3,
    problem="erp: gives no answer",
    deaths=0,
    worker="w1",
    started_at=NOW,
    ended_at=NOW,
    succeeded_at=None,
)
WELL = Health(
    at=NOW,
    version="0004",
    problems=(),
    workers=(WorkerRow("w1", "host-1", 7, "0.1", 99_000_000, NOW, NOW - dt.timedelta(seconds=3)),),
    waiting=("push:erp",),
    waits=dt.timedelta(minutes=2),
    failing=(FAILING,),
    connections=(ConnectionHealth("erp", "closed", "anna", NOW, 5, 2),),
)
ILL = WELL._replace(problems=("no worker runs",))
METRICS = (b"exempt_jobs 1\n", "text/plain; version=1.0.0; charset=utf-8")


def fail() -> Any:
    raise ConnectionError("postgresql://user:canary@db")


def sights(**changes: Any) -> Sights:
    """What there is to see."""
    all_well = Sights(lambda: None, lambda: WELL, lambda: METRICS, SecretStr(TOKEN))
    return all_well._replace(**changes)


def caller(peer: str = LOCAL, **changes: Any) -> Caller:
    """Somebody who looks."""
    return Caller(make_app(sights(**changes)), peer)


# --- well or not -------------------------------------------------------------------------


@pytest.mark.parametrize("peer", [LOCAL, STRANGER])
def test_healthz_says_whether_the_database_answers(peer: str) -> None:
    answer = caller(peer).get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    answer = caller(peer, ping=fail).get("/healthz")
    assert (answer.status_code, answer.json()) == (503, {"status": "database away"})


@pytest.mark.parametrize(
    ("health", "status", "word"),
    [
        pytest.param(lambda: WELL, 200, "ready", id="ready"),
        pytest.param(lambda: ILL, 503, "not ready", id="not ready"),
        pytest.param(fail, 503, "not ready", id="no database"),
    ],
)
def test_strangers_learn_whether_it_is_ready_and_nothing_else(
    health: Callable[[], Health], status: int, word: str
) -> None:
    answer = caller(STRANGER, health=health).get("/readyz")
    assert (answer.status_code, answer.json()) == (status, {"status": word})


def test_who_may_sees_everything() -> None:
    assert caller().get("/readyz").json() == {
        "status": "ready",
        "problems": [],
        "version": "0004",
        "workers": [
            {
                "name": "w1",
                "host": "host-1",
                "memory_bytes": 99_000_000,
                "seconds_since_tick": 3.0,
            }
        ],
        "waiting": ["push:erp"],
        "waiting_seconds": 120.0,
        "failing": [{"job": "pull:erp", "failures": 3, "problem": "erp: gives no answer"}],
        "connections": {
            "erp": {
                "paused": "closed",
                "paused_by": "anna",
                "read_at": "2026-11-20T12:00:00+00:00",
                "owed": 5,
                "dead": 2,
            }
        },
    }


def test_what_keeps_it_from_its_work_is_said_to_whoever_may_see_it() -> None:
    assert caller(health=lambda: ILL).get("/readyz").json()["problems"] == ["no worker runs"]
    answer = caller(health=fail).get("/readyz")
    assert answer.json() == {"status": "not ready", "problems": ["the database does not answer"]}


def test_nothing_there_is_nothing_told() -> None:
    empty = WELL._replace(waits=None, connections=(ConnectionHealth("x", None, None, None, 0, 0),))
    told = caller(health=lambda: empty).get("/readyz").json()
    assert (told["waiting_seconds"], told["connections"]["x"]["read_at"]) == (None, None)


# --- metrics -----------------------------------------------------------------------------


def test_metrics_come_as_they_are_exposed() -> None:
    answer = caller().get("/metrics")
    assert (answer.status_code, answer.content) == (200, METRICS[0])
    assert answer.headers["content-type"] == METRICS[1]


def test_strangers_get_no_metrics() -> None:
    answer = caller(STRANGER).get("/metrics")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert b"exempt" not in answer.content


def test_without_metrics_there_is_no_such_page() -> None:
    assert caller(metrics=None).get("/metrics").status_code == 404
    assert caller(STRANGER, metrics=None).get("/metrics").status_code == 401


def test_metrics_that_cannot_be_read_are_not_there(caplog: pytest.LogCaptureFixture) -> None:
    assert caller(metrics=fail).get("/metrics").status_code == 503
    assert "ConnectionError" in caplog.text
    assert "canary" not in caplog.text


# --- who may see it ----------------------------------------------------------------------


def sees(who: Caller, **headers: str) -> bool:
    """Whether somebody sees everything, or nothing."""
    ready, metrics = who.get("/readyz", **headers), who.get("/metrics", **headers)
    all_of_it = len(ready.json()) > 1
    assert metrics.status_code == (200 if all_of_it else 401)
    return all_of_it


@pytest.mark.parametrize(
    ("peer", "host", "headers", "may"),
    [
        pytest.param("127.0.0.1", "127.0.0.1:8080", {}, True, id="from this machine"),
        pytest.param("127.9.9.9", "localhost:8080", {}, True, id="by its name"),
        pytest.param("::1", "[::1]:8080", {}, True, id="by IPv6"),
        pytest.param("::ffff:127.0.0.1", "localhost", {}, True, id="by IPv4 in IPv6"),
        pytest.param("203.0.113.7", "localhost", {}, False, id="from elsewhere"),
        pytest.param("::ffff:203.0.113.7", "localhost", {}, False, id="from elsewhere, by IPv6"),
        pytest.param("127.0.0.1", "tax.example", {}, False, id="under a public name"),
        pytest.param("127.0.0.1", "[::", {}, False, id="under no name at all"),
        *(
            pytest.param("127.0.0.1", "localhost", {name: "127.0.0.1"}, False, id=name)
            for name in (
                "X-Forwarded-For",
                "X-Forwarded-Proto",
                "X-FORWARDED-HOST",
                "Forwarded",
                "Via",
                "X-Real-IP",
            )
        ),
        pytest.param("testclient", "localhost", {}, False, id="from nowhere"),
    ],
)
def test_who_sees_it_without_a_token(
    peer: str, host: str, headers: dict[str, str], may: bool
) -> None:
    assert sees(Caller(make_app(sights()), peer), Host=host, **headers) is may


@pytest.mark.parametrize(
    ("authorization", "may"),
    [
        pytest.param(f"Bearer {TOKEN}", True, id="the token"),
        pytest.param(f"bearer   {TOKEN} ", True, id="however it is written"),
        pytest.param(f"Bearer {TOKEN}x", False, id="with something behind it"),
        pytest.param(f"Bearer {TOKEN[:-1]}", False, id="cut off"),
        pytest.param("Bearer ", False, id="nothing"),
        pytest.param("Bearer", False, id="no word"),
        pytest.param(f"Basic {TOKEN}", False, id="as a password"),
        pytest.param(TOKEN, False, id="alone"),
        pytest.param("Bearer t0kén", False, id="not in ASCII"),
    ],
)
def test_who_has_the_token_sees_it_from_anywhere(authorization: str, may: bool) -> None:
    assert sees(caller(STRANGER), Authorization=authorization) is may
    passed_on = {"X-Forwarded-For": STRANGER, "Authorization": authorization}
    assert sees(caller(LOCAL), **passed_on) is may


@pytest.mark.parametrize("authorization", ["Bearer ", "Bearer None", f"Bearer {TOKEN}"])
def test_without_a_token_in_the_settings_no_token_opens(authorization: str) -> None:
    assert not sees(caller(STRANGER, token=None), Authorization=authorization)


def test_a_caller_without_an_address_is_a_stranger() -> None:
    app = make_app(sights())

    async def without_client(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "client": None}, receive, send)

    assert not sees(Caller(without_client))


# --- a database that hangs ---------------------------------------------------------------


def test_a_look_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """However often somebody looks, no more threads are lost to it than there are for looks."""
    monkeypatch.setattr(looks, "WITHIN", 0.05)
    released, begun = threading.Event(), []

    def hang() -> None:
        begun.append(1)
        released.wait(30)

    who = caller(ping=hang)
    try:
        assert [who.get("/healthz").status_code for _ in range(6)] == [503] * 6
        assert len(begun) == looks.AT_ONCE
    finally:
        released.set()
