"""The sandbox's mail server: it keeps every mail as a file and delivers none."""

from __future__ import annotations

import base64
import secrets
import socketserver
import threading
from collections.abc import Callable
from pathlib import Path

SIZE_MAX = 10_000_000
USER = "sandbox"
_EXTENSIONS = f"250-sandbox\r\n250-SIZE {SIZE_MAX}\r\n250-SMTPUTF8\r\n250 AUTH PLAIN"


class SmtpServer(socketserver.ThreadingTCPServer):
    """Takes mail on a free port of loopback.

    Args:
        folder: Each mail becomes a file ``*.eml`` there.
        password: That of `USER`.
        kept: Told of each mail that was kept.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, folder: Path, password: str, kept: Callable[[bytes], None]) -> None:
        self._folder = folder
        self._kept = kept
        self._writing = threading.Lock()
        login = f"\0{USER}\0{password}".encode()
        self.login = base64.b64encode(login).decode()
        super().__init__(("127.0.0.1", 0), _Conversation)

    def keep(self, content: bytes) -> None:
        """Store one mail."""
        with self._writing:
            number = len(list(self._folder.glob("*.eml"))) + 1
            (self._folder / f"{number:06}.eml").write_bytes(content)
            self._kept(content)


class _Conversation(socketserver.StreamRequestHandler):
    """One client's commands, answered by RFC 5321."""

    server: SmtpServer

    def handle(self) -> None:
        self._known = False
        self._forget()
        self._say("220 sandbox")
        for line in self.rfile:
            verb, _, argument = line.decode(errors="replace").strip().partition(" ")
            if verb.upper() == "QUIT":
                self._say("221 2.0.0 Bye")
                return
            self._answer(verb.upper(), argument)

    def _answer(self, verb: str, argument: str) -> None:
        match verb:
            case "EHLO":
                self._say(_EXTENSIONS)
            case "AUTH":
                self._log_in(argument)
            case "RSET" | "NOOP":
                self._forget()
                self._say("250 2.0.0 OK")
            case "MAIL" | "RCPT" | "DATA" if not self._known:
                self._say("530 5.7.0 Authentication required")
            case "MAIL":
                self._sender = argument
                self._say("250 2.1.0 OK")
            case "RCPT" if self._sender:
                self._recipients.append(argument)
                self._say("250 2.1.5 OK")
            case "DATA" if self._recipients:
                self._take()
            case "RCPT" | "DATA":
                self._say("503 5.5.1 Not yet")
            case _:
                self._say("502 5.5.2 Command not known")

    def _log_in(self, argument: str) -> None:
        self._known = secrets.compare_digest(
            argument.encode(), f"PLAIN {self.server.login}".encode()
        )
        self._say("235 2.7.0 OK" if self._known else "535 5.7.8 Authentication failed")

    def _take(self) -> None:
        self._say("354 Go ahead")
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                break
            lines.append(line.removeprefix(b"."))
        else:  # the client went away: it is no mail
            return
        content = b"".join(lines)
        self._forget()
        if len(content) > SIZE_MAX:
            self._say("552 5.3.4 Message too big")
            return
        self.server.keep(content)
        self._say("250 2.0.0 Kept")

    def _forget(self) -> None:
        self._sender = ""
        self._recipients: list[str] = []

    def _say(self, reply: str) -> None:
        self.wfile.write(f"{reply}\r\n".encode())
