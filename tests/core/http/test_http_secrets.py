"""No secret shows: not in an error, a repr, a traceback or a log of any library."""

from __future__ import annotations

import base64
import logging
import traceback
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import respx
from pydantic import SecretStr

from exempt import ConfigError, ConnectorError
from exempt.http import Auth, Client

Wire = Callable[..., str]
Connect = Callable[..., Client]


CANARY = "sesame-4711"
IN_BASIC = base64.b64encode(f"user:{CANARY}".encode()).decode()

AUTHS = [
    pytest.param({"bearer": SecretStr(CANARY)}, id="bearer"),
    pytest.param({"basic": ("user", SecretStr(CANARY))}, id="basic"),
    pytest.param({"headers": {"X-Key": SecretStr(CANARY)}}, id="header"),
    pytest.param({"query": {"api_key": SecretStr(CANARY)}}, id="query"),
]


def answer(status: str, *headers: str, body: str = "") -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return ("\r\n".join([*head, "", body])).encode()


ANSWERS = [
    pytest.param(answer("200 OK", body="{}"), id="accepted"),
    pytest.param(answer("200 OK", body=f"not JSON: {CANARY}"), id="no JSON"),
    pytest.param(answer("401 Unauthorized", body=CANARY), id="refused"),
    pytest.param(answer("403 Forbidden"), id="forbidden"),
    pytest.param(answer("400 Bad Request", body=CANARY), id="bad request that quotes it"),
    pytest.param(answer("500 Oops"), id="broken"),
    pytest.param(answer("302 Found", f"Location: /?api_key={CANARY}"), id="redirect with it"),
    pytest.param(answer("200 OK", f"Set-Cookie: session={CANARY}", body="{}"), id="cookie"),
    pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", id="cut"),
    pytest.param(f"HTTP/1.1 {CANARY}\r\n\r\n".encode(), id="no HTTP"),
    pytest.param(b"", id="cut before it answers"),
]


def everything_said(error: ConnectorError | None, records: list[logging.LogRecord]) -> str:
    words = [f"{record.getMessage()} {vars(record)}" for record in records]
    if error:
        words += [str(error), repr(error), repr(vars(error)), *traceback.format_exception(error)]
    return "\n".join(words)


def assert_silent(words: str) -> None:
    assert CANARY not in words
    assert IN_BASIC not in words


@pytest.mark.parametrize("raw", ANSWERS)
@pytest.mark.parametrize("auth", AUTHS)
def test_no_secret_shows(
    wire: Wire,
    connect: Connect,
    caplog: pytest.LogCaptureFixture,
    auth: dict[str, Any],
    raw: bytes,
) -> None:
    caplog.set_level(logging.DEBUG)
    client = connect(wire(raw), auth=Auth(**auth))
    error: ConnectorError | None = None
    said = [repr(client), repr(auth)]
    try:
        response = client.post("orders?after=1", json={})
        said.append(repr(response))
        response.json()
    except ConnectorError as caught:
        error = caught
    said.append(everything_said(error, caplog.records))
    assert any(record.name == "httpx" for record in caplog.records) == raw.startswith(
        (b"HTTP/1.1 2", b"HTTP/1.1 3", b"HTTP/1.1 4", b"HTTP/1.1 5")
    )
    assert_silent("\n".join(said))


@pytest.mark.parametrize(
    ("auth", "sent"),
    [
        pytest.param({"bearer": SecretStr(CANARY)}, f"Bearer {CANARY}", id="bearer"),
        pytest.param({"basic": ("user", SecretStr(CANARY))}, f"Basic {IN_BASIC}", id="basic"),
        pytest.param({"headers": {"X-Key": SecretStr(CANARY)}}, CANARY, id="header"),
        pytest.param({"query": {"api_key": SecretStr(CANARY)}}, f"&api_key={CANARY}", id="query"),
    ],
)
def test_the_secret_is_really_sent(
    remote: respx.MockRouter, connect: Connect, auth: dict[str, Any], sent: str
) -> None:
    """The canary proves nothing unless it was there to be shown."""
    route = remote.get("/orders").mock(return_value=httpx.Response(200))
    connect("https://erp.example", auth=Auth(**auth)).get("orders?after=1")
    request = route.calls.last.request
    assert (
        sent
        in f"{request.url} {request.headers.get('Authorization')} {request.headers.get('X-Key')}"
    )


def test_the_log_names_the_call_without_its_query(
    wire: Wire, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    url = wire(answer("200 OK"))
    connect(url).get("orders", params={"email": "ap@lonestar.example"})
    (record,) = [record for record in caplog.records if record.name == "httpx"]
    assert record.getMessage() == f'HTTP Request: GET {url}/orders "HTTP/1.1 200 OK"'


@pytest.mark.parametrize("kind", ["bearer", "headers"])
@pytest.mark.parametrize(
    "secret",
    [
        pytest.param("", id="empty"),
        pytest.param(f"{CANARY}\n", id="a line break at its end"),
        pytest.param(f" {CANARY}", id="a blank before it"),
        pytest.param(f"{CANARY}\r\nX-Admin: 1", id="a header smuggled in"),
        pytest.param(f"{CANARY}é", id="a letter beyond ASCII"),
        pytest.param(f"{CANARY}\x00", id="a NUL"),
    ],
)
def test_a_secret_that_no_header_can_carry_is_refused_unseen(kind: str, secret: str) -> None:
    with pytest.raises(ConfigError, match="the secret is empty, has blanks") as caught:
        if kind == "bearer":
            Auth(bearer=SecretStr(secret))
        else:
            Auth(headers={"X-Key": SecretStr(secret)})
    assert_silent(everything_said(caught.value, []))


@pytest.mark.parametrize("password", ["", "pässword", "with: colon", " blanks "])
def test_a_password_may_be_anything(wire: Wire, connect: Connect, password: str) -> None:
    client = connect(wire(answer("200 OK")), auth=Auth(basic=("user", SecretStr(password))))
    assert client.get("orders").status == 200
