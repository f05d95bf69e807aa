"""A real server on loopback: where it listens, how it ends, and who cannot hold it up."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

pytest.importorskip("uvicorn", reason="needs exempt[web]")

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from exempt.errors import RefusedError
from exempt.services.receiving import Received
from exempt.web import serving
from exempt.web.app import make_app
from exempt.web.looks import Sights
from exempt.web.serving import Server

ANYWHERE = "127.0.0.1:0"


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the address of whoever calls, and the scheme."""
    request = Request(scope, receive)
    assert request.client is not None
    said = f"{request.client.host} {request.url.scheme}"
    await PlainTextResponse(said)(scope, receive, send)


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that has an address, and has not begun."""
    with contextlib.closing(Server(ANYWHERE)) as made:
        yield made


def connected(server: Server) -> socket.socket:
    host, _, port = server.url.removeprefix("http://").rpartition(":")
    return socket.create_connection((host, int(port)), timeout=30)


def test_it_answers_until_it_is_closed(server: Server) -> None:
    server.start(echo)
    assert httpx.get(server.url).text == "127.0.0.1 http"
    server.close()
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url)
    server.close()


def test_who_calls_is_who_is_connected_whatever_a_header_says(server: Server) -> None:
    server.start(echo)
    forged = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
    assert httpx.get(server.url, headers=forged).text == "127.0.0.1 http"


def test_it_does_not_say_what_it_is(server: Server) -> None:
    server.start(echo)
    assert "server" not in httpx.get(server.url).headers


def test_two_cannot_listen_at_one_address(server: Server) -> None:
    address = server.url.removeprefix("http://")
    with pytest.raises(RefusedError) as refused:
        Server(address)
    assert str(refused.value).startswith(f"{address}: another program listens there: ")
    assert "--listen" in str(refused.value)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("nonsense", "is no address to listen at"),
        ("127.0.0.1:", "is no address to listen at"),
        ("127.0.0.1:http", "is no address to listen at"),
        ("127.0.0.1:70000", "is no address to listen at"),
        ("203.0.113.7:8080", "Cannot assign requested address"),
    ],
)
def test_where_nobody_can_listen(address: str, why: str) -> None:
    with pytest.raises(RefusedError, match=f"{address}: {why}: name another"):
        Server(address)


@pytest.mark.parametrize(
    ("address", "url"),
    [("localhost:0", "http://127.0.0.1:"), (":0", "http://0.0.0.0:"), ("[::1]:0", "http://[::1]:")],
)
def test_the_forms_of_an_address(address: str, url: str) -> None:
    if "::1" in address and not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    with contextlib.closing(Server(address)) as server:
        assert server.url.startswith(url)


# --- the end -----------------------------------------------------------------------------


def test_what_came_in_before_it_stopped_is_answered(server: Server) -> None:
    asked, go_on = threading.Event(), threading.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        import anyio

        asked.set()
        await anyio.to_thread.run_sync(go_on.wait, 30)
        await PlainTextResponse("at last")(scope, receive, send)

    server.start(slow)
    answers: list[str] = []
    caller = threading.Thread(target=lambda: answers.append(httpx.get(server.url, timeout=30).text))
    caller.start()
    assert asked.wait(30)
    server.stop()
    go_on.set()
    caller.join(30)
    server.close()
    assert answers == ["at last"]


def test_an_idle_connection_does_not_keep_it_from_its_end(server: Server) -> None:
    server.start(echo)
    with httpx.Client() as client:
        client.get(server.url)
        server.close()
    assert not [t for t in threading.enumerate() if t.name == "web"]


def test_that_it_was_told_to_end_is_no_death(server: Server) -> None:
    deaths: list[str] = []
    server.start(echo, lambda: deaths.append("died"))
    server.close()
    assert deaths == []


def test_that_it_ends_by_itself_is_told(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    died = threading.Event()

    async def nothing(*_arguments: Any) -> None:
        """Come back at once."""

    monkeypatch.setattr(serving._Uvicorn, "main_loop", nothing)
    server.start(echo, died.set)
    assert died.wait(30)
    assert "ended by itself" in caplog.text


def test_it_logs_like_everybody_else(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    """And leaves the handlers of others alone."""
    before = logging.getLogger().handlers[:]
    with caplog.at_level(logging.INFO, logger="uvicorn"):
        server.start(echo)
        httpx.get(server.url)
    assert any(record.name == "uvicorn.error" for record in caplog.records)
    assert not any(record.name == "uvicorn.access" for record in caplog.records)
    assert not logging.getLogger("uvicorn").handlers
    assert logging.getLogger().handlers == before


# --- who is slow on purpose --------------------------------------------------------------


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\nX-A: ", id="half a header"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", id="nothing more after a request"),
    ],
)
def test_a_connection_that_only_waits_is_closed(
    server: Server, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(serving, "LIFETIME", 0.2)
    server.start(echo)
    with connected(server) as line:
        line.sendall(sent)
        received = b""
        while chunk := line.recv(4096):  # until it is closed; the time-out would raise
            received += chunk
    assert (b"200 OK" in received) is sent.endswith(b"\r\n\r\n")


def test_who_does_not_send_the_head_of_a_call_is_cut_off(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also on a connection that was of use before; whoever has sent it may take their time."""
    monkeypatch.setattr(serving, "HEAD", 0.2)
    server.start(echo)
    with connected(server) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert line.recv(4096).startswith(b"HTTP/1.1 200 ")
        line.sendall(b"GET / HTTP/1.1\r\nHost: ")
        with contextlib.suppress(ConnectionResetError):
            assert line.recv(4096) == b""


