"""Posts webhooks to addresses of others, and to none inside the house that is not allowed.

An address is looked up once; all that comes of it must be public, or lie in a
network that the settings allow; and the connection goes to what was checked, so
that a name cannot lead elsewhere the second time (DNS rebinding).
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import httpcore
import httpx

from exempt.http import retry_after
from exempt.services.event_ports import Posted, Poster

WITHIN = 10.0
"""Seconds for each wait: for a connection, and for an answer."""

IN_ALL = 30.0
"""Seconds for a whole call: whoever answers byte by byte holds up nobody else."""

ANSWER_MAX = 64 * 1024

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Lookup = Callable[[str, int], Collection[str]]
"""The addresses of a host."""

# What is written as one address and leads to another: NAT64, 6to4, Teredo, IPv4 within IPv6;
# and what sites had of their own once.
_TUNNELS = tuple(
    map(
        ipaddress.ip_network,
        (
            *("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"),
            *("::/96", "::ffff:0:0:0/96", "fec0::/10"),
        ),
    )
)


class _ForbiddenError(Exception):
    """The address is none to post to."""


class HttpPoster(Poster):
    """Posts over HTTP.

    Args:
        allowed: Networks that may be posted to although they are not public.
        lookup: Finds addresses; the system's by default.
    """

    def __init__(self, allowed: Iterable[str] = (), lookup: Lookup | None = None) -> None:
        transport = httpx.HTTPTransport(verify=True, retries=0)
        backend = _Guarded(tuple(map(ipaddress.ip_network, allowed)), lookup or _looked_up)
        transport._pool._network_backend = backend  # noqa: SLF001 - held by a test
        self._hurry = backend.hurry
        self._http = httpx.Client(
            transport=transport,
            timeout=WITHIN,
            follow_redirects=False,
            trust_env=False,
            headers={"user-agent": "exempt-webhooks", "accept-encoding": "identity"},
        )

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Posted:
        self._hurry.begin()
        try:
            with self._http.stream("POST", url, content=body, headers=dict(headers)) as answer:
                read = 0
                for chunk in answer.iter_raw():
                    read += len(chunk)
                    if read > ANSWER_MAX:  # the status is all that counts
                        break
        except _ForbiddenError:
            return Posted(None, "its address is not public: allow its network in web.events_to")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return Posted(None, f"not reached: {type(error).__name__}")
        wait = retry_after(answer.headers.get("retry-after", ""), dt.datetime.now(dt.UTC))
        return Posted(answer.status_code, f"answered {answer.status_code}", wait)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


class _Guarded(httpcore.SyncBackend):
    """Connects to addresses that were checked."""

    def __init__(self, allowed: Collection[Network], lookup: Lookup) -> None:
        super().__init__()
        self._allowed = allowed
        self._lookup = lookup
        self.hurry = _Hurry()

    def connect_tcp(self, host: str, port: int, *args: Any, **kwargs: Any) -> Any:
        addresses = [ipaddress.ip_address(each) for each in self._lookup(host, port)]
        if not addresses or not all(self._may(address) for address in addresses):
            raise _ForbiddenError
        stream = super().connect_tcp(str(addresses[0]), port, *args, **kwargs)
        return _Stream(stream, self.hurry)

    def _may(self, address: Address) -> bool:
        mapped = getattr(address, "ipv4_mapped", None) or address
        if any(mapped in network for network in self._allowed):
            return True
        tunnelled = any(mapped in network for network in _TUNNELS)
        return mapped.is_global and not mapped.is_multicast and not tunnelled


class _Hurry(threading.local):
    """When the call that a thread makes has to be over."""

    end = 0.0

    def begin(self) -> None:
        self.end = time.monotonic() + IN_ALL

    def left(self, timeout: float | None) -> float:
        """How long to wait at most.

        Raises:
            httpcore.ReadTimeout: No longer at all.
        """
        left = self.end - time.monotonic()
        if left <= 0:
            msg = "the call took too long"
            raise httpcore.ReadTimeout(msg)
        return left if timeout is None else min(timeout, left)


class _Stream(httpcore.NetworkStream):
    """A line of which no call is longer than `IN_ALL`, however it goes on."""

    def __init__(self, stream: httpcore.NetworkStream, hurry: _Hurry) -> None:
        self._stream = stream
        self._hurry = hurry

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._hurry.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._hurry.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = self._hurry.left(timeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._hurry)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _looked_up(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        msg = "its name is not known"
        raise httpx.ConnectError(msg) from error
    return [str(each[4][0]).partition("%")[0] for each in found]
