"""Webhooks over HTTP: what is taken in, and what is answered."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

pytest.importorskip("starlette", reason="needs exempt[web]")

from exempt import PermanentError, TransientError
from exempt.errors import NotFoundError
from exempt.services.receiving import Received
from exempt.web import hooks
from exempt.web.app import make_app
from exempt.web.looks import Sights
from support.http import STRANGER, Caller

MB = 1024 * 1024
HEADERS = {
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
}


@dataclass
class Taken:
    """Who receives: remembers what came, and answers or raises what it was told to."""

    answer: Received | Exception = field(default_factory=lambda: Received(200, b""))
    came: list[tuple[str, bytes, Mapping[str, str], Mapping[str, str]]] = field(
        default_factory=list
    )

    def receive(
        self, name: str, body: bytes, headers: Mapping[str, str], query: Mapping[str, str]
    ) -> Received:
        self.came.append((name, body, headers, query))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    @property
    def bodies(self) -> list[bytes]:
        """What came."""
        return [body for _, body, _, _ in self.came]


@pytest.fixture
def taken() -> Taken:
    """Who receives."""
    return Taken()


@pytest.fixture
def caller(taken: Taken) -> Caller:
    """A stranger that calls."""
    sights = Sights(ping=lambda: None, health=lambda: pytest.fail("nobody looks"))
    return Caller(make_app(sights, taken.receive), STRANGER)


async def parts(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def test_a_webhook_is_handed_on_as_it_came(caller: Caller, taken: Taken) -> None:
    body = bytes(range(256))
    answer = caller.post("/hooks/shop-1?a=1&b=%C3%A9", body, X_Signature="abc")
    assert (answer.status_code, answer.content) == (200, b"")
    ((name, came, headers, query),) = taken.came
    assert (name, came, query) == ("shop-1", body, {"a": "1", "b": "é"})
    assert headers["x-signature"] == "abc"


def test_headers_of_one_name_are_joined(caller: Caller, taken: Taken) -> None:
    answer = caller.call("POST", "/hooks/shop", [("X-A", "1"), ("x-a", "2")])
    assert answer.status_code == 200
    assert taken.came[0][2]["x-a"] == "1, 2"


@pytest.mark.parametrize("status", [200, 202, 400, 403])
def test_the_connectors_answer_is_given_as_plain_text(
    caller: Caller, taken: Taken, status: int
) -> None:
    taken.answer = Received(status, b"<b>so it is</b>")
    answer = caller.post("/hooks/shop")
    assert (answer.status_code, answer.text) == (status, "<b>so it is</b>")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


def test_who_receives_none_is_not_told_from_who_is_not_there(caller: Caller, taken: Taken) -> None:
    taken.answer = NotFoundError("erp: receives no webhooks")
    unknown, other = caller.post("/hooks/erp", b"{}"), caller.post("/elsewhere", b"{}")
    assert unknown.status_code == other.status_code == 404
    assert unknown.content == other.content
    assert unknown.headers == other.headers


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(TransientError("shop: gave no answer"), id="a connector that hangs"),
        pytest.param(PermanentError("shop: failed"), id="a connector that is broken"),
        pytest.param(OSError("disk full at /var/secret"), id="a database that is away"),
    ],
)
def test_what_could_not_be_kept_is_to_come_again(
    caller: Caller, taken: Taken, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    taken.answer = error
    answer = caller.post("/hooks/shop")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    assert answer.text == "Service Unavailable", "a stranger learns nothing of it"
    assert "secret" not in caplog.text
    assert "a webhook could not be kept" in caplog.text


def test_what_is_refused_is_logged_but_not_each_time(
    caller: Caller, taken: Taken, caplog: pytest.LogCaptureFixture
) -> None:
    taken.answer = Received(400, b"shop: signed with another secret")
    for _ in range(20):
        caller.post("/hooks/shop")
    caller.post("/hooks/other")
    lines = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    assert lines == ["a webhook was refused: shop: signed with another secret"] * 2


# --- size and time -----------------------------------------------------------------------


def test_the_largest_body(caller: Caller, taken: Taken) -> None:
    assert caller.post("/hooks/shop", b"x" * MB).status_code == 200
    assert caller.post("/hooks/shop", parts(b"x" * (MB - 1), b"y")).status_code == 200
    assert [len(body) for body in taken.bodies] == [MB, MB]


def test_a_body_that_says_it_is_too_large_is_not_read(caller: Caller, taken: Taken) -> None:
    read: list[bytes] = []

    async def body() -> AsyncIterator[bytes]:
        read.append(b"x")
        yield b"x"

    answer = caller.post("/hooks/shop", body(), Content_Length=str(MB + 1))
    assert (answer.status_code, answer.headers["connection"]) == (413, "close")
    assert (taken.came, read) == ([], [])


def test_a_body_that_turns_out_too_large_is_read_no_further(caller: Caller, taken: Taken) -> None:
    read: list[int] = []

    async def body() -> AsyncIterator[bytes]:
        for number in range(1000):
            read.append(number)
            yield b"x" * 65536

    answer = caller.post("/hooks/shop", body())
    assert (answer.status_code, answer.headers["connection"]) == (413, "close")
    assert taken.came == []
    assert len(read) == 17


def test_a_body_that_never_ends_is_given_up(
    caller: Caller, taken: Taken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks, "WITHIN", 0.05)

    async def body() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.Event().wait()

    answer = caller.post("/hooks/shop", body())
    assert (answer.status_code, answer.headers["connection"]) == (408, "close")
    assert taken.came == []


def test_a_caller_that_hangs_up_is_no_error(taken: Taken, caplog: pytest.LogCaptureFixture) -> None:
    app = make_app(Sights(lambda: None, lambda: pytest.fail("nobody looks")), taken.receive)
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": b"x", "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[object] = []

    async def call() -> None:
        async def receive() -> dict[str, Any]:
            return messages.pop(0)

        async def send(message: object) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": "/hooks/shop", "headers": []}
        await app({**scope, "query_string": b""}, receive, send)

    asyncio.run(call())
    assert (taken.came, caplog.records) == ([], [])


def test_one_that_waits_holds_up_no_other(taken: Taken) -> None:
    """A slow connection's webhooks take a thread, not the server."""
    released, waiting = threading.Event(), threading.Event()

    def receive(name: str, *_rest: object) -> Received:
        if name == "slow":
            waiting.set()
            assert released.wait(30)
        return Received(200, name.encode())

    caller = Caller(make_app(Sights(lambda: None, lambda: pytest.fail("no")), receive))
    slow = threading.Thread(target=caller.post, args=("/hooks/slow",))
    slow.start()
    assert waiting.wait(30)
    assert caller.post("/hooks/quick").text == "quick"
    released.set()
    slow.join()


