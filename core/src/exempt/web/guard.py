"""Around everything that is answered: headers for browsers, and no word of what went wrong."""

from __future__ import annotations

import logging

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exempt.web.seldom import Seldom

_log = logging.getLogger("exempt.web")

HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
)


class Guard:
    """Wraps *app*: adds `HEADERS` to each answer, and answers 500 to what it did not foresee."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._seldom = Seldom()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let it answer."""
        began = lost = False

        async def send_guarded(message: Message) -> None:
            nonlocal began, lost
            if message["type"] == "http.response.start":
                began = True
                message = {**message, "headers": [*message.get("headers", ()), *HEADERS]}
            try:
                await send(message)
            except Exception:
                lost = True
                raise

        try:
            await self._app(scope, receive, send_guarded)
        except Exception as error:  # noqa: BLE001 - whatever it is, a stranger does not learn it
            if lost:
                return  # whoever called broke off, or broke the protocol
            if self._seldom.due(type(error).__name__):
                _log.error("stopped by something unforeseen", exc_info=True)
            if not began and scope["type"] == "http":
                answer = PlainTextResponse("Internal Server Error", 500)
                await answer(scope, receive, send_guarded)