def test_a_connection_that_is_being_answered_is_closed_afterwards(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "LIFETIME", 0.05)

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        import anyio

        await anyio.sleep(0.3)
        await PlainTextResponse("at last")(scope, receive, send)

    server.start(slow)
    with connected(server) as line:
        line.settimeout(4)  # an idle one would be closed after 5 s
        line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        received = b""
        while chunk := line.recv(4096):
            received += chunk
    assert received.endswith(b"at last")


# --- who talks nonsense ------------------------------------------------------------------


def answered(server: Server, sent: bytes) -> bytes:
    """What is answered to these bytes, until the line is closed."""
    received = b""
    with connected(server) as line, contextlib.suppress(ConnectionError):
        line.sendall(sent)
        line.shutdown(socket.SHUT_WR)
        while chunk := line.recv(4096):
            received += chunk
    return received


def test_nonsense_is_refused_and_logged_once(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    server.start(echo)
    for _ in range(20):
        assert answered(server, b"\x16\x03\x01 nonsense\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    assert httpx.get(server.url).status_code == 200
    assert len(caplog.records) == 1


def test_who_breaks_off_in_the_middle_is_no_error_of_ours(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """The answer cannot be sent any more: nothing went wrong here."""
    server.start(make_app(Sights(lambda: None, lambda: pytest.fail("nobody looks")), echo_hook))
    start = b"POST /hooks/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    for chunk in (b"5\r\nhel", b"zz\r\nhello\r\n", b"5\r\nhello world\r\n"):
        answered(server, start + chunk)
    assert httpx.post(f"{server.url}/hooks/x", content=b"fine").text == "fine"
    assert [r for r in caplog.records if r.name.startswith("exempt")] == []


def test_more_connections_than_there_is_room_for_are_told_so(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "CONNECTIONS_MAX", 3)
    server.start(echo)
    with contextlib.ExitStack() as idle:
        for _ in range(3):
            idle.enter_context(connected(server))
        assert answered(server, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").startswith(b"HTTP/1.1 503 ")


def echo_hook(_name: str, body: bytes, *_rest: object) -> Received:
    """Answers with the body."""
    return Received(200, body)
