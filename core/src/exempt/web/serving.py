"""A web server in a thread of its own, at an address that it has before it begins."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import socket
import threading
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from exempt.errors import RefusedError
from exempt.web.seldom import Seldom

_log = logging.getLogger("exempt.web")

CONNECTIONS_MAX = 200
_PORT_MAX = 65_535

LIFETIME = 30.0
"""Seconds after which a connection is closed: nobody holds one by being slow."""

HEAD = 5.0
"""Seconds in which the head of a call arrives, or the connection is cut."""

GRACE = 5
"""Seconds in which what is being answered may end when the server is stopped."""


class Server:
    """Listens at *address*, ``HOST:PORT``; port 0 is a free one.

    Attributes:
        url: Where it is.

    Raises:
        RefusedError: Nobody can listen there.
    """

    def __init__(self, address: str) -> None:
        self._socket = _bound(address)
        host, port, *_ = self._socket.getsockname()
        self.url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        self._server: _Uvicorn | None = None
        self._thread: threading.Thread | None = None

    def start(self, app: ASGIApp, died: Callable[[], None] = lambda: None) -> None:
        """Serve *app* from now on; *died* is called should it end by itself."""
        server = self._server = _Uvicorn(
            uvicorn.Config(
                app,
                http=_Hasty,
                ws="none",
                loop="auto",  # uvloop, where there is one
                lifespan="off",
                log_config=None,  # it logs like everybody else
                access_log=False,
                proxy_headers=False,  # who calls is who is connected, whatever a header says
                server_header=False,
                limit_concurrency=CONNECTIONS_MAX,
                timeout_graceful_shutdown=GRACE,
            )
        )

        seldom = Seldom()  # a stranger's nonsense is worth a line, not a thousand
        uvicorn_log = logging.getLogger("uvicorn.error")
        uvicorn_log.addFilter(seldom)

        def serve() -> None:
            try:
                server.run(sockets=[self._socket])
            finally:
                uvicorn_log.removeFilter(seldom)
                server.began.set()
                if not server.should_exit:
                    _log.error("the web server ended by itself")
                    died()

        self._thread = threading.Thread(target=serve, name="web", daemon=True)
        self._thread.start()
        server.began.wait()

    def stop(self) -> None:
        """Take no more calls, and end when those that came in are answered."""
        if self._server is not None:
            self._server.end()

    def close(self) -> None:
        """Stop, and wait for the end."""
        self.stop()
        if self._thread is not None:
            self._thread.join(GRACE + 5)
        self._socket.close()


class _Uvicorn(uvicorn.Server):
    """Says when it has begun, and waits to be told of its end.

    By default it looks ten times a second whether it is to end, which is more
    than all else that an idle daemon does.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.began = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._told = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        self.began.set()

    async def main_loop(self) -> None:
        while not await self.on_tick(0):  # it sets the date of answers, too
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), 1)

    def end(self) -> None:
        """Let it end; any thread may."""
        self.should_exit = True
        if self._loop is None:
            return
        with contextlib.suppress(RuntimeError):  # it ended by itself
            self._loop.call_soon_threadsafe(self._told.set)


class _Hasty(HttpToolsProtocol):
    """A connection that ends after `LIFETIME`, after the answer that it is at.

    One that does not send the head of its call in time is cut: uvicorn itself
    waits for ever.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._over = self.loop.call_later(LIFETIME, self._end)
        self._head: asyncio.TimerHandle | None = None
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._over.cancel()
        self._have_head()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._await_head()

    def on_headers_complete(self) -> None:
        self._have_head()
        super().on_headers_complete()

    def _await_head(self) -> None:
        if self._head is None:
            self._head = self.loop.call_later(HEAD, self.transport.abort)

    def _have_head(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _end(self) -> None:
        if bool(self.cycle) and not self.cycle.response_complete:
            self.cycle.keep_alive = False
        else:
            self.transport.close()


def _bound(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    if not (port.isdecimal() and int(port) <= _PORT_MAX):
        raise _unfit(address, "is no address to listen at")
    six = ":" in host
    family = socket.AF_INET6 if six else socket.AF_INET
    both = six and host == "::" and socket.has_dualstack_ipv6()
    try:
        return socket.create_server((host, int(port)), family=family, dualstack_ipv6=both)
    except OSError as error:
        why = (error.strerror or "is no address to listen at").partition(" (while")[0]
        taken = error.errno == errno.EADDRINUSE
        raise _unfit(address, "another program listens there" if taken else why) from None


def _unfit(address: str, why: str) -> RefusedError:
    return RefusedError(
        f"{address}: {why}: name another address as HOST:PORT, with daemon.listen in the"
        " settings or --listen"
    )
