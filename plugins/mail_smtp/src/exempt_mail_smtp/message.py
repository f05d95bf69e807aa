"""Makes a mail of a request: MIME, ready for the wire."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from exempt import Attachment, SendRequest
from exempt_mail_smtp.addresses import mailbox
from exempt_mail_smtp.keys import message_id, return_address

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
        lines: Headers and body, each line ending in CRLF.
        utf8: Whether an address is beyond ASCII, so that the server must know SMTPUTF8.
    """

    message_id: str
    sender: str
    recipients: tuple[str, ...] = field(repr=False)
    lines: bytes = field(repr=False)
    utf8: bool

    @property
    def size(self) -> int:
        """In bytes, as servers count it."""
        return len(self.lines)

    @property
    def content(self) -> bytes:
        """The lines for the wire: leading dots doubled, without the dot that ends a mail."""
        return re.sub(rb"(?m)^\.", b"..", self.lines)

    @property
    def domains(self) -> frozenset[str]:
        """Where its recipients are."""
        return frozenset(each.rpartition("@")[2].lower() for each in self.recipients)


def compose(
    request: SendRequest,
    *,
    sender: str,
    reply_to: str | None,
    domain: str,
    now: dt.datetime,
    return_path: str | None = None,
    verp: bool = False,
) -> Mail:
    """The mail that *request* asks for.

    Args:
        request: What to say, and to whom.
        sender: Address, with or without a display name, for the From header.
        reply_to: Where answers go, unless the request says so itself.
        domain: For the Message-ID.
        now: The moment of the Date header.
        return_path: The bare address for the envelope, if it is not the sender's.
        verp: Whether the address for the envelope has the key in it.

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
    envelope = return_path or from_.addr_spec
    return Mail(
        message_id=str(message["Message-ID"]),
        sender=return_address(envelope, request.key) if verp else envelope,
        recipients=tuple(address.addr_spec for address in to),
        lines=_lines(message, utf8=(utf8 := _beyond_ascii(envelope, from_, *to))),
        utf8=utf8,
    )


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


def _beyond_ascii(envelope: str, *addresses: Address) -> bool:
    return not all(map(str.isascii, (envelope, *(each.addr_spec for each in addresses))))


def _lines(message: EmailMessage, *, utf8: bool) -> bytes:
    raw = message.as_bytes(policy=_POLICY.clone(utf8=utf8))
    # Folded before its only word, as the library does, it is not found by some servers.
    raw = re.sub(rb"^Message-ID:\s+", b"Message-ID: ", raw)
    # A bare CR or LF could end the mail early for some servers, and begin another.
    return re.sub(rb"\r\n|\r|\n", b"\r\n", raw.rstrip(b"\r\n") + b"\n")
