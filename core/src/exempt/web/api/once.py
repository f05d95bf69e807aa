"""Calls that come with an idempotency key: carried out once, and answered alike."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from exempt.services.calls_once import Claim, Kept, Marking, Standing, begin, drop, keep
from exempt.web.api.calls import Call
from exempt.web.api.refusing import problem_of, response_of
from exempt.web.problems import Kind, Problem, Wrong, invalid

_KEY = re.compile(r"[\x21-\x7e]{1,255}\Z")
_KEPT_HEADERS = ("content-type", "etag", "location")

_REFUSED = {
    Standing.IN_PROGRESS: (
        Kind.IN_PROGRESS,
        "a call with this idempotency key is being answered: repeat it in a moment",
    ),
    Standing.OTHER_CALL: (
        Kind.KEY_REUSED,
        "another call came with this idempotency key: give each call one of its own",
    ),
    Standing.LOST: (
        Kind.ANSWER_LOST,
        "the call with this idempotency key was carried out: look at what it changed",
    ),
}


async def once(call: Call, inner: Callable[[Request], Awaitable[Response]]) -> Response | None:
    """The answer to a call with an idempotency key; None where it came without one.

    Raises:
        Problem: It is being carried out, or its key came with another call.
    """
    given = call.request.headers.get("idempotency-key")
    if given is None:
        return None
    if _KEY.match(given) is None:
        wrong = "is none: write 1 to 255 letters, digits and signs without blanks"
        raise invalid([Wrong("header", "Idempotency-Key", wrong)])
    site = call.site
    claim = Claim(call.caller.key_id or 0, given, site.clock())
    fingerprint = await _fingerprint(call.request)
    found = await run_in_threadpool(begin, site.store, site.keys, claim, fingerprint)
    if isinstance(found, Standing):
        kind, said = _REFUSED[found]
        headers = {"Retry-After": "1"} if found is Standing.IN_PROGRESS else {}
        raise Problem(kind, said, headers=headers)
    if isinstance(found, Kept):
        return _replayed(found)
    store = Marking(site.store, found)
    mine = dataclasses.replace(call, store=store, headers={})
    call.request.state.call = mine
    try:
        response = await inner(call.request)
        response.headers.update(mine.headers)
    except Exception as error:  # noqa: BLE001 - it may be kept as the answer
        response = response_of(problem_of(error))
    if response.status_code < 400 or (store.marked and response.status_code < 500):
        headers = {n: response.headers[n] for n in _KEPT_HEADERS if n in response.headers}
        answer = Kept(response.status_code, headers, bytes(response.body).decode())
        await run_in_threadpool(keep, site.store, site.keys, found, answer)
    else:
        await run_in_threadpool(drop, site.store, found)
    return response


def _replayed(kept: Kept) -> Response:
    return Response(kept.body, kept.status, {**kept.headers, "Idempotent-Replayed": "true"})


async def _fingerprint(request: Request) -> str:
    """A digest of all that a call asks for."""
    whole = hashlib.sha256()
    _add(whole, request.method, request.url.path, request.url.query)
    _add(whole, request.headers.get("if-match", ""))
    if request.headers.get("content-type", "").startswith("multipart/"):
        form = await request.form()  # boundaries differ, what lies between them does not
        for name, value in form.multi_items():
            _add(whole, name)
            if isinstance(value, UploadFile):
                _add(whole, value.filename or "", await run_in_threadpool(_sha256, value))
            else:
                _add(whole, value)
    else:
        _add(whole, (await request.body()).decode("latin-1"))
    return whole.hexdigest()


def _add(whole: Any, *parts: str) -> None:
    for part in parts:
        whole.update(f"{len(part)} {part}".encode())


def _sha256(file: UploadFile) -> str:
    whole = hashlib.sha256()
    while part := file.file.read(1024 * 1024):
        whole.update(part)
    file.file.seek(0)
    return whole.hexdigest()
