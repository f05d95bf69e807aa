"""Makes a mail of a request: MIME, ready for the wire."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from exempt import Attachment, SendRequest
from exempt_mail_smtp.addresses import mailbox

# Seven bits pass every server; no extension has to be asked for.
_POLICY = SMTP.clone(cte_type="7bit")
_MEDIA_TYPE = re.compile(r"([\w.+-]+)/([\w.+-]+)", re.ASCII)


@dataclass(frozen=True)
class Mail:
    """A mail as SMTP takes it.

    Attributes:
        message_id: ``<…@domain>``, the same for the same key.
        sender: The envelope's sender, a bare address.
        recipients: The envelope's recipients, bare addresses.
        size: In bytes.
        content: Headers and body, lines ending in CRLF, leading dots doubled,
            without the last dot.
        utf8: Whether an address is beyond ASCII, so that the server must know SMTPUTF8.
    """

    message_id: str
    sender: str
    recipients: tuple[str, ...] = field(repr=False)
    size: int
    content: bytes = field(repr=False)
    utf8: bool


def compose(
    request: SendRequest,
    *,
    sender: str,
    reply_to: str | None,
    domain: str,
    now: dt.datetime,
) -> Mail:
    """The mail that *request* asks for.

    Args:
        request: What to say, and to whom.
        sender: Address, with or without a display name; for the From header and the envelope.
        reply_to: Where answers go, unless the request says so itself.
        domain: For the Message-ID.
        now: The moment of the Date header.

    Raises:
        ValueError: An address or a file's name is not fit for a header; says which.
    """
    from_ = mailbox(sender, "sender")
    to = [mailbox(text, f"address {number} of `to`") for number, text in enumerate(request.to, 1)]
    message = EmailMessage(_POLICY)
    message["Message-ID"] = message_id(request.key, domain)
    message["Date"] = format_datetime(now)
    message["From"] = from_
    message["To"] = to
    if answers := request.reply_to or reply_to:
        message["Reply-To"] = mailbox(answers, "reply_to")
    message["Subject"] = " ".join(request.subject.split())
    # Keeps holiday notices and other robots from answering (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(request.text)
    if request.html is not None:
        message.add_alternative(request.html, subtype="html")
    for attachment in request.attachments:
        _attach(message, attachment)
    return _on_the_wire(message, from_, to)


def message_id(key: str, domain: str) -> str:
    """``<DIGEST@domain>``: whoever gets a mail twice can see that it is the same."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{domain}>"


def _attach(message: EmailMessage, attachment: Attachment) -> None:
    if not attachment.name.isprintable():
        msg = "an attachment's name has a line break or another control character: rename the file"
        raise ValueError(msg)
    found = _MEDIA_TYPE.match(attachment.media_type)
    maintype, subtype = found.groups() if found else ("application", "octet-stream")
    if maintype in {"message", "multipart"}:  # a mail program would take these apart
        maintype, subtype = "application", "octet-stream"
    message.add_attachment(
        attachment.content, maintype=maintype, subtype=subtype, filename=attachment.name
    )


def _on_the_wire(message: EmailMessage, from_: Address, to: list[Address]) -> Mail:
    sender, recipients = from_.addr_spec, tuple(address.addr_spec for address in to)
    utf8 = not all(map(str.isascii, (sender, *recipients)))
    raw = message.as_bytes(policy=_POLICY.clone(utf8=utf8))
    # A bare CR or LF could end the mail early for some servers, and begin another.
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", raw.rstrip(b"\r\n") + b"\n")
    return Mail(
        message_id=str(message["Message-ID"]),
        sender=sender,
        recipients=recipients,
        size=len(lines),
        content=re.sub(rb"(?m)^\.", b"..", lines),
        utf8=utf8,
    )
