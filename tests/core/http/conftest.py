"""A server that answers with the very bytes a test gives it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import respx

from exempt.http import Client


@pytest.fixture
def remote() -> Iterator[respx.MockRouter]:
    """Answers for ``https://erp.example``; whatever it is not told of fails the test."""
    with respx.mock(base_url="https://erp.example", assert_all_called=False) as router:
        yield router


@pytest.fixture
def client() -> Iterator[Client]:
    with contextlib.closing(Client("https://erp.example/api")) as made:
        yield made


@pytest.fixture
def connect() -> Iterator[Callable[..., Client]]:
    """Make clients that are closed at the end of the test."""
    with contextlib.ExitStack() as made:

        def start(url: str, **options: Any) -> Client:
            return made.enter_context(contextlib.closing(Client(url, **options)))

        yield start


@pytest.fixture
def wire() -> Iterator[Callable[..., str]]:
    """Start a server that answers its n-th connection with the n-th bytes and then cuts it."""
    listeners: list[socket.socket] = []

    def start(*answers: bytes) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        threading.Thread(target=_serve, args=(listener, answers), daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for listener in listeners:
        listener.close()


def _serve(listener: socket.socket, answers: tuple[bytes, ...]) -> None:
    with contextlib.suppress(OSError):
        for answer in answers:
            connection, _ = listener.accept()
            with connection:
                while b"\r\n\r\n" not in connection.recv(65536):
                    pass
                connection.sendall(answer)
