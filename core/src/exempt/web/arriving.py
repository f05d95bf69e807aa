"""Bodies while they arrive: no larger than their page takes, and not for ever."""

from __future__ import annotations

import asyncio
import time

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

BODY_MAX = 1024 * 1024
"""Bytes of a form; a page that takes files says more."""

IDLE = 15.0
"""Seconds that a line may be silent in the midst of a body."""

WITHIN = 30.0
"""Seconds that a body may take in all, and for each MB of what its page takes another."""

CLOSE = {"Connection": "close"}  # the rest of a body is not waited for


def limited(request: Request, most: int) -> Request:
    """The same call, whose body ends with 413 behind *most* bytes, and with 408 if it is slow.

    A length that is declared is held against *most* before anything is read.
    """
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal():
        raise HTTPException(400, headers=CLOSE)
    if int(declared) > most:
        raise HTTPException(413, headers=CLOSE)
    end = time.monotonic() + WITHIN + most / BODY_MAX
    came = 0

    async def receive() -> Message:
        nonlocal came
        left = min(IDLE, end - time.monotonic())
        try:
            async with asyncio.timeout(max(left, 0)):
                message = await request.receive()
        except TimeoutError:
            raise HTTPException(408, headers=CLOSE) from None
        came += len(message.get("body", b""))
        if came > most:
            raise HTTPException(413, headers=CLOSE)
        return message

    return Request(request.scope, receive)
