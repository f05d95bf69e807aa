"""What the servers in a vendor's shape share: loopback, a clock that stands still, calls kept."""

from __future__ import annotations

import contextlib
import datetime as dt
import email.parser
import email.policy
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

Row = dict[str, Any]

CUSTOMERS, ORDERS = 7, 5
"""How many of each a vendor has at first."""

TOUCHED = dt.datetime(2026, 11, 2, 9, 30, tzinfo=dt.UTC)
"""When `Vendor.touch` says that a record was changed."""

NOW = "Fri, 20 Nov 2026 12:00:00 GMT"


def changed(number: int) -> dt.datetime:
    """When the record with that number was last changed: a day for each."""
    return dt.datetime(2026, 10, number, 10, 0, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Part:
    """One part of a multipart body."""

    name: str
    file_name: str | None
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Call:
    """What was asked. ``query`` has the last value of each name, ``lists`` all of them."""

    method: str
    path: str
    lists: dict[str, list[str]]
    headers: dict[str, str]
    content: bytes

    @property
    def query(self) -> dict[str, str]:
        """The query, one value a name."""
        return {name: values[-1] for name, values in self.lists.items()}

    def json(self) -> Any:
        """The body as JSON; nothing else is accepted as such."""
        if "json" not in self.headers.get("content-type", ""):
            raise Refused(415, {"message": "send application/json"})
        return json.loads(self.content)

    def form(self) -> dict[str, str]:
        """The body as a form."""
        found = parse_qs(self.content.decode(), keep_blank_values=True)
        return {name: values[-1] for name, values in found.items()}

    def parts(self) -> list[Part]:
        """The parts of a multipart/form-data body."""
        kind = self.headers.get("content-type", "")
        if not kind.startswith("multipart/form-data"):
            raise Refused(415, {"message": "send multipart/form-data"})
        head = f"Content-Type: {kind}\r\n\r\n".encode()
        message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + self.content)
        return [
            Part(
                str(part.get_param("name", header="content-disposition")),
                part.get_filename(),
                part.get_content_type(),
                part.get_payload(decode=True) or b"",  # type: ignore[arg-type]
            )
            for part in message.iter_parts()
        ]


@dataclass(frozen=True)
class Reply:
    """What is answered: JSON, unless it is bytes; None is no body."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class Refused(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, body: Any = None, **headers: str) -> None:
        super().__init__(status)
        self.reply = Reply(body, status, {k.replace("_", "-"): v for k, v in headers.items()})


class Vendor:
    """A vendor's service; a subclass answers in its shape.

    Attributes:
        calls: Each call, in the order they came.
        busy: How many of the next calls are answered with ``too_busy``.
    """

    base_path = "/"

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.busy = 0

    def answer(self, call: Call) -> Reply:
        """The answer to *call*; an error is `Refused`."""
        raise NotImplementedError

    def too_busy(self) -> Reply:
        """How it asks for fewer calls."""
        return Reply({"message": "Too many requests"}, 429, {"Retry-After": "1"})


@contextlib.contextmanager
def serve(vendor: Vendor) -> Iterator[str]:
    """Serve on loopback; the address of the API."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.vendor = vendor  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.005,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{vendor.base_path}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024

    def _answer(self) -> None:
        vendor: Vendor = self.server.vendor  # type: ignore[attr-defined]
        parts = urlsplit(self.path)
        content = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        lists = parse_qs(parts.query, keep_blank_values=True)
        call = Call(self.command, unquote(parts.path), lists, headers, content)
        vendor.calls.append(call)
        if vendor.busy:
            vendor.busy -= 1
            self._send(vendor.too_busy())
            return
        try:
            self._send(vendor.answer(call))
        except Refused as refused:
            self._send(refused.reply)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815

    def _send(self, reply: Reply) -> None:
        body, kind = reply.body, "application/json"
        if isinstance(body, bytes):
            content, kind = body, "text/html"
        else:
            content = b"" if body is None else json.dumps(body).encode()
        self.send_response(reply.status)
        for name, value in {"Content-Type": kind, **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def date_time_string(self, _timestamp: float | None = None) -> str:
        """A clock that does not depend on the machine's."""
        return NOW

    def log_message(self, *_args: object) -> None:
        """Say nothing."""
