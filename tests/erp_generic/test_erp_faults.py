"""The fault matrix: what goes wrong on the way, as which error, after how many calls."""

from __future__ import annotations

import logging
from typing import Any

import httpx
import pytest
import respx

from exempt import (
    AuthError,
    ConfigError,
    ConnectorError,
    CursorExpired,
    FetchRequest,
    PermanentError,
    RateLimited,
    ScopeError,
    TransientError,
)
from peers.erp_build import SECRET, URL, as_json, connector, order_row

GOOD = as_json({"data": [order_row(1)]})
HTML = httpx.Response(200, html="<h1>Sign in</h1>")
CUT = httpx.Response(200, content=b'{"data": [')


def slow(seconds: str) -> httpx.Response:
    """A request for fewer calls."""
    return httpx.Response(429, headers={"Retry-After": seconds})


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(slow("1"), id="429 with seconds"),
        pytest.param(slow("Fri, 20 Nov 2026 12:00:02 GMT"), id="429 with a date"),
        pytest.param(httpx.Response(503), id="503"),
        pytest.param(httpx.Response(500, html="<h1>oops</h1>"), id="500 in HTML"),
        pytest.param(httpx.ReadTimeout, id="time-out"),
        pytest.param(httpx.ConnectError, id="refused"),
        pytest.param(httpx.RemoteProtocolError, id="reset, or cut short of its length"),
    ],
)
def test_what_passes_costs_one_more_call(mocked: respx.MockRouter, fault: Any) -> None:
    route = mocked.get(f"{URL}/orders").mock(side_effect=[fault, GOOD])
    erp = connector()
    erp._remote._client._sleep = lambda _seconds: None  # type: ignore[attr-defined]
    assert len(erp.fetch_orders(FetchRequest()).records) == 1
    assert route.call_count == 2


@pytest.mark.parametrize(
    ("fault", "error", "calls"),
    [
        pytest.param(httpx.Response(500), TransientError, 4, id="500 for ever"),
        pytest.param(httpx.ReadTimeout, TransientError, 4, id="time-outs for ever"),
        pytest.param(slow("3600"), RateLimited, 1, id="429 for an hour"),
        pytest.param(HTML, TransientError, 1, id="a login page with 200"),
        pytest.param(CUT, TransientError, 1, id="JSON cut off"),
        pytest.param(httpx.Response(401, html="no"), AuthError, 1, id="401"),
        pytest.param(httpx.Response(403), ScopeError, 1, id="403"),
        pytest.param(httpx.Response(410), CursorExpired, 1, id="410"),
        pytest.param(httpx.Response(404, html="no"), PermanentError, 1, id="404 in HTML"),
        pytest.param(
            httpx.Response(302, headers={"Location": "https://evil.example/login"}),
            PermanentError,
            1,
            id="redirect to a login page",
        ),
        pytest.param(as_json([]), PermanentError, 1, id="another shape"),
        pytest.param(as_json(None), PermanentError, 1, id="null"),
    ],
)
def test_what_stays_is_an_error_of_the_right_kind(
    mocked: respx.MockRouter,
    caplog: pytest.LogCaptureFixture,
    fault: Any,
    error: type[ConnectorError],
    calls: int,
) -> None:
    caplog.set_level(logging.DEBUG)
    other = mocked.route(host="evil.example").mock(return_value=GOOD)
    route = mocked.get(f"{URL}/orders").mock(side_effect=[fault] * 5)
    with pytest.raises(ConnectorError) as caught:
        connector().fetch_orders(FetchRequest())
    assert type(caught.value) is error
    assert route.call_count == calls
    assert other.call_count == 0
    assert SECRET not in caplog.text + str(caught.value)


def rule(verdict: str, **parts: Any) -> dict[str, Any]:
    """One rule of ``errors``."""
    return {"verdict": verdict} | parts


BROKEN = {"ok": False, "error": {"code": "QUOTA"}, "data": []}


