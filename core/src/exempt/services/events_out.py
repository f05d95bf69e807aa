"""Tell others of what happened here, by webhooks that are signed, and sent until they are taken."""

from __future__ import annotations

import datetime as dt
import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from exempt.errors import NotFoundError, RefusedError
from exempt.model.certificate import Certificate, ReviewStatus
from exempt.model.events import Endpoint, Event, EventKind, EventOut
from exempt.rules.history import FieldChange
from exempt.rules.signing import again_at, secret_of, signed_headers
from exempt.rules.wanted import idempotency_key
from exempt.services.event_ports import Posted, Poster
from exempt.services.job_ports import JobKind
from exempt.services.ports import Clock, Store, Transaction
from exempt.services.rows import Subject
from exempt.services.secret_ports import Keys

AT_ONCE = 200
"""Events sent in one run of the job."""


class NewEndpoint(NamedTuple):
    """An endpoint that was added, and the secret that checks its signatures: told this once."""

    endpoint: Endpoint
    secret: str

    def __repr__(self) -> str:
        return f"NewEndpoint({self.endpoint.id})"


def add(
    store: Store,
    keys: Keys,
    url: str,
    kinds: Collection[EventKind],
    *,
    company_id: int | None,
    by: str,
    at: dt.datetime,
) -> NewEndpoint:
    """Tell *url* of events of these kinds from now on.

    Raises:
        RefusedError: It is no address to call, or there is no kind.
    """
    _check(url)
    if not kinds:
        msg = f"kinds: name at least one of {', '.join(EventKind)}"
        raise RefusedError(msg)
    secret = secret_of(secrets.token_bytes(32))
    endpoint = Endpoint(0, company_id, url, frozenset(kinds), keys.seal(secret), at, by)
    with store.writing() as tx:
        endpoint = endpoint._replace(id=tx.events.add(endpoint))
        said = ", ".join(sorted(kinds))
        change = FieldChange("made", None, f"{url}: {said}")
        tx.history.add(Subject.ENDPOINT, endpoint.id, [change], at, by)
    return NewEndpoint(endpoint, secret)


def remove(store: Store, endpoint_id: int, *, by: str, at: dt.datetime) -> None:
    """Tell an endpoint nothing any more, and forget what it is owed.

    Raises:
        NotFoundError: There is none.
    """
    with store.writing() as tx:
        endpoint = get(tx, endpoint_id)
        tx.events.remove(endpoint_id)
        change = FieldChange("removed", endpoint.url, None)
        tx.history.add(Subject.ENDPOINT, endpoint_id, [change], at, by)


def switch(store: Store, endpoint_id: int, *, on: bool, by: str, at: dt.datetime) -> Endpoint:
    """Let an endpoint rest, or be told again; what was owed meanwhile is sent then.

    Raises:
        NotFoundError: There is none.
    """
    with store.writing() as tx:
        get(tx, endpoint_id)
        tx.events.disable(endpoint_id, None if on else at)
        change = FieldChange("disabled", "yes" if on else "no", "no" if on else "yes")
        tx.history.add(Subject.ENDPOINT, endpoint_id, [change], at, by)
        tx.jobs.ask(JobKind.EVENTS)
        return get(tx, endpoint_id)


def endpoints(tx: Transaction) -> list[Endpoint]:
    """All that are told, disabled ones too."""
    return tx.events.endpoints()


def sent(tx: Transaction, endpoint_id: int, limit: int) -> Sequence[EventOut]:
    """What was sent to an endpoint or is owed to it, the newest first."""
    return tx.events.of(endpoint_id, limit)


def get(tx: Transaction, endpoint_id: int) -> Endpoint:
    """The endpoint with this id.

    Raises:
        NotFoundError: There is none.
    """
    found = tx.events.endpoint(endpoint_id)
    if found is None:
        msg = f"webhook {endpoint_id}: there is none"
        raise NotFoundError(msg)
    return found


def publish(tx: Transaction, event: Event, at: dt.datetime) -> int:
    """Owe *event* to whoever wants it, in the transaction in which it happened; to how many."""
    body = {"type": event.kind, "timestamp": at.isoformat(), "data": event.data}
    told = tx.events.owe(event, json.dumps(body, separators=(",", ":")), at)
    if told:
        tx.jobs.ask(JobKind.EVENTS)
    return told


def of_change(tx: Transaction, states: Sequence[Certificate], at: dt.datetime) -> None:
    """Tell of what became of a certificate, whose states these are, the last as it is now."""
    before, after = (states[0] if len(states) > 1 else None), states[-1]
    if after.archived_date and not (before and before.archived_date):
        _of_certificate(tx, after, EventKind.CERTIFICATE_ARCHIVED, at)
    kind = _REVIEWED.get(after.review_status)
    if kind and not (before and before.review_status is after.review_status):
        _of_certificate(tx, after, kind, at)


