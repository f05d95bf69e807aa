"""What the services need to tell others by webhooks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

from exempt.model.events import Ending, Endpoint, Event, EventOut


class EventsOut(Protocol):
    """Endpoints, and what is owed to them."""

    def add(self, endpoint: Endpoint) -> int:
        """Keep a new endpoint; returns its id, whatever *endpoint* says."""
        ...

    def endpoints(self, company_ids: Collection[int] | None = None) -> list[Endpoint]:
        """All endpoints, or those of just these companies; disabled ones too."""
        ...

    def endpoint(self, endpoint_id: int) -> Endpoint | None: ...  # noqa: D102

    def disable(self, endpoint_id: int, at: dt.datetime | None) -> None:
        """Send nothing to it from now on; None lets it go on."""
        ...

    def remove(self, endpoint_id: int) -> None:
        """Forget an endpoint, and what was owed to it."""
        ...

    def owe(self, event: Event, body: str, at: dt.datetime) -> int:
        """Owe an event to each endpoint that wants it and was not told of it; to how many."""
        ...

    def due(self, at: dt.datetime, limit: int) -> list[EventOut]:
        """What is to be sent by now, the oldest first; to endpoints that are not disabled."""
        ...

    def next_due(self) -> dt.datetime | None:
        """When something is to be sent next."""
        ...

    def mark(
        self,
        event: EventOut,
        state: str,
        message: str,
        at: dt.datetime,
        *,
        due_at: dt.datetime | None = None,
    ) -> None:
        """What became of a try."""
        ...

    def postpone(self, endpoint_id: int, until: dt.datetime) -> None:
        """Let what is owed to an endpoint wait, without counting it as a try."""
        ...

    def again(self, event_id: int, at: dt.datetime) -> bool:
        """Let one that waits for a person be due now; False when it does not."""
        ...

    def of(self, endpoint_id: int, limit: int, before: int | None = None) -> Sequence[EventOut]:
        """What was sent to an endpoint or is owed to it, the newest first."""
        ...

    def endings(self, first: dt.date, last: dt.date) -> list[Ending]:
        """Accepted certificates that are not archived and end in these days."""
        ...

    def forget(self, before: dt.datetime) -> int:
        """Forget what was sent before then; how many."""
        ...


class Posted(NamedTuple):
    """What was answered to a webhook: a status, or why there was none."""

    status: int | None
    message: str
    retry_after: dt.timedelta | None = None

    @property
    def taken(self) -> bool:
        """Whether it was taken in."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        """Whether nobody is there any more, for good."""
        return self.status == 410


class Poster(Protocol):
    """Sends a webhook, to nowhere else than to addresses that are allowed."""

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Posted:
        """Send it once; whatever goes wrong is told in what comes back."""
        ...
