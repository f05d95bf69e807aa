"""An offline copy of Stripe with the sample company's account, on loopback.

It speaks the part of the API that the connector uses, in the shapes of
`exempt_billing_stripe.settings.API_VERSION`: restricted to what Stripe
documents, so that what works here works there.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Collection, Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

from exempt import Sandbox
from exempt_billing_stripe.sandbox.books import Books
from exempt_billing_stripe.sandbox.controls import Controls
from exempt_billing_stripe.sandbox.sample import credit_all, fill
from exempt_billing_stripe.sandbox.server import handler_for

API_KEY = "sk_test_sandbox_0123456789abcdef"
WEBHOOK_SECRET = "whsec_sandbox_0123456789abcdef"  # noqa: S105 - opens nothing but the sandbox


class Running:
    """A running sandbox: its address, and its books to look into and to change."""

    def __init__(self, base_url: str, books: Books) -> None:
        self.base_url = base_url
        self.books = books


@contextlib.contextmanager
def serve(
    *, copies: int = 1, credit_notes: bool = False, connected: Collection[Books] = ()
) -> Iterator[Running]:
    """Serve the sample account.

    Args:
        copies: Of each customer and each invoice.
        credit_notes: Whether each invoice was credited in part.
        connected: Accounts that are reached with the same key, as through Connect.
    """
    books = Books()
    fill(books, copies)
    if credit_notes:
        credit_all(books)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_for(books, API_KEY, connected))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005})
    thread.start()
    try:
        yield Running(f"http://127.0.0.1:{server.server_port}", books)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def sandbox(folder: Path, *, credit_notes: bool = False) -> Iterator[Sandbox]:  # noqa: ARG001
    """The sandbox as Exempt starts it; it needs no *folder*, for it keeps everything in memory."""
    with serve(credit_notes=credit_notes) as running:
        yield Sandbox(
            settings={
                "api_key": "env:EXEMPT_SANDBOX_STRIPE_KEY",
                "webhook_secrets": ["env:EXEMPT_SANDBOX_STRIPE_WEBHOOK_SECRET"],
                "base_url": running.base_url,
                "requests_per_second": 1000,
            },
            environment={
                "EXEMPT_SANDBOX_STRIPE_KEY": API_KEY,
                "EXEMPT_SANDBOX_STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
            },
            writes=running.books.writes,
            controls=Controls(running.books, WEBHOOK_SECRET),
        )
