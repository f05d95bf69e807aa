"""A webhook that is answered byte by byte holds up no other."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from exempt.adapters import posting
from exempt.adapters.posting import HttpPoster


@pytest.fixture
def dripping() -> Iterator[str]:
    """The address of somebody who answers a byte each twentieth of a second, for ten seconds."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            line, _ = server.accept()
            with line:
                line.recv(65536)
                try:
                    line.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 200\r\n\r\n")
                    for _ in range(200):
                        line.sendall(b"x")
                        if over.wait(0.05):
                            return
                except OSError:
                    return  # they hung up

        thread = threading.Thread(target=drip)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        over.set()
        thread.join()


def test_a_webhook_that_is_answered_byte_by_byte_is_given_up(
    dripping: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "IN_ALL", 0.3)
    began = time.monotonic()
    posted = HttpPoster(["127.0.0.0/8"]).post(dripping, b"{}", {})
    assert posted.status is None
    assert time.monotonic() - began < 5
