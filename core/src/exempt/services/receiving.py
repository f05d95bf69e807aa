"""Take in a webhook: believed by its connector, kept, and followed by a job.

It is answered as soon as it is kept. What it speaks of is read later, and then
as it is at that moment: so webhooks may come twice, late, and in any order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from exempt.errors import WebhookRejected
from exempt.model.messages import WebhookRequest
from exempt.services.job_ports import JobKind
from exempt.services.ports import Clock, Connection, Store

REFUSED = 400


class Received(NamedTuple):
    """The answer to a webhook: a status, a body, and how many events were new with it."""

    status: int
    body: bytes
    new: int = 0


def receive(
    store: Store,
    connection_id: int,
    connection: Connection,
    *,
    body: bytes,
    headers: Mapping[str, str],
    query: Mapping[str, str],
    clock: Clock,
) -> Received:
    """Let the connector verify a webhook, keep its events, and ask for the job that follows them.

    Nothing is kept of one that is refused, that speaks of nothing we read, or
    whose events are all known. A paused connection's events wait until it goes on.

    Args:
        headers: By their names in lower case.

    Raises:
        ConnectorError: The connector failed; the sender should try again.
    """
    at = clock()
    request = WebhookRequest(body=body, headers=headers, query=query, received_at=at)
    try:
        result = connection.receive_webhook(request)
    except WebhookRejected as error:
        status = error.status if 400 <= error.status <= 499 else REFUSED
        return Received(status, str(error).encode("utf-8", "replace"))
    if not result.events:
        return Received(result.status, result.body)
    with store.writing() as tx:
        new = tx.webhooks.add(connection_id, body, result.events, at)
        if new:
            tx.jobs.ask(JobKind.WEBHOOK, connection_id)
    return Received(result.status, result.body, new)
