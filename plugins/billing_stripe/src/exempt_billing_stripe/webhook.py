"""Believes a webhook, or not, and says which objects it speaks of.

Source of the scheme: https://docs.stripe.com/webhooks, "Verify webhook
signatures manually".
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Iterable
from typing import Any

from pydantic import SecretStr

from exempt import WebhookEvent, WebhookRejected, WebhookRequest, WebhookResult
from exempt_billing_stripe.streams import STREAM_OF_EVENT, changed_by

TOLERANCE = dt.timedelta(seconds=300)
_SIGNATURES_MAX = 10
_DIGITS_MAX = 12


def receive(
    request: WebhookRequest,
    secrets: Iterable[SecretStr],
    *,
    account: str | None = None,
    live: bool | None = None,
) -> WebhookResult:
    """The events of *request*; none where it speaks of nothing we read.

    Args:
        request: As it came.
        secrets: Any one of them may have signed it.
        account: The connected account whose events count; None = those of no other account.
        live: Whether live events count, or those of test mode; None = both.

    Raises:
        WebhookRejected: Signature, age or body is not acceptable.
    """
    _verify(request, [secret.get_secret_value().encode() for secret in secrets])
    try:
        event = json.loads(request.body)
        if event.get("account") != account or _other_mode(event, live=live):
            return WebhookResult()
        return WebhookResult(events=_events(event))
    except (ValueError, KeyError, TypeError, AttributeError):
        msg = "webhook: the body is no event of Stripe"
        raise WebhookRejected(msg) from None


def _verify(request: WebhookRequest, secrets: list[bytes]) -> None:
    timestamp, signatures = _parse(request.headers.get("stripe-signature", ""))
    age = abs(request.received_at.timestamp() - int(timestamp))
    if age > TOLERANCE.total_seconds():
        msg = "webhook: signed more than 5 minutes ago or ahead; check this machine's clock"
        raise WebhookRejected(msg)
    payload = timestamp.encode() + b"." + request.body
    expected = [hmac.new(secret, payload, hashlib.sha256).hexdigest() for secret in secrets]
    # Every pair is compared, so that the time tells nothing.
    matches = [
        hmac.compare_digest(right.encode(), given.encode("utf-8", "replace"))
        for right in expected
        for given in signatures
    ]
    if not any(matches):
        msg = "webhook: signed with another secret; check webhook_secrets"
        raise WebhookRejected(msg)


def _parse(header: str) -> tuple[str, list[str]]:
    """The timestamp and the ``v1`` signatures of ``t=…,v1=…,v1=…``."""
    items = [item.strip().partition("=") for item in header.split(",")]
    timestamps = [value for name, _, value in items if name == "t"]
    signatures = [value for name, _, value in items if name == "v1"]
    if len(timestamps) != 1 or not 1 <= len(signatures) <= _SIGNATURES_MAX:
        msg = "webhook: the Stripe-Signature header is missing or malformed"
        raise WebhookRejected(msg)
    timestamp = timestamps[0]
    if not (timestamp.isascii() and timestamp.isdigit()) or len(timestamp) > _DIGITS_MAX:
        msg = "webhook: the Stripe-Signature header has no readable time"
        raise WebhookRejected(msg)
    return timestamp, signatures


def _events(event: Any) -> tuple[WebhookEvent, ...]:
    stream = STREAM_OF_EVENT.get(event["type"])
    if stream is None:
        return ()
    changed = (changed_by(event),)
    return (WebhookEvent(event_id=event["id"], stream=stream, external_ids=changed),)


def _other_mode(event: Any, *, live: bool | None) -> bool:
    """Whether *event* is of the mode that the key does not see.

    A Connect endpoint of live mode is told of what happens in test mode, too.
    Source: https://docs.stripe.com/connect/webhooks
    """
    return live is not None and event.get("livemode", live) is not live
