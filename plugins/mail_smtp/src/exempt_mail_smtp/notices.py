"""What a mail server reports of a mail of ours that it could not deliver.

Reports are delivery status notifications (RFC 3464, with the extension of RFC
6533 for addresses beyond ASCII), as Postfix, Exchange and Gmail send them, and
the plain text of qmail and of old Exim (https://cr.yp.to/proto/qsbmf.txt).
Holiday notices, receipts of reading and people's answers are no reports.

Nothing proves that a report is genuine. What it can do is to mark one message
as bounced, and only whoever knows the message's key, so who saw the message.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.policy import compat32
from itertools import islice
from typing import Any

from exempt_mail_smtp.keys import keys_of_addresses, keys_of_message_ids
from exempt_mail_smtp.replies import without_addresses

_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_CODE = re.compile(r"(?<![\d.])([45])\d\d(?=[ -])")
_RETURNED = frozenset(
    {"message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"}
)
_REPORTS = frozenset({"message/delivery-status", "message/global-delivery-status"})
_ROBOTS = re.compile(
    r"\b(mailer-daemon|postmaster|microsoftexchange\w*|mail-daemon)@", re.IGNORECASE
)
_GAVE_UP = re.compile(
    r"this is the qmail-send program|this is a permanent error|could not be delivered"
    r"|couldn'?t be delivered|undeliver(ed|able)|delivery (has )?failed|not delivered",
    re.IGNORECASE,
)
_DELAYED = re.compile(r"\bdelay(ed)?\b|still trying|will be retried|keep trying", re.IGNORECASE)
_TYPE = re.compile(r"^\s*[\w-]+\s*;\s*")  # "smtp; 550 …", "rfc822; ana@…"
_MESSAGE_ID = re.compile(r"^message-id:\s*(<[^>\s]+>)", re.IGNORECASE | re.MULTILINE)
_GROUPS_MAX = 500
_BOUNDARIES_MAX = 100
_TEXT_MAX = 20_000
_REASON_MAX = 300


@dataclass(frozen=True)
class Notice:
    """What became of the mail with *key*: given up for good, or only late; why."""

    key: str
    permanent: bool
    status: str | None
    reason: str


@dataclass(frozen=True)
class Ours:
    """How our mails are recognised: by the domain of Message-IDs, and by where bounces go."""

    domain: str
    return_path: str

    def key_of(self, texts: Iterable[str]) -> str | None:
        """The first key in *texts*."""
        for text in texts:
            for key in keys_of_message_ids(text, self.domain):
                return key
            for key in keys_of_addresses(text, self.return_path):
                return key
        return None


def may_be(headers: bytes, ours: Ours) -> bool:
    """Whether a mail with these headers is worth reading whole."""
    mail = message_from_bytes(headers, policy=compat32)
    return (
        mail.get_content_type() == "multipart/report"
        or _from_a_robot(mail)
        or mail["X-Failed-Recipients"] is not None
        or ours.key_of(_values(mail, "To", "Delivered-To", "X-Original-To")) is not None
    )


def read(content: bytes, ours: Ours) -> Notice | None:
    """What a mail reports; None when it is no report, or of no mail of ours.

    Raises:
        ValueError: It is a report on a mail of ours, but does not say what became of it.
    """
    mail, parts = _taken_apart(content)
    reports = [part for part in parts if part.get_content_type() in _REPORTS]
    if not reports and not _is_told_in_prose(mail):
        return None
    groups = list(islice((group for part in reports for group in _groups(part)), _GROUPS_MAX))
    key = _key(mail, parts, groups, ours)
    if key is None:
        return None
    return _of_groups(key, groups) if reports else _of_prose(key, mail, parts)


def _taken_apart(content: bytes) -> tuple[Message[str, str], list[Message[str, str]]]:
    """A mail, and all its parts."""
    # Each level of parts is looked for in each line.
    if content.lower().count(b"boundary") <= _BOUNDARIES_MAX:
        with contextlib.suppress(RecursionError):
            mail = message_from_bytes(content, policy=compat32)
            return mail, list(mail.walk())
    msg = "its parts are nested too deeply: look at it in the mailbox"
    raise ValueError(msg)


def _of_groups(key: str, groups: list[Message[str, str]]) -> Notice | None:
    """By the worst that befell a recipient."""
    told = {_word(group["Action"]): group for group in reversed(groups) if group["Action"]}
    if not told:
        msg = "a delivery report without Action: look at it in the mailbox"
        raise ValueError(msg)
    action = next((each for each in ("failed", "delayed") if each in told), None)
    if action is None:  # delivered, relayed or expanded
        return None
    group = told[action]
    code = _STATUS.search(str(group["Status"] or ""))
    return Notice(key, action == "failed", code[1] if code else None, _reason(group))


def _groups(report: Message[str, str]) -> Iterator[Message[str, str]]:
    """The groups of fields in a report: one on the mail, then one for each recipient."""
    held = _held(report)
    yield from held
    # The extension's type is one that the library does not take apart.
    for text in map(_text, [report, *held]):
        for block in re.split(r"\r?\n\r?\n", text):
            yield message_from_bytes(block.encode(errors="replace"), policy=compat32)


def _reason(group: Message[str, str]) -> str:
    """The server's words, without an address or the name in one."""
    said = _TYPE.sub("", str(group["Diagnostic-Code"] or ""))
    recipient = _TYPE.sub("", str(group["Final-Recipient"] or ""))
    return _shown(said, recipient.strip())


