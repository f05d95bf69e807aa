"""What a server's replies mean for a mail, and how to show them.

No text made here holds an address: it may be logged.
"""

from __future__ import annotations

import base64
import datetime as dt
import re
from typing import NoReturn

from exempt import AuthError, ConfigError, Outcome

Reply = tuple[int, bytes]

_TOO_LARGE = 552
_WANTS_LOGIN = frozenset({530, 534, 535, 538})
_ADDRESS = re.compile(r"<?[^\s<>@]+@[^\s<>@]+>?")
_WAIT = re.compile(r"\b(?:in|after|for) (\d{1,4}) ?(s|m)(?:ec|in|\b)", re.IGNORECASE)
_GREYLISTED = re.compile(r"gr[ea]y-?list", re.IGNORECASE)
_GREYLISTED_FOR = dt.timedelta(minutes=5)
_SHOWN_MAX = 300
_LOOKED_AT = 2000


class SendFailure(Exception):
    """One mail did not go out, or may not have; the connection itself is good.

    Attributes:
        outcome: rejected, retry or unknown.
        retry_after: How long the server asks to wait, if it does.
    """

    def __init__(
        self, outcome: Outcome, message: str, retry_after: dt.timedelta | None = None
    ) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.retry_after = retry_after


def accepted(reply: Reply) -> bool:
    """Whether the server agrees."""
    return 200 <= reply[0] < 300


def words(reply: Reply) -> str:
    """``550 5.1.1 (address): no such user``: the reply in one line, without addresses."""
    code, text = reply
    return f"{code} {without_addresses(text.decode(errors='replace'))}"[:_SHOWN_MAX].strip()


def without_addresses(text: str) -> str:
    """*text* in one line, ``(address)`` in place of each address."""
    begin = " ".join(text[: 2 * _LOOKED_AT].split())
    if len(begin) > _LOOKED_AT:  # a long word would take long, and half an address is none
        begin = begin[:_LOOKED_AT].rpartition(" ")[0]
    line = _ADDRESS.sub("(address)", begin)
    return "".join(filter(str.isprintable, line))


def without_login(said: str, user: str, secret: str) -> str:
    """*said* without a password or token, in clear or packed as for a login: servers repeat them.

    To be asked before anything is cut off: a part of it would not be found.
    """
    packed = (f"user={user}\x01auth=Bearer {secret}\x01\x01", f"\0{user}\0{secret}", secret)
    for form in (*(base64.b64encode(each.encode()).decode() for each in packed), secret):
        said = said.replace(form, "…")
    return said


def refuse_sender(reply: Reply, size_limit: int | None) -> NoReturn:
    """Raise what a refusal of the sender means: with 5xx, that no mail at all will go out.

    Raises:
        ConfigError: For good.
        SendFailure, AuthError: As for `refuse_mail`.
    """
    if reply[0] >= 500 and reply[0] not in {*_WANTS_LOGIN, _TOO_LARGE}:
        msg = (
            f"sender: the server takes no mail from it: {words(reply)}; mend `sender`,"
            " `envelope_sender`, `verp` or `user`"
        )
        raise ConfigError(msg)
    refuse_mail(reply, size_limit)


def refuse_mail(reply: Reply, size_limit: int | None) -> NoReturn:
    """Raise what a reply other than yes to an address or to the mail means.

    Args:
        reply: 4xx or 5xx, or anything that is not understood.
        size_limit: The most bytes the server takes, where it says so.

    Raises:
        SendFailure: Later (4xx), or never (5xx).
        AuthError: The server wants a login first.
    """
    code = reply[0]
    if code in _WANTS_LOGIN:
        msg = f"user, password: the server wants a login: {words(reply)}"
        raise AuthError(msg)
    if code == _TOO_LARGE and size_limit:
        raise too_large(size_limit, words(reply))
    said = words(reply)
    if 500 <= code < 600:
        raise SendFailure(Outcome.REJECTED, said)
    raise SendFailure(Outcome.RETRY, said, _asked_wait(said))


def _asked_wait(said: str) -> dt.timedelta | None:
    """How long *said* asks to wait; five minutes, as most have it, where mail is greylisted."""
    if asked := _WAIT.search(said):
        number, unit = int(asked[1]), asked[2].lower()
        return dt.timedelta(seconds=number * (60 if unit == "m" else 1))
    return _GREYLISTED_FOR if _GREYLISTED.search(said) else None


def too_large(size_limit: int, said: str = "") -> SendFailure:
    """The failure of a mail of more than *size_limit* bytes."""
    msg = f"the server takes at most {size_limit:,} bytes a mail: send smaller files"
    return SendFailure(Outcome.REJECTED, f"{said}; {msg}" if said else msg)
