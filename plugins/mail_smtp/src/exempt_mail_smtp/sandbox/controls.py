"""What may be done to the sandbox: mails come back, the clock moves on."""

from __future__ import annotations

import datetime as dt
from email import message_from_bytes
from email.message import Message
from email.policy import compat32
from email.utils import format_datetime

from exempt import SandboxControls, Stream
from exempt.testing.sample import TODAY
from exempt_mail_smtp.keys import message_id
from exempt_mail_smtp.sandbox.imap import Mailbox


class Controls(SandboxControls):
    """The sandbox's people.

    Args:
        inbox: Where what bounces arrives.
        sent: The mails that were taken.
        domain: That of their Message-IDs.
    """

    def __init__(self, inbox: Mailbox, sent: Mailbox, domain: str) -> None:
        self._inbox, self._sent, self._domain = inbox, sent, domain
        self.moment = dt.datetime.combine(TODAY, dt.time(12), dt.UTC)

    def keep(self, mail: bytes) -> None:
        """Keep a mail that was taken."""
        self._sent.add(mail, self.moment)

    def bounce(self, key: str) -> None:
        """Return the mail with *key* as a mail server does that knows no such recipient."""
        due = message_id(key, self._domain)
        for kept in self._sent.messages.values():
            mail = message_from_bytes(kept.content, policy=compat32)
            if mail["Message-ID"] == due:
                self._inbox.add(report(mail, self.moment), self.moment)
                return
        msg = f"{key}: no mail was sent with it"
        raise LookupError(msg)

    def spoil(self, stream: Stream, external_id: str) -> None:
        """Have a report no longer say what became of its mail."""
        uid = self._uid(stream, external_id)
        content = self._inbox.messages[uid].content
        self._inbox.change(uid, content.replace(b"Action: failed\r\n", b""))

    def delete(self, stream: Stream, external_id: str) -> None:
        """Delete a report from the mailbox."""
        del self._inbox.messages[self._uid(stream, external_id)]

    def clear(self) -> None:
        """Delete all reports."""
        self._inbox.messages.clear()

    def advance(self, by: dt.timedelta) -> None:
        """Move the clock on by which reports arrive."""
        self.moment += by

    def _uid(self, stream: Stream, external_id: str) -> int:
        if stream is not Stream.BOUNCES:
            raise NotImplementedError
        return int(external_id.partition("-")[2])


_REPORT = """\
From: Mail Delivery System <MAILER-DAEMON@sandbox.example>
To: {sender}
Date: {date}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="part"

--part
Content-Type: text/plain; charset=us-ascii

I could not deliver your mail to {recipient}: there is no such mailbox.

--part
Content-Type: message/delivery-status

Reporting-MTA: dns; sandbox.example

Final-Recipient: rfc822; {recipient}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <{recipient}>: no such mailbox

--part
Content-Type: text/rfc822-headers

{headers}

--part--
"""


def report(mail: Message[str, str], at: dt.datetime) -> bytes:
    """A delivery status notification (RFC 3464) on *mail*: there is no such mailbox."""
    text = _REPORT.format(
        sender=mail["From"],
        date=format_datetime(at),
        recipient=str(mail["To"]).rpartition("<")[2].rstrip(">"),
        headers="\n".join(f"{name}: {value}" for name, value in mail.items()),
    )
    return text.replace("\r\n", "\n").replace("\n", "\r\n").encode()
