"""One IMAP connection, kept from call to call, and what is asked of a mailbox through it.

========================================= =====================================
the server                                what it means
========================================= =====================================
refuses the login                         `AuthError`
has no such mailbox                       `ConfigError`
says NO or BAD to a search or a fetch     `TransientError`
says BYE, is gone, is silent, cuts a line `TransientError`
says UNAVAILABLE or INUSE to anything     `TransientError`
========================================= =====================================
"""

from __future__ import annotations

import base64
import contextlib
import imaplib
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from exempt import AuthError, ConfigError, ConnectorError, TransientError
from exempt_mail_smtp.connect import not_encrypted, trust
from exempt_mail_smtp.oauth import Tokens, xoauth2
from exempt_mail_smtp.parts import Imap
from exempt_mail_smtp.replies import without_addresses, without_login

_LITERAL_MAX = 1024 * 1024  # of a message 256 KiB are asked for, else its headers
_LATER = re.compile(r"\[(UNAVAILABLE|INUSE|LIMIT|SERVERBUG|CONTACTADMIN)\]", re.IGNORECASE)
_DURING = re.compile(r"^command: \w+ => ")
_ATOM = re.compile(r"[A-Za-z0-9.@_+-]+")
_UID = re.compile(rb"\bUID (\d+)")
_DATE = re.compile(rb'\bINTERNALDATE "([^"]+)"')


@dataclass(frozen=True)
class Login:
    """Who we are, and the password or the tokens that prove it."""

    user: str
    password: SecretStr | None = None
    tokens: Tokens | None = None


@dataclass(frozen=True)
class Fetched:
    """One message, or a part of it: its number, the moment it came as IMAP writes it, bytes."""

    uid: int
    internal_date: str
    content: bytes


class Mailboxes:
    """The mailboxes of one account; the connection is made when it is first needed.

    Args:
        settings: Where the server is.
        login: Who we are there.
        folder: Where a relative path of certificates starts.
    """

    def __init__(self, settings: Imap, login: Login, folder: Path) -> None:
        self._settings = settings
        self._login = login
        self._folder = folder
        self._kept: imaplib.IMAP4 | None = None

    @contextlib.contextmanager
    def open(
        self, name: str, *, setting: str = "mailbox", writable: bool = False
    ) -> Iterator[Mailbox]:
        """The mailbox *name*, such as ``INBOX``; nothing in it is changed unless *writable*.

        Args:
            name: As people write it.
            setting: Where the name is from, for the error.
            writable: Whether messages will be marked.

        Raises:
            ConnectorError: See the module.
        """
        where = f"{self._settings.host}:{self._settings.server_port}"
        imap, self._kept = self._kept, None
        if imap is not None and not _is_alive(imap):
            _hang_up(imap)
            imap = None
        imap = imap or _connected(self._settings, self._login, self._folder, where)
        try:
            with _explaining(where):
                yield _select(imap, name, f"imap.{setting}: {where}", writable=writable)
        except BaseException:
            _hang_up(imap)
            raise
        self._kept = imap

    def close(self) -> None:
        """Say good-bye; a later call would connect again."""
        if self._kept is not None:
            with contextlib.suppress(imaplib.IMAP4.error, OSError):
                self._kept.logout()
            _hang_up(self._kept)
            self._kept = None


class Mailbox:
    """One mailbox that is open.

    Attributes:
        validity: Its UIDVALIDITY: numbers of messages count as long as it stays.
        next_uid: The number that the next message will get, or None where the
            server does not say.
    """

    def __init__(self, imap: imaplib.IMAP4, validity: int, next_uid: int | None) -> None:
        self._imap = imap
        self.validity = validity
        self.next_uid = next_uid

    def search(self, *criteria: str) -> list[int]:
        """The numbers of the messages that fit, the lowest first."""
        data = self._ask("SEARCH", *criteria)
        return sorted({int(number) for line in data if line for number in line.split()})

    def fetch(self, uids: Sequence[int], what: str) -> list[Fetched]:
        """*what*, such as ``BODY.PEEK[]``, of these messages; those gone meanwhile are left out."""
        if not uids:
            return []
        numbers = ",".join(map(str, uids))
        data = self._ask("FETCH", numbers, f"(UID INTERNALDATE {what})")
        found = {each.uid: each for each in _fetched(data)}
        return [found[uid] for uid in uids if uid in found]

    def mark_seen(self, uids: Sequence[int]) -> None:
        """Mark these messages as read."""
        if uids:
            self._ask("STORE", ",".join(map(str, uids)), "+FLAGS.SILENT", r"(\Seen)")

    def has(self, message_id: str) -> bool:
        """Whether a message with that Message-ID is here."""
        return bool(self.search("HEADER", "Message-ID", quoted(message_id)))

    def _ask(self, command: str, *arguments: str) -> list[Any]:
        kind, data = self._imap.uid(command, *arguments)
        if kind != "OK":
            msg = f"the server answers {kind} to {command}: {_words(data)}"
            raise imaplib.IMAP4.abort(msg)
        return data


