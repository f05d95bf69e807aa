"""The sandbox's mailboxes, and as much of an IMAP server (RFC 3501) as shows them."""

from __future__ import annotations

import base64
import datetime as dt
import re
import secrets
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.policy import compat32

_LINE = re.compile(r"(\S+) (?:UID )?(\S+) ?(.*)", re.IGNORECASE)
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')
_FIELDS = re.compile(r"HEADER\.FIELDS \(([^)]*)\)")
_PARTIAL = re.compile(r"\]<(\d+)\.(\d+)>")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CAPABILITIES = "IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2"


@dataclass(frozen=True)
class Kept:
    """A message in a mailbox: its number, when it came, whether it was read."""

    uid: int
    at: dt.datetime
    content: bytes
    seen: bool = False


class Mailbox:
    """Messages by number; a number is never given twice."""

    def __init__(self, validity: int = 1_700_000_000) -> None:
        self.validity = validity
        self.next_uid = 1
        self.messages: dict[int, Kept] = {}
        self._changing = threading.Lock()

    def add(self, content: bytes, at: dt.datetime) -> int:
        """Put a message in, and return its number."""
        with self._changing:
            uid, self.next_uid = self.next_uid, self.next_uid + 1
            self.messages[uid] = Kept(uid, at, content)
            return uid

    def change(self, uid: int, content: bytes) -> None:
        """Have a message say something else, as no server would."""
        self.messages[uid] = replace(self.messages[uid], content=content)

    def see(self, uid: int) -> None:
        """Mark a message as read."""
        self.messages[uid] = replace(self.messages[uid], seen=True)


class ImapServer(socketserver.ThreadingTCPServer):
    """Shows mailboxes on a free port of loopback.

    Args:
        mailboxes: By name.
        user: Who may look.
        password: Their password; also taken for a token.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(
        self,
        mailboxes: dict[str, Mailbox],
        user: str,
        password: str,
        conversation: type[Conversation] | None = None,
    ) -> None:
        self.mailboxes = mailboxes
        self.plain = f"\0{user}\0{password}".encode()
        self.bearer = f"user={user}\x01auth=Bearer {password}\x01\x01".encode()
        self.login = (user, password)
        super().__init__(("127.0.0.1", 0), conversation or Conversation)


class Conversation(socketserver.StreamRequestHandler):
    """One client's commands."""

    server: ImapServer
    disable_nagle_algorithm = True
    capabilities = _CAPABILITIES

    def handle(self) -> None:
        """Answer until the client says good-bye, or hangs up."""
        self._known, self._open, self._writable = False, None, False
        self.say("* OK sandbox")
        while line := self.rfile.readline():
            found = _LINE.fullmatch(line.decode("utf-8", "replace").strip())
            if found is None:
                self.say("* BAD not understood")
            elif not self.answer(found[1], found[2].upper(), found[3]):
                return

    _open: Mailbox | None

    def answer(self, tag: str, verb: str, rest: str) -> bool:
        """Answer one command; False ends the conversation."""
        match verb:
            case "CAPABILITY":
                self.say(f"* CAPABILITY {self.capabilities}")
            case "NOOP":
                pass
            case "LOGOUT":
                self.say("* BYE")
                self.say(f"{tag} OK")
                return False
            case "LOGIN" | "AUTHENTICATE":
                return self._log_in(tag, verb, rest)
            case "SELECT" | "EXAMINE" if self._known:
                return self._choose(tag, verb, _words(rest)[0])
            case "SEARCH" if self._open:
                found = self._search(self._open, _words(rest))
                self.say(" ".join(["* SEARCH", *map(str, found)]))
            case "FETCH" if self._open:
                self._fetch(self._open, rest)
            case "STORE" if self._open and self._writable:
                for uid in _numbers(rest.partition(" ")[0], self._open):
                    self._open.see(uid)
            case _:
                self.say(f"{tag} BAD not now, or not known")
                return True
        self.say(f"{tag} OK done")
        return True

    def _log_in(self, tag: str, verb: str, rest: str) -> bool:
        if verb == "LOGIN":
            self._known = tuple(_words(rest)) == self.server.login
        else:
            self.say("+ ")
            said = base64.b64decode(self.rfile.readline())
            due = self.server.bearer if rest.upper() == "XOAUTH2" else self.server.plain
            self._known = secrets.compare_digest(said, due)
            if rest.upper() == "XOAUTH2" and not self._known:
                self.say("+ " + base64.b64encode(b'{"status":"401"}').decode())
                self.rfile.readline()
        good, bad = f"{tag} OK known", f"{tag} NO [AUTHENTICATIONFAILED] not known"
        self.say(good if self._known else bad)
        return True

    def _choose(self, tag: str, verb: str, name: str) -> bool:
        self._open = box = self.server.mailboxes.get(name)
        if box is None:
            self.say(f"{tag} NO [NONEXISTENT] no such mailbox")
            return True
        self._writable = verb == "SELECT"
        self.say(f"* {len(box.messages)} EXISTS")
        self.say(f"* OK [UIDVALIDITY {box.validity}] stays")
        self.say(f"* OK [UIDNEXT {box.next_uid}] next")
        self.say(f"{tag} OK [READ-{'WRITE' if self._writable else 'ONLY'}] open")
        return True

    def _search(self, box: Mailbox, words: list[str]) -> list[int]:
        found, rest = set(box.messages), iter(words)
        for word in rest:
            match word.upper():
                case "UID":
                    found &= set(_numbers(next(rest), box))
                case "SINCE":
                    day = _day(next(rest))
                    found = {uid for uid in found if box.messages[uid].at.date() >= day}
                case "HEADER":
                    name, text = next(rest), next(rest)
                    found = {u for u in found if text in _header(box.messages[u].content, name)}
        return sorted(found)

    def _fetch(self, box: Mailbox, rest: str) -> None:
        numbers, _, items = rest.partition(" ")
        for uid in _numbers(numbers, box):
            kept = box.messages[uid]
            part, content = _asked(items, kept.content)
            at = f"{kept.at.day:2}-{_MONTHS[kept.at.month - 1]}-{kept.at:%Y %H:%M:%S %z}"
            head = f'* {uid} FETCH (UID {uid} INTERNALDATE "{at}" BODY[{part} {{{len(content)}}}'
            self.send(head.encode() + b"\r\n" + content + b")\r\n")

    def say(self, line: str) -> None:
        """One line."""
        self.send(f"{line}\r\n".encode())

    def send(self, content: bytes) -> None:
        """Bytes as they are."""
        self.wfile.write(content)


