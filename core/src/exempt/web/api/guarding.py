"""What stands before every operation: whose key it is, what it may do, and how often."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exempt.model.access import Caller, Right
from exempt.services.api_keys import caller_of, remember_use
from exempt.web.api.calls import Call, seen_version
from exempt.web.api.once import once
from exempt.web.api.refusing import problem_of, response_of
from exempt.web.limiting import Limiter, Taken
from exempt.web.problems import Kind, Problem, Wrong, invalid
from exempt.web.site import Site

BODY_MAX = 1024 * 1024
"""Bytes of a body that is no file."""

WITHIN = 10.0
"""Seconds that such a body may take to arrive."""

FILE_WITHIN = 300.0

GATE = "exempt.gate"
"""Where a call finds its gate."""

JSON = "application/json"
MULTIPART = "multipart/form-data"


@dataclass(frozen=True)
class Gate:
    """What all operations of one site share."""

    site: Site
    limiter: Limiter

    def before(self, app: ASGIApp) -> ASGIApp:
        """Let calls of *app* find it."""

        async def called(scope: Scope, receive: Receive, send: Send) -> None:
            await app({**scope, GATE: self}, receive, send)

        return called


class Plan(NamedTuple):
    """What is known of an operation before it is called.

    Attributes:
        query: The names that may stand behind the question mark.
        media_type: Of its body; None = it has none.
        body_max: How large that may be.
    """

    may: Right | None
    changes: bool
    query: frozenset[str]
    lists: frozenset[str]
    media_type: str | None
    body_max: int
    within: float


class Guarded(APIRoute):
    """A route of the API; everything that is refused is answered as a problem."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What answers a call."""
        inner, plan = super().get_route_handler(), _plan(self)

        async def handle(request: Request) -> Response:
            headers: dict[str, str] = {}
            try:
                response = await _guarded(request, plan, inner, headers)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is answered as a problem
                response = response_of(problem_of(error))
            response.headers.update(headers)
            return response

        return handle


async def _guarded(
    request: Request,
    plan: Plan,
    inner: Callable[[Request], Awaitable[Response]],
    headers: dict[str, str],
) -> Response:
    gate: Gate = request.scope[GATE]
    caller = await run_in_threadpool(_whose, gate.site, request)
    headers |= _allowed(gate.limiter.take(caller.key_id or 0))
    if plan.may and not caller.may(plan.may):
        msg = f"the key {caller.title!r} has no right to {plan.may}: give it to it, or use another"
        raise Problem(Kind.NOT_ALLOWED, msg)
    _check_query(plan, request)
    if plan.changes:
        seen_version(request.headers)
    if plan.media_type:
        _check_media_type(plan.media_type, request)
        request = Request(request.scope, _limited(request, plan))
    call = Call(gate.site, caller, gate.site.store, request)
    try:
        response = await once(call, inner) if request.method == "POST" else None
        if response is None:
            request.state.call = call
            response = await inner(request)
            response.headers.update(call.headers)
        return response
    finally:
        await request.close()  # the files of a form


# --- who ----------------------------------------------------------------------------------


def _whose(site: Site, request: Request) -> Caller:
    kind, _, key = request.headers.get("authorization", "").partition(" ")
    at = site.clock()
    found = None
    if kind.lower() == "bearer":
        with site.store.reading() as tx:
            found = caller_of(tx, key.strip(), at)
    if found is None:
        msg = "send the key of a program that works: Authorization: Bearer exk_live_…"
        raise Problem(Kind.UNAUTHENTICATED, msg, headers={"WWW-Authenticate": "Bearer"})
    if found.key_id is not None:
        remember_use(site.store, found.key_id, at)
    return found


def _allowed(taken: Taken) -> dict[str, str]:
    """The headers that tell how often a key may still call.

    Raises:
        Problem: Not any more.
    """
    headers = {name.decode(): value.decode() for name, value in taken.headers()}
    if not taken.allowed:
        wait = max(1, round(taken.reset))
        msg = f"the key may call {taken.limit} times a minute: go on in {wait} seconds"
        raise Problem(Kind.TOO_MANY_CALLS, msg, headers={**headers, "Retry-After": str(wait)})
    return headers


# --- with what ----------------------------------------------------------------------------


def _plan(route: APIRoute) -> Plan:
    extra = route.openapi_extra or {}
    named = dict(_query_names(route.dependant))
    body = route.body_field
    form = body is not None and type(body.field_info).__name__ in {"File", "Form"}
    may = extra.get("x-right")
    return Plan(
        may=Right(may) if may else None,
        changes=any(each["name"] == "If-Match" for each in extra.get("parameters", ())),
        query=frozenset(named),
        lists=frozenset(name for name, several in named.items() if several),
        media_type=None if body is None else MULTIPART if form else JSON,
        body_max=extra.get("x-body-max", BODY_MAX),
        within=FILE_WITHIN if form else WITHIN,
    )


def _query_names(dependant: Dependant) -> Iterator[tuple[str, bool]]:
    """The names of query parameters, and whether each may come several times."""
    for each in dependant.query_params:
        annotation = each.field_info.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            for name, field in annotation.model_fields.items():
                yield field.alias or name, "tuple[" in str(field.annotation)
        else:
            yield each.alias, False
    for below in dependant.dependencies:
        yield from _query_names(below)


def _check_query(plan: Plan, request: Request) -> None:
    given = Counter(name for name, _value in request.query_params.multi_items())
    known = ", ".join(sorted(plan.query)) or "none is"
    wrong = [
        Wrong("parameter", name, f"is no parameter here: {known}")
        for name in given
        if name not in plan.query
    ]
    wrong += [
        Wrong("parameter", name, "stands there several times: give it once")
        for name, times in given.items()
        if times > 1 and name in plan.query - plan.lists
    ]
    if wrong:
        raise invalid(wrong)


def _check_media_type(wanted: str, request: Request) -> None:
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != wanted:
        msg = f"send the body as {wanted}, and say so in Content-Type"
        accept = {"Accept-Post" if request.method == "POST" else "Accept": wanted}
        raise Problem(Kind.MEDIA_TYPE, msg, headers=accept)


def _limited(request: Request, plan: Plan) -> Receive:
    """Receives a body that is no larger, and no slower, than may be."""
    most, received, receive = plan.body_max, 0, request.receive
    msg = f"the body is larger than {most} bytes: send less"
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > most:
        raise Problem(Kind.TOO_LARGE, msg, headers={"Connection": "close"})
    end = asyncio.get_running_loop().time() + plan.within

    async def limited() -> Message:
        nonlocal received
        try:
            async with asyncio.timeout_at(end):
                message = await receive()
        except TimeoutError:
            slow = f"the body took longer than {plan.within:.0f} seconds: send it again"
            raise Problem(Kind.TOO_SLOW, slow, headers={"Connection": "close"}) from None
        received += len(message.get("body", b""))
        if received > most:
            raise Problem(Kind.TOO_LARGE, msg, headers={"Connection": "close"})
        return message

    return limited
