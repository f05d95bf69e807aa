"""Files that come in by parts: the resumable uploads of tus 1.0.0, its core with two extensions.

https://tus.io/protocols/resumable-upload: ``creation`` and ``termination``. The
part that makes a file whole is answered when the file has been looked into.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from exempt.errors import ConflictError, NotFoundError, RefusedError
from exempt.model.paper import Refusal
from exempt.model.requesting import SubmissionWay
from exempt.rules.papers import MAX_BYTES
from exempt.services import submissions, uploads
from exempt.services.papers import PaperRefused
from exempt.services.uploads import Upload
from exempt.services.visits import Visit
from exempt.web.forms import check_origin, check_token
from exempt.web.portal.visiting import visit_of
from exempt.web.site import Site
from exempt.web.waiting import run_slowly

VERSION = "1.0.0"
PATH = "/portal/uploads"
MEDIA_TYPE = "application/offset+octet-stream"

IDLE = 60.0
"""Seconds that a line may be silent."""

WHOLE = 900.0
"""Seconds that one part may take; then it is cut, and the next one goes on."""

_AT_ONCE = 256 * 1024
_STATUSES = {Refusal.TOO_LARGE: 413, Refusal.NO_ROOM: 507, Refusal.UNCHECKED: 503}
_HEADERS = {"Tus-Resumable": VERSION, "Cache-Control": "no-store"}

Endpoint = Callable[[Request], Awaitable[Response]]


class _Begun(NamedTuple):
    """An upload of somebody who is in the portal."""

    visit: Visit
    upload: Upload


def routes(site: Site) -> list[BaseRoute]:
    """Where uploads begin, and go on."""
    many, one = _Many(site), _One(site)
    return [
        Route(PATH, many.options, methods=["OPTIONS"]),
        Route(PATH, _answered(many.begin), methods=["POST"]),
        Route(f"{PATH}/{{token}}", _answered(one.head), methods=["HEAD"]),
        Route(f"{PATH}/{{token}}", _answered(one.go_on), methods=["PATCH"]),
        Route(f"{PATH}/{{token}}", _answered(one.give_up), methods=["DELETE"]),
    ]


def _answered(endpoint: Endpoint) -> Endpoint:
    """Answer refusals in words that the page shows."""

    async def answer(request: Request) -> Response:
        if request.headers.get("tus-resumable", VERSION) != VERSION:
            return Response(status_code=412, headers={"Tus-Version": VERSION})
        try:
            return await endpoint(request)
        except PaperRefused as refused:
            status = _STATUSES.get(refused.refusal, 422)
            return _said(status, str(refused), refusal=refused.refusal.value)
        except ConflictError as error:
            return _said(409, str(error))
        except NotFoundError:
            raise HTTPException(404) from None
        except RefusedError as error:
            return _said(422, str(error))

    return answer


def _said(status: int, sentence: str, **more: str) -> Response:
    return JSONResponse({"sentence": sentence, **more}, status, headers=_HEADERS)


async def _visit(site: Site, request: Request) -> Visit:
    visit = await run_in_threadpool(visit_of, site, request)
    if visit is None:
        raise HTTPException(410)
    return visit


def _check(site: Site, request: Request) -> None:
    check_origin(site, request)
    check_token(site, request, FormData())


class _Many:
    """All uploads."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def options(self, _request: Request) -> Response:
        """What is spoken here."""
        return Response(
            status_code=204,
            headers={
                **_HEADERS,
                "Tus-Version": VERSION,
                "Tus-Extension": "creation,termination",
                "Tus-Max-Size": str(MAX_BYTES),
            },
        )

    async def begin(self, request: Request) -> Response:
        """Begin an upload to what the customer is filling in."""
        site = self._site
        _check(site, request)
        visit = await _visit(site, request)
        if not visit.may_send:
            raise HTTPException(410)
        size = _number(request, "upload-length")
        name = _file_name(request.headers.get("upload-metadata", ""))
        token = await run_in_threadpool(self._begin, visit, name, size)
        return Response(status_code=201, headers={**_HEADERS, "Location": f"{PATH}/{token}"})

    def _begin(self, visit: Visit, name: str, size: int) -> str:
        site, at = self._site, self._site.clock()
        draft = visit.draft
        if draft is None:
            draft = submissions.start(site.store, visit.request.id, SubmissionWay.UPLOAD, at)
        if len(draft.files) >= submissions.FILES_MAX:
            raise RefusedError(submissions.FULL)
        return uploads.begin(site.store, site.parts, draft.id, name, size, at)