def _words(text: str) -> list[str]:
    return [
        re.sub(r"\\(.)", r"\1", quoted) if quoted or not plain else plain
        for quoted, plain in _WORD.findall(text)
    ]


def _numbers(text: str, box: Mailbox) -> list[int]:
    """The numbers in a set such as ``2,5:9,12:*`` that are there."""
    last = max(box.messages, default=0)

    def wanted() -> Iterator[int]:
        for span in text.split(","):
            ends = [last if end == "*" else int(end) for end in span.split(":")]
            yield from (uid for uid in box.messages if min(ends) <= uid <= max(ends))

    return sorted(set(wanted()))


def _day(text: str) -> dt.date:
    day, month, year = text.split("-")
    return dt.date(int(year), _MONTHS.index(month) + 1, int(day))


def _header(content: bytes, name: str) -> str:
    return " ".join(map(str, message_from_bytes(content, policy=compat32).get_all(name, [])))


def _asked(items: str, content: bytes) -> tuple[str, bytes]:
    """The part of a message that *items* ask for, and its name in the answer."""
    if fields := _FIELDS.search(items):
        names = {name.lower() for name in fields[1].split()}
        head = re.split(rb"\r\n(?![ \t])", content.partition(b"\r\n\r\n")[0])
        lines = [
            x for x in head if x.partition(b":")[0].decode("ascii", "replace").lower() in names
        ]
        return f"HEADER.FIELDS ({fields[1]})]", b"".join(x + b"\r\n" for x in lines) + b"\r\n"
    if partial := _PARTIAL.search(items):
        begin, length = int(partial[1]), int(partial[2])
        return f"]<{begin}>", content[begin : begin + length]
    return "]", content
