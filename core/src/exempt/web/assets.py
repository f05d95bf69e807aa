"""What pages load beside themselves: style sheets, scripts, fonts, and the icons drawn in them.

All of it is served from here, so that no page asks anybody else; under an
address that changes with the content, so that a browser asks once.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import re
from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

FOLDER = Path(__file__).parent / "static"
VENDOR = FOLDER / "vendor"
ICONS = VENDOR / "icons"
PREFIX = "/static"

FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
_PACKED = {".woff2"}


class File(NamedTuple):
    """A file as it is served.

    Attributes:
        small: Its content by gzip; None where that gains nothing.
    """

    content: bytes
    small: bytes | None
    media_type: str


class Assets(NamedTuple):
    """All files by their paths below ``/static``, and the hash of them all."""

    version: str
    files: dict[str, File]


@functools.cache
def assets() -> Assets:
    """The files, read once."""
    paths = sorted(path for path in FOLDER.rglob("*") if path.suffix in _TYPES)
    served = [path for path in paths if ICONS not in path.parents]
    files = {path.relative_to(FOLDER).as_posix(): _file(path) for path in served}
    known = hashlib.sha256()
    for name, file in files.items():
        known.update(f"{name} {len(file.content)} ".encode() + file.content)
    return Assets(known.hexdigest()[:12], files)


def _file(path: Path) -> File:
    content = path.read_bytes()
    small = None if path.suffix in _PACKED else gzip.compress(content, 9, mtime=0)
    return File(content, small, _TYPES[path.suffix])


def address(name: str) -> str:
    """Where pages find the file *name*, such as ``console.css``.

    Raises:
        KeyError: There is no such file.
    """
    known = assets()
    if name not in known.files:
        raise KeyError(name)
    return f"{PREFIX}/{known.version}/{name}"


@functools.cache
def icon(name: str) -> Markup:
    """The line icon *name* of Lucide, as it stands in a page; it says nothing to a screen reader.

    Raises:
        KeyError: There is no such icon: see assets/files.txt.
    """
    try:
        drawn = (ICONS / f"{name}.svg").read_text(encoding="utf-8")
    except FileNotFoundError:
        raise KeyError(name) from None
    inner = re.sub(r"\s*\n\s*", "", drawn[drawn.index(">", drawn.index("<svg")) + 1 :])
    return Markup(  # noqa: S704 - our own file
        '<svg class="icon" viewBox="0 0 24 24" width="20" height="20"'
        f' aria-hidden="true">{inner}'  # how lines are drawn says theme.css, once for all
    )


def route() -> Route:
    """``/static/VERSION/NAME``."""
    return Route(PREFIX + "/{path:path}", _answer)


async def _answer(request: Request) -> Response:
    known = assets()
    version, _, name = request.path_params["path"].partition("/")
    lasting = version == known.version
    file = known.files.get(name) or known.files.get(request.path_params["path"])
    if file is None:
        raise HTTPException(404)
    headers = {
        "Content-Type": file.media_type,
        "Cache-Control": FOR_EVER if lasting else ASK_AGAIN,
    }
    content = file.content
    if file.small is not None:
        headers["Vary"] = "Accept-Encoding"
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            content = file.small
    return Response(content, headers=headers)
