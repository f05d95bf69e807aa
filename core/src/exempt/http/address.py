"""Addresses: whose host they lead to, and how they may be shown.

They are read by the parser that also sends the call. Two parsers that disagree
about the host of one address would let credentials go astray.
"""

from __future__ import annotations

import re

import httpx

_PORTS = {"http": 80, "https": 443}
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def is_absolute(address: str) -> bool:
    """Whether *address* names its host itself."""
    return _ABSOLUTE.match(address) is not None


def origin(url: str) -> str:
    """Scheme, host and port of *url*, the port always written.

    Raises:
        ValueError: It is no http or https address with a host, or it carries a user name.
    """
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL:
        msg = "it cannot be read"
        raise ValueError(msg) from None
    if parts.scheme not in _PORTS or not parts.host:
        msg = "it does not have the form https://host/path"
        raise ValueError(msg)
    if parts.userinfo:
        msg = "it carries a user name"
        raise ValueError(msg)
    host = parts.raw_host.decode("ascii")
    bracketed = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{bracketed}:{parts.port or _PORTS[parts.scheme]}"


def shown(url: str) -> str:
    """*url* without query, fragment or user, fit for a log."""
    return str(httpx.URL(url).copy_with(query=None, fragment=None, userinfo=b""))


def same_page(one: str, other: str) -> bool:
    """Whether two addresses differ in nothing but the fragment."""
    return httpx.URL(one).copy_with(fragment=None) == httpx.URL(other).copy_with(fragment=None)
