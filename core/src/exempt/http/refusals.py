"""Which error a failed call becomes: the table of the package, in code."""

from __future__ import annotations

import datetime as dt

import httpx

from exempt.errors import (
    AuthError,
    ConnectorError,
    CursorExpired,
    PermanentError,
    RateLimited,
    ScopeError,
    TransientError,
)

_RETRIED_BELOW_500 = frozenset({408, 425, 429})
_SURELY_NOT_DONE = frozenset({425, 429, 503})
_REDIRECTS = range(300, 400)

_NO_CONNECTION = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_NOT_SENDABLE = (httpx.LocalProtocolError, httpx.UnsupportedProtocol)


def of_status(
    status: int,
    wait: dt.timedelta | None,
    longest_wait: dt.timedelta,
    where: str,
    reason: str = "",
) -> ConnectorError:
    """The error for an answer with *status* that asked for *wait* and gave a *reason*."""
    answered = f"{where}: answered {status}{f' ({reason})' if reason else ''}"
    if status >= 500 or status in _RETRIED_BELOW_500:
        limited = status == 429 or (wait is not None and wait > longest_wait)
        kind = RateLimited if limited else TransientError
        return kind(answered, retry_after=wait, maybe_applied=status not in _SURELY_NOT_DONE)
    if status == 401:
        return AuthError(
            f"{answered}: the credentials were refused; check the secret in the settings"
        )
    if status == 403:
        return ScopeError(f"{answered}: the credentials lack a permission for this")
    if status == 410:
        return CursorExpired(f"{answered}: the cursor is no longer known")
    if status in _REDIRECTS:
        return PermanentError(f"{answered}, a redirect; not followed: check the base address")
    return PermanentError(answered)


def of_transport(error: httpx.HTTPError, where: str) -> ConnectorError:
    """The error for a call that got no whole answer.

    Of the library's own words only those about connecting are passed on: the
    others may quote what was sent.
    """
    name = type(error).__name__
    if isinstance(error, _NO_CONNECTION):
        return TransientError(f"{where}: cannot connect ({str(error) or name})")
    if isinstance(error, _NOT_SENDABLE):
        return PermanentError(f"{where}: the call cannot be sent ({name})")
    return TransientError(f"{where}: the connection broke ({name})", maybe_applied=True)