_REVIEWED = {
    ReviewStatus.ACCEPTED: EventKind.CERTIFICATE_ACCEPTED,
    ReviewStatus.REJECTED: EventKind.CERTIFICATE_REJECTED,
}


def _of_certificate(
    tx: Transaction, certificate: Certificate, kind: EventKind, at: dt.datetime
) -> None:
    companies = tx.sources.companies_of(certificate.customer_ids)
    data = {
        "certificate_id": certificate.id,
        "version": certificate.version,
        "number": certificate.number,
        "customer_ids": list(certificate.customer_ids),
        "jurisdictions": [each.jurisdiction for each in certificate.jurisdictions],
    }
    for company_id in sorted(companies):
        what = (kind, certificate.id, certificate.version)
        publish(tx, Event(_event_id(tx, *what), kind, company_id, data), at)


def of_request(tx: Transaction, request_id: int, customer_id: int, at: dt.datetime) -> None:
    """Tell that a customer sent something in."""
    kind = EventKind.REQUEST_SUBMITTED
    data = {"request_id": request_id, "customer_id": customer_id}
    for company_id in sorted(tx.sources.companies_of([customer_id])):
        event_id = _event_id(tx, kind, request_id, at.isoformat())
        publish(tx, Event(event_id, kind, company_id, data), at)


def of_endings(store: Store, at: dt.datetime, soon_days: int) -> int:
    """Tell of the certificates that end soon, of each end once; how many webhooks that makes."""
    first = at.date()
    kind = EventKind.CERTIFICATE_EXPIRING
    with store.writing() as tx:
        if not any(kind in each.kinds for each in tx.events.endpoints()):
            return 0
        told = 0
        for each in tx.events.endings(first, first + dt.timedelta(days=soon_days)):
            data: dict[str, Any] = {
                "certificate_id": each.certificate_id,
                "number": each.number,
                "customer_ids": list(each.customer_ids),
                "jurisdiction": each.jurisdiction,
                "expiration_date": f"{each.expiration_date}",
            }
            what = (kind, each.certificate_id, each.jurisdiction, each.expiration_date)
            told += publish(tx, Event(_event_id(tx, *what), kind, each.company_id, data), at)
    return told


def send_due(store: Store, keys: Keys, poster: Poster, clock: Clock) -> dt.datetime | None:
    """Send what is due; returns when there will be something to send next.

    An endpoint that does not take one is left alone until that one is due
    again, so that it holds up no other.
    """
    with store.reading() as tx:
        due = tx.events.due(clock(), AT_ONCE)
        endpoints = {each.id: each for each in tx.events.endpoints()}
    failed: set[int] = set()
    for event in due:
        if event.endpoint_id not in failed:
            posted = _send(keys, poster, endpoints[event.endpoint_id], event, clock())
            if not _note(store, event, posted, clock()):
                failed.add(event.endpoint_id)
    with store.reading() as tx:
        return tx.events.next_due()


def _send(
    keys: Keys, poster: Poster, endpoint: Endpoint, event: EventOut, at: dt.datetime
) -> Posted:
    body = event.body.encode()
    secret = keys.unseal(endpoint.secret_sealed)
    headers: Mapping[str, str] = {
        "content-type": "application/json",
        **signed_headers(secret, event.event_id, at, body),
    }
    return poster.post(endpoint.url, body, headers)


def _note(store: Store, event: EventOut, posted: Posted, at: dt.datetime) -> bool:
    """Write down what became of a try; whether it was taken."""
    with store.writing() as tx:
        if posted.taken:
            tx.events.mark(event, "sent", posted.message, at)
            return True
        again = again_at(at, event.attempts + 1, posted.retry_after)
        state = "pending" if again else "dead"
        tx.events.mark(event, state, posted.message, at, due_at=again)
        if posted.gone:
            tx.events.disable(event.endpoint_id, at)
            change = FieldChange("disabled", "no", "yes: it answered 410 Gone")
            tx.history.add(Subject.ENDPOINT, event.endpoint_id, [change], at, "daemon")
        elif again:
            tx.events.postpone(event.endpoint_id, again)
        return False


def _event_id(tx: Transaction, *what: object) -> str:
    return idempotency_key(tx.installation, "event", *what).replace("exempt-", "evt_")


def _check(url: str) -> None:
    try:
        parts = urlsplit(url)
        fits = (
            parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
        )
        fits = fits and (parts.port is None or parts.port > 0) and not parts.fragment
    except ValueError:
        fits = False
    if not fits or len(url) > 2000 or not url.isprintable():
        msg = "url: is no address to call: write it as https://erp.example.com/webhooks"
        raise RefusedError(msg)
