"""Calls of an application in this process, by whoever a test likes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

LOCAL, STRANGER = "127.0.0.1", "203.0.113.7"


@dataclass(frozen=True)
class Caller:
    """Somebody who calls *app* from *peer*; *host* is what they take the server for."""

    app: Any
    peer: str = LOCAL
    host: str = "127.0.0.1:8080"

    def get(self, path: str, **headers: str) -> httpx.Response:
        """GET; ``_`` in the name of a header stands for ``-``."""
        return self.call("GET", path, _pairs(headers))

    def post(
        self, path: str, content: bytes | AsyncIterator[bytes] = b"", **headers: str
    ) -> httpx.Response:
        """POST; a content that comes in parts has no length."""
        return self.call("POST", path, _pairs(headers), content)

    def call(
        self,
        method: str,
        path: str,
        headers: Sequence[tuple[str, str]] = (),
        content: bytes | AsyncIterator[bytes] | None = None,
    ) -> httpx.Response:
        """Any call; a header may come twice."""
        return asyncio.run(self._call(method, path, headers, content))

    async def _call(
        self,
        method: str,
        path: str,
        headers: Sequence[tuple[str, str]],
        content: bytes | AsyncIterator[bytes] | None,
    ) -> httpx.Response:
        transport = httpx.ASGITransport(app=self.app, client=(self.peer, 40000))
        url = f"http://{self.host}"
        async with httpx.AsyncClient(transport=transport, base_url=url) as client:
            raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
            return await client.request(method, path, headers=raw, content=content)


def _pairs(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(name.replace("_", "-"), value) for name, value in headers.items()]
