"""What goes on in sources, told as it happens (server-sent events).

An event is what the database says at that moment, drawn by the server; its id is
a digest of that. So a reload, a second window or a server that was started anew
goes on where things are, and whoever has seen them so is told nothing until
they change.
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response, StreamingResponse

from exempt.web.pages import Call
from exempt.web.sessions import still_signed_in

TYPE = "text/event-stream; charset=utf-8"
A_USER = 4
"""Streams that one person may have at once."""

AT_ONCE = 60
"""Streams of all; the server answers 200 calls at once."""

LOOK = 1.0
"""Seconds between two looks."""

PING = 15.0
"""Seconds after which a word is sent, so that nobody in between takes it for dead."""

LIFETIME = 600.0
"""Seconds after which it ends; the page asks for another one when somebody moves in it."""

AGAIN = 3000
"""Milliseconds after which the browser is to come again."""


class _Open:
    """How many streams there are, by user."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._by_user: Counter[int] = Counter()

    def full(self, user_id: int) -> bool:
        """Whether there are too many for one more."""
        with self._mutex:
            return self._by_user[user_id] >= A_USER or self._by_user.total() >= AT_ONCE

    @contextmanager
    def one_more(self, user_id: int) -> Iterator[None]:
        """Count one more meanwhile."""
        with self._mutex:
            self._by_user[user_id] += 1
        try:
            yield
        finally:
            with self._mutex:
                self._by_user[user_id] -= 1
                self._by_user += Counter()  # without those that have none


_OPEN = _Open()


def told(call: Call, draw: Callable[[], str], page: str) -> Response:
    """A stream of what *draw* makes, whenever it makes something else.

    Args:
        call: Whose; a browser that only looks is sent to *page*.
        draw: Makes a part of a page; called in a thread.
        page: The page that has that part.
    """
    if "text/event-stream" not in call.request.headers.get("accept", ""):
        return RedirectResponse(page, 303)
    user_id = call.by.user_id or 0
    if _OPEN.full(user_id):
        raise HTTPException(429, "Too many windows show this live: close one, or load the page")
    seen = call.request.headers.get("last-event-id", "")
    return StreamingResponse(
        _events(call, draw, seen, user_id),
        media_type=TYPE,
        headers={"X-Accel-Buffering": "no"},
    )


async def _events(
    call: Call, draw: Callable[[], str], seen: str, user_id: int
) -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    began = spoke = asked = loop.time()
    with _OPEN.one_more(user_id):
        yield f"retry: {AGAIN}\n\n"
        while loop.time() - began < LIFETIME:
            if loop.time() - asked >= PING:
                asked = loop.time()
                if not await run_in_threadpool(still_signed_in, call.site, call.request):
                    break
            part = await run_in_threadpool(draw)
            digest = hashlib.sha256(part.encode()).hexdigest()[:16]
            if digest != seen:
                seen, spoke = digest, loop.time()
                yield event(part, digest)
            elif loop.time() - spoke >= PING:
                spoke = loop.time()
                yield ": still here\n\n"
            await asyncio.sleep(LOOK)
        yield "event: over\ndata: \n\n"


def event(part: str, digest: str) -> str:
    """One event; what it carries may have any number of lines."""
    lines = "".join(f"data: {line}\n" for line in part.splitlines())
    return f"id: {digest}\n{lines}\n"
