"""From where somebody calls: a header counts only from a proxy that is trusted (ASVS 4.1.3)."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.requests import Request

from exempt.web.addresses import address_of


class _Site:
    """As much of a site as is asked."""

    def __init__(self, *proxies: str) -> None:
        self.trusted_proxies = proxies


def address(near: str | None, *said: str, proxies: tuple[str, ...] = ("10.0.0.0/8",)) -> str:
    headers = [(b"x-forwarded-for", each.encode()) for each in said]
    client = None if near is None else (near, 4000)
    site: Any = _Site(*proxies)
    return address_of(site, Request({"type": "http", "headers": headers, "client": client}))


@pytest.mark.parametrize(
    ("near", "said", "proxies", "found"),
    [
        pytest.param("203.0.113.9", [], (), "203.0.113.9", id="without a proxy"),
        pytest.param("203.0.113.9", ["1.1.1.1"], (), "203.0.113.9", id="nobody is trusted"),
        pytest.param("203.0.113.9", ["1.1.1.1"], ("10.0.0.0/8",), "203.0.113.9", id="not this one"),
        pytest.param("10.0.0.1", ["203.0.113.9"], ("10.0.0.0/8",), "203.0.113.9", id="this one"),
        pytest.param(
            "10.0.0.1", ["1.1.1.1, 203.0.113.9"], ("10.0.0.1",), "203.0.113.9", id="made up before"
        ),
        pytest.param(
            "10.0.0.1", ["1.1.1.1", "203.0.113.9"], ("10.0.0.1",), "203.0.113.9", id="two headers"
        ),
        pytest.param(
            "10.0.0.1", ["203.0.113.9, 10.2.3.4"], ("10.0.0.0/8",), "203.0.113.9", id="two proxies"
        ),
        pytest.param("10.0.0.1", ["10.0.0.2"], ("10.0.0.0/8",), "10.0.0.2", id="proxies alone"),
        pytest.param("10.0.0.1", ["unknown"], ("10.0.0.0/8",), "10.0.0.1", id="no address"),
        pytest.param("10.0.0.1", [], ("10.0.0.0/8",), "10.0.0.1", id="a proxy that is silent"),
        pytest.param("::ffff:10.0.0.1", ["::1"], ("10.0.0.0/8",), "::1", id="IPv4 within IPv6"),
        pytest.param("fd00::1", ["2001:db8::1"], ("fd00::/8",), "2001:db8::1", id="IPv6"),
        pytest.param(None, ["1.1.1.1"], ("10.0.0.0/8",), "", id="over a socket"),
    ],
)
def test_where_a_call_came_from(
    near: str | None, said: list[str], proxies: tuple[str, ...], found: str
) -> None:
    assert address(near, *said, proxies=proxies) == found