def quoted(text: str) -> str:
    """*text* as IMAP quotes it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def mailbox_name(name: str) -> str:
    """*name* as IMAP writes it, quoted: in UTF-7 with changes (RFC 3501, section 5.1.3)."""

    def encoded(found: re.Match[str]) -> str:
        packed = base64.b64encode(found[0].encode("utf-16-be")).decode()
        return "&" + packed.rstrip("=").replace("/", ",") + "-"

    return quoted(re.sub(r"[^\x20-\x7e]+", encoded, name.replace("&", "&-")))


def _connected(settings: Imap, login: Login, folder: Path, where: str) -> imaplib.IMAP4:
    """A connection that is logged in; a token that was had before is had anew, once."""
    context = trust(settings.security, folder, settings.ca_file, "imap.")
    doubtful = login.tokens is not None and login.tokens.kept
    try:
        return _ready(settings, login, context, where)
    except AuthError:
        if login.tokens is None or not doubtful:
            raise
        login.tokens.forget()
        return _ready(settings, login, context, where)


def _ready(
    settings: Imap, login: Login, context: ssl.SSLContext | None, where: str
) -> imaplib.IMAP4:
    host, port, timeout = settings.host, settings.server_port, settings.timeout
    with _explaining(where):
        if settings.security == "tls":
            imap: imaplib.IMAP4 = imaplib.IMAP4_SSL(
                host, port, ssl_context=context, timeout=timeout
            )
        else:
            imap = imaplib.IMAP4(host, port, timeout=timeout)
        vars(imap)["read"] = partial(_at_most, imap.read)
        # Or else each command in two pieces waits, some 40 ms, until the first is confirmed.
        imap.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if settings.security == "starttls":
                _encrypt(imap, context, where)
            _log_in(imap, login, where)
        except BaseException:
            _hang_up(imap)
            raise
    return imap


def _at_most(read: Callable[[int], bytes], size: int) -> bytes:
    """*read* that many bytes, unless it is more than was ever asked for."""
    if size > _LITERAL_MAX:
        msg = f"unexpected: {size:,} bytes at once"
        raise imaplib.IMAP4.abort(msg)
    return read(size)


def _encrypt(imap: imaplib.IMAP4, context: ssl.SSLContext | None, where: str) -> None:
    if "STARTTLS" not in imap.capabilities:
        msg = f"imap: {where}: the server has no STARTTLS: mend `imap.security` or `imap.port`"
        raise ConfigError(msg)
    imap.starttls(context)


def _log_in(imap: imaplib.IMAP4, login: Login, where: str) -> None:
    """Show who we are.

    Raises:
        AuthError: The server does not believe it.
        ConfigError: It knows no way of logging in that we know.
    """
    try:
        _show(imap, login, where)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        said = _told(_without_login(error, login))
        if _LATER.search(said):
            raise TransientError(f"imap: {where} asks to come later: {said}") from None
        msg = f"imap: user, password or oauth2: {where} refuses the login: {said}"
        raise AuthError(msg) from None
    finally:
        vars(imap).get("_cmd_log", {}).clear()  # the last commands, in clear


def _without_login(error: imaplib.IMAP4.error, login: Login) -> imaplib.IMAP4.error:
    """*error* without the secrets of *login*: a server may repeat what it does not understand."""
    said = error.args[0] if error.args else b""
    text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    tokens = login.tokens
    secret = login.password or (tokens.get() if tokens and tokens.kept else None)
    if secret is not None:
        text = without_login(text, login.user, secret.get_secret_value())
    return imaplib.IMAP4.error(text)


def _show(imap: imaplib.IMAP4, login: Login, where: str) -> None:
    if login.tokens is not None:
        if "AUTH=XOAUTH2" not in imap.capabilities:
            msg = f"imap: {where}: the server takes no tokens (AUTH=XOAUTH2): give `imap.password`"
            raise ConfigError(msg)
        _authenticate(imap, "XOAUTH2", xoauth2(login.user, login.tokens.get()))
    elif login.password is not None:
        password = login.password.get_secret_value()
        if "AUTH=PLAIN" in imap.capabilities:
            _authenticate(imap, "PLAIN", f"\0{login.user}\0{password}".encode())
        elif "LOGINDISABLED" in imap.capabilities or not password.isascii():
            msg = f"imap: {where}: the server takes no password like this: mend `imap.security`"
            raise ConfigError(msg)
        else:
            plain = _ATOM.fullmatch(login.user)
            imap.login(login.user if plain else quoted(login.user), password)


def _authenticate(imap: imaplib.IMAP4, mechanism: str, response: bytes) -> None:
    """Say *response* once; a second question is an error told as JSON, and gets no answer."""
    answers = iter([response])
    imap.authenticate(mechanism, lambda _question: next(answers, b""))


def _select(imap: imaplib.IMAP4, name: str, place: str, *, writable: bool) -> Mailbox:
    try:
        kind, data = imap.select(mailbox_name(name), readonly=not writable)
    except imaplib.IMAP4.readonly:
        msg = f"{place} does not let us mark messages in {name}: set imap.mark_seen = false"
        raise ConfigError(msg) from None
    if kind != "OK":
        said = _words(data)
        if _LATER.search(said):
            raise TransientError(f"{place}: {name}: {said}")
        msg = f"{place} does not open {name}: {said}; name one that is there"
        raise ConfigError(msg)
    validity = _number(imap, "UIDVALIDITY")
    if validity is None:
        msg = f"{place}: {name} has no lasting numbers (UIDVALIDITY): use another"
        raise ConfigError(msg)
    return Mailbox(imap, validity, _number(imap, "UIDNEXT"))


def _number(imap: imaplib.IMAP4, name: str) -> int | None:
    _, data = imap.response(name)
    found = data[-1] if data else None
    return int(found) if isinstance(found, bytes) and found.isdigit() else None


def _fetched(data: Sequence[Any]) -> Iterator[Fetched]:
    """The messages in what imaplib makes of FETCH: pairs of head and literal, then the rest."""
    for at, item in enumerate(data):
        if not isinstance(item, tuple):
            continue
        rest = data[at + 1] if at + 1 < len(data) else b""
        line = item[0] + b" " + (rest if isinstance(rest, bytes) else b"")
        uid, date = _UID.search(line), _DATE.search(line)
        if uid and date:
            yield Fetched(int(uid[1]), date[1].decode("ascii", "replace"), item[1])


def _is_alive(imap: imaplib.IMAP4) -> bool:
    try:
        return bool(imap.noop()[0] == "OK")
    except (imaplib.IMAP4.error, OSError):
        return False


def _hang_up(imap: imaplib.IMAP4) -> None:
    with contextlib.suppress(OSError):
        imap.shutdown()


def _told(error: imaplib.IMAP4.error) -> str:
    """The server's words in *error*; imaplib would also quote the middle of a message."""
    said = error.args[0] if error.args else b""
    text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    text = _DURING.sub("", text)
    if text.startswith("socket error"):
        return "the server closed the connection"
    if text.startswith(("unexpected", "got more than")):
        return "the server's answer is no IMAP"
    return without_addresses(text)[:300]


def _words(data: Sequence[Any]) -> str:
    text = b" ".join(each for each in data if isinstance(each, bytes))
    return without_addresses(text.decode(errors="replace"))[:300]


@contextlib.contextmanager
def _explaining(where: str) -> Iterator[None]:
    """What is wrong with a connection, in our own errors."""
    try:
        yield
    except ConnectorError:
        raise
    except ssl.SSLEOFError:
        raise TransientError(f"imap: {where}: the server closed the connection") from None
    except ssl.SSLError as error:
        raise not_encrypted(error, where, "imap.") from None
    except imaplib.IMAP4.error as error:  # BYE, a cut line, NO to a search
        raise TransientError(f"imap: {where}: {_told(error)}") from None
    except OSError as error:
        raise TransientError(
            f"imap: {where}: cannot be reached: {error.strerror or error}"
        ) from None
