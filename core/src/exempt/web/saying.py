"""What a page tells once, when somebody was sent on to it: in a signed cookie, for a minute."""

from __future__ import annotations

import base64
import binascii

from starlette.requests import Request
from starlette.responses import Response

from exempt.web import cookies
from exempt.web.site import Site

SECONDS = 60
LONGEST = 600
"""Characters."""

_PURPOSE = "said"


def put(site: Site, response: Response, said: str) -> None:
    """Let the next page say it."""
    text = f"{site.clock().timestamp():.0f} {said[:LONGEST]}"
    packed = base64.urlsafe_b64encode(text.encode()).decode()
    value = f"{packed}.{site.keys.sign(_PURPOSE, text)}"
    cookies.put(site, response, cookies.SAID, value, seconds=SECONDS)


def read(site: Site, request: Request) -> str:
    """What is to be said, "" where there is nothing."""
    packed, _, signature = cookies.read(site, request, cookies.SAID).partition(".")
    try:
        text = base64.urlsafe_b64decode(packed.encode()).decode()
    except (binascii.Error, UnicodeError, ValueError):
        return ""
    if not text or not site.keys.signed(_PURPOSE, text, signature):
        return ""
    at, _, said = text.partition(" ")
    return said if abs(site.clock().timestamp() - int(at)) <= SECONDS else ""