# --- everything --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/hooks/shop", 200),
        ("GET", "/hooks/shop", 405),
        ("POST", "/hooks/", 404),
        ("POST", "/hooks/a/b", 404),
        ("GET", "/", 404),
        ("GET", "/healthz", 200),
        ("HEAD", "/healthz", 200),
        ("POST", "/healthz", 405),
        ("GET", "/metrics", 401),
    ],
)
def test_every_answer_has_the_headers_that_keep_browsers_from_harm(
    caller: Caller, method: str, path: str, status: int
) -> None:
    answer = caller.call(method, path)
    assert answer.status_code == status
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS


def test_a_mistake_of_our_own_is_answered_without_a_word_of_it(
    monkeypatch: pytest.MonkeyPatch, taken: Taken, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_arguments: object) -> None:
        raise RuntimeError("canary")

    monkeypatch.setattr(hooks, "_joined", fail)
    sights = Sights(lambda: None, lambda: pytest.fail("nobody looks"))
    answer = Caller(make_app(sights, taken.receive)).post("/hooks/shop")
    assert (answer.status_code, answer.text) == (500, "Internal Server Error")
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert "unforeseen" in caplog.text


def test_an_answer_that_nobody_can_take_is_no_mistake_of_ours(
    taken: Taken, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(Sights(lambda: None, lambda: pytest.fail("nobody looks")), taken.receive)

    async def call() -> None:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"x"}

        async def send(_message: object) -> None:
            raise ConnectionResetError

        scope = {"type": "http", "method": "POST", "path": "/hooks/shop", "headers": []}
        await app({**scope, "query_string": b""}, receive, send)

    asyncio.run(call())
    assert (len(taken.came), caplog.records) == (1, [])


def test_without_somebody_who_receives_there_are_no_webhooks() -> None:
    caller = Caller(make_app(Sights(lambda: None, lambda: pytest.fail("nobody looks"))))
    assert caller.post("/hooks/shop").status_code == 404
    assert caller.get("/healthz").status_code == 200
