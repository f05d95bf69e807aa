"""Signatures of webhooks, and when they are sent again."""

from __future__ import annotations

import datetime as dt

import pytest

from exempt.rules.signing import WAITS, again_at, secret_of, signed_headers
from support.records import NOW

HOUR = dt.timedelta(hours=1)


def test_the_example_of_the_standard() -> None:
    """Of the specification of Standard Webhooks, made by its reference libraries."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    at = dt.datetime.fromtimestamp(1614265330, dt.UTC)
    body = b'{"test": 2432232314}'
    assert signed_headers(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, body) == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_a_secret_has_32_bytes() -> None:
    assert secret_of(b"\0" * 32) == "whsec_" + "A" * 43 + "="
    with pytest.raises(ValueError, match="32 bytes"):
        secret_of(b"short")


@pytest.mark.parametrize(
    ("attempts", "retry_after", "wait"),
    [
        pytest.param(1, None, WAITS[0], id="after the first"),
        pytest.param(9, None, WAITS[8], id="after the ninth"),
        pytest.param(1, HOUR, HOUR, id="as long as it was asked to wait"),
        pytest.param(5, dt.timedelta(seconds=1), WAITS[4], id="never sooner than else"),
        pytest.param(1, 100 * HOUR, WAITS[-1], id="at most a day"),
    ],
)
def test_waits_grow(attempts: int, retry_after: dt.timedelta | None, wait: dt.timedelta) -> None:
    assert again_at(NOW, attempts, retry_after) == NOW + wait


def test_after_ten_times_a_person_decides() -> None:
    assert again_at(NOW, 10, None) is None
