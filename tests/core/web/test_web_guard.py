"""What stands around every answer: headers, the host, methods, bodies, and pages of refusals."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="needs exempt[web]")

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response

from exempt.model.access import Role
from exempt.web import app, arriving
from exempt.web.guard import HEADERS, HSTS
from exempt.web.pages import PUBLIC, Call, Pages
from exempt.web.serving import Server
from support.http import Caller as Anybody
from support.pages import Whole, whole_in

HTML = {"accept": "text/html"}
FORM = {"content_type": "application/x-www-form-urlencoded"}
parts = Pages()


@parts.get("/test/refuse/{status:int}", may=PUBLIC)
def refuse(call: Call) -> Response:
    """Refuse with a status."""
    raise HTTPException(int(call.path["status"]), headers={"Retry-After": "7"})


@parts.get("/portal/refuse", may=PUBLIC)
def refuse_in_the_portal(_call: Call) -> Response:
    """Refuse a customer."""
    raise HTTPException(410)


@parts.get("/test/fail", may=PUBLIC)
def fail(_call: Call) -> Response:
    """Fail in a way that nobody foresaw."""
    msg = "canary"
    raise RuntimeError(msg)


@parts.post("/test/form", may=PUBLIC, body_max=1000)
def take(call: Call) -> Response:
    """Take a form."""
    return PlainTextResponse(f"took {len(call.text('words'))}")


@parts.post("/test/say", may=PUBLIC)
def say(call: Call) -> Response:
    """Go on with a word."""
    return call.go("/sign-in", call.text("words"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """A site with pages of this test's."""
    before = app.PARTS
    app.PARTS = (*before, parts)
    try:
        with whole_in(tmp_path_factory.mktemp("whole")) as made:
            yield made
    finally:
        app.PARTS = before


def send(whole: Whole, path: str, content: bytes | AsyncIterator[bytes], **headers: str) -> Any:
    """Send a form of a stranger's browser."""
    ((name, value),) = whole.cookies(None).items()
    known = {
        "host": "exempt.example",
        "cookie": f"{name}={value}",
        "x_form_token": whole.token(None),
        **FORM,
        **HTML,
        **headers,
    }
    return Anybody(whole.app, host="exempt.example").post(path, content, **known)


# --- refusals ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "title"),
    [
        (400, "That could not be read"),
        (403, "That is not for you"),
        (404, "There is no such page"),
        (405, "That is not done here"),
        (408, "That took too long"),
        (410, "This link does not work any more"),
        (413, "That is too large"),
        (418, "That could not be read"),
        (422, "Something in it is not right"),
        (429, "Too often"),
        (500, "Something went wrong here"),
        (503, "Not just now"),
        (507, "Something went wrong here"),
    ],
)
def test_a_browser_is_told_of_a_refusal_by_a_page(whole: Whole, status: int, title: str) -> None:
    answer = whole.call("GET", f"/test/refuse/{status}")
    assert (answer.status_code, answer.headers["retry-after"]) == (status, "7")
    assert f"<h1>{title}</h1>" in answer.text
    assert 'class="centered"' in answer.text


def test_a_program_is_told_of_it_by_a_line(whole: Whole) -> None:
    answer = whole.call("GET", "/test/refuse/404", accept="*/*")
    assert (answer.text, answer.headers["content-type"]) == (
        "Not Found",
        "text/plain; charset=utf-8",
    )


def test_the_api_says_it_in_its_own_way(whole: Whole) -> None:
    answer = whole.call("GET", "/api/v1/nothing")
    assert answer.headers["content-type"].startswith("application/problem+json")


@pytest.mark.parametrize("path", ["/nowhere", "/test/form"], ids=["no page", "another method"])
def test_what_there_is_not_is_a_page_too(whole: Whole, path: str) -> None:
    assert "<h1>" in whole.call("GET", path).text


