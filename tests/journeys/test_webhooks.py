"""Webhooks of Stripe, posted to real processes: decided at once, and kept whatever happens."""

from __future__ import annotations

import contextlib
import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.daemon import Daemon, Process
from support.webhooks import stripe_event, stripe_signature

sandbox = pytest.importorskip(
    "exempt_billing_stripe.sandbox", reason="exempt-billing-stripe is not installed"
)
pytest.importorskip("uvicorn", reason="needs exempt[web]")

pytestmark = pytest.mark.crash

BUYER = "C-1001"
NO_WEB = "import sys; sys.modules.update(starlette=None, uvicorn=None, prometheus_client=None)"
GROUND = (
    "SELECT d.ground FROM decision d JOIN sales_order o ON o.id = d.order_id"
    " WHERE o.external_id = :id AND d.superseded_at IS NULL"
)


class Seller(Daemon):
    """A seller whose invoices are in Stripe, which is read on command only."""

    books: Any
    open: contextlib.ExitStack

    def serve(self, *command: str) -> tuple[Process, httpx.Client]:
        """Start a command that serves, and a client of what it serves."""
        process = self.begin(*command, "--listen", "127.0.0.1:0", log=command[0])
        self.until(lambda: "Listens at" in process.said or process.popen.poll() is not None)
        found = re.search(r"Listens at (http://127\.0\.0\.1:\d+):", process.said)
        assert found, process.said
        return process, self.open.enter_context(httpx.Client(base_url=found[1], timeout=30))

    def read(self) -> None:
        """Wait until everything was read for the first time, and certify a buyer."""
        self.until(lambda: self.succeeded("pull:stripe"))
        self.run("certificates", "add", "--customer", BUYER, "--state", "TX=1-23-4567890-1",
                 "--reason", "resale", "--signed", "2024-02-01")  # fmt: skip

    def sell(self, external_id: str) -> None:
        """Bill the buyer as once before, now."""
        invoices = self.books._objects["invoice"].values()
        customer = f"cus_{BUYER.replace('-', '')}"
        like = next(row for row in invoices if row["customer"] == customer)
        new = {"id": external_id, "number": external_id, "status": "open"}
        self.books.create("invoice", {**copy.deepcopy(like), **new})

    def ground(self, external_id: str) -> str | None:
        """Why a sale is taxed or not; None while it is not decided."""
        found = self.one(GROUND, id=external_id)
        return None if found is None else str(found)

    def tell(self, client: httpx.Client, event_id: str, external_id: str, **options: Any) -> int:
        """Send Stripe's webhook about an invoice; how it was answered."""
        body = stripe_event(event_id, external_id)
        secret = options.get("secret", sandbox.WEBHOOK_SECRET)
        headers = stripe_signature(body, secret, options.get("at", self.clock.now))
        return client.post("/hooks/stripe", content=body, headers=headers).status_code


@pytest.fixture
def seller(tmp_path: Path, database_url: str) -> Iterator[Seller]:
    with contextlib.ExitStack() as stack:
        running = stack.enter_context(sandbox.sandbox(tmp_path))
        account = stack.enter_context(sandbox.serve())
        settings = {**running.settings, "base_url": account.base_url}
        connections = {"stripe": {"connector": "billing_stripe", "settings": settings}}
        made = Seller(
            tmp_path / "work",
            database_url,
            connections,
            running.environment,
            daemon={"pull": "never", "daily": "never"},
        )
        made.books, made.open = account.books, stack
        yield stack.enter_context(made)


def test_a_sale_is_decided_when_its_webhook_comes(seller: Seller) -> None:
    process, client = seller.serve("run")
    seller.read()
    seller.sell("in_new")
    assert seller.tell(client, "evt_1", "in_new", secret="whsec_wrong") == 400
    assert [seller.tell(client, "evt_1", "in_new") for _ in range(3)] == [200] * 3
    seller.until(lambda: seller.ground("in_new"))
    assert seller.ground("in_new") == "certificate"
    seller.until(lambda: seller.one("SELECT state FROM webhook_event") == "done")
    assert seller.one("SELECT count(*) FROM webhook") == 1
    seller.until(lambda: seller.succeeded("webhook:stripe"))
    health = client.get("/readyz").json()
    assert (health["status"], health["failing"]) == ("ready", [])
    assert "exempt_hook_seconds" in client.get("/metrics").text
    assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.7"}).status_code == 401
    second = seller.begin(
        "run", "--id", "second", "--listen", client.base_url.netloc.decode(), log="2"
    )
    assert second.popen.wait(30) == 1
    assert second.said.startswith(f"Error: {client.base_url.netloc.decode()}: another program")
    assert seller.one("SELECT count(*) FROM worker") == 1
    assert process.stop() == 0
    with pytest.raises(httpx.ConnectError):
        client.get("/healthz")


def test_a_webhook_that_was_answered_is_followed_whatever_happens(seller: Seller) -> None:
    """Kept by a web server that is killed at once, for a worker without the web's packages."""
    worker, client = seller.serve("worker", "--id", "w1")
    seller.read()
    assert client.post("/hooks/stripe").status_code == 404, "a worker takes in none"
    assert client.get("/readyz").status_code == 200
    assert worker.stop() == 0
    web, client = seller.serve("web")
    assert client.get("/readyz").status_code == 503, "nobody works"
    seller.sell("in_new")
    assert seller.tell(client, "evt_1", "in_new") == 200
    web.kill()
    assert seller.ground("in_new") is None
    seller.worker("w1", before=NO_WEB)
    seller.until(lambda: seller.ground("in_new"))
    assert seller.ground("in_new") == "certificate"
