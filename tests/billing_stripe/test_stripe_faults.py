"""The fault matrix: each fault, the error it becomes, and how often Stripe was called."""

from __future__ import annotations

import logging
from collections.abc import Callable

import httpx
import pytest
import respx

from exempt import (
    AuthError,
    CursorExpired,
    FetchRequest,
    PermanentError,
    RateLimited,
    ScopeError,
    TransientError,
)
from exempt_billing_stripe.connector import StripeConnector

Connect = Callable[..., StripeConnector]

LIST = httpx.Response(200, json={"object": "list", "data": [], "has_more": False})
CUT = httpx.Response(200, content=b'{"object": "list", "da')
PAGE = httpx.Response(200, html="<h1>Sign in</h1>")
LATER = httpx.Response(429, headers={"Retry-After": "2"})
MUCH_LATER = httpx.Response(429, headers={"Retry-After": "3600"})


@pytest.mark.parametrize(
    ("faults", "calls"),
    [
        pytest.param([LATER], 2, id="429 with Retry-After"),
        pytest.param([httpx.Response(429)], 2, id="429 without, as Stripe sends it"),
        pytest.param([httpx.Response(503)], 2, id="503"),
        pytest.param([httpx.Response(500)] * 3, 4, id="500 three times"),
        pytest.param([httpx.ReadTimeout("")], 2, id="time-out"),
        pytest.param([httpx.ReadError("")], 2, id="reset"),
        pytest.param([httpx.RemoteProtocolError("")], 2, id="cut connection"),
    ],
)
def test_passing_faults_are_overcome(
    faults: list[httpx.Response | Exception],
    calls: int,
    remote: respx.MockRouter,
    connect: Connect,
) -> None:
    route = remote.get("/customers").mock(side_effect=[*faults, LIST])
    assert connect().fetch_customers(FetchRequest()).checkpoint
    assert route.call_count == calls


@pytest.mark.parametrize(
    ("fault", "error", "calls"),
    [
        pytest.param(httpx.Response(401), AuthError, 1, id="401"),
        pytest.param(httpx.Response(403), ScopeError, 1, id="403"),
        pytest.param(httpx.Response(410), CursorExpired, 1, id="410"),
        pytest.param(httpx.Response(400, json={}), PermanentError, 1, id="400"),
        pytest.param(httpx.Response(404, json={}), PermanentError, 1, id="404"),
        pytest.param(httpx.Response(404, html="<h1>"), TransientError, 1, id="404 as a page"),
        pytest.param(
            httpx.Response(302, headers={"Location": "https://evil.example/"}),
            PermanentError,
            1,
            id="redirect",
        ),
        pytest.param(MUCH_LATER, RateLimited, 1, id="429, in an hour"),
        pytest.param(httpx.Response(429), RateLimited, 4, id="429 for ever"),
        pytest.param(httpx.Response(500), TransientError, 4, id="500 for ever"),
        pytest.param(CUT, TransientError, 1, id="cut JSON"),
        pytest.param(PAGE, TransientError, 1, id="a login page"),
        pytest.param(httpx.Response(200, json=[]), PermanentError, 1, id="another shape"),
    ],
)
def test_lasting_faults_are_told(
    fault: httpx.Response,
    error: type[Exception],
    calls: int,
    remote: respx.MockRouter,
    connect: Connect,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    route = remote.get("/customers").mock(return_value=fault)
    with pytest.raises(error) as raised:
        connect().fetch_customers(FetchRequest())
    assert type(raised.value) in {error, *error.__subclasses__()}
    assert route.call_count == calls
    assert "canary" not in str(raised.value) + caplog.text


def test_nothing_shows_the_key(connect: Connect) -> None:
    connector = connect()
    shown = repr(connector) + repr(vars(connector)) + repr(vars(connector._stripe))
    assert "canary" not in shown
