"""Connections that receive webhooks: of the fake connector, and of Stripe's."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from exempt import (
    Capability,
    Stream,
    WebhookEvent,
    WebhookRejected,
    WebhookRequest,
    WebhookResult,
    hookimpl,
)
from exempt.adapters.connections.connection import OpenConnection
from exempt.adapters.store.store import SqlStore
from exempt.services.receiving import Received, receive
from support.fake_connector import READS, FakeConnector, FakeSettings, Remote, info
from support.records import NOW
from support.stores import rows
from support.world import Source, World

HOOKED = READS | {Capability.WEBHOOKS}
SECRET = "hook-secret"


class HookedConnector(FakeConnector):
    """A fake connector that believes whoever sends the secret.

    Its events are ``{"id": "e-1", "stream": "orders", "ids": ["O-1"]}``.
    """

    @hookimpl
    def receive_webhook(self, request: WebhookRequest) -> WebhookResult:
        self._remote.trip("receive_webhook")
        if request.headers.get("x-secret") != SECRET:
            msg = "webhook: another secret"
            raise WebhookRejected(msg, status=403)
        events = json.loads(request.body)
        return WebhookResult(
            events=tuple(
                WebhookEvent(event_id=e["id"], stream=e["stream"], external_ids=tuple(e["ids"]))
                for e in events
            ),
            status=202,
            body=b"thank you",
        )


def open_hooked(
    name: str, remote: Remote, capabilities: Collection[Capability] = HOOKED
) -> OpenConnection:
    """A connection to *remote* that receives webhooks."""
    return OpenConnection(name, info(remote, capabilities), HookedConnector(remote), FakeSettings())


def event(event_id: str, *ids: str, stream: Stream = Stream.ORDERS) -> dict[str, Any]:
    """An event about these records."""
    return {"id": event_id, "stream": stream.value, "ids": ids}


def sent(*events: Mapping[str, Any]) -> bytes:
    """The body of a webhook with these events."""
    return json.dumps(events).encode()


@dataclass
class Hooked:
    """A connection of a world that webhooks are sent to."""

    source: Source

    @property
    def store(self) -> SqlStore:
        """Where they are kept."""
        return self.source.world.store

    def send(self, *events: Mapping[str, Any], secret: str = SECRET) -> Received:
        """Receive one webhook with these events."""
        return receive(
            self.store,
            self.source.row.id,
            self.source.open(),
            body=sent(*events),
            headers={"x-secret": secret},
            query={},
            clock=lambda: self.source.world.now,
        )

    def kept(self) -> tuple[int, int]:
        """How many webhooks, and how many events of them, are kept."""
        (found,) = rows(
            self.store,
            "SELECT (SELECT count(*) FROM webhook), (SELECT count(*) FROM webhook_event)",
        )
        return int(found[0]), int(found[1])

    def states(self) -> dict[str, str]:
        """What became of the events, by their ids."""
        return dict(rows(self.store, "SELECT event_id, state FROM webhook_event"))

    def asked(self) -> int:
        """How often the job was asked for that follows them, and no run has begun since."""
        with self.store.reading() as tx:
            job = tx.jobs.get(f"webhook:{self.source.row.name}")
        return 0 if job is None else job.asked - job.begun


def hooked(
    world: World, name: str = "shop", capabilities: Collection[Capability] = HOOKED
) -> Hooked:
    """A connection that receives webhooks."""
    source = world.connect(name, capabilities)
    opened = lambda: open_hooked(name, source.remote, capabilities)  # noqa: E731
    return Hooked(replace(source, open=opened))


# --- Stripe's ----------------------------------------------------------------------------


def stripe_event(event_id: str, external_id: str, kind: str = "invoice.updated") -> bytes:
    """An event as Stripe sends it."""
    found = {"id": event_id, "object": "event", "type": kind}
    return json.dumps({**found, "data": {"object": {"id": external_id}}}).encode()


def stripe_signature(body: bytes, secret: str, at: dt.datetime = NOW) -> dict[str, str]:
    """The header by which Stripe's webhooks are believed."""
    moment = str(int(at.timestamp())).encode()
    digest = hmac.new(secret.encode(), moment + b"." + body, hashlib.sha256).hexdigest()
    return {"stripe-signature": f"t={moment.decode()},v1={digest}"}
