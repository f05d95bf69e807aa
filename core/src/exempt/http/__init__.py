"""The HTTP client for connectors: time-outs, retries, pace, origin lock, errors.

A connector makes one `Client` for its remote and calls `get`, `post`, …; what
comes back is a `Response` that was already checked. No type of the HTTP library
underneath shows, so it can be exchanged.

===================================== ============================ =====
the remote                            the connector sees           calls
===================================== ============================ =====
2xx, or a status named in ``allow``   a `Response`                 1
408, 425, 429, any 5xx                the same, tried again        ≤ 4
time-out, lost connection, cut body   the same, tried again        ≤ 4
… with ``Retry-After`` beyond 60 s    `RateLimited`, at once       1
… to the end                          `TransientError`             4
429 to the end                        `RateLimited`                4
401 / 403                             `AuthError` / `ScopeError`   1
410                                   `CursorExpired`              1
redirect, other 4xx, too large        `PermanentError`             1
link to another host                  `PermanentError`, not called 0
===================================== ============================ =====

A call that is not idempotent (POST and PATCH without ``idempotency_key``) is
tried again only where the remote surely did not carry it out: 425, 429, 503,
and no connection at all. Everywhere else its error says ``maybe_applied``.
"""

from exempt.http.address import origin
from exempt.http.auth import Auth
from exempt.http.client import LONGEST_WAIT, TRIES, Client, Params
from exempt.http.pace import Pace, retry_after
from exempt.http.response import Response

__all__ = [
    "LONGEST_WAIT",
    "TRIES",
    "Auth",
    "Client",
    "Pace",
    "Params",
    "Response",
    "origin",
    "retry_after",
]
