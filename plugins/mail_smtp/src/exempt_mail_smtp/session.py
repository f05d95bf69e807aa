"""One SMTP connection, kept from mail to mail, that knows how far each mail came.

========================================= =====================================
the server                                what becomes of the mail
========================================= =====================================
says 2xx to the whole mail                it is sent
says 4xx to the sender, an address, …     `SendFailure` retry
says 5xx to every address, or to the mail `SendFailure` rejected
says 5xx to some of the addresses         it is sent to the others
says 5xx to the sender                    `ConfigError`
says 530 or 535 to anything               `AuthError`
is gone before the mail's last line       `SendFailure` retry: surely not sent
is gone after it                          `SendFailure` unknown: sent or not
========================================= =====================================
"""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from exempt import ConfigError, Outcome, TransientError
from exempt_mail_smtp.connect import connect
from exempt_mail_smtp.message import Mail
from exempt_mail_smtp.oauth import Tokens
from exempt_mail_smtp.replies import (
    Reply,
    SendFailure,
    accepted,
    refuse_mail,
    refuse_sender,
    too_large,
    words,
)
from exempt_mail_smtp.settings import MailSmtpSettings

_GO_AHEAD = 354
_LAST_LINE = b".\r\n"
_PIECE = 1 << 16  # a time-out holds for a piece: a socket counts it for all that is sent at once


@dataclass(frozen=True)
class Server:
    """What a server says of itself: ``TLSv1.3`` or None; the most bytes of a mail, or None."""

    encryption: str | None
    size_limit: int | None


class Session:
    """A connection to the server, made when the first mail needs it.

    Args:
        settings: Where the server is, and how to log in.
        folder: Where a relative path of certificates starts.
        tokens: What to log in with in place of a password.
    """

    def __init__(
        self, settings: MailSmtpSettings, folder: Path, tokens: Tokens | None = None
    ) -> None:
        self._settings = settings
        self._folder = folder
        self._tokens = tokens
        self._kept: smtplib.SMTP | None = None
        self._used = 0

    def send(self, mail: Mail) -> str:
        """Hand *mail* over, and return the server's words.

        Raises:
            SendFailure, ConfigError: See the module.
            TransientError: The server cannot be reached.
        """
        if self._used >= self._settings.mails_per_connection:
            self.close()
        with self._connection() as smtp:
            self._used += 1
            try:
                refused = _send_up_to_last_line(smtp, mail)
            except smtplib.SMTPServerDisconnected:
                msg = "the server closed the connection before it had the mail"
                raise SendFailure(Outcome.RETRY, msg) from None
            reply = _send_last_line(smtp)
            if not accepted(reply):
                refuse_mail(reply, _size_limit(smtp))
            return "; ".join([words(reply), *refused])

    def greet(self, sender: str) -> Server:
        """Log in, and see whether the server takes mail from *sender*; none is sent.

        Raises:
            SendFailure, ConfigError, TransientError: As for `send`.
        """
        with self._connection() as smtp:
            try:
                reply = smtp.mail(sender)
            except smtplib.SMTPServerDisconnected:
                msg = "the server closed the connection when it was told the sender"
                raise TransientError(msg) from None
            if not accepted(reply):
                refuse_sender(reply, _size_limit(smtp))
            encryption = smtp.sock.version() if isinstance(smtp.sock, ssl.SSLSocket) else None
            return Server(encryption, _size_limit(smtp))

    def close(self) -> None:
        """Say good-bye; a later mail would connect again."""
        if self._kept is not None:
            with contextlib.suppress(smtplib.SMTPException):
                self._kept.quit()
            self._kept.close()
            self._kept = None

    @contextlib.contextmanager
    def _connection(self) -> Iterator[smtplib.SMTP]:
        """The kept connection or a new one, kept again unless its state is not known."""
        smtp, self._kept = self._kept, None
        if smtp is not None and not _is_alive(smtp):
            smtp.close()
            smtp = None
        if smtp is None:
            smtp, self._used = connect(self._settings, self._folder, self._tokens), 0
        try:
            yield smtp
        except (SendFailure, ConfigError):
            self._kept = smtp
            raise
        except BaseException:
            smtp.close()
            raise
        self._kept = smtp


def _is_alive(smtp: smtplib.SMTP) -> bool:
    """Whether the server is still there; it also forgets what a failed mail left behind."""
    try:
        return accepted(smtp.rset())
    except smtplib.SMTPServerDisconnected:
        return False


def _send_up_to_last_line(smtp: smtplib.SMTP, mail: Mail) -> list[str]:
    """Send everything but the dot that ends a mail; and return words on refused addresses."""
    size_limit = _size_limit(smtp)
    if size_limit and mail.size > size_limit:
        raise too_large(size_limit)
    if mail.utf8 and not smtp.has_extn("smtputf8"):
        msg = "the server takes no address with letters beyond ASCII"
        raise SendFailure(Outcome.REJECTED, msg)
    options = [f"SIZE={mail.size}"] if smtp.has_extn("size") else []
    options += ["SMTPUTF8", "BODY=8BITMIME"] if mail.utf8 else []
    reply = smtp.mail(mail.sender, options)
    if not accepted(reply):
        refuse_sender(reply, size_limit)
    refused = _name_recipients(smtp, mail.recipients)
    reply = smtp.docmd("DATA")
    if reply[0] != _GO_AHEAD:
        refuse_mail(reply, size_limit)
    for start in range(0, len(mail.content), _PIECE):
        smtp.send(mail.content[start : start + _PIECE])
    return refused


def _send_last_line(smtp: smtplib.SMTP) -> Reply:
    """What the server says to the whole mail, yes or no."""
    with contextlib.suppress(smtplib.SMTPException):
        smtp.send(_LAST_LINE)
        reply = smtp.getreply()
        if 200 <= reply[0] < 300 or 400 <= reply[0] < 600:
            return reply
    msg = "the server had the mail, but did not confirm it: look whether it arrived"
    raise SendFailure(Outcome.UNKNOWN, msg)


def _name_recipients(smtp: smtplib.SMTP, recipients: Sequence[str]) -> list[str]:
    """Words on the addresses refused for good, as long as others are accepted.

    Raises:
        SendFailure: Later, where an address is refused for now: the mail is
            one, and whoever had it already would get it again.
    """
    replies = [smtp.rcpt(recipient) for recipient in recipients]
    refused = [reply for reply in replies if not accepted(reply)]
    refused.sort(key=lambda reply: reply[0])  # what may pass comes first
    if refused and (refused[0][0] < 500 or len(refused) == len(replies)):
        refuse_mail(refused[0], _size_limit(smtp))
    return [f"an address is refused: {words(reply)}" for reply in refused]


def _size_limit(smtp: smtplib.SMTP) -> int | None:
    limit = smtp.esmtp_features.get("size", "")
    return int(limit) or None if limit.isdigit() else None
