"""The HTTP face of the sandbox: credentials, addresses, bodies."""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Mapping
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar
from urllib.parse import parse_qsl, unquote, urlsplit

from exempt_billing_stripe.sandbox.answers import Answers, no_such_address
from exempt_billing_stripe.sandbox.books import Books, Json, StripeError


class _Handler(BaseHTTPRequestHandler):
    books: ClassVar[Books]
    answers: ClassVar[Mapping[str | None, Answers]]
    api_key: ClassVar[str]

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def log_message(self, *args: Any) -> None:
        """Say nothing."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The sandbox's own clock, for the Date header."""
        return formatdate(self.books.clock() if timestamp is None else timestamp, usegmt=True)

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            answer, replayed = self._answer(body.decode())
        except StripeError as error:
            self._send(error.status, error.body, error.headers)
        else:
            self._send(200, answer, {"Idempotent-Replayed": "true"} if replayed else {})

    def _answer(self, body: str) -> tuple[Json, bool]:
        """The answer, and whether it was given before."""
        if _key_of(self.headers.get("Authorization", "")) != self.api_key:
            message = "Invalid API Key provided"
            raise StripeError(401, message)
        parts = urlsplit(self.path)
        version, *path = [unquote(part) for part in parts.path.strip("/").split("/")]
        if version != "v1":
            raise no_such_address(self.command, [version, *path])
        answers = self._account()
        if self.command == "GET":
            return answers.get(path, parse_qsl(parts.query, keep_blank_values=True)), False
        if self.command == "DELETE":
            return answers.delete(path), False
        form = parse_qsl(body, keep_blank_values=True)
        return answers.post(path, form, self.headers.get("Idempotency-Key"))

    def _account(self) -> Answers:
        """Who answers for the account that is meant."""
        named = self.headers.get("Stripe-Account")
        if named not in self.answers:
            message = f"The provided key does not have access to account '{named}' (or that account does not exist). Application access may have been revoked."  # noqa: E501 - Stripe's words
            raise StripeError(403, message, code="account_invalid")
        return self.answers[named]

    def _send(self, status: int, answer: Json, headers: Mapping[str, str]) -> None:
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


def handler_for(
    books: Books, api_key: str, connected: Collection[Books] = ()
) -> type[BaseHTTPRequestHandler]:
    """A request handler for one account with one key, and accounts connected to it."""

    class Handler(_Handler):
        pass

    own = Answers(books)
    Handler.books, Handler.api_key = books, api_key
    Handler.answers = {
        None: own,
        books.account.get("id"): own,
        **{each.account["id"]: Answers(each) for each in connected},
    }
    return Handler


def _key_of(authorization: str) -> str:
    scheme, _, value = authorization.partition(" ")
    if scheme == "Basic":
        return base64.b64decode(value).decode().partition(":")[0]
    return value if scheme == "Bearer" else ""
