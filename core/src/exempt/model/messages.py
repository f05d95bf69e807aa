"""Messages: mails that go out, webhooks that come in, and the good-bye."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from exempt.model.fetching import Stream
from exempt.model.record import ExternalId, Key, Moment, Record, SourceRecord, Text


class Purpose(StrEnum):
    """Why a customer or a colleague is written to."""

    REQUEST = "request"
    REMINDER = "reminder"
    EXPIRY = "expiry"
    REJECTION = "rejection"
    RECEIPT = "receipt"
    NOTICE = "notice"


class Attachment(Record):
    """A file sent along."""

    name: Text
    media_type: Text
    content: bytes = Field(repr=False)


class SendRequest(Record):
    """Asks to deliver one message, which the core has worded.

    Attributes:
        key: The same key is the same message: a Message-ID is made from it.
        text: The message as plain text; always there.
        html: The same as HTML, or None.
    """

    key: Key
    purpose: Purpose
    to: tuple[Text, ...] = Field(min_length=1, repr=False)
    subject: Annotated[
        str, StringConstraints(min_length=1, max_length=500, pattern=r"^[^\x00\r\n]*$")
    ]
    text: str = Field(repr=False)
    html: str | None = Field(default=None, repr=False)
    reply_to: Text | None = None
    attachments: tuple[Attachment, ...] = ()


class Bounce(SourceRecord):
    """A message that a mail server could not deliver, after it was taken.

    ``external_id`` identifies the notice, ``updated_at`` is when it came.

    Attributes:
        key: That of the message's `SendRequest`.
        permanent: Whether the server gave up; else it goes on trying.
        status: The enhanced status code (RFC 3463), such as ``5.1.1``.
        reason: The server's words, without any address.
    """

    key: Key
    permanent: bool = True
    status: Annotated[str, StringConstraints(pattern=r"^[245]\.\d{1,3}\.\d{1,3}$")] | None = None
    reason: Text = ""


class WebhookRequest(Record):
    """A webhook as it came: the raw body, not yet believed.

    ``headers`` have names in lower case.
    """

    body: bytes = Field(repr=False)
    headers: Mapping[str, str] = Field(default_factory=dict, repr=False)
    query: Mapping[str, str] = Field(default_factory=dict, repr=False)
    received_at: Moment


class WebhookEvent(Record):
    """Records that changed: they are fetched again by their ids."""

    event_id: ExternalId
    stream: Stream
    external_ids: tuple[ExternalId, ...]


class WebhookResult(Record):
    """The events of a genuine webhook, and the answer to give."""

    events: tuple[WebhookEvent, ...] = ()
    status: Annotated[int, Field(ge=200, le=299)] = 200
    body: bytes = b""


class CloseRequest(Record):
    """Says good-bye."""
