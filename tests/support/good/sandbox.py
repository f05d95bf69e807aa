"""The good remote over HTTP, with all that tests may do to it."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from exempt import Bounce, Sandbox, SandboxControls, SourceRecord, Stream, WebhookRequest
from support.good.books import Books

KEY = "good-key-0123456789"
SECRET = "good-webhook-0123456789"


class Controls(SandboxControls):
    """Everything that a sandbox can offer."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def put(self, record: SourceRecord) -> None:
        self._books.put(record)

    def delete(self, stream: Stream, external_id: str) -> None:
        self._books.mark(stream, external_id, "deleted")

    def spoil(self, stream: Stream, external_id: str) -> None:
        self._books.mark(stream, external_id, "spoilt")

    def clear(self) -> None:
        self._books.clear()

    def advance(self, by: dt.timedelta) -> None:
        self._books.now += by

    def webhook(
        self, stream: Stream, external_ids: Sequence[str], at: dt.datetime
    ) -> WebhookRequest:
        said = {"id": f"{stream}-{at.timestamp():.0f}", "stream": stream, "ids": list(external_ids)}
        body = json.dumps({**said, "at": at.isoformat()}).encode()
        signed = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        return WebhookRequest(body=body, headers={"good-signature": signed}, received_at=at)

    def bounce(self, key: str) -> None:
        self._books.put(Bounce(external_id=f"B-{key}", key=key, reason="no such mailbox"))


@contextlib.contextmanager
def sandbox(_folder: Path) -> Iterator[Sandbox]:
    """The remote, on loopback."""
    books = Books()
    server = _Server(("127.0.0.1", 0), _Handler)
    server.books = books
    thread = threading.Thread(target=server.serve_forever, args=(0.005,), daemon=True)
    thread.start()
    try:
        yield Sandbox(
            settings={
                "base_url": f"http://127.0.0.1:{server.server_port}",
                "api_key": "env:GOOD_KEY",
                "webhook_secret": "env:GOOD_WEBHOOK_SECRET",
            },
            environment={"GOOD_KEY": KEY, "GOOD_WEBHOOK_SECRET": SECRET},
            writes=lambda: dict(books.writes),
            controls=Controls(books),
        )
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    books: Books


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        match parts.path.strip("/"):
            case _ if self.headers["Authorization"] != f"Bearer {KEY}":
                self._send(401, {"error": "who are you?"})
            case "account":
                self._send(200, {"name": "Northwind"})
            case "regions":
                self._send(200, {"regions": ["main", "west"]})
            case name if name in set(Stream):
                self._send(200, self._page(Stream(name), asked))
            case _:
                self._send(404, {"error": "no such list"})

    def _page(self, stream: Stream, asked: dict[str, str]) -> Any:
        """The rows asked for, with a link to more, as many APIs give it."""
        books = self.server.books
        if "ids" in asked:
            found = (books.rows[stream].get(each) for each in asked["ids"].split(","))
            return {"rows": [row for row in found if row], "next": None}
        since, until = asked.get("from", ""), asked.get("to", "~")
        limit = int(asked["limit"])
        rows = books.page(stream, (since, asked.get("after", "")), until, limit + 1)
        if len(rows) <= limit:
            return {"rows": rows, "next": None}
        last = rows[limit - 1]
        host = self.headers["Host"]
        query = "&".join(
            f"{name}={quote(value, safe='')}"
            for name, value in {
                "from": last["changed"],
                "after": last["external_id"],
                "to": until,
            }.items()
        )
        more = f"http://{host}/{stream}?{query}&limit={limit}"
        return {"rows": rows[:limit], "next": more}

    def do_PUT(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        books = self.server.books
        kind, external_id, *_ = [*self.path.strip("/").split("/"), ""]
        if self.headers["Authorization"] != f"Bearer {KEY}":
            self._send(401, {"error": "who are you?"})
        elif kind == "messages":
            with books.lock:
                books.messages.setdefault(external_id, sent)
                books.writes[f"<{external_id}@good.example>"] = f"to {sent['to']}"
            self._send(200, {"id": external_id})
        elif external_id not in books.rows[Stream(kind)]:
            self._send(404, {"error": "no such record"})
        elif self.headers["If-Match"] not in {
            None,
            books.rows[Stream(kind)][external_id]["changed"],
        }:
            self._send(412, {"error": "somebody was quicker"})
        else:
            self._send(200, {"changed": books.set_status(Stream(kind), external_id, sent)})

    def _send(self, status: int, answer: Any) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""
