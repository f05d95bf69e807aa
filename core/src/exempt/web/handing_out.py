"""Files as answers: what came from outside only to be saved, what we drew also to be looked at.

A browser runs nothing of either (ASVS 3.2.1): the original is an attachment
in a sandbox, and no other site's page gets at it.
"""

from __future__ import annotations

import contextlib
import logging
import unicodedata
from collections.abc import Iterator
from typing import IO
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from exempt.errors import NotFoundError, RefusedError
from exempt.model.paper import Refusal
from exempt.services import papers
from exempt.services.files import open_whole
from exempt.services.papers import PaperRefused
from exempt.services.submission_ports import FileUse
from exempt.web.site import Site

_log = logging.getLogger("exempt.web")

_HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
}
_CHUNK = 256 * 1024
_TYPES = {"image/jpeg", "image/png", "image/tiff", "application/pdf"}
_UNSAFE = set('"\\;%')


def original(site: Site, use: FileUse, sha256: str) -> Response:
    """A file as it came, to be saved."""
    media_type = use.media_type if use.media_type in _TYPES else "application/octet-stream"
    content = open_whole(site.documents, sha256, f"file {sha256[:12]}…")
    return _saved(content, use.name, media_type, use.size)


def copy(site: Site, use: FileUse, sha256: str) -> Response:
    """The copy of a file in which nothing can run, to be saved."""
    paper = papers.paper_of(site.store, site.documents, site.inspector, sha256, site.clock())
    content = open_whole(site.documents, paper.shown_sha256, f"the copy of {sha256[:12]}…")
    name = use.name
    if paper.shown_media_type != paper.media_type:
        name = f"{name.rpartition('.')[0] or name}.pdf"
    return saved(content, name, paper.shown_media_type)


def saved(content: IO[bytes], name: str, media_type: str) -> Response:
    """What *content* holds, to be saved; it is closed at the end."""
    size = content.seek(0, 2)
    content.seek(0)
    return _saved(content, name, media_type, size)


def page(site: Site, sha256: str, number: int, *, small: bool) -> Response:
    """The picture of a page."""
    held = (site.store, site.documents, site.inspector)
    papers.paper_of(*held, sha256, site.clock())
    image = papers.page_image(*held, sha256, number, small=small)
    with open_whole(site.documents, image.image_sha256, f"page {number}") as content:
        return Response(content.read(), media_type="image/webp", headers=_HEADERS)


def pdf(content: bytes, name: str) -> Response:
    """A PDF that we made, to be saved or printed."""
    headers = {**_HEADERS, "Content-Disposition": disposition(name)}
    return Response(content, media_type="application/pdf", headers=headers)


@contextlib.contextmanager
def answered() -> Iterator[None]:
    """Answer what cannot be handed out."""
    try:
        yield
    except NotFoundError:
        raise HTTPException(404) from None
    except PaperRefused as error:
        status = 503 if error.refusal is Refusal.UNCHECKED else 422
        raise HTTPException(status, str(error)) from None
    except RefusedError as error:  # it is not what was kept
        _log.error("%s", error)
        raise HTTPException(503, str(error)) from None


def check_context(request: Request) -> None:
    """Refuse what another site's page fetches or embeds; a click on a link is well."""
    fetched = request.headers.get("sec-fetch-site", "same-origin")
    clicked = request.headers.get("sec-fetch-mode", "navigate") == "navigate"
    alone = request.headers.get("sec-fetch-dest", "document") == "document"
    if fetched not in {"same-origin", "none"} and not (clicked and alone):
        raise HTTPException(403)


def disposition(name: str) -> str:
    """How a browser is told to save a file, and under which name (RFC 6266)."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = "".join("_" if each in _UNSAFE or not each.isprintable() else each for each in plain)
    encoded = quote(name.encode("utf-8", "replace"), safe="")
    return f"attachment; filename=\"{plain or 'file'}\"; filename*=UTF-8''{encoded}"


def _saved(content: IO[bytes], name: str, media_type: str, size: int) -> Response:
    headers = {
        **_HEADERS,
        "Content-Disposition": disposition(name),
        "Content-Length": str(size),
    }
    return StreamingResponse(_chunks(content), media_type=media_type, headers=headers)


def _chunks(content: IO[bytes]) -> Iterator[bytes]:
    with content:
        while chunk := content.read(_CHUNK):
            yield chunk
