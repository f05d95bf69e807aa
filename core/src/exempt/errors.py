"""The errors a connector may raise, grouped by what the sync does about them.

::

    ExemptError
    ├── SettingsError                 the settings file: named, with the place and the mend
    ├── NotFoundError                 no such order, customer, certificate or connection
    ├── RefusedError                  an operation that the state of things does not allow
    │   ├── ConflictError             somebody else changed the record meanwhile
    │   └── TooOftenError             it was tried too often: not before ``retry_after``
    └── ConnectorError
        ├── ConfigError               pause the connection and tell a person
        │   ├── AuthError             the credentials were refused
        │   └── ScopeError            the credentials lack a permission
        ├── TransientError            try again later
        │   └── RateLimited           … and not before ``retry_after``
        ├── PermanentError            set the thing aside, visible, retryable by hand
        ├── CursorExpired             read the stream anew
        └── WebhookRejected           answer 4xx
"""

from __future__ import annotations

import datetime as dt


class ExemptError(Exception):
    """Anything that Exempt refuses or could not do.

    The message names the record or the setting, then what is wrong with it,
    then how to mend it. It never contains a secret.
    """


class SettingsError(ExemptError):
    """The settings file is missing, unreadable or wrong."""


class NotFoundError(ExemptError):
    """There is no such record."""


class RefusedError(ExemptError):
    """The record exists, but its state does not allow the operation."""


class ConflictError(RefusedError):
    """Somebody else changed the record since it was read; nothing was saved."""


class TooOftenError(RefusedError):
    """It was tried too often, by whoever it was.

    Args:
        message: What was.
        retry_after: After how long it may be tried again.
    """

    def __init__(self, message: str, *, retry_after: dt.timedelta) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ConnectorError(ExemptError):
    """A connector could not do what it was asked."""


class ConfigError(ConnectorError):
    """Nothing works until a person changes the configuration; never retried."""


class AuthError(ConfigError):
    """The remote refused the credentials."""


class ScopeError(ConfigError):
    """The credentials are good but lack a permission."""


class TransientError(ConnectorError):
    """The same call may succeed later.

    Args:
        message: What happened.
        retry_after: How long the remote asked to be left alone, if it did.
        maybe_applied: The remote may have carried out the call although no
            answer came. A push then ends as ``unknown``, never as ``retry``.
    """

    def __init__(
        self,
        message: str,
        *,
        retry_after: dt.timedelta | None = None,
        maybe_applied: bool = False,
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.maybe_applied = maybe_applied


class RateLimited(TransientError):
    """The remote asks for fewer calls."""


class PermanentError(ConnectorError):
    """The same call will fail again; every stray exception of a connector becomes this."""


class CursorExpired(ConnectorError):
    """The remote no longer knows this cursor: the stream is read anew."""


class WebhookRejected(ConnectorError):
    """A webhook's signature, age or body is not acceptable; it is answered with *status*."""

    def __init__(self, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.status = status
