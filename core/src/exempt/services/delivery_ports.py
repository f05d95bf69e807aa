"""What the services need of deliveries and requests in the store."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Protocol

from exempt.services.rows import Delivery, DeliveryState, DeliveryTarget, RequestRow


class Deliveries(Protocol):
    """What is owed to outside systems."""

    def last(
        self, connection_id: int, target: DeliveryTarget, external_ids: Collection[str]
    ) -> dict[str, Delivery]:
        """The newest delivery of each thing."""
        ...

    def owe(
        self,
        connection_id: int,
        target: DeliveryTarget,
        wanted: Sequence[tuple[str, int, str]],
        at: dt.datetime,
    ) -> None:
        """Add ``(external id, version, wanted)``; older ones still owed are superseded.

        The job that writes them is asked for.
        """
        ...

    def withdraw(
        self,
        connection_id: int,
        target: DeliveryTarget,
        external_ids: Sequence[str],
        at: dt.datetime,
        *,
        why: str | None = None,
    ) -> None:
        """Let nothing be owed to these any more; *why* is for people."""
        ...

    def due(
        self, connection_id: int, targets: Collection[DeliveryTarget], at: dt.datetime, limit: int
    ) -> list[Delivery]:
        """What is owed and due, oldest first, at most one for each thing."""
        ...

    def next_due(
        self, connection_id: int, targets: Collection[DeliveryTarget]
    ) -> dt.datetime | None:
        """When the next thing owed is due."""
        ...

    def mark(
        self,
        delivery: Delivery,
        state: DeliveryState,
        *,
        outcome: str,
        message: str,
        at: dt.datetime,
        due_at: dt.datetime | None = None,
    ) -> None:
        """Record what became of an attempt, unless the thing was superseded meanwhile."""
        ...

    def maybe_sent(self, delivery: Delivery, *, sent: bool = True) -> None:
        """Mark a mail as maybe sent, before it goes out; or as surely not sent after all."""
        ...

    def reword(self, delivery: Delivery, wanted: str) -> None:
        """Let a mail that has not gone out say something else, or go elsewhere."""
        ...

    def dead(self) -> list[tuple[str, Delivery]]:
        """Deliveries that wait for a person, with their connection's name."""
        ...


class Requests(Protocol):
    """Requests for certificates."""

    def add(
        self, customer_id: int, recipient: str, jurisdictions: Sequence[str], at: dt.datetime
    ) -> int:
        """Make a request; returns its id."""
        ...

    def get(self, request_id: int) -> RequestRow | None:
        """One request."""
        ...

    def readdress(self, request_id: int, recipient: str) -> None:
        """Let a request whose mail has not gone out go to another mailbox."""
        ...

    def withdraw(self, request_id: int) -> None:
        """Let a request count as not made, since its mail does not go out."""
        ...

    def places(self, customer_ids: Collection[int]) -> dict[int, tuple[str, ...]]:
        """For which states requests to customers are open."""
        ...

    def mailed(self, customer_id: int) -> set[str]:
        """For which states a mail went out to a customer, or may have."""
        ...

    def all(self, company_ids: Collection[int] | None = None) -> list[RequestRow]:
        """All requests, or those to customers of these companies."""
        ...