class _One:
    """One upload, by its token."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def head(self, request: Request) -> Response:
        """How far it has come."""
        begun = await self._begun(request)
        return Response(
            headers={
                **_HEADERS,
                "Upload-Offset": str(begun.upload.received),
                "Upload-Length": str(begun.upload.size),
            }
        )

    async def give_up(self, request: Request) -> Response:
        """Forget it."""
        _check(self._site, request)
        begun = await self._begun(request)
        await run_in_threadpool(uploads.drop, self._site.store, self._site.parts, begun.upload)
        return Response(status_code=204, headers=_HEADERS)

    async def go_on(self, request: Request) -> Response:
        """Take in the next part; cut off, what came is kept."""
        site = self._site
        _check(site, request)
        begun = await self._begun(request)
        offset = _number(request, "upload-offset")
        if request.headers.get("content-type", "").partition(";")[0].strip() != MEDIA_TYPE:
            raise HTTPException(415)
        if offset != begun.upload.received:
            raise ConflictError(
                f"the upload has come to byte {begun.upload.received:,}: go on there"
            )
        try:
            async for data in _pieces(request):
                offset = await run_in_threadpool(
                    uploads.append, site.parts, begun.upload, offset, data
                )
        finally:
            upload = await run_in_threadpool(
                uploads.moved, site.store, site.parts, begun.upload, site.clock()
            )
        headers = {**_HEADERS, "Upload-Offset": str(upload.received)}
        if upload.complete:
            headers["Upload-File"] = await run_slowly(PATH, self._finish, upload)
        return Response(status_code=204, headers=headers)

    def _finish(self, upload: Upload) -> str:
        site, at = self._site, self._site.clock()
        file = uploads.finish(
            site.store,
            site.parts,
            upload,
            documents=site.documents,
            inspector=site.inspector,
            at=at,
            add=lambda kept: submissions.add_file(site.store, upload.submission_id, kept, at),
        )
        return str(file.id)

    async def _begun(self, request: Request) -> _Begun:
        visit = await _visit(self._site, request)
        token = request.path_params["token"]
        upload = await run_in_threadpool(uploads.found, self._site.store, self._site.parts, token)
        own = {each.id for each in visit.sent if each.request_id == visit.request.id}
        if upload is None or upload.submission_id not in own:
            raise HTTPException(404)
        return _Begun(visit, upload)


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    """The body in pieces that are worth a write; it ends early where the line is cut."""
    waiting = bytearray()
    stream = aiter(request.stream())
    clock = asyncio.get_running_loop().time
    until = clock() + WHOLE
    while clock() < until:
        try:
            chunk = await asyncio.wait_for(anext(stream), IDLE)
        except (StopAsyncIteration, ClientDisconnect, TimeoutError):
            break
        waiting += chunk
        if len(waiting) >= _AT_ONCE:
            yield bytes(waiting)
            waiting.clear()
    if waiting:
        yield bytes(waiting)


def _number(request: Request, header: str) -> int:
    text = request.headers.get(header, "")
    if not (text.isascii() and text.isdecimal() and len(text) <= 15):
        raise HTTPException(400, f"{header}: is missing, or no number")
    return int(text)


def _file_name(metadata: str) -> str:
    """``filename`` of ``filename d29y…,filetype …``; "" where there is none."""
    for pair in metadata.split(","):
        key, _, value = pair.strip().partition(" ")
        if key == "filename":
            try:
                return base64.b64decode(value, validate=True).decode("utf-8", "replace")
            except (binascii.Error, ValueError):
                raise HTTPException(400, "upload-metadata: is no base64") from None
    return ""
