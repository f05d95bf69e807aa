"""Bodies, both ways: exact numbers, and nothing that fills the memory."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import httpx
import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st

from exempt import PermanentError, TransientError
from exempt.http import Client, Response
from exempt.http.body import encode

KIB, MIB = 1024, 1024 * 1024


def read(content: bytes) -> Any:
    return Response(
        200, {"Content-Type": "application/json"}, content, "https://erp.example/x"
    ).json()


@pytest.mark.parametrize(
    ("content", "value"),
    [
        pytest.param(b"0.1", Decimal("0.1"), id="a fraction is a decimal"),
        pytest.param(b"19.90", Decimal("19.90"), id="its last zero is kept"),
        pytest.param(b"12345678901234567.89", Decimal("12345678901234567.89"), id="many digits"),
        pytest.param(b"1e2", Decimal("1E+2"), id="an exponent"),
        pytest.param(b"7", 7, id="a whole number is an int"),
        pytest.param('{"n": "Zoë"}'.encode(), {"n": "Zoë"}, id="UTF-8"),
        pytest.param("[1]".encode("utf-8-sig"), [1], id="a byte order mark"),
        pytest.param("[1]".encode("utf-16"), [1], id="UTF-16"),
    ],
)
def test_json_is_read_exactly(content: bytes, value: object) -> None:
    found = read(content)
    assert found == value
    assert str(found) == str(value)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b'{"orders": [{"id"', id="cut off"),
        pytest.param(b"<html>Please log in</html>", id="a login page"),
        pytest.param(b"\xff\xfe\xff", id="no text"),
        pytest.param(b"NaN", id="not a number"),
        pytest.param(b"[-Infinity]", id="infinity"),
        pytest.param(b"1e99999999999999999999", id="an exponent beyond all"),
        pytest.param(b"9" * 5000, id="digits without end"),
        pytest.param(b"[" * 200_000, id="brackets without end"),
    ],
)
def test_what_is_no_json_is_transient_and_perhaps_done(content: bytes) -> None:
    with pytest.raises(TransientError) as caught:
        read(content)
    assert str(caught.value) == (
        "https://erp.example/x: answered 200 with a body that is no JSON (application/json)"
    )
    assert caught.value.maybe_applied


def test_text_replaces_what_is_not_legible() -> None:
    assert Response(200, {}, b"caf\xe9", "https://erp.example/x").text == "caf�"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(Decimal("19.90"), b"19.9", id="a decimal as a number"),
        pytest.param(Decimal("20.00"), b"20", id="a whole one without a point"),
        pytest.param(Decimal("-0.5"), b"-0.5", id="a credit"),
        pytest.param(Decimal("0.1"), b"0.1", id="a tenth"),
        pytest.param(Decimal(10) ** 17, b"100000000000000000", id="a large one"),
        pytest.param({"a": [Decimal(1), None, "é"]}, b'{"a":[1,null,"\\u00e9"]}', id="deep inside"),
    ],
)
def test_json_is_written_exactly(value: object, text: bytes) -> None:
    assert encode(value) == text


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(Decimal("NaN"), id="not a number"),
        pytest.param(Decimal("sNaN"), id="a signalling one"),
        pytest.param(Decimal("Infinity"), id="infinity"),
        pytest.param(float("nan"), id="a float that is none"),
        pytest.param(Decimal("12345678901234567.89"), id="more digits than readers keep"),
        pytest.param(Decimal("1E+18"), id="more than any amount"),
        pytest.param(Decimal("1E+1000000"), id="a size that would fill the memory"),
        pytest.param(Decimal("1E-400"), id="a fraction too small"),
    ],
)
def test_a_number_that_json_cannot_carry_is_refused(value: object) -> None:
    with pytest.raises(ValueError):
        encode({"total": value})


@given(st.decimals(-(10**11), 10**11, places=4))
def test_amounts_survive_both_ways(amount: Decimal) -> None:
    assert read(encode(amount)) == amount


def test_what_json_has_no_word_for_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="set"):
        encode({"ids": {1, 2}})


def test_a_call_says_that_its_body_is_json(remote: respx.MockRouter, client: Client) -> None:
    route = remote.post("/api/orders").mock(return_value=httpx.Response(200))
    client.post("orders", json={"total": Decimal("1.50")})
    sent = route.calls.last.request
    assert (sent.content, sent.headers["Content-Type"]) == (b'{"total":1.5}', "application/json")


def packed(content: bytes, coding: str = "gzip") -> httpx.Response:
    return httpx.Response(200, headers={"Content-Encoding": coding}, stream=Pieces([content]))


class Pieces(httpx.SyncByteStream):
    """A body that comes in pieces; before each, *between* is called."""

    def __init__(self, pieces: list[bytes], between: Callable[[], object] = bool) -> None:
        self.pieces, self.between, self.given = pieces, between, 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self.pieces:
            self.between()
            self.given += 1
            yield piece


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(packed(gzip.compress(b"[1]")), id="gzip"),
        pytest.param(packed(gzip.compress(b"[1]"), "X-GZIP"), id="by its old name"),
        pytest.param(packed(b"[1]", "identity"), id="not packed, and said so"),
        pytest.param(httpx.Response(200, stream=Pieces([b"[", b"1", b"]"])), id="in pieces"),
    ],
)
def test_bodies_are_unpacked(
    remote: respx.MockRouter, client: Client, answer: httpx.Response
) -> None:
    route = remote.get("/api/orders").mock(return_value=answer)
    assert client.get("orders").json() == [1]
    assert route.calls.last.request.headers["Accept-Encoding"] == "gzip"


def test_a_large_body_is_unpacked_whole(remote: respx.MockRouter, client: Client) -> None:
    content = json.dumps(list(range(1_000_000))).encode()
    remote.get("/api/orders").mock(return_value=packed(gzip.compress(content)))
    assert client.get("orders").content == content


def test_an_empty_body_may_claim_to_be_packed(remote: respx.MockRouter, client: Client) -> None:
    remote.get("/api/orders").mock(return_value=packed(b""))
    assert client.get("orders").content == b""


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(packed(gzip.compress(b"[1]" * 999)[:-9]), id="cut"),
        pytest.param(packed(b"[1]"), id="not packed although it says so"),
        pytest.param(packed(gzip.compress(b"[1]") + b"more"), id="with something behind it"),
        pytest.param(packed(b"[1]", "br"), id="packed in a way nobody asked for"),
        pytest.param(packed(gzip.compress(gzip.compress(b"[1]")), "gzip, gzip"), id="packed twice"),
    ],
)
def test_a_damaged_body_is_transient_and_perhaps_done(
    remote: respx.MockRouter, client: Client, answer: httpx.Response
) -> None:
    remote.post("/api/orders").mock(return_value=answer)
    with pytest.raises(TransientError, match="answered 200 with a damaged body") as caught:
        client.post("orders")
    assert caught.value.maybe_applied


def test_a_body_too_large_is_refused_before_it_is_read_whole(remote: respx.MockRouter) -> None:
    client = Client("https://erp.example/api", max_bytes=100 * KIB)
    body = Pieces([b"x" * 10 * KIB] * 1000)
    remote.get("/api/orders").mock(return_value=httpx.Response(200, stream=body))
    with pytest.raises(PermanentError, match=r"more than 102,400 bytes: ask for smaller pages"):
        client.get("orders")
    assert body.given == 11


def test_a_body_of_just_the_limit_is_accepted(remote: respx.MockRouter) -> None:
    client = Client("https://erp.example/api", max_bytes=100)
    remote.get("/api/orders").mock(return_value=httpx.Response(200, content=b"x" * 100))
    assert len(client.get("orders").content) == 100


def test_a_bomb_is_refused_before_it_fills_the_memory(remote: respx.MockRouter) -> None:
    client = Client("https://erp.example/api", max_bytes=MIB)
    bomb = gzip.compress(bytes(200 * MIB))
    remote.get("/api/orders").mock(return_value=packed(bomb))
    tracemalloc.start()
    with pytest.raises(PermanentError, match=r"more than 1,048,576 bytes"):
        client.get("orders")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 * MIB


def test_an_answer_that_trickles_in_meets_its_deadline(remote: respx.MockRouter) -> None:
    moments = iter(range(1000))
    client = Client("https://erp.example/api", deadline=5, clock=lambda: next(moments))
    body = Pieces([b"x"] * 1000)
    remote.post("/api/orders").mock(return_value=httpx.Response(200, stream=body))
    with pytest.raises(TransientError, match="took longer than 5 s") as caught:
        client.post("orders")
    assert caught.value.maybe_applied
    assert body.given < 10
