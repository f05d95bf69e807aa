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
        """Add ``(external id, version, wanted)``; older ones still owed are superseded."""
        ...

    def withdraw(
        self,
        connection_id: int,
        target: DeliveryTarget,
        external_ids: Sequence[str],
        at: dt.datetime,
    ) -> None:
        """Let nothing be owed to these any more."""
        ...

    def due(
        self, connection_id: int, targets: Collection[DeliveryTarget], at: dt.datetime, limit: int
    ) -> list[Delivery]:
        """What is owed and due, oldest first, at most one for each thing."""
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

    def places(self, customer_ids: Collection[int]) -> dict[int, tuple[str, ...]]:
        """For which states requests to customers are open."""
        ...

    def all(self, company_ids: Collection[int] | None = None) -> list[RequestRow]:
        """All requests, or those to customers of these companies."""
        ...
