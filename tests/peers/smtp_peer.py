"""A real SMTP server, aiosmtpd, that fails on demand; run as a program.

It keeps mails in a Maildir and prints its port once it listens. The local part
of an address chooses what goes wrong:

============ ==================================================================
recipient
grey@        450 for the first RCPT of a sender and recipient, then 250
full@        452 at RCPT
shutdown@    421 at RCPT, and the connection is closed
nouser@      550 at RCPT
locked@      530 at RCPT
drop@        the connection is cut at RCPT
tmp@ spam@   451 and 554 after DATA
dropdata@    the mail is kept, the connection is cut before the 250
slow@        the mail is kept, the 250 never comes
garbled@     the mail is kept, what comes is no SMTP
hangup@      the mail is kept and confirmed; the next command cuts the connection
sender
forbidden@   550 at MAIL
later@       451 at MAIL
============ ==================================================================
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import mailbox
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

SIZE_MAX = 1_000_000
AT_MAIL = {
    "forbidden": "550 5.7.60 <{address}> may not send here",
    "later": "451 4.3.0 come back later",
}
AT_RCPT = {
    "full": "452 4.2.2 <{address}>: mailbox full",
    "nouser": "550 5.1.1 <{address}>: no such user",
    "locked": "530 5.7.0 must log in first",
}
AFTER_DATA = {
    "tmp": "451 4.3.0 try again",
    "spam": "554 5.7.1 looks like spam",
    "garbled": "what is your name?",
}


@dataclass(frozen=True)
class Peer:
    """A running server, and where it keeps mails."""

    port: int
    maildir: Path

    def raw_mails(self) -> list[bytes]:
        """Every mail it kept, as it came."""
        box = mailbox.Maildir(self.maildir)
        return [box.get_bytes(key) for key in box.iterkeys()]

    def mails(self) -> list[EmailMessage]:
        """Every mail it kept."""
        return [message_from_bytes(raw, policy=default) for raw in self.raw_mails()]

    def mail(self, message_id: str | None) -> EmailMessage:
        """The one mail with *message_id*."""
        (found,) = [mail for mail in self.mails() if mail["Message-ID"] == message_id]
        return found


@contextlib.contextmanager
def run_peer(folder: Path, *options: str) -> Iterator[Peer]:
    """Start the server in a process of its own, with *options* of `main`, and end it."""
    maildir, log = folder / "maildir", folder / "smtp_peer.log"
    command = [sys.executable, __file__, str(maildir), *options]
    with (
        log.open("w") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        try:
            assert process.stdout
            port = process.stdout.readline()
            assert port, log.read_text()
            yield Peer(int(port), maildir)
        finally:
            process.terminate()


class Faults:
    """aiosmtpd's hooks."""

    def __init__(self, maildir: str, *, hide_size: bool, token: str | None) -> None:
        self.maildir = mailbox.Maildir(maildir, create=True)
        self.hide_size = hide_size
        self.token = token
        self.greylisted: set[tuple[str | None, str]] = set()

    async def handle_EHLO(  # noqa: N802 - the hook's name
        self, server: Any, session: Any, envelope: Any, name: str, replies: list[str]
    ) -> list[str]:
        session.host_name = name
        return [reply for reply in replies if not (self.hide_size and reply[4:8] == "SIZE")]

    async def auth_XOAUTH2(  # noqa: N802
        self, server: Any, args: list[str]
    ) -> Any:
        """As Gmail: an error is told as JSON, and the refusal comes after an empty line."""
        from aiosmtpd.smtp import AuthResult

        if args[1:] == [self.token]:
            return AuthResult(success=True)
        told = '{"status":"401","schemes":"bearer mac","scope":"https://mail.google.com/"}'
        await server.challenge_auth(told)
        return AuthResult(success=False, handled=False)

    async def handle_MAIL(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if fault := AT_MAIL.get(local(address)):
            return fault.format(address=address)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        pair = (envelope.mail_from, address)
        if fault := AT_RCPT.get(local(address)):
            return fault.format(address=address)
        if local(address) == "grey" and pair not in self.greylisted:
            self.greylisted.add(pair)
            return f"450 4.7.1 <{address}>: greylisted"
        if local(address) == "shutdown":
            asyncio.get_running_loop().call_soon(server.transport.close)
            return "421 4.3.2 shutting down"
        if local(address) == "drop":
            server.transport.abort()
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802
        self, server: Any, session: Any, envelope: Any
    ) -> str:
        faults = {local(address) for address in envelope.rcpt_tos}
        if not faults & {"tmp", "spam"}:
            self.maildir.add(envelope.original_content)
        if "dropdata" in faults:
            server.transport.abort()
        if "slow" in faults:
            await asyncio.Event().wait()
        session.hangup = "hangup" in faults
        return next((AFTER_DATA[fault] for fault in faults & AFTER_DATA.keys()), "250 2.0.0 kept")

    async def handle_RSET(  # noqa: N802
        self, server: Any, session: Any, envelope: Any
    ) -> str:
        if getattr(session, "hangup", False):
            server.transport.abort()
        return "250 2.0.0 OK"


def local(address: str) -> str:
    return address.partition("@")[0]


def authenticator(user: str, password: str) -> Any:
    """Accept this user alone."""
    from aiosmtpd.smtp import AuthResult, LoginPassword

    good = LoginPassword(user.encode(), password.encode())

    def check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> Any:
        return AuthResult(success=data == good, handled=False)

    return check


def xoauth2(user: str, token: str) -> str:
    return base64.b64encode(f"user={user}\1auth=Bearer {token}\1\1".encode()).decode()


async def serve(options: argparse.Namespace) -> None:
    """Serve until killed."""
    from aiosmtpd.smtp import SMTP

    tls = None
    if options.certificate:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(options.certificate)
    starttls = options.tls == "starttls"
    token = options.token and xoauth2(options.user, options.token)
    handler = Faults(options.maildir, hide_size=options.hide_size, token=token)

    def protocol() -> SMTP:
        return SMTP(
            handler,
            hostname="localhost",
            data_size_limit=SIZE_MAX,
            enable_SMTPUTF8=not options.ascii,
            tls_context=tls if starttls else None,
            authenticator=authenticator(options.user, options.password or "")
            if options.user
            else None,
            auth_required=bool(options.user),
            auth_require_tls=starttls,
            auth_exclude_mechanism=[] if token else ["XOAUTH2"],
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        protocol, "127.0.0.1", 0, ssl=tls if options.tls == "tls" else None
    )
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - the parent reads it
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("maildir")
    parser.add_argument("--tls", choices=["starttls", "tls"])
    parser.add_argument("--certificate", help="key and chain, as PEM")
    parser.add_argument("--user")
    parser.add_argument("--password")
    parser.add_argument("--token", help="an access token of the user")
    parser.add_argument(
        "--hide-size", action="store_true", help="keep the limit, say nothing of it"
    )
    parser.add_argument("--ascii", action="store_true", help="no SMTPUTF8")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
