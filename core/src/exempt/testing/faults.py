"""What an HTTP remote can do wrong, and what a connector should make of it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import format_datetime
from enum import Enum

from exempt.errors import (
    AuthError,
    ConfigError,
    ConnectorError,
    CursorExpired,
    PermanentError,
    RateLimited,
    ScopeError,
    TransientError,
)
from exempt.model.pushing import Outcome


class Behaviour(Enum):
    """What the remote does with a call, beside answering it with something else."""

    HANG = "takes the call and never answers"
    RESET = "closes the connection without an answer"
    CUT = "carries out the call and cuts the answer's body"
    LOSE = "carries out the call and loses the answer"
    ECHO = "refuses the call and shows it, credentials and all"
    ELSEWHERE = "answers with a next link to another host"
    LOOP = "answers with a next link to this very page"


@dataclass(frozen=True)
class Reply:
    """An answer in place of the remote's own."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        name: In a test's id.
        does: What the remote does.
        errors: What a hook may raise.
        calls: The most calls that a connector may make of it.
        outcomes: What a push may tell of an item in place of raising.
    """

    name: str
    does: Reply | Behaviour
    errors: tuple[type[ConnectorError], ...]
    calls: int = 4
    outcomes: frozenset[Outcome] = frozenset({Outcome.RETRY, Outcome.UNKNOWN})

    @property
    def words(self) -> str:
        """What the remote does, in a sentence about it."""
        if isinstance(self.does, Behaviour):
            return self.does.value
        return f"answers {self.does.status} ({self.name})"


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


_JSON = {"Content-Type": "application/json"}
_SORRY = _json({"error": {"code": "sorry", "message": "it went wrong"}})
_LOGIN = b"<!doctype html><html><title>Sign in</title><form action=/login></form></html>"
_REFUSED = frozenset(
    {Outcome.REJECTED, Outcome.CONFLICT, Outcome.MISSING, Outcome.RETRY, Outcome.UNKNOWN}
)
_ACCEPTED = _REFUSED | {Outcome.APPLIED}
_AT_ONCE = 2
"""A refusal is final, but a token may be renewed and the call made once more."""


def _status(status: int, **headers: str) -> Reply:
    spelled = {name.replace("_", "-").title(): value for name, value in headers.items()}
    return Reply(status, _SORRY, _JSON | spelled)


def lasting(now: dt.datetime) -> list[Fault]:
    """Faults that do not pass; *now* is the moment on the connector's clock.

    The errors are those of the table in `exempt.http`. A connector may know its
    remote better and raise a `ConfigError` where the table says `PermanentError`.
    """
    refused = (PermanentError, ConfigError)
    # A header's date is held against the machine's clock by default, so it is far away.
    late = format_datetime(now + dt.timedelta(days=36_500), usegmt=True)
    return [
        Fault("401", _status(401), (AuthError,), _AT_ONCE, frozenset()),
        Fault("403", _status(403), (ScopeError, AuthError), _AT_ONCE, frozenset()),
        Fault("404", _status(404), refused, _AT_ONCE, _REFUSED),
        Fault("409", _status(409), refused, _AT_ONCE, _REFUSED),
        Fault("410", _status(410), (CursorExpired, *refused), _AT_ONCE, _REFUSED),
        Fault("412", _status(412), refused, _AT_ONCE, _REFUSED),
        Fault("422", _status(422), refused, _AT_ONCE, _REFUSED),
        Fault("429 Retry-After seconds", _status(429, retry_after="1"), (RateLimited,)),
        Fault("429 Retry-After hour", _status(429, retry_after="3600"), (RateLimited,), 1),
        Fault("429 Retry-After date", _status(429, retry_after=late), (RateLimited,), 1),
        Fault("500", _status(500), (TransientError,)),
        Fault("502", _status(502), (TransientError,)),
        Fault("503", _status(503), (TransientError,)),
        Fault("time-out", Behaviour.HANG, (TransientError,)),
        Fault("reset", Behaviour.RESET, (TransientError,)),
        Fault("cut body", Behaviour.CUT, (TransientError,)),
        Fault("echo", Behaviour.ECHO, refused, _AT_ONCE, _REFUSED),
        *_of_shape(),
        Fault("redirect", _status(302, location="/login"), refused, _AT_ONCE, _REFUSED),
    ]


def _of_shape() -> list[Fault]:
    """Answers with 200 that are none."""
    unread = (TransientError, PermanentError, ConfigError)
    shapes = {
        "login page": Reply(200, _LOGIN, {"Content-Type": "text/html"}),
        "wrong content type": Reply(200, b"OK", {"Content-Type": "text/plain"}),
        "invalid JSON": Reply(200, b'{"data": [', _JSON),
        "error body": Reply(200, _SORRY, _JSON),
        "another shape": Reply(200, _json({"unexpected": []}), _JSON),
        "empty body": Reply(200, b"", _JSON),
    }
    # Many remotes answer a write with little or nothing: there, only an error is no success.
    written = dict.fromkeys(("another shape", "empty body"), _ACCEPTED)
    return [
        Fault(name, reply, unread, 4, written.get(name, _REFUSED)) for name, reply in shapes.items()
    ]


def passing(now: dt.datetime) -> list[Fault]:
    """Those of `lasting` that come and go."""
    return [fault for fault in lasting(now) if fault.errors in {(TransientError,), (RateLimited,)}]


LOST_ANSWER = Fault("lost answer", Behaviour.LOSE, (TransientError,))
"""The remote did it, and nobody knows."""
ELSEWHERE = Fault("link to another host", Behaviour.ELSEWHERE, (PermanentError, ConfigError))
LOOP = Fault("link that loops", Behaviour.LOOP, (PermanentError,))