@pytest.mark.parametrize(
    ("rules", "answer", "error"),
    [
        pytest.param(
            [rule("rate_limited", when="error.code == 'QUOTA'")],
            as_json(BROKEN),
            RateLimited,
            id="200 with an error in the body",
        ),
        pytest.param(
            [rule("config", when="error.code == 'LICENCE'"), rule("permanent", when="error")],
            as_json(BROKEN),
            PermanentError,
            id="the first rule that fits",
        ),
        pytest.param(
            [rule("config", status=[400, 402], when="error.code == 'QUOTA'")],
            as_json(BROKEN, 400),
            ConfigError,
            id="a status with a certain body",
        ),
        pytest.param(
            [rule("transient", status=404)], httpx.Response(404), TransientError, id="a status"
        ),
        pytest.param(
            [rule("config", status=503, when="maintenance")],
            httpx.Response(503, headers={"Retry-After": "7"}),
            TransientError,
            id="the status, but not the body: as usual",
        ),
        pytest.param(
            [rule("config", status=401, when="locked")],
            as_json({}, 401),
            AuthError,
            id="401 as usual",
        ),
        pytest.param(
            [rule("config", status=418, when="locked")],
            as_json({}, 418),
            PermanentError,
            id="another status as usual",
        ),
    ],
)
def test_rules_of_the_settings(
    mocked: respx.MockRouter, rules: list[Any], answer: Any, error: type[ConnectorError]
) -> None:
    route = mocked.get(f"{URL}/orders").mock(return_value=answer)
    with pytest.raises(ConnectorError) as caught:
        connector(errors=rules).fetch_orders(FetchRequest())
    assert type(caught.value) is error
    assert route.call_count == 1


def test_an_answer_to_ignore_is_an_empty_last_page(mocked: respx.MockRouter) -> None:
    """Some ERPs answer 404 where a list is empty."""
    mocked.get(f"{URL}/orders").mock(return_value=httpx.Response(404, html="nothing"))
    page = connector(errors=[rule("ignore", status=404)]).fetch_orders(FetchRequest())
    assert (page.records, page.next_cursor, page.checkpoint) == ((), None, "{}")


def test_a_rule_passes_on_how_long_to_wait(mocked: respx.MockRouter) -> None:
    mocked.get(f"{URL}/orders").mock(return_value=as_json({}, 403, **{"Retry-After": "90"}))
    with pytest.raises(RateLimited) as caught:
        connector(errors=[rule("rate_limited", status=403)]).fetch_orders(FetchRequest())
    assert caught.value.retry_after
    assert caught.value.retry_after.total_seconds() == 90


@pytest.mark.parametrize(
    ("auth", "headers", "query"),
    [
        pytest.param({"kind": "none"}, {"authorization": None}, {}, id="none"),
        pytest.param(
            {"kind": "bearer", "token": SECRET},
            {"authorization": f"Bearer {SECRET}"},
            {},
            id="bearer",
        ),
        pytest.param(
            {"kind": "basic", "user": "u", "password": "p"},
            {"authorization": "Basic dTpw"},
            {},
            id="basic",
        ),
        pytest.param(
            {"kind": "api_key", "name": "X-Key", "value": SECRET},
            {"x-key": SECRET},
            {},
            id="header",
        ),
        pytest.param(
            {"kind": "api_key", "place": "query", "name": "key", "value": SECRET},
            {"authorization": None},
            {"key": SECRET},
            id="query",
        ),
    ],
)
def test_credentials(mocked: respx.MockRouter, auth: Any, headers: Any, query: Any) -> None:
    route = mocked.get(f"{URL}/orders").mock(return_value=GOOD)
    connector(auth=auth, headers={"X-Tenant": "7"}).fetch_orders(FetchRequest())
    sent = route.calls[0].request
    assert {name: sent.headers.get(name) for name in headers} == headers
    assert dict(sent.url.params) == query
    assert (sent.headers["x-tenant"], sent.headers["accept"]) == ("7", "application/json")


def test_a_stream_that_is_not_described_is_an_error_of_the_settings() -> None:
    with pytest.raises(ConfigError, match="employees is not in the settings"):
        connector().fetch_employees(FetchRequest())