def test_a_customer_stays_in_the_portal(whole: Whole) -> None:
    answer = whole.call("GET", "/portal/refuse")
    assert 'class="portal"' in answer.text
    assert "/sign-in" not in answer.text


def test_what_was_not_foreseen_has_a_number_that_stands_in_the_log_too(
    whole: Whole, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = whole.call("GET", "/test/fail"), whole.call("GET", "/test/fail")
    (record,) = [each for each in caplog.records if each.levelno >= logging.ERROR]
    incident: str = vars(record)["incident"]
    assert len(incident) == 8
    for answer in (first, second):
        assert answer.status_code == 500
        assert f"<b>{incident}</b>" in answer.text
        assert "canary" not in answer.text
    assert incident in record.getMessage()


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/healthz", {}, 200),
        ("GET", "/nowhere", {}, 404),
        ("GET", "/test/fail", {}, 500),
        ("POST", "/test/form", {"content_length": "2000"}, 413),
        ("GET", "/sign-in", {"host": "another.example"}, 421),
        ("TRACE", "/sign-in", {}, 405),
        ("GET", "/users", {}, 303),
        ("GET", "/api/v1/requests", {}, 401),
        ("GET", "/static/theme.css", {}, 200),
        ("OPTIONS", "/portal/uploads", {}, 204),
        ("POST", "/portal/uploads", {}, 403),
        ("PATCH", "/portal/uploads/x", {}, 403),
        ("DELETE", "/portal/uploads/x", {}, 403),
        ("POST", "/portal/uploads", {"sec_fetch_site": "cross-site"}, 403),
    ],
)
def test_every_other_answer_has_the_headers_too(
    whole: Whole, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    answer = whole.call(method, path, None, **headers)
    assert answer.status_code == status
    names = [*HEADERS, HSTS]
    assert [name for name, _ in names if name.decode() not in answer.headers] == []


# --- who is called, and how -------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("exempt.example", 200),
        ("EXEMPT.example:443", 200),
        ("exempt.example:8443", 421),
        ("exempt.example.evil.example", 421),
        ("127.0.0.1", 421),
    ],
)
def test_only_the_name_of_the_settings_is_answered_to(whole: Whole, host: str, status: int) -> None:
    assert whole.call("GET", "/sign-in", host=host).status_code == status
    assert whole.call("GET", "/healthz", host=host).status_code == 200


def test_without_a_name_in_the_settings_any_will_do(tmp_path: Path) -> None:
    with whole_in(tmp_path, url=None) as whole:
        answer = whole.call("GET", "/sign-in", host="any.example")
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("url", "secure"), [("https://exempt.example", True), ("http://exempt.example", False)]
)
def test_browsers_are_told_to_stay_with_tls_where_there_is_tls(
    tmp_path: Path, url: str, secure: bool
) -> None:
    with whole_in(tmp_path, url) as whole:
        answer = whole.call("GET", "/sign-in")
    assert ("strict-transport-security" in answer.headers) is secure


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT"])
@pytest.mark.parametrize("path", ["/sign-in", "/healthz", "/nowhere", "/api/v1/decisions"])
def test_nobody_is_shown_their_own_call(whole: Whole, method: str, path: str) -> None:
    assert whole.call(method, path).status_code == 405


@pytest.mark.parametrize(
    "head",
    [
        pytest.param("Content-Length: 5\r\nContent-Length: 6", id="two lengths"),
        pytest.param("Content-Length: 5\r\nTransfer-Encoding: chunked", id="length and chunks"),
        pytest.param("Content-Length: 5, 5", id="a list of lengths"),
        pytest.param("Content-Length: -5", id="a negative length"),
        pytest.param("Transfer-Encoding: chunked, identity", id="an odd coding"),
    ],
)
def test_a_body_whose_end_is_a_matter_of_opinion_is_refused(whole: Whole, head: str) -> None:
    """Where a proxy and we differ on it, a second call could hide in the first (ASVS 4.2.1)."""
    server = Server("127.0.0.1:0")
    try:
        server.start(whole.app)
        host, _, port = server.url.removeprefix("http://").rpartition(":")
        with socket.create_connection((host, int(port)), timeout=30) as line:
            call = f"POST /sign-in HTTP/1.1\r\nHost: exempt.example\r\n{head}\r\n\r\n0\r\n\r\n"
            line.sendall(call.encode())
            answer = b"".join(iter(lambda: line.recv(4096), b""))
    finally:
        server.close()
    assert answer.startswith(b"HTTP/1.1 400")
    assert answer.count(b"HTTP/1.1") == 1


