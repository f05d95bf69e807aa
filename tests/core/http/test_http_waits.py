"""How long is waited: what the remote asked for, and our own pace."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st

from exempt import RateLimited, TransientError
from exempt.http import Client, Pace, retry_after
from exempt.http.client import _wait_or_give_up

NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


def seconds(number: float) -> dt.timedelta:
    return dt.timedelta(seconds=number)


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        pytest.param(None, None, id="no header"),
        pytest.param("", None, id="an empty one"),
        pytest.param("7", seconds(7), id="seconds"),
        pytest.param(" 7 ", seconds(7), id="seconds among blanks"),
        pytest.param("0", seconds(0), id="at once"),
        pytest.param("Fri, 20 Nov 2026 12:00:30 GMT", seconds(30), id="a date"),
        pytest.param("Fri, 20 Nov 2026 13:00:30 +0100", seconds(30), id="a date with an offset"),
        pytest.param("Friday, 20-Nov-26 12:00:30 GMT", seconds(30), id="a date of the old form"),
        pytest.param("Fri Nov 20 12:00:30 2026", seconds(30), id="a date as C writes it"),
        pytest.param("Thu, 19 Nov 2026 12:00:00 GMT", seconds(0), id="a date gone by"),
        pytest.param("999999999999", dt.timedelta(days=365), id="seconds beyond sense: a year"),
        pytest.param("9" * 5000, dt.timedelta(days=365), id="digits without end: a year"),
        pytest.param("Fri, 31 Dec 9999 23:59:59 GMT", dt.timedelta(days=365), id="the end of time"),
        pytest.param("-5", None, id="negative"),
        pytest.param("1.5", None, id="a fraction"),
        pytest.param("soon", None, id="a word"),
        pytest.param("\u0667", None, id="digits of another script"),
        pytest.param("Fri, 40 Nov 2026 12:00:00 GMT", None, id="a day that is none"),
    ],
)
def test_retry_after(header: str | None, wait: dt.timedelta | None) -> None:
    assert retry_after(header, NOW) == wait


@given(st.text())
def test_retry_after_reads_anything(header: str) -> None:
    wait = retry_after(header, NOW)
    assert wait is None or seconds(0) <= wait <= dt.timedelta(days=365)


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.time

    def sleep(self, duration: float) -> None:
        self.slept.append(round(duration, 3))
        self.time += duration


def test_calls_are_spread_evenly() -> None:
    clock = Clock()
    pace = Pace(4, clock=clock, sleep=clock.sleep)
    for _ in range(4):
        pace.wait()
    assert clock.slept == [0.25, 0.25, 0.25]


def test_an_idle_time_saves_nothing_up() -> None:
    clock = Clock()
    pace = Pace(4, clock=clock, sleep=clock.sleep)
    pace.wait()
    clock.time += 60
    pace.wait()
    pace.wait()
    assert clock.slept == [0.25]


def test_without_a_rate_nobody_waits() -> None:
    clock = Clock()
    pace = Pace(None, clock=clock, sleep=clock.sleep)
    for _ in range(100):
        pace.wait()
    assert clock.slept == []


def test_a_penalty_holds_the_next_call_only_once() -> None:
    clock = Clock()
    pace = Pace(None, clock=clock, sleep=clock.sleep)
    pace.penalise(5)
    pace.penalise(3)
    pace.wait()
    pace.wait()
    assert clock.slept == [5]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def slow(clock: Clock) -> Iterator[Client]:
    made = Client(
        "https://erp.example/api",
        rate_per_second=2,
        clock=clock,
        sleep=clock.sleep,
        now=lambda: NOW,
    )
    with contextlib.closing(made):
        yield made


def test_the_client_keeps_its_pace_over_calls_and_tries(
    remote: respx.MockRouter, slow: Client, clock: Clock
) -> None:
    remote.get("/api/orders").mock(
        side_effect=[httpx.Response(200), httpx.ReadError, httpx.Response(200)]
    )
    slow.get("orders")
    slow.get("orders")
    assert clock.slept == [0.5, 0.5]


@pytest.mark.parametrize(
    ("header", "waits"),
    [
        pytest.param("20", [20], id="seconds"),
        pytest.param("Fri, 20 Nov 2026 12:00:20 GMT", [20], id="a date"),
    ],
)
def test_the_client_leaves_the_remote_alone_as_long_as_asked(
    remote: respx.MockRouter, slow: Client, clock: Clock, header: str, waits: list[float]
) -> None:
    refusal = httpx.Response(429, headers={"Retry-After": header})
    remote.get("/api/orders").mock(side_effect=[refusal, httpx.Response(200)])
    slow.get("orders")
    assert clock.slept == waits


def test_beyond_a_minute_the_wait_is_the_core_s(
    remote: respx.MockRouter, slow: Client, clock: Clock
) -> None:
    refusal = httpx.Response(503, headers={"Retry-After": "3600"})
    remote.get("/api/orders").mock(side_effect=[refusal, httpx.Response(200)])
    with pytest.raises(RateLimited) as caught:
        slow.get("orders")
    assert caught.value.retry_after == seconds(3600)
    assert clock.slept == []


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        pytest.param(None, True, id="nothing: our own back-off"),
        pytest.param(seconds(0), True, id="zero: our own back-off all the same"),
        pytest.param(seconds(60), seconds(60), id="a minute: just that"),
        pytest.param(seconds(61), False, id="more: give up"),
    ],
)
def test_the_wait_before_the_next_try(
    asked: dt.timedelta | None, answer: bool | dt.timedelta
) -> None:
    error = TransientError("busy", retry_after=asked)
    assert _wait_or_give_up(error, repeatable=True) == answer


def test_the_last_error_tells_what_the_remote_asked_for(
    remote: respx.MockRouter, client: Client
) -> None:
    refusal = httpx.Response(503, headers={"Retry-After": "5"})
    remote.get("/api/orders").mock(side_effect=[refusal] * 9)
    with pytest.raises(TransientError) as caught:
        client.get("orders")
    assert caught.value.retry_after == seconds(5)


def test_clients_of_one_connection_have_one_pace(
    remote: respx.MockRouter, connect: Callable[..., Client]
) -> None:
    clock = Clock()
    remote.get("/a").respond()
    options: dict[str, Any] = {"rate_per_second": 4, "clock": clock, "sleep": clock.sleep}
    first = connect("https://erp.example", share_rate="erp", **options)
    second = connect("https://erp.example", share_rate="erp", **options)
    other = connect("https://erp.example", share_rate="other", **options)
    for reader in (first, second, other, first):
        reader.get("a")
    assert clock.slept == [0.25, 0.25], "the other connection did not wait"
