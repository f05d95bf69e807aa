"""A proxy between a connector and its sandbox that makes faults, on loopback."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from exempt.testing.faults import Behaviour, Fault, Reply

LONGEST_HANG = 20.0
"""Seconds that a hanging call is held; a connector gives up long before."""
_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding", "date"}
    | {"server", "accept-encoding", "host"}
)
_NEXT = re.compile(r"next|link|href|url", re.IGNORECASE)


@dataclass(frozen=True)
class Call:
    """One call that a connector made."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Proxy:
    """Passes calls on to *upstream*, unless a fault is planned.

    Attributes:
        url: Its own origin, such as ``http://127.0.0.1:54321``.
        calls: What was called, since the last `plan`.
        links: How many links were bent by a fault.
        before_write: Done once, before the next call that is not GET goes on; then None.
    """

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.calls: list[Call] = []
        self.links = 0
        self.elsewhere = ""
        self.before_write: Callable[[], None] | None = None
        self._fault: Fault | None = None
        self._first, self._count, self._writing = 0, 0, False
        self._seen = 0
        self._lock = threading.Lock()
        self.released = threading.Event()
        self._sockets: set[socket.socket] = set()
        self._emptied = threading.Condition(self._lock)
        self._server = _Server(self)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    @contextlib.contextmanager
    def running(self) -> Iterator[Proxy]:
        """Serve meanwhile."""
        thread = threading.Thread(
            target=self._server.serve_forever, args=(0.005,), name="exempt-proxy", daemon=True
        )
        thread.start()
        try:
            yield self
        finally:
            self.released.set()
            self._server.shutdown()
            thread.join()
            self._server.server_close()
            self.drop()

    def plan(
        self, fault: Fault | None, *, after: int = 0, times: int = 1_000_000, writing: bool = False
    ) -> None:
        """From now on: after *after* good calls, *fault* for as many *times*.

        With *writing* only calls count that are not GET.
        """
        with self._lock:
            self._writing = writing
            self._fault, self._first, self._count = fault, after, times
            self._seen = self.links = 0
            self.calls = []

    def drop(self) -> None:
        """Close what connections there are."""
        with self._lock:
            for each in self._sockets:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def nobody_left(self, seconds: float) -> bool:
        """Whether all clients have closed their connections, or do so in time."""
        with self._emptied:
            return self._emptied.wait_for(lambda: not self._sockets, seconds)

    def entered(self, client: socket.socket) -> None:
        """A client connected."""
        with self._lock:
            self._sockets.add(client)

    def left(self, client: socket.socket) -> None:
        """A client is gone."""
        with self._emptied:
            self._sockets.discard(client)
            self._emptied.notify_all()

    def fault_for(self, call: Call) -> Fault | None:
        """Note *call*, and say what shall go wrong with it."""
        with self._lock:
            self.calls.append(call)
            if self._writing and call.method == "GET":
                return None
            number, self._seen = self._seen, self._seen + 1
            due = self._first <= number < self._first + self._count
            return self._fault if due else None

    def meddle(self, call: Call) -> None:
        """Do what is to be done before *call*."""
        with self._lock:
            work = self.before_write if call.method != "GET" else None
            self.before_write = self.before_write if work is None else None
        if work is not None:
            work()

    def bend(self, body: bytes, here: str, how: Behaviour) -> bytes:
        """*body* with its next links leading elsewhere, or to *here*."""
        try:
            value = json.loads(body)
        except ValueError:
            return body
        return json.dumps(self._bent(value, lambda link: self.bent_link(link, here, how))).encode()

    def bent_link(self, link: str, here: str, how: Behaviour) -> str:
        """*link*, leading where the fault wants it."""
        with self._lock:
            self.links += 1
        if how is Behaviour.LOOP:
            return self.url + here if "://" in link else here
        parts = urlsplit(link)
        return f"{self.elsewhere}{parts.path}" + (f"?{parts.query}" if parts.query else "")

    def _bent(self, value: Any, change: Callable[[str], str], key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: self._bent(inner, change, name) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._bent(inner, change) for inner in value]
        # A link to more says so by its name and has a query; a record's own address has none.
        is_next = isinstance(value, str) and _NEXT.search(key) and "?" in value
        return change(value) if is_next and value.startswith((self.url, "/")) else value


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, proxy: Proxy) -> None:
        self.proxy = proxy
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away in the middle is none of our business."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536
    upstream: HTTPConnection | None = None

    def setup(self) -> None:
        super().setup()
        self.server.proxy.entered(self.connection)

    def finish(self) -> None:
        self.server.proxy.left(self.connection)
        if self.upstream is not None:
            self.upstream.close()
        with contextlib.suppress(OSError):
            super().finish()

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        call = Call(self.command, self.path, dict(self.headers.items()), body)
        fault = self.server.proxy.fault_for(call)
        if fault is None:
            self.server.proxy.meddle(call)
            self._answer(*self._forwarded(call))
        elif isinstance(fault.does, Reply):
            reply = fault.does
            self._answer(reply.status, dict(reply.headers), reply.body)
        else:
            self._misbehave(call, fault.does)

    def _misbehave(self, call: Call, how: Behaviour) -> None:
        if how is Behaviour.HANG:
            self.server.proxy.released.wait(LONGEST_HANG)
        elif how is Behaviour.ECHO:
            shown = {"error": {"message": "refused", "headers": call.headers, "path": call.path}}
            self._answer(422, {"Content-Type": "application/json"}, json.dumps(shown).encode())
            return
        elif how is not Behaviour.RESET:
            status, headers, body = self._forwarded(call)
            if how in {Behaviour.ELSEWHERE, Behaviour.LOOP}:
                self._answer(status, self._bent(headers, how), self._bent_body(body, how))
                return
            if how is Behaviour.CUT:
                self._begin(status, headers, len(body) + 1)
                self.wfile.write(body[: len(body) // 2])
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)

    def _bent(self, headers: dict[str, str], how: Behaviour) -> dict[str, str]:
        proxy = self.server.proxy
        return {
            name: re.sub(
                r"<([^>]*)>", lambda m: f"<{proxy.bent_link(m[1], self.path, how)}>", value
            )
            if name.lower() == "link" and "next" in value
            else value
            for name, value in headers.items()
        }

    def _bent_body(self, body: bytes, how: Behaviour) -> bytes:
        return self.server.proxy.bend(body, self.path, how)

    def _forwarded(self, call: Call) -> tuple[int, dict[str, str], bytes]:
        """The remote's answer, its origin written as ours."""
        try:
            answer = self._ask(call)
            body = answer.read()
        except (OSError, HTTPException):
            self.upstream = None
            return 502, {}, b""
        headers = {n: v for n, v in answer.getheaders() if n.lower() not in _HOP_BY_HOP}
        if date := answer.getheader("Date"):
            headers["Date"] = date
        ours = {name: self._as_ours(value.encode()).decode() for name, value in headers.items()}
        return answer.status, ours, self._as_ours(body)

    def _ask(self, call: Call) -> HTTPResponse:
        address = urlsplit(self.server.proxy.upstream)
        if self.upstream is None:
            self.upstream = HTTPConnection(address.hostname or "", address.port, timeout=30)
        headers = {n: v for n, v in call.headers.items() if n.lower() not in _HOP_BY_HOP}
        self.upstream.request(call.method, call.path, call.body or None, headers)
        return self.upstream.getresponse()

    def _as_ours(self, text: bytes) -> bytes:
        proxy = self.server.proxy
        for theirs, ours in ((proxy.upstream, proxy.url), *_escaped(proxy.upstream, proxy.url)):
            text = text.replace(theirs.encode(), ours.encode())
        return text

    def _begin(self, status: int, headers: Mapping[str, str], length: int) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def _answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self._begin(status, headers, len(body))
        if self.command != "HEAD":
            self.wfile.write(body)


def _escaped(*origins: str) -> Iterator[tuple[str, str]]:
    """The origins as some write them in JSON, with escaped slashes."""
    theirs, ours = (origin.replace("/", "\\/") for origin in origins)
    yield theirs, ours
