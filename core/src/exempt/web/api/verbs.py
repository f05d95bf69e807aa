"""HEAD and OPTIONS for every address of the API, and what an address takes."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.routing import BaseRoute, Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send


def methods_of(routes: Sequence[BaseRoute], scope: Scope) -> list[str]:
    """What an address takes; nothing where there is none."""
    found = {
        method
        for route in routes
        if isinstance(route, Route) and route.matches(dict(scope))[0] is not Match.NONE
        for method in route.methods or ()
    }
    more = {"OPTIONS"} | ({"HEAD"} if "GET" in found else set())
    return sorted(found | more) if found else []


class Verbs:
    """Wraps *app*: HEAD is GET without its body, OPTIONS says what an address takes."""

    def __init__(self, app: ASGIApp, routes: Sequence[BaseRoute]) -> None:
        self._app = app
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let it answer."""
        if scope["type"] == "http" and scope["method"] == "HEAD":
            await self._app({**scope, "method": "GET"}, receive, _without_body(send))
        elif scope["type"] == "http" and scope["method"] == "OPTIONS":
            allowed = methods_of(self._routes, scope)
            await (_options(allowed, send) if allowed else self._app(scope, receive, send))
        else:
            await self._app(scope, receive, send)


def _without_body(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return sent


async def _options(allowed: Sequence[str], send: Send) -> None:
    headers = [(b"allow", ", ".join(allowed).encode())]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
