"""A token server on loopback that answers what it is told, and remembers what it was asked."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from exempt_mail_smtp.sandbox import running


@dataclass
class TokenServer:
    """A running server: ``answers`` are given one after the other, the last for ever."""

    url: str
    answers: list[tuple[int, Any]] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)

    def next(self, form: dict[str, str]) -> tuple[int, Any]:
        """The answer to *form*."""
        self.asked.append(form)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def token(value: str, **more: Any) -> tuple[int, Any]:
    """An answer that gives a token for an hour."""
    return 200, {"token_type": "Bearer", "access_token": value, "expires_in": 3600, **more}


@contextlib.contextmanager
def token_server(*answers: tuple[int, Any]) -> Iterator[TokenServer]:
    """Serve *answers*; one that is a string is sent as it is."""
    state = TokenServer("", list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            form = dict(parse_qsl(self.rfile.read(length).decode()))
            status, body = state.next(form)
            content = (body if isinstance(body, str) else json.dumps(body)).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server, running(server):
        state.url = f"http://127.0.0.1:{server.server_address[1]}/tenant/oauth2/v2.0/token"
        yield state
