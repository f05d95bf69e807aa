"""What others are told of by webhooks of ours."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any, NamedTuple


class EventKind(StrEnum):
    """What happened.

    =====================  ==========================================================
    certificate.accepted   staff accepted a certificate, or it was entered as accepted
    certificate.rejected   staff rejected one
    certificate.archived   staff archived one
    certificate.expiring   one ends soon in a state; told once for each end
    request.submitted      a customer sent something in, which waits for review
    =====================  ==========================================================
    """

    CERTIFICATE_ACCEPTED = "certificate.accepted"
    CERTIFICATE_REJECTED = "certificate.rejected"
    CERTIFICATE_ARCHIVED = "certificate.archived"
    CERTIFICATE_EXPIRING = "certificate.expiring"
    REQUEST_SUBMITTED = "request.submitted"


class Endpoint(NamedTuple):
    """Where somebody is told.

    Attributes:
        company_id: Just of what belongs to this company; None = of all.
        secret_sealed: What signs, sealed with a key that is not in the database.
        disabled_at: Since when nothing is sent to it.
    """

    id: int
    company_id: int | None
    url: str
    kinds: frozenset[EventKind]
    secret_sealed: str
    made_at: dt.datetime
    made_by: str
    disabled_at: dt.datetime | None = None


class Event(NamedTuple):
    """Something that happened.

    Attributes:
        id: The same event has the same: whoever is told of it twice can tell.
        data: Ids, numbers, states and days; never a name or an address.
    """

    id: str
    kind: EventKind
    company_id: int
    data: dict[str, Any]


class EventOut(NamedTuple):
    """An event that is owed to an endpoint, or was.

    Attributes:
        body: As it is sent, byte by byte the same each time.
        state: ``pending``, ``sent`` or ``dead``.
        message: What was answered last.
    """

    id: int
    endpoint_id: int
    event_id: str
    kind: EventKind
    body: str
    state: str
    attempts: int
    due_at: dt.datetime
    made_at: dt.datetime
    done_at: dt.datetime | None
    message: str | None


class Ending(NamedTuple):
    """A certificate that ends in a state."""

    certificate_id: int
    number: str | None
    company_id: int
    customer_ids: tuple[int, ...]
    jurisdiction: str
    expiration_date: dt.date
