"""The table of `exempt.http`, row by row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
import respx

from exempt import (
    AuthError,
    ConfigError,
    CursorExpired,
    PermanentError,
    RateLimited,
    ScopeError,
    TransientError,
)
from exempt.http import TRIES, Client

OK = httpx.Response(200, json={"fine": True})


def status(code: int, **headers: str) -> httpx.Response:
    return httpx.Response(code, headers={name.replace("_", "-"): v for name, v in headers.items()})


@pytest.mark.parametrize(
    ("answers", "options", "outcome", "calls"),
    [
        pytest.param([OK], {}, 200, 1, id="2xx is a response"),
        pytest.param([status(204)], {}, 204, 1, id="2xx without a body too"),
        pytest.param([status(404)], {"allow": {404}}, 404, 1, id="an allowed status is a response"),
        pytest.param([status(304)], {"allow": {304}}, 304, 1, id="an allowed redirect too"),
        pytest.param([status(429), OK], {}, 200, 2, id="429 is tried again"),
        pytest.param([status(503), OK], {}, 200, 2, id="503 is tried again"),
        pytest.param([status(408), OK], {}, 200, 2, id="408 is tried again"),
        pytest.param([status(425), OK], {}, 200, 2, id="425 is tried again"),
        pytest.param([httpx.ReadTimeout, OK], {}, 200, 2, id="a time-out is tried again"),
        pytest.param([httpx.ConnectError, OK], {}, 200, 2, id="a refused connection too"),
        pytest.param([httpx.RemoteProtocolError, OK], {}, 200, 2, id="a lost connection too"),
        pytest.param([status(500)] * 3 + [OK], {}, 200, 4, id="the fourth call may still succeed"),
        pytest.param([status(500)] * 9, {}, TransientError, 4, id="after four calls it gives up"),
        pytest.param([status(429)] * 9, {}, RateLimited, 4, id="so with 429"),
        pytest.param([httpx.ReadError] * 9, {}, TransientError, 4, id="so with lost connections"),
        pytest.param([status(507)] * 9, {}, TransientError, 4, id="any other 5xx is transient"),
        pytest.param([status(524)] * 9, {}, TransientError, 4, id="also those of proxies"),
        pytest.param([status(429, retry_after="61")], {}, RateLimited, 1, id="over 60 s: at once"),
        pytest.param([status(503, retry_after="61")], {}, RateLimited, 1, id="with 503 as well"),
        pytest.param([status(503, retry_after="60"), OK], {}, 200, 2, id="60 s are waited for"),
        pytest.param([status(401)], {}, AuthError, 1, id="401 is about the credentials"),
        pytest.param([status(403)], {}, ScopeError, 1, id="403 is about a permission"),
        pytest.param([status(410)], {}, CursorExpired, 1, id="410 is a lost cursor"),
        pytest.param([status(301)], {}, PermanentError, 1, id="a redirect is not followed"),
        pytest.param([status(400)], {}, PermanentError, 1, id="400 is permanent"),
        pytest.param([status(404)], {}, PermanentError, 1, id="404 is permanent"),
        pytest.param([status(412)], {}, PermanentError, 1, id="412 is permanent"),
    ],
)
def test_the_table(
    remote: respx.MockRouter,
    client: Client,
    answers: list[Any],
    options: dict[str, Any],
    outcome: int | type[Exception],
    calls: int,
) -> None:
    route = remote.get("/api/orders").mock(side_effect=answers)
    if isinstance(outcome, int):
        assert client.get("orders", **options).status == outcome
    else:
        with pytest.raises(outcome) as caught:
            client.get("orders", **options)
        assert type(caught.value) is outcome
        assert str(caught.value).startswith("https://erp.example/api/orders: ")
    assert route.call_count == calls


APPLIED, SURELY_NOT = True, False


@pytest.mark.parametrize(
    ("failure", "options", "calls", "maybe_applied"),
    [
        pytest.param(status(500), {}, 1, APPLIED, id="500: done perhaps, not repeated"),
        pytest.param(status(502), {}, 1, APPLIED, id="502: done perhaps, not repeated"),
        pytest.param(httpx.ReadTimeout, {}, 1, APPLIED, id="no answer: not repeated"),
        pytest.param(httpx.ReadError, {}, 1, APPLIED, id="answer lost: not repeated"),
        pytest.param(httpx.WriteError, {}, 1, APPLIED, id="lost while sending: not repeated"),
        pytest.param(status(429), {}, TRIES, SURELY_NOT, id="429: surely not done, repeated"),
        pytest.param(status(503), {}, TRIES, SURELY_NOT, id="503: surely not done, repeated"),
        pytest.param(status(425), {}, TRIES, SURELY_NOT, id="425: surely not done, repeated"),
        pytest.param(httpx.ConnectError, {}, TRIES, SURELY_NOT, id="never connected: repeated"),
        pytest.param(httpx.ConnectTimeout, {}, TRIES, SURELY_NOT, id="connecting timed out: too"),
        pytest.param(
            httpx.ReadTimeout, {"idempotency_key": "k-1"}, TRIES, APPLIED, id="with a key: repeated"
        ),
        pytest.param(
            httpx.ReadTimeout,
            {"idempotent": True},
            TRIES,
            APPLIED,
            id="declared harmless: repeated",
        ),
    ],
)
def test_a_post_is_repeated_only_where_it_was_surely_not_done(
    remote: respx.MockRouter,
    client: Client,
    failure: Any,
    options: dict[str, Any],
    calls: int,
    maybe_applied: bool,
) -> None:
    route = remote.post("/api/orders").mock(side_effect=[failure] * 9)
    with pytest.raises(TransientError) as caught:
        client.post("orders", json={"total": 1}, **options)
    assert route.call_count == calls
    assert caught.value.maybe_applied is maybe_applied


@pytest.mark.parametrize(
    ("method", "calls"),
    [("GET", 4), ("HEAD", 4), ("PUT", 4), ("DELETE", 4), ("put", 4), ("POST", 1), ("PATCH", 1)],
)
def test_the_method_tells_whether_a_call_may_be_repeated(
    remote: respx.MockRouter, client: Client, method: str, calls: int
) -> None:
    route = remote.route(path="/api/orders").mock(side_effect=[httpx.ReadTimeout] * 9)
    with pytest.raises(TransientError):
        client.request(method, "orders")
    assert route.call_count == calls


def test_an_idempotency_key_is_the_same_at_each_try(
    remote: respx.MockRouter, client: Client
) -> None:
    route = remote.post("/api/orders").mock(side_effect=[status(500), httpx.ReadError, OK])
    client.post("orders", json={}, idempotency_key="k-1")
    assert [call.request.headers["Idempotency-Key"] for call in route.calls] == ["k-1"] * 3


@pytest.mark.parametrize(
    "base_url",
    [
        pytest.param("erp.example/api", id="no scheme"),
        pytest.param("ftp://erp.example", id="another scheme"),
        pytest.param("https:///api", id="no host"),
        pytest.param("https://erp.example:port/", id="no port number"),
        pytest.param("https://user:sesame@erp.example/", id="credentials in it"),
        pytest.param("https://erp.example/?key=sesame", id="a query"),
        pytest.param("https://erp.example/#sesame", id="a fragment"),
    ],
)
def test_a_wrong_base_address_is_refused_at_once(base_url: str) -> None:
    with pytest.raises(ConfigError, match=r"the base address: .*https://host/path") as caught:
        Client(base_url)
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "query"),
    [
        pytest.param({}, "", id="none"),
        pytest.param({"params": {"a": "x y", "n": 2, "b": True}}, "a=x+y&n=2&b=true", id="kinds"),
        pytest.param({"params": {"ids[]": ["1", "2"]}}, "ids[]=1&ids[]=2", id="a list, repeated"),
    ],
)
def test_query(
    remote: respx.MockRouter, client: Client, options: dict[str, Any], query: str
) -> None:
    route = remote.get("/api/orders").mock(return_value=OK)
    client.get("orders", **options)
    sent = route.calls.last.request.url
    assert sent.params == httpx.QueryParams(query)


def test_params_are_added_to_the_query_of_a_link(remote: respx.MockRouter, client: Client) -> None:
    route = remote.get("/api/orders").mock(return_value=OK)
    client.get("orders?status=open", params={"page": 2})
    assert str(route.calls.last.request.url) == "https://erp.example/api/orders?status=open&page=2"


def test_a_link_is_called_as_it_was_given(remote: respx.MockRouter, client: Client) -> None:
    route = remote.get("/api/orders").mock(return_value=OK)
    link = "https://erp.example/api/orders?$skiptoken=a%20b&empty"
    client.get(link)
    assert str(route.calls.last.request.url) == link


def test_forms_and_plain_content(remote: respx.MockRouter, client: Client) -> None:
    route = remote.post("/api/orders").mock(return_value=OK)
    client.post("orders", form={"email": "a@b.example", "note": "x y"})
    client.post("orders", content=b"raw", headers={"Content-Type": "text/csv"})
    form, raw = (call.request for call in route.calls)
    assert form.content == b"email=a%40b.example&note=x+y"
    assert (raw.content, raw.headers["Content-Type"]) == (b"raw", "text/csv")


@pytest.mark.parametrize(
    ("code", "error"),
    [(429, RateLimited), (503, TransientError), (403, ScopeError), (418, PermanentError)],
)
def test_the_remotes_own_reason_stands_in_the_error(
    code: int, error: type[Exception], remote: respx.MockRouter, connect: Callable[..., Client]
) -> None:
    remote.get("/orders").respond(code, headers={"X-Why": "too many orders"})
    client = connect("https://erp.example", reason=lambda refusal: refusal.headers["x-why"])
    with pytest.raises(error, match=rf"answered {code} \(too many orders\)"):
        client.get("orders")


def test_without_a_reason_the_status_stands_alone(
    remote: respx.MockRouter, connect: Callable[..., Client]
) -> None:
    remote.get("/orders").respond(403)
    with pytest.raises(ScopeError, match=r"answered 403: the credentials"):
        connect("https://erp.example", reason=lambda _refusal: "").get("orders")
