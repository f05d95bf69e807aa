"""An IMAP server on loopback that fails where a test wants it to.

============== ================================================================
fault          at the command it is given for
============== ================================================================
no, bad        the command is refused
unavailable    it is refused for now (RFC 5530)
bye            the server takes its leave
cut            a line is sent in part, and the connection is closed
half           a message is sent in part, and the connection is closed
nonsense       what comes is no IMAP
silent         nothing comes
huge           a message of 100 GB is announced
forgetful      the mailbox is opened, but the server does not say which number is next
readonly       the mailbox is opened, but not for marking
chatter        what other clients did is told in between, and the number comes last
============== ================================================================
"""

from __future__ import annotations

import contextlib
import re
import ssl
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from exempt_mail_smtp.sandbox import running
from exempt_mail_smtp.sandbox.imap import Conversation, ImapServer, Mailbox

USER, PASSWORD = "desk", "pa55-canary"
NO_LITERAL = re.compile(rb"^(\* \d+ FETCH \()UID (\d+) (.*?\r\n)", re.DOTALL)


class FaultyServer(ImapServer):
    """A server with faults by command; ``said`` is what clients asked, without literals."""

    def __init__(
        self,
        mailboxes: dict[str, Mailbox],
        faults: Mapping[str, str],
        capabilities: str,
        certificate: Path | None,
    ) -> None:
        self.tls = None
        if certificate:
            self.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self.tls.load_cert_chain(certificate)
        self.faults = dict(faults)
        self.capabilities = capabilities
        self.said: list[str] = []
        self.logins = 0
        self.leaving = threading.Event()
        super().__init__(mailboxes, USER, PASSWORD, _Faulty)

    def server_close(self) -> None:
        """Also lets go of those who wait for an answer."""
        self.leaving.set()
        super().server_close()


class _Faulty(Conversation):
    server: FaultyServer

    def handle(self) -> None:
        self.capabilities = self.server.capabilities
        self._chatting = self._forgetful = False
        if self.server.tls and "STARTTLS" not in self.capabilities:
            self._encrypt(self.server.tls)
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            super().handle()
        if isinstance(self.connection, ssl.SSLSocket):
            self.wfile.close()
            self.rfile.close()
            self.connection.close()

    def answer(self, tag: str, verb: str, rest: str) -> bool:
        self.server.said.append(f"{verb} {rest}".strip())
        self.server.logins += verb in {"LOGIN", "AUTHENTICATE"}
        if verb == "STARTTLS" and self.server.tls:
            self.say(f"{tag} OK go ahead")
            self._encrypt(self.server.tls)
            return True
        fault = self.server.faults.get(verb)
        self._chatting = fault == "chatter"
        self._forgetful = fault == "forgetful"
        if fault in {None, "chatter", "forgetful"}:
            return super().answer(tag, verb, rest)
        if fault == "readonly":
            return super().answer(tag, "EXAMINE", rest)
        return self._fail(tag, str(fault))

    def _fail(self, tag: str, fault: str) -> bool:
        """Whether the connection stays."""
        match fault:
            case "no" | "bad":
                self.say(f"{tag} {fault.upper()} not for ana@lonestar.example")
            case "huge":
                self.send(b'* 1 FETCH (UID 1 INTERNALDATE "20-Nov-2026 12:00:00 +0000" BODY[] ')
                self.send(b"{99999999999}\r\nFrom: half")
            case "unavailable":
                self.say(f"{tag} NO [UNAVAILABLE] the store is being moved")
            case "nonsense":
                self.say("what is your name?")
            case "silent":
                self.server.leaving.wait(30)
            case "bye":
                self.say("* BYE going down")
            case "cut":
                self.send(b"* OK Subject: exemption certificate of ana@lones")
            case _:
                self.send(
                    b'* 1 FETCH (UID 1 INTERNALDATE "20-Nov-2026 12:00:00 +0000" BODY[] {900}'
                )
                self.send(b"\r\nFrom: half")
        return fault in {"no", "bad", "unavailable", "nonsense"}

    def _encrypt(self, tls: ssl.SSLContext) -> None:
        self.connection = tls.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", 0)

    def send(self, content: bytes) -> None:
        found = NO_LITERAL.match(content) if self._chatting else None
        if found:
            # As other servers do: the number after the message, news of others in between.
            content = found[1] + found[3] + content[found.end() : -3]
            content += b" UID " + found[2] + b")\r\n* 1 FETCH (FLAGS (\\Seen))\r\n* 9 EXISTS\r\n"
        if not (self._forgetful and b"[UIDNEXT" in content):
            super().send(content)


@contextlib.contextmanager
def imap_server(
    faults: Mapping[str, str] | None = None,
    *,
    capabilities: str = "IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2",
    certificate: Path | None = None,
    **mailboxes: Mailbox,
) -> Iterator[FaultyServer]:
    """Serve *mailboxes*, by default an empty INBOX.

    With *certificate*, key and chain, it is encrypted: from the start, or with
    STARTTLS among *capabilities* when it is asked for.
    """
    shown = mailboxes or {"INBOX": Mailbox()}
    with (
        FaultyServer(shown, faults or {}, capabilities, certificate) as server,
        running(server),
    ):
        yield server


def imap_settings(server: FaultyServer, **changes: Any) -> dict[str, Any]:
    """The part of the settings for *server*."""
    ordinary = {
        "host": "127.0.0.1",
        "port": server.server_address[1],
        "security": "none",
        "user": USER,
        "password": PASSWORD,
        "timeout": 5,
    }
    return {**ordinary, **changes}
