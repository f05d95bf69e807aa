"""Tokens and sessions: asked for when needed, renewed in time, and shared by a connection.

Several connectors of one connection may work side by side. They share one
token, and only one of them asks for a new one at a time: a refresh token that
is used twice may be refused for good.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pydantic import SecretStr

from exempt.http import Auth

EARLY = dt.timedelta(seconds=30)


@dataclass(frozen=True)
class Grant:
    """What proves a caller for a while: headers by name, and until when they hold."""

    headers: Mapping[str, SecretStr]
    until: dt.datetime | None = None


@dataclass(eq=False)
class Kept:
    """What the connectors of one connection share.

    Attributes:
        refresh_token: The newest one, where tokens are refreshed.
        digests: Of every refresh token that was in use, for a connector that
            was opened with an older one.
        users: How many connectors are open.
    """

    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    grant: Grant | None = field(default=None, repr=False)
    refresh_token: SecretStr | None = field(default=None, repr=False)
    digests: set[str] = field(default_factory=set, repr=False)
    users: int = 0


_SHARED: dict[tuple[str, ...], Kept] = {}
_SHARING = threading.Lock()


def digest(secret: SecretStr | None) -> str:
    """A short mark by which a secret can be known again, and not guessed."""
    text = secret.get_secret_value() if secret else ""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def shared(name: tuple[str, ...], refresh_token: SecretStr | None = None) -> Kept:
    """What the connectors of that name share, made where there is nothing yet.

    It outlives them: a run a minute need not log in each minute. A refresh
    token that none of them ever had (the settings were changed) begins anew.
    """
    with _SHARING:
        kept = _SHARED.get(name)
        if kept is None or (refresh_token and digest(refresh_token) not in kept.digests):
            kept = Kept(refresh_token=refresh_token, digests={digest(refresh_token)})
            _SHARED[name] = kept
        return kept


class Login(Auth):
    """Credentials that are asked for, and asked for anew when they run out or are refused.

    Args:
        kept: What is shared with the other connectors of the connection.
        ask: Gets a new grant; it is called by one connector at a time.
        now: The moment.
        leave: Ends a grant, when the last connector is closed; without it, the
            grant is kept for the next one.
        done: Closes what *ask* and *leave* need.
    """

    def __init__(
        self,
        kept: Kept,
        ask: Callable[[Kept], Grant],
        now: Callable[[], dt.datetime],
        *,
        leave: Callable[[Grant], None] | None = None,
        done: Callable[[], None],
    ) -> None:
        super().__init__()
        self._kept, self._ask, self._now = kept, ask, now
        self._leave, self._done = leave, done
        self._closed = False
        with kept.lock:
            kept.users += 1

    @property
    def grant(self) -> Grant | None:
        """The grant in use."""
        return self._kept.grant

    def headers(self) -> dict[str, str]:
        """The headers to add to a call, secrets in clear."""
        grant = self._kept.grant
        return (
            {n: secret.get_secret_value() for n, secret in grant.headers.items()} if grant else {}
        )

    def ensure(self) -> None:
        """Have a grant that still holds.

        Raises:
            ConnectorError: None can be had, or a new refresh token cannot be kept.
        """
        with self._kept.lock:
            grant = self._kept.grant
            if grant is None or (grant.until and grant.until <= self._now()):
                self._kept.grant = None
                self._kept.grant = self._ask(self._kept)

    def renew(self, refused: Grant | None) -> None:
        """Have another grant than *refused*; see `ensure`."""
        with self._kept.lock:
            if self._kept.grant is refused:
                self._kept.grant = None
        self.ensure()

    def close(self) -> None:
        """Let go; the last connector ends the grant where that can be done."""
        if self._closed:
            return
        self._closed = True
        ended: Grant | None = None
        with self._kept.lock:
            self._kept.users -= 1
            if self._leave and self._kept.users == 0:
                ended, self._kept.grant = self._kept.grant, None
        try:
            if self._leave and ended:
                self._leave(ended)
        finally:
            self._done()
