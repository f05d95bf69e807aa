"""Around everything that is answered: headers for browsers, and no word of what went wrong."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exempt.web import mishaps
from exempt.web.seldom import Seldom
from exempt.web.site import Site

_log = logging.getLogger("exempt.web")

HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (
        b"permissions-policy",
        b"camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
)
"""What every answer has that says nothing else."""

PAGE_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    b" font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none';"
    b" base-uri 'none'"
)
"""What a page may load and do: only what is ours, nothing that stands in the page itself."""

HSTS = (b"strict-transport-security", b"max-age=31536000")
ANY_HOST = ("/healthz", "/readyz", "/metrics", "/hooks/")
"""Who watches, and who sends webhooks, may call us by another name."""


class Guard:
    """Wraps *app*: adds `HEADERS` where an answer lacks them; what was not foreseen is a 500."""

    def __init__(self, app: ASGIApp, site: Site | None = None) -> None:
        self._app = app
        self._site = site
        self._more = (HSTS,) if site is not None and site.secure else ()
        self._seldom = Seldom()
        self._incidents: dict[str, str] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let it answer."""
        began = lost = False

        async def send_guarded(message: Message) -> None:
            nonlocal began, lost
            if message["type"] == "http.response.start":
                began = True
                message = {**message, "headers": self._with_ours(message.get("headers", ()))}
            try:
                await send(message)
            except Exception:
                lost = True
                raise

        try:
            if scope["type"] == "http" and (refused := self._refused(scope)):
                await refused(scope, receive, send_guarded)
            else:
                await self._app(scope, receive, send_guarded)
        except Exception as error:  # noqa: BLE001 - whatever it is, a stranger does not learn it
            if lost:
                return  # whoever called broke off, or broke the protocol
            incident = self._logged(error)
            if not began and scope["type"] == "http":
                await self._mishap(scope, incident)(scope, receive, send_guarded)

    def _with_ours(self, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """*headers*, and of ours those that are not among them."""
        given = list(headers)
        named = {name.lower(): value for name, value in given}
        ours = dict((*HEADERS, *self._more))
        if named.get(b"content-type", b"").startswith(b"text/html"):
            ours[b"content-security-policy"] = PAGE_POLICY
        return given + [each for each in ours.items() if each[0] not in named]

    def _refused(self, scope: Scope) -> Response | None:
        """What is answered to a call that nobody else sees."""
        if scope["method"] in {"TRACE", "CONNECT", "TRACK"}:
            return PlainTextResponse("Method Not Allowed", 405)
        if self._site is None or not self._site.hosts or scope["path"].startswith(ANY_HOST):
            return None
        given = [value for name, value in scope["headers"] if name == b"host"]
        known = len(given) == 1 and given[0].decode("latin-1").lower() in self._site.hosts
        return None if known else PlainTextResponse("Misdirected Request", 421)

    def _logged(self, error: Exception) -> str:
        """The name of what went wrong, under which it stands in the log."""
        kind = type(error).__name__
        if self._seldom.due(kind):
            self._incidents[kind] = secrets.token_hex(4)
            incident = self._incidents[kind]
            said = {"incident": incident}
            _log.error("stopped by something unforeseen (%s)", incident, exc_info=True, extra=said)
        return self._incidents[kind]

    def _mishap(self, scope: Scope, incident: str) -> Response:
        """What is answered where something was not foreseen."""
        if self._site is not None:
            try:
                error = HTTPException(500)
                return mishaps.answer(self._site, Request(scope), error, incident)
            except Exception:  # noqa: BLE001 - then a line will do
                _log.error("the page of an error cannot be made", exc_info=True)
        return PlainTextResponse("Internal Server Error", 500)
