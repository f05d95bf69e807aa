"""From which network address somebody calls, also through a proxy that is trusted."""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Sequence

from starlette.requests import Request

from exempt.web.site import Site

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def address_of(site: Site, request: Request) -> str:
    """The address; "" where there is none.

    What a header says of it counts only from a proxy that the settings name,
    and only up to the first address that is no such proxy.
    """
    near = request.client.host if request.client else ""
    if not site.trusted_proxies:
        return near
    trusted = _networks(site.trusted_proxies)
    said = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
    while _is_in(near, trusted) and said:
        further = said.pop().strip()
        if _parsed(further) is None:
            break
        near = further
    return near


def _is_in(address: str, networks: Sequence[Network]) -> bool:
    known = _parsed(address)
    return known is not None and any(known in network for network in networks)


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return None
    mapped = getattr(known, "ipv4_mapped", None)
    return known if mapped is None else mapped


@functools.cache
def _networks(proxies: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(each, strict=False) for each in proxies)
