"""What only a real connection shows: cut answers, and servers that are not there."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from exempt import PermanentError, TransientError
from exempt.http import Client

Wire = Callable[..., str]
Connect = Callable[..., Client]

WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@pytest.mark.parametrize(
    "cut",
    [
        pytest.param(b"", id="before the answer"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Le", id="in its headers"),
        pytest.param(WHOLE[:-1], id="in its body"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
            id="before the last chunk",
        ),
    ],
)
def test_a_cut_answer_is_asked_for_again(wire: Wire, connect: Connect, cut: bytes) -> None:
    client = connect(wire(cut, cut, cut, WHOLE))
    assert client.get("orders").json() == {}


@pytest.mark.parametrize("cut", [b"", WHOLE[:-1]])
def test_a_cut_answer_to_a_post_may_have_been_applied(
    wire: Wire, connect: Connect, cut: bytes
) -> None:
    client = connect(wire(cut, WHOLE))
    with pytest.raises(TransientError, match=r"orders: the connection broke \(") as caught:
        client.post("orders", json={})
    assert caught.value.maybe_applied


def test_a_server_that_is_not_there(wire: Wire, connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    client = connect(f"http://127.0.0.1:{port}")
    with pytest.raises(TransientError, match=r"cannot connect \(.*refused\)") as caught:
        client.post("orders", json={})
    assert not caught.value.maybe_applied


def test_a_header_that_cannot_be_sent_is_permanent(wire: Wire, connect: Connect) -> None:
    client = connect(wire(WHOLE))
    with pytest.raises(PermanentError, match=r"the call cannot be sent \(LocalProtocolError\)"):
        client.get("orders", headers={"X-Bad": "line\nbreak"})


def test_headers_of_an_answer_have_lower_case_names(wire: Wire, connect: Connect) -> None:
    answer = b"HTTP/1.1 200 OK\r\nX-Total: 1\r\nLINK: <a>\r\nLink: <b>\r\nContent-Length: 0\r\n\r\n"
    headers = connect(wire(answer)).get("orders").headers
    assert (headers["x-total"], headers["link"]) == ("1", "<a>, <b>")


def test_a_client_says_who_it_is_and_can_be_closed(wire: Wire, connect: Connect) -> None:
    client = connect(wire(WHOLE), user_agent="exempt-test")
    assert repr(client).startswith("<Client http://127.0.0.1:")
    assert repr(client.get("orders")) == "<Response 200, 2 bytes>"
    client.close()
    with pytest.raises(RuntimeError):
        client.get("orders")
