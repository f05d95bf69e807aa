"""A mail server and a mailbox on loopback: mails become files, and can be made to bounce."""

from __future__ import annotations

import contextlib
import secrets
import socketserver
import threading
from collections.abc import Iterator, Mapping
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from exempt import Sandbox
from exempt.testing.sample import COMPANY
from exempt_mail_smtp.sandbox.controls import Controls
from exempt_mail_smtp.sandbox.imap import ImapServer, Mailbox
from exempt_mail_smtp.sandbox.smtp import SIZE_MAX, USER, SmtpServer

__all__ = ["SIZE_MAX", "serve"]

VARIABLE = "EXEMPT_SANDBOX_SMTP_PASSWORD"
DOMAIN = "northwind.example"


@contextlib.contextmanager
def serve(folder: Path) -> Iterator[Sandbox]:
    """Take mail on a free port, each to a file ``*.eml`` in *folder*; show bounces on another."""
    password = secrets.token_urlsafe(12)
    inbox, sent = Mailbox(), Mailbox()
    controls = Controls(inbox, sent, DOMAIN)
    with (
        SmtpServer(folder, password, controls.keep) as smtp,
        ImapServer({"INBOX": inbox, "Sent": sent}, USER, password) as imap,
        running(smtp),
        running(imap),
    ):
        yield Sandbox(
            settings={
                "host": "127.0.0.1",
                "port": smtp.server_address[1],
                "security": "none",
                "user": USER,
                "password": f"env:{VARIABLE}",
                "sender": f"{COMPANY} <tax@{DOMAIN}>",
                "imap": {
                    "host": "127.0.0.1",
                    "port": imap.server_address[1],
                    "security": "none",
                    "sent_mailbox": "Sent",
                },
            },
            environment={VARIABLE: password},
            writes=lambda: _mails(folder),
            controls=controls,
        )


@contextlib.contextmanager
def running(server: socketserver.BaseServer) -> Iterator[None]:
    """Serve in a thread, until the block ends."""
    thread = threading.Thread(target=server.serve_forever, args=(0.005,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


def _mails(folder: Path) -> Mapping[str, str]:
    """``to ana@example.com: subject`` by Message-ID, in the order of arrival."""
    mails = (
        message_from_bytes(path.read_bytes(), policy=default)
        for path in sorted(folder.glob("*.eml"))
    )
    return {str(mail["Message-ID"]): f"to {mail['To']}: {mail['Subject']}" for mail in mails}
