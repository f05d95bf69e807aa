"""The quick way of ``POST /api/v1/decisions``, where the database is SQLite.

An ordinary call is answered in the loop itself, through a connection that only
reads (see `exempt.adapters.store.quick`). A call that is anything else but
ordinary, and whatever goes wrong, is left to the API behind it, which answers
at length: `exempt.web.api.decisions`. Both give the same answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from pydantic import TypeAdapter
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exempt.model.access import Caller, Right
from exempt.model.asking import Answer, Question
from exempt.services.api_keys import caller_of, remember_use
from exempt.services.deciding import Asking, Terms, ask
from exempt.web.guard import HEADERS
from exempt.web.limiting import Limiter, Taken
from exempt.web.site import Site

PATH = "/api/v1/decisions"

BODY_MAX = 256 * 1024
"""Bytes."""

WITHIN = 2.0
"""Seconds for a body that does not come at once; what is slower is the API's to wait for."""

KNOWN_FOR = 2.0
"""Seconds for which a key that was looked up is believed; then its rights are looked up again."""

KNOWN_MAX = 1000


class Deciding(NamedTuple):
    """What it takes to decide orders.

    Attributes:
        terms: What answers go by.
        asking: Finds customers, in the loop's own thread.
        whose: Whose key this is; None = nobody's. It looks into the database.
        limiter: Counts the calls of keys, those of the rest of the API too.
    """

    terms: Terms
    asking: Asking
    whose: Callable[[str], Caller | None]
    limiter: Limiter


def deciding_of(site: Site, asking: Asking, limiter: Limiter) -> Deciding:
    """The same of a site."""
    terms = Terms(site.policy, site.clock, site.expiring_soon_days, site.requests_enabled)

    def whose(key: str) -> Caller | None:
        at = site.clock()
        with site.store.reading() as tx:
            caller = caller_of(tx, key, at)
        if caller is not None and caller.key_id is not None:
            remember_use(site.store, caller.key_id, at)
        return caller

    return Deciding(terms, asking, whose, limiter)


class Decisions:
    """Wraps *rest*, which answers all other calls."""

    def __init__(self, deciding: Deciding, rest: ASGIApp) -> None:
        self._deciding = deciding
        self._rest = rest
        self._known: dict[str, tuple[Caller, float]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a call, or let it be answered."""
        if scope["type"] != "http" or scope["path"] != PATH or not _is_ordinary(scope):
            await self._rest(scope, receive, send)
            return
        messages, body = await _body(receive)
        found = None if body is None else await self._answer(scope, body)
        if found is None:
            await self._rest(scope, _again(messages, receive), send)
            return
        answer, taken = found
        headers = [(b"content-length", b"%d" % len(answer)), *taken.headers(), *_HEADERS]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    async def _answer(self, scope: Scope, body: bytes) -> tuple[bytes, Taken] | None:
        """The answer; None = let somebody answer who can tell what is wrong."""
        given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        caller = await self._whose(given.decode("latin-1"))
        if caller is None or not caller.may(Right.DECIDE) or caller.key_id is None:
            return None
        deciding = self._deciding
        try:
            question = Question.model_validate_json(body)
            answer = ask(deciding.asking, question, deciding.terms, caller)
        except Exception:  # noqa: BLE001 - what is wrong is told by the API behind it
            return None
        taken = deciding.limiter.take(caller.key_id)
        return (_ANSWER.dump_json(answer), taken) if taken.allowed else None

    async def _whose(self, authorization: str) -> Caller | None:
        found, now = self._known.get(authorization), time.monotonic()
        if found is not None and now < found[1]:
            return found[0]
        kind, _, key = authorization.partition(" ")
        if kind.lower() != "bearer":
            return None
        caller = await run_in_threadpool(self._deciding.whose, key.strip())
        if len(self._known) >= KNOWN_MAX:
            self._known.clear()
        if caller is not None:
            self._known[authorization] = (caller, now + KNOWN_FOR)
        return caller


_ANSWER = TypeAdapter(Answer)
_HEADERS = (
    (b"content-type", b"application/json"),
    *HEADERS,
)
_OUT_OF_THE_ORDINARY = frozenset({b"idempotency-key", b"origin", b"if-match", b"expect"})


def _is_ordinary(scope: Scope) -> bool:
    """Whether it is a call as programs make them for each order."""
    if scope["method"] != "POST" or scope["query_string"]:
        return False
    json = False
    for name, value in scope["headers"]:
        if name in _OUT_OF_THE_ORDINARY:
            return False
        json = json or (name == b"content-type" and value.startswith(b"application/json"))
    return json


async def _body(receive: Receive) -> tuple[list[Message], bytes | None]:
    """What came, and the body; None = not whole, or larger than the order of a person."""
    messages = [await receive()]
    size = len(messages[0].get("body", b""))
    if messages[0].get("more_body"):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(WITHIN):
                while messages[-1].get("more_body") and size <= BODY_MAX:
                    messages.append(await receive())
                    size += len(messages[-1].get("body", b""))
    last = messages[-1]
    whole = last["type"] == "http.request" and not last.get("more_body") and size <= BODY_MAX
    return messages, b"".join(each.get("body", b"") for each in messages) if whole else None


def _again(messages: Sequence[Message], receive: Receive) -> Receive:
    """Receives what was received already, and then the rest."""
    waiting = deque(messages)

    async def received() -> Message:
        return waiting.popleft() if waiting else await receive()

    return received
