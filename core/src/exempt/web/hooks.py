"""Webhooks over HTTP: no larger and no slower than need be, and kept before they are answered."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from exempt.errors import ExemptError, NotFoundError
from exempt.services.receiving import Received
from exempt.web.seldom import Seldom

_log = logging.getLogger("exempt.web")

Receive = Callable[[str, bytes, Mapping[str, str], Mapping[str, str]], Received]
"""Takes in a webhook: the connection's name, body, headers, query.

Raises NotFoundError where nobody receives any; whatever else, and it is to come again.
"""

BODY_MAX = 1024 * 1024
"""Bytes of a body; Stripe's largest events have a few hundred thousand."""

WITHIN = 10.0
"""Seconds that a body may take to arrive."""

AT_ONCE = 8
RETRY_AFTER = "30"


class Hooks:
    """The address ``POST /hooks/CONNECTION``."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="hooks")
        self._seldom = Seldom()

    async def answer(self, request: Request) -> Response:
        """Take in a webhook; 404 for all connections that receive none, known or not."""
        name = request.path_params["connection"]
        try:
            async with asyncio.timeout(WITHIN):
                body = await _body(request)
        except TimeoutError:
            raise HTTPException(408, headers=_CLOSE) from None
        except ClientDisconnect:
            return Response(status_code=400)
        arguments = (name, body, _joined(request), dict(request.query_params))
        loop = asyncio.get_running_loop()
        try:
            received = await loop.run_in_executor(self._pool, self._receive, *arguments)
        except NotFoundError:
            raise HTTPException(404) from None
        except Exception as error:  # noqa: BLE001 - the driver's own errors are not known here
            said = str(error) if isinstance(error, ExemptError) else type(error).__name__
            self._say(name, f"a webhook could not be kept: {said}")
            raise HTTPException(503, headers={"Retry-After": RETRY_AFTER}) from None
        if received.status >= 400:
            self._say(name, f"a webhook was refused: {received.body.decode()}")
        return PlainTextResponse(received.body, received.status)

    def _say(self, name: str, sentence: str) -> None:
        """Log it, but not each time: anybody may send what is refused."""
        if self._seldom.due(name):
            _log.warning("%s", sentence, extra={"connection": name})


_CLOSE = {"Connection": "close"}  # the rest of a body is not waited for


async def _body(request: Request) -> bytes:
    """The body, while it arrives held against its largest size."""
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > BODY_MAX:
        raise HTTPException(413, headers=_CLOSE)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_MAX:
            raise HTTPException(413, headers=_CLOSE)
    return bytes(body)


def _joined(request: Request) -> dict[str, str]:
    """The headers; several of one name are one, as RFC 9110, section 5.3, has it."""
    found: dict[str, str] = {}
    for name, value in request.headers.items():
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found