def _shown(said: str, recipient: str = "") -> str:
    text = without_addresses(said)
    name = recipient.partition("@")[0]
    if len(name) > 2:
        text = re.sub(rf"(?i)(?<!\w){re.escape(name)}(?!\w)", "(address)", text)
    return text[:_REASON_MAX].strip()


def _is_told_in_prose(mail: Message[str, str]) -> bool:
    if mail["X-Failed-Recipients"] is not None:
        return True
    # RFC 3834: a holiday notice, or the like. It comes from nobody, too.
    automatic = str(mail["Auto-Submitted"] or "").lower().startswith("auto-replied")
    answer = automatic or mail["X-Autoreply"] or mail["X-Autorespond"]
    return _from_a_robot(mail) and not answer and mail.get_content_subtype() != "report"


def _of_prose(key: str, mail: Message[str, str], parts: list[Message[str, str]]) -> Notice | None:
    """By the usual phrases and codes; None where there are none."""
    text = f"{mail['Subject'] or ''}\n" + "\n".join(
        _text(part) for part in parts if part.get_content_type() == "text/plain"
    )
    # What follows is our own mail.
    before = re.split(r"--- Below this line|This is a copy of the message", text)[0]
    status, code = _STATUS.search(before), _CODE.search(before)
    late = bool(_DELAYED.search(before)) or bool(status and status[1][0] == "4")
    if not (status or code or _GAVE_UP.search(before) or late):
        return None
    words = next((line for line in before.splitlines() if _CODE.search(line)), "")
    if not words:
        words = next((line for line in before.splitlines() if _STATUS.search(line)), "")
    return Notice(key, not late, status[1] if status else None, _shown(words))


def _key(
    mail: Message[str, str],
    parts: list[Message[str, str]],
    groups: list[Message[str, str]],
    ours: Ours,
) -> str | None:
    """The key of the mail that is reported on, from where it is surest.

    The returned mail's own Message-ID counts before all that a report says
    beside it: a colleague's answer to a mail of ours names ours, too, and is none.
    """
    addressed = _values(mail, "To", "Delivered-To", "X-Original-To", "Envelope-To")
    if key := ours.key_of(addressed):
        return key
    returned = [value for part in parts for value in _returned_id(part)]
    if returned:
        return ours.key_of(returned[:1])
    names = ("Original-Message-ID", "X-Original-Message-ID", "Original-Envelope-ID")
    grouped = [value for group in groups for value in _values(group, *names)]
    return ours.key_of([*grouped, *_values(mail, "In-Reply-To")])


def _returned_id(part: Message[str, str]) -> list[str]:
    """The Message-ID of the mail that is returned in *part*, whole, its headers, or as prose."""
    if part.get_content_type() in _RETURNED:
        headers = message_from_bytes(_text(part).encode(errors="replace"), policy=compat32)
        return [value for each in (*_held(part), headers) for value in _values(each, "Message-ID")]
    if part.get_content_type() == "text/plain":
        return _MESSAGE_ID.findall(_text(part))
    return []


def _held(part: Message[str, str]) -> list[Message[str, str]]:
    payload: Any = part.get_payload()
    return payload if isinstance(payload, list) else []


def _values(mail: Message[str, str], *names: str) -> list[str]:
    return [str(value) for name in names for value in mail.get_all(name, [])]


def _text(part: Message[str, str]) -> str:
    content: Any = part.get_payload(decode=True)
    return content[:_TEXT_MAX].decode(errors="replace") if isinstance(content, bytes) else ""


def _word(value: str) -> str:
    return str(value).strip().lower().partition(" ")[0]


def _from_a_robot(mail: Message[str, str]) -> bool:
    return (
        str(mail["Return-Path"] or "").strip() == "<>"
        or _ROBOTS.search(str(mail["From"] or "")) is not None
    )
