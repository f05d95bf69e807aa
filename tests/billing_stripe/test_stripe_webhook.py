"""Webhooks: believed only with a genuine signature."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from exempt import Stream, WebhookRejected, WebhookRequest, WebhookResult
from exempt_billing_stripe import webhook
from exempt_billing_stripe.connector import StripeConnector

Connect = Callable[..., StripeConnector]

NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
T = int(NOW.timestamp())
OLD, NEW = SecretStr("whsec_old"), SecretStr("whsec_new")


def body(kind: str = "customer.updated", **given: Any) -> bytes:
    event = {"id": "evt_1", "object": "event", "type": kind, "data": {"object": {"id": "cus_1"}}}
    return json.dumps({**event, **given}).encode()


def sign(payload: bytes, secret: SecretStr = NEW, at: int | str = T) -> str:
    signed = str(at).encode() + b"." + payload
    return hmac.new(secret.get_secret_value().encode(), signed, hashlib.sha256).hexdigest()


def receive(
    header: str | None, payload: bytes | None = None, secrets: tuple[SecretStr, ...] = (OLD, NEW)
) -> WebhookResult:
    headers = {} if header is None else {"stripe-signature": header}
    content = body() if payload is None else payload
    return webhook.receive(WebhookRequest(body=content, headers=headers, received_at=NOW), secrets)


GOOD = sign(body())


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(f"t={T},v1={GOOD}", id="as Stripe writes it"),
        pytest.param(f"t={T}, v1={GOOD}, v0=abc", id="with spaces and another scheme"),
        pytest.param(f"t={T},v1={'0' * 64},v1={GOOD}", id="one good of two, during a rotation"),
        pytest.param(f"t={T},v1={sign(body(), OLD)}", id="with the older secret"),
        pytest.param(f"t={T - 300},v1={sign(body(), at=T - 300)}", id="five minutes old"),
        pytest.param(f"t={T + 300},v1={sign(body(), at=T + 300)}", id="five minutes ahead"),
    ],
)
def test_believed(header: str) -> None:
    (event,) = receive(header).events
    assert (event.event_id, event.stream, event.external_ids) == (
        "evt_1",
        Stream.CUSTOMERS,
        ("cus_1",),
    )


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(None, id="no header"),
        pytest.param("", id="an empty header"),
        pytest.param(f"v1={GOOD}", id="no time"),
        pytest.param(f"t={T}", id="no signature"),
        pytest.param(f"t={T},t={T},v1={GOOD}", id="two times"),
        pytest.param(f"t={T},v0={GOOD}", id="another scheme only"),
        pytest.param(f"t={T},v1={GOOD[:-1]}", id="cut signature"),
        pytest.param(f"t={T},v1={GOOD.upper()}", id="capitals"),
        pytest.param(f"t={T}," + ",".join(["v1=0"] * 10) + f",v1={GOOD}", id="eleven signatures"),
        pytest.param(f"t={T - 301},v1={sign(body(), at=T - 301)}", id="too old"),
        pytest.param(f"t={T + 301},v1={sign(body(), at=T + 301)}", id="too far ahead"),
        pytest.param(f"t= {T},v1={GOOD}", id="a space in the time"),
        pytest.param(f"t=-{T},v1={sign(body(), at=f'-{T}')}", id="a negative time"),
        pytest.param("t=٣,v1=" + GOOD, id="digits of another script"),
        pytest.param(f"t={'9' * 5000},v1={GOOD}", id="an endless time"),
        pytest.param(f"t={T},v1=é\udc80", id="a signature that is no ASCII"),
        pytest.param(f"t={T},v1={sign(body(), SecretStr('whsec_x'))}", id="another secret"),
    ],
)
def test_not_believed(header: str | None) -> None:
    with pytest.raises(WebhookRejected) as rejected:
        receive(header)
    assert rejected.value.status == 400


def test_a_changed_body_is_not_believed() -> None:
    with pytest.raises(WebhookRejected):
        receive(f"t={T},v1={GOOD}", body().replace(b"cus_1", b"cus_2"))


def test_without_secrets_nothing_is_believed() -> None:
    with pytest.raises(WebhookRejected):
        receive(f"t={T},v1={GOOD}", secrets=())


@given(st.text(max_size=200))
def test_a_random_header_is_never_believed(header: str) -> None:
    with pytest.raises(WebhookRejected):
        receive(header)


@pytest.mark.parametrize(
    ("kind", "stream"),
    [
        ("customer.created", Stream.CUSTOMERS),
        ("customer.deleted", Stream.CUSTOMERS),
        ("invoice.finalized", Stream.ORDERS),
        ("invoice.voided", Stream.ORDERS),
        ("product.updated", Stream.PRODUCTS),
    ],
)
def test_stream_of_an_event(kind: str, stream: Stream) -> None:
    payload = body(kind)
    (event,) = receive(f"t={T},v1={sign(payload)}", payload).events
    assert event.stream is stream


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(body("charge.succeeded"), id="of no interest"),
        pytest.param(body("customer.discount.created"), id="about something beside a customer"),
        pytest.param(body(account="acct_other"), id="of another account, through Connect"),
    ],
)
def test_other_events_are_accepted_and_ignored(payload: bytes) -> None:
    result = receive(f"t={T},v1={sign(payload)}", payload)
    assert (result.events, result.status) == ((), 200)


@pytest.mark.parametrize(
    "payload", [b"", b"{", b"[]", b"null", b"{}", b'{"type":"customer.updated"}', b"\xff"]
)
def test_a_signed_body_that_is_no_event_is_rejected(payload: bytes) -> None:
    with pytest.raises(WebhookRejected, match="body"):
        receive(f"t={T},v1={sign(payload)}", payload)


def test_stripes_own_library_signs_what_we_believe(connect: Connect) -> None:
    stripe = pytest.importorskip("stripe")
    payload = body().decode()
    signature = stripe.WebhookSignature._compute_signature(f"{T}.{payload}", "whsec_new")
    request = WebhookRequest(
        body=payload.encode(),
        headers={"stripe-signature": f"t={T},v1={signature}"},
        received_at=NOW,
    )
    result = connect(webhook_secrets=(OLD, NEW)).receive_webhook(request)
    assert result.events[0].external_ids == ("cus_1",)
