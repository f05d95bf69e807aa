"""What the services need of an open connection to an outside system."""

from __future__ import annotations

import datetime as dt
from typing import Protocol

from exempt.model.checking import Capability, CheckResult
from exempt.model.fetching import FetchRequest, Page, RangesResult, Stream
from exempt.model.messages import SendRequest, WebhookRequest, WebhookResult
from exempt.model.pushing import ItemResult, PushRequest, PushResult
from exempt.model.record import SourceRecord


class Connection(Protocol):
    """An open connection to an outside system; errors are `ConnectorError`s."""

    name: str
    capabilities: frozenset[Capability]
    push_batch_max: int
    reads_at_once: int

    def check(self) -> CheckResult: ...  # noqa: D102
    def ranges(self, stream: Stream, since: dt.date | None) -> RangesResult | None: ...  # noqa: D102
    def fetch(self, stream: Stream, request: FetchRequest) -> Page[SourceRecord]: ...  # noqa: D102
    def push(self, request: PushRequest) -> PushResult: ...  # noqa: D102
    def send(self, request: SendRequest) -> ItemResult: ...  # noqa: D102
    def receive_webhook(self, request: WebhookRequest) -> WebhookResult: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102
