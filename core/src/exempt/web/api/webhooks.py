"""Webhooks of ours: who is told of what happens, and what became of it."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from fastapi import Body as JsonBody
from fastapi import Response
from pydantic import Field

from exempt.errors import RefusedError
from exempt.model.access import Right
from exempt.model.events import Endpoint, EventKind
from exempt.model.record import ExternalId
from exempt.services import companies, events_out, scoped
from exempt.services.ports import Transaction
from exempt.web.api.bodies import Body
from exempt.web.api.calls import Call, Called
from exempt.web.api.operations import Id, Operations
from exempt.web.problems import Wrong, invalid

operations = Operations(
    "Webhooks", "Who is told of what happens; each call is signed, and made until it is taken."
)

EXAMPLE = {
    "url": "https://erp.example.com/webhooks",
    "kinds": ["certificate.accepted", "request.submitted"],
}
SHOWN_MAX = 100


class NewWebhook(Body):
    """Somebody who is to be told.

    Attributes:
        url: Where it is told, by POST.
        kinds: Of what.
        company: Just of what belongs to this company; null = of all that the key is for.
    """

    url: Annotated[str, Field(min_length=1, max_length=2000)]
    kinds: Annotated[tuple[EventKind, ...], Field(min_length=1)]
    company: ExternalId | None = None


class Webhook(Body):
    """Somebody who is told.

    Attributes:
        company: Just of what belongs to this company; null = of all.
        disabled_at: Since when nothing is sent to it; null = it is told.
    """

    id: int
    url: str
    kinds: tuple[EventKind, ...]
    company: str | None
    made_at: dt.datetime
    made_by: str
    disabled_at: dt.datetime | None


class MadeWebhook(Webhook):
    """A new webhook.

    Attributes:
        secret: What checks its signatures, as Standard Webhooks has it; told this once.
    """

    secret: str


class WebhookList(Body):
    """The webhooks of the companies that the key is for."""

    data: tuple[Webhook, ...]


class WebhookCall(Body):
    """A call that was made, or is to be.

    Attributes:
        event_id: The same event has the same, however often it is sent.
        due_at: When it is tried next.
        message: What was answered last.
    """

    event_id: str
    kind: EventKind
    state: Literal["pending", "sent", "dead"]
    attempts: int
    due_at: dt.datetime
    made_at: dt.datetime
    done_at: dt.datetime | None
    message: str | None


class WebhookCallList(Body):
    """The last hundred calls of a webhook, the newest first."""

    data: tuple[WebhookCall, ...]


@operations.get("/webhooks", Right.ADMINISTER)
def list_webhooks(call: Called) -> WebhookList:
    """List who is told."""
    with call.store.reading() as tx:
        mine = scoped.webhooks(tx, call.caller)
        return WebhookList(data=tuple(_shown(tx, one) for one in mine))


def _shown(tx: Transaction, endpoint: Endpoint) -> Webhook:
    keys = companies.keys(tx)
    return Webhook(
        id=endpoint.id,
        url=endpoint.url,
        kinds=tuple(sorted(endpoint.kinds)),
        company=keys[endpoint.company_id] if endpoint.company_id else None,
        made_at=endpoint.made_at,
        made_by=endpoint.made_by,
        disabled_at=endpoint.disabled_at,
    )


@operations.post("/webhooks", Right.ADMINISTER, 404, status_code=201)
def create_webhook(
    call: Called,
    new: Annotated[NewWebhook, JsonBody(openapi_examples={"an ERP's": {"value": EXAMPLE}})],
) -> MadeWebhook:
    """Let somebody be told from now on; the secret is answered this once."""
    company_id = None
    if new.company is not None or call.caller.company_ids is not None:
        with call.store.reading() as tx:
            company_id = scoped.company(tx, new.company, call.caller).id
    try:
        made = events_out.add(
            call.store,
            call.site.keys,
            new.url,
            new.kinds,
            company_id=company_id,
            by=call.caller.name,
            at=call.act.at,
        )
    except RefusedError as error:
        raise invalid([Wrong("pointer", "/url", str(error).removeprefix("url: "))]) from None
    call.made(f"/webhooks/{made.endpoint.id}")
    with call.store.reading() as tx:
        return MadeWebhook(**dict(_shown(tx, made.endpoint)), secret=made.secret)


@operations.get("/webhooks/{endpoint_id}", Right.ADMINISTER, 404)
def get_webhook(call: Called, endpoint_id: Id) -> Webhook:
    """One of them."""
    with call.store.reading() as tx:
        return _shown(tx, scoped.webhook(tx, endpoint_id, call.caller))


@operations.delete("/webhooks/{endpoint_id}", Right.ADMINISTER, status_code=204)
def delete_webhook(call: Called, endpoint_id: Id) -> Response:
    """Tell it nothing any more, and forget what it is owed."""
    with call.store.reading() as tx:
        scoped.webhook(tx, endpoint_id, call.caller)
    events_out.remove(call.store, endpoint_id, by=call.caller.name, at=call.act.at)
    return Response(status_code=204)


@operations.post("/webhooks/{endpoint_id}/disable", Right.ADMINISTER, 404)
def disable_webhook(call: Called, endpoint_id: Id) -> Webhook:
    """Let it rest."""
    return _switched(call, endpoint_id, on=False)


@operations.post("/webhooks/{endpoint_id}/enable", Right.ADMINISTER, 404)
def enable_webhook(call: Called, endpoint_id: Id) -> Webhook:
    """Let it be told again; what was owed meanwhile is sent now."""
    return _switched(call, endpoint_id, on=True)


def _switched(call: Call, endpoint_id: int, *, on: bool) -> Webhook:
    with call.store.reading() as tx:
        scoped.webhook(tx, endpoint_id, call.caller)
    done = events_out.switch(call.store, endpoint_id, on=on, by=call.caller.name, at=call.act.at)
    with call.store.reading() as tx:
        return _shown(tx, done)


@operations.get("/webhooks/{endpoint_id}/calls", Right.ADMINISTER, 404)
def list_webhook_calls(call: Called, endpoint_id: Id) -> WebhookCallList:
    """List what was sent to it, and what it is owed."""
    with call.store.reading() as tx:
        scoped.webhook(tx, endpoint_id, call.caller)
        found = events_out.sent(tx, endpoint_id, SHOWN_MAX)
    return WebhookCallList(
        data=tuple(
            WebhookCall(
                event_id=one.event_id,
                kind=one.kind,
                state=one.state,
                attempts=one.attempts,
                due_at=one.due_at,
                made_at=one.made_at,
                done_at=one.done_at,
                message=one.message,
            )
            for one in found
        )
    )
