"""Mail servers for tests: a real one that fails on demand, and one that says what it is told."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from exempt import CloseRequest
from exempt.testing import StillContext
from exempt_mail_smtp import oauth
from exempt_mail_smtp.connector import MailSmtp
from exempt_mail_smtp.settings import MailSmtpSettings
from peers.smtp_peer import Peer, run_peer


@pytest.fixture(autouse=True)
def _fresh_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test finds the token of another; connectors of one connection share it."""
    monkeypatch.setattr(oauth, "_SHARED", {})


@pytest.fixture(scope="session")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    """The server without encryption and login."""
    with run_peer(tmp_path_factory.mktemp("smtp")) as running:
        yield running


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a client must trust, as PEM; beside it ``localhost.pem``, a server's key and chain."""
    folder = tmp_path_factory.mktemp("certificates")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    server = authority.issue_cert("localhost")
    server.private_key_and_cert_chain_pem.write_to_path(str(folder / "localhost.pem"))
    return folder / "authority.pem"


Connect = Callable[..., MailSmtp]


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Connect]:
    """``connect(port, **settings)``, closed after the test."""
    with contextlib.ExitStack() as stack:

        def connect(port: int, **settings: Any) -> MailSmtp:
            chosen = {
                "host": "127.0.0.1",
                "port": port,
                "security": "none",
                "sender": "Northwind Steuern & Täx <tax@northwind.example>",
                **settings,
            }
            mail = MailSmtp(MailSmtpSettings.model_validate(chosen), StillContext(tmp_path))
            stack.callback(mail.close, CloseRequest())
            return mail

        yield connect


@pytest.fixture
def scripted() -> Iterator[Callable[..., int]]:
    """``scripted(greeting, reply, …)`` listens for one client, and says one reply a line.

    After a reply of 354 it reads a whole mail first, but for "354 cut". After
    the last reply, or in place of an empty one, it closes the connection.
    """
    with contextlib.ExitStack() as stack:

        def start(*replies: str) -> int:
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            # So that a large mail does not fit between the two.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            thread = threading.Thread(target=_talk, args=(listener, replies), daemon=True)
            thread.start()
            stack.callback(thread.join, 5)
            port: int = listener.getsockname()[1]
            return port

        yield start


def _talk(listener: socket.socket, replies: tuple[str, ...]) -> None:
    client, _ = listener.accept()
    with client, client.makefile("rb") as lines:
        for reply in replies:
            if not reply:
                return
            client.sendall(f"{reply}\r\n".encode())
            if reply == "354 cut":
                return
            line = lines.readline()
            while reply.startswith("354") and line not in {b".\r\n", b""}:
                line = lines.readline()