# --- bodies -----------------------------------------------------------------------------


async def _chunks(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def test_a_form_may_be_as_large_as_its_page_says(whole: Whole) -> None:
    assert send(whole, "/test/form", b"words=" + b"x" * 994).text == "took 994"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(lambda: b"words=" + b"x" * 995, id="declared"),
        pytest.param(lambda: _chunks(*[b"x" * 400] * 3), id="as it comes"),
    ],
)
def test_one_that_is_larger_is_refused_as_soon_as_that_shows(
    whole: Whole, content: Callable[[], Any]
) -> None:
    answer = send(whole, "/test/form", content())
    assert (answer.status_code, answer.headers["connection"]) == (413, "close")
    assert "That is too large" in answer.text


def test_what_is_declared_too_large_is_not_even_read(whole: Whole) -> None:
    async def unread() -> AsyncIterator[bytes]:
        pytest.fail("it was read")
        yield b""

    answer = send(whole, "/test/form", unread(), content_length="200000000")
    assert answer.status_code == 413


@pytest.mark.parametrize("setting", ["IDLE", "WITHIN"])
def test_a_body_that_does_not_come_is_not_waited_for(
    whole: Whole, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    monkeypatch.setattr(arriving, setting, 0.02)

    async def slow() -> AsyncIterator[bytes]:
        yield b"words="
        await asyncio.Event().wait()

    answer = send(whole, "/test/form", slow())
    assert (answer.status_code, answer.headers["connection"]) == (408, "close")


@pytest.mark.parametrize("length", ["-1", "1e3", "0x10", ""])
def test_a_length_that_is_no_number_is_refused(whole: Whole, length: str) -> None:
    assert send(whole, "/test/form", b"", content_length=length).status_code == 400


# --- what is said once ------------------------------------------------------------------


def said(whole: Whole, words: str, **cookies: str) -> tuple[str, str]:
    """The page after that, with what it sets; *cookies* replace the one that was given."""
    answer = send(whole, "/test/say", f"words={words}".encode())
    (cookie,) = answer.headers.get_list("set-cookie")
    name, _, value = cookie.partition(";")[0].partition("=")
    assert {"HttpOnly", "Secure", "SameSite=lax", "Max-Age=60"} <= set(cookie.split("; "))
    given = cookies.get("value", value.strip('"'))
    page = whole.call("GET", answer.headers["location"], cookie=f"{name}={given}")
    return page.text, " ".join(page.headers.get_list("set-cookie"))


def test_what_is_left_to_be_told_is_told_once(whole: Whole) -> None:
    text, dropped = said(whole, "Sent+to+%3Cb%3EAcme")
    assert "Sent to &lt;b&gt;Acme" in text
    assert '__Host-said=""' in dropped


@pytest.mark.parametrize("value", ["", "x", "eA==.y", "MTIzIGhlbGxv.forged", "_w==.y", "a.b.c"])
def test_nobody_else_puts_words_into_our_mouth(whole: Whole, value: str) -> None:
    text, _ = said(whole, "Sent", value=value)
    assert 'role="status"' not in text


def test_of_a_denial_a_page_tells_too(whole: Whole) -> None:
    answer = whole.call("GET", "/users", Role.VIEWER)
    assert answer.status_code == 403
    assert "That is not for you" in answer.text
