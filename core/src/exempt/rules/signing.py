"""How webhooks of ours are signed, and when one that failed is sent again.

Source: Standard Webhooks 1.0 (https://www.standardwebhooks.com): the headers
``webhook-id``, ``webhook-timestamp`` and ``webhook-signature``, a secret that
begins with ``whsec_``, and waits that grow to a day.
"""

from __future__ import annotations

import base64
import datetime as dt
import hmac

_PREFIX = "whsec_"
_SECRET_BYTES = 32

WAITS = tuple(
    dt.timedelta(seconds=seconds)
    for seconds in (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""After each failure; one that failed once more waits for a person."""


def secret_of(random_bytes: bytes) -> str:
    """A secret made of 32 random bytes, as whoever checks signatures is told it."""
    if len(random_bytes) != _SECRET_BYTES:
        msg = f"a secret has {_SECRET_BYTES} bytes"
        raise ValueError(msg)
    return _PREFIX + base64.b64encode(random_bytes).decode()


def signed_headers(secret: str, event_id: str, at: dt.datetime, body: bytes) -> dict[str, str]:
    """The headers that go with *body*, sent at *at*."""
    stamp = str(int(at.timestamp()))
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    digest = hmac.digest(key, f"{event_id}.{stamp}.".encode() + body, "sha256")
    return {
        "webhook-id": event_id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def again_at(
    at: dt.datetime, attempts: int, retry_after: dt.timedelta | None
) -> dt.datetime | None:
    """When to try again what failed *attempts* times; None = not by itself."""
    if attempts > len(WAITS):
        return None
    wait = WAITS[attempts - 1]
    return at + max(wait, min(retry_after or wait, WAITS[-1]))
