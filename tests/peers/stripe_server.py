"""localstripe as a running server, and Stripe's own client as the judge of what is in it."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

KEY = "sk_test_12345"
_PEER = Path(__file__).with_name("stripe_peer.py")


@contextlib.contextmanager
def run_stripe(folder: Path) -> Iterator[str]:
    """The address of a running localstripe; what it complains of goes to *folder*."""
    log = folder / "stderr"
    with (
        log.open("wb") as stderr,
        subprocess.Popen(
            [sys.executable, str(_PEER), "0"], stdout=subprocess.PIPE, stderr=stderr, text=True
        ) as process,
    ):
        assert process.stdout is not None
        ready, _, port = process.stdout.readline().partition(" ")
        assert ready == "ready", log.read_text()
        yield f"http://127.0.0.1:{int(port)}"
        process.kill()


@contextlib.contextmanager
def judge_of(address: str) -> Iterator[Any]:
    """Stripe's own client, on an emptied account."""
    import stripe

    assert httpx.delete(f"{address}/_config/data").is_success
    transport: Any = stripe.RequestsClient()
    client = stripe.StripeClient(
        KEY, base_addresses={"api": address}, max_network_retries=0, http_client=transport
    )
    yield client.v1
    transport.close()
