"""Pages by gzip, where a browser takes it.

A page has a secret, the token of its forms, beside what an address may say. Each is
therefore longer by a random number of bytes, as Django's are: who only sees how long
it is learns nothing soon.
"""

from __future__ import annotations

import gzip
import io
import secrets
from collections.abc import Iterable, Iterator

from starlette.requests import Request

_LEVEL = 5
_MOST_MORE = 100
"""Bytes."""


def headers_of(request: Request) -> dict[str, str]:
    """The headers of a page for that browser: whether it is packed."""
    packs = "gzip" in request.headers.get("accept-encoding", "")
    return {"Vary": "Accept-Encoding"} | ({"Content-Encoding": "gzip"} if packs else {})


def portions_for(request: Request, portions: Iterable[str]) -> Iterator[bytes]:
    """The portions of a page for that browser, each of which can be shown before the next comes."""
    if "Content-Encoding" in headers_of(request):
        return _packed(portions)
    return (portion.encode() for portion in portions)


def _packed(portions: Iterable[str]) -> Iterator[bytes]:
    packs = io.BytesIO()
    more = "x" * secrets.randbelow(_MOST_MORE)
    with gzip.GzipFile(more, "wb", _LEVEL, packs, mtime=0) as file:
        for portion in portions:
            file.write(portion.encode())
            file.flush()
            yield _taken(packs)
    yield _taken(packs)


def _taken(packs: io.BytesIO) -> bytes:
    content = packs.getvalue()
    packs.seek(0)
    packs.truncate()
    return content
