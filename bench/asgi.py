"""A web application called in this process, as a browser would call it: all but the network."""

from __future__ import annotations

import asyncio
import time
from typing import Any, NamedTuple


class Answer(NamedTuple):
    """What became of a call.

    Attributes:
        first: Milliseconds to its first byte; ``whole``: to its last one.
        cpu: Those of this process's processor until the first byte.
    """

    status: int
    first: float
    whole: float
    cpu: float
    media_type: str
    body: bytes


async def call(app: Any, address: str, cookie: str = "") -> Answer:
    """Get *address* of *app*."""
    path, _, query = address.partition("?")
    began, busy = time.perf_counter(), time.process_time()
    first, cpu, status, media_type = 0.0, 0.0, 0, ""
    parts: list[bytes] = []
    asked = asyncio.Event()

    async def receive() -> Any:
        if asked.is_set():  # nobody leaves before the end
            await asyncio.Event().wait()
        asked.set()
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        nonlocal first, cpu, status, media_type
        if message["type"] == "http.response.start":
            status = message["status"]
            media_type = dict(message["headers"]).get(b"content-type", b"").decode()
        elif message["type"] == "http.response.body":
            first, cpu = first or _since(began), cpu or (time.process_time() - busy) * 1000
            parts.append(message.get("body", b""))

    await app(_scope(path, query, cookie), receive, send)
    return Answer(status, first, _since(began), cpu, media_type, b"".join(parts))


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1000


def _scope(path: str, query: str, cookie: str) -> dict[str, Any]:
    heads = {"host": "exempt.example", "accept": "text/html", "cookie": cookie}
    heads["accept-encoding"] = "gzip"
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "https",
        "server": ("exempt.example", 443),
        "client": ("127.0.0.1", 1),
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in heads.items()],
        "state": {},
    }
