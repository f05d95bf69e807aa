"""Around everything that is answered: headers for browsers, and no word of what went wrong."""

from __future__ import annotations

import logging
from collections.abc import Iterable

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


def _with_ours(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """*headers*, and of ours those that are not among them."""
    given = list(headers)
    named = {name.lower() for name, _ in given}
    return given + [each for each in HEADERS if each[0] not in named]


class Guard:
    """Wraps *app*: adds `HEADERS` where an answer lacks them; what was not foreseen is a 500."""

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
                message = {**message, "headers": _with_ours(message.get("headers", ()))}
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
