"""The sandbox's API over HTTP, as a small modern ERP would have it.

``GET /api/{customers,orders,products}`` takes ``page``, ``per_page`` (at most
500) and ``updated_since``, and answers ``{"data": […], "has_more": …}``.
``GET`` and ``PATCH`` on one number read and change one record; a PATCH honours
``Idempotency-Key``. ``PUT`` on ``customers/NO/files/NAME`` keeps a document, and
``GET`` on ``customers/NO/files`` names those that are there. Every call needs ``X-Api-Key``.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import threading
from collections.abc import Callable, Iterator
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from exempt_erp_generic.sandbox.books import WRITABLE, Books

KEY = "sandbox-erp-key"
_STREAMS = ("customers", "orders", "products")
_LARGEST = 500


class Refused(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@contextlib.contextmanager
def serve(books: Books, *, key: str = KEY) -> Iterator[str]:
    """Serve *books* on loopback; the base address of the API."""
    server = _Server(books, key)
    thread = threading.Thread(target=server.serve_forever, args=(0.005,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    def __init__(self, books: Books, key: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.books, self.key = books, key
        self.replies: dict[str, tuple[tuple[str, str], Any]] = {}


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024
    timeout = 30

    def do_GET(self) -> None:
        """A page, or one record."""
        self._answer(self._get)

    def do_PATCH(self) -> None:
        """A change of one record."""
        self._answer(self._patch)

    def do_PUT(self) -> None:
        """A document of a customer."""
        self._answer(self._put)

    def _answer(self, handle: Callable[[bytes], Any]) -> None:
        sent = self.rfile.read(int(self.headers.get("content-length", 0)))
        try:
            self._known_caller()
            with self.server.books.lock:
                status, answer = 200, handle(sent)
        except Refused as error:
            status, answer = error.status, {"error": {"message": str(error)}}
        if self.command == "PATCH" and self.server.books.replies_to_lose:
            self.server.books.replies_to_lose -= 1
            self.close_connection = True
            return
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _known_caller(self) -> None:
        if self.headers.get("x-api-key") != self.server.key:
            raise Refused(401, "the API key is missing or wrong")

    def _get(self, _sent: bytes) -> Any:
        stream, no, *more = self._target()
        if no is not None:
            found = self._found(stream, no)
            if more:
                self._files(stream, more)
                return {"data": [{"name": name} for name in self.server.books.files.get(no, ())]}
            return found
        asked = dict(parse_qsl(urlsplit(self.path).query))
        page, size, since = _paging(asked)
        rows = self.server.books.rows(stream, (page - 1) * size, size + 1, since)
        return {"data": rows[:size], "page": page, "has_more": len(rows) > size}

    def _patch(self, sent: bytes) -> Any:
        stream, no, *_ = self._target()
        key = self.headers.get("idempotency-key")
        asked = (self.path, sent.decode())
        if key in self.server.replies:
            before, reply = self.server.replies[key]
            if before != asked:
                raise Refused(409, "the idempotency key was used for another change")
            return reply
        self._found(stream, no or "")
        reply = self.server.books.write(stream, no or "", _change(stream, sent), key)
        if key:
            self.server.replies[key] = (asked, reply)
        return reply

    def _put(self, sent: bytes) -> Any:
        stream, no, *more = self._target()
        name = self._files(stream, more)
        if no is None or not name:
            raise Refused(405, "only a document is put")
        self._found(stream, no)
        self.server.books.attach(no, name, sent)
        return {"name": name}

    @staticmethod
    def _files(stream: str, more: list[str]) -> str:
        """The name of the document that a path ends with, "" for all of them."""
        if stream != "customers" or more[:1] != ["files"] or len(more) > 2:
            raise Refused(404, "there is no such list")
        return more[1] if more[1:] else ""

    def _target(self) -> tuple[Any, ...]:
        """The list, the number in it or None, and what comes after that."""
        parts = [unquote(part) for part in urlsplit(self.path).path.split("/")]
        _, api, stream, *rest = [*parts, ""]
        if api != "api" or stream not in _STREAMS:
            raise Refused(404, "there is no such list")
        return (stream, rest[0] or None, *(part for part in rest[1:] if part))

    def _found(self, stream: str, no: str) -> Any:
        row = self.server.books.find(stream, no)
        if row is None:
            raise Refused(404, f"{stream}: there is no {no}")
        return row

    def date_time_string(self, _timestamp: float | None = None) -> str:
        """The ERP's own clock, for the ``Date`` header."""
        return format_datetime(self.server.books.now, usegmt=True)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


def _paging(asked: dict[str, str]) -> tuple[int, int, dt.datetime | None]:
    if unknown := asked.keys() - {"page", "per_page", "updated_since"}:
        raise Refused(400, f"unknown parameters: {', '.join(sorted(unknown))}")
    try:
        since = asked.get("updated_since")
        return (
            max(int(asked.get("page", "1")), 1),
            min(max(int(asked.get("per_page", "100")), 1), _LARGEST),
            dt.datetime.fromisoformat(since).astimezone(dt.UTC) if since else None,
        )
    except ValueError:
        raise Refused(400, "page and per_page are numbers, updated_since a moment") from None


def _change(stream: str, sent: bytes) -> dict[str, Any]:
    known = WRITABLE.get(stream, {})
    try:
        change: dict[str, Any] = json.loads(sent)
    except ValueError:
        raise Refused(400, "the body is no JSON") from None
    for name, value in change.items():
        if not isinstance(value, known.get(name, ())):
            raise Refused(422, f"{name} cannot be set to this")
    return change
