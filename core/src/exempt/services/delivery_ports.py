"""What the services need of deliveries in the store."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol

from exempt.services.rows import (
    Delivery,
    DeliveryState,
    DeliveryTarget,
)


class Owed(NamedTuple):
    """What a connection is owed.

    Attributes:
        pending: How many deliveries are on their way, or wait for their next try.
        dead: How many wait for a person.
        due_at: When the first that is pending is, or was, due.
    """

    pending: int = 0
    dead: int = 0
    due_at: dt.datetime | None = None


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

    def maybe_sent(self, delivery: Delivery, *, sent: bool = True) -> bool:
        """Mark a mail as maybe sent, before it goes out; or as surely not sent after all.

        Returns:
            False when it is not owed any more: somebody dropped it meanwhile.
        """
        ...

    def reword(self, delivery: Delivery, wanted: str) -> None:
        """Let a mail that has not gone out say something else, or go elsewhere."""
        ...

    def dead(self) -> list[tuple[str, Delivery]]:
        """Deliveries that wait for a person, with their connection's name."""
        ...


class DeliveryFilter(NamedTuple):
    """Which deliveries to list; what is empty does not matter.

    Attributes:
        connection: The name of one.
        limit: How many to give at most.
        saying: Words in the message; capitals do not matter. Of several
            deliveries to one thing just the newest counts then.
    """

    states: Collection[DeliveryState] = ()
    connection: str | None = None
    limit: int = 100
    saying: str = ""


class DeliveryView(NamedTuple):
    """A delivery as people know it.

    Attributes:
        connection: The name of its connection; ``company_id``: whose that is.
        name: The number of its order, or the name of its customer or of the one
            that the mail goes to; None = it is gone.
        owed_at: Since when.
    """

    delivery: Delivery
    connection: str
    company_id: int
    name: str | None
    owed_at: dt.datetime


class DeliveryPage(NamedTuple):
    """A part of a list of deliveries, and how many there are in the whole list."""

    deliveries: list[DeliveryView]
    total: int


class Handling(Protocol):
    """Deliveries as people look at them, and decide what becomes of them."""

    def page(self, filters: DeliveryFilter) -> DeliveryPage:
        """Those that wait for a person, then those that are owed, then others, newest first."""
        ...

    def get(self, delivery_id: int) -> DeliveryView | None:
        """One delivery."""
        ...

    def versions(self, delivery: Delivery) -> list[DeliveryView]:
        """All that was ever owed to the same thing, oldest first."""
        ...

    def dead_after(
        self, after: int, limit: int, connection: str | None = None
    ) -> list[DeliveryView]:
        """The next by id that wait for a person, of one connection or of all."""
        ...

    def again(self, delivery: Delivery, message: str, at: dt.datetime, *, anew: bool) -> bool:
        """Let it be due now, as if it was never tried; False when its state is another by now.

        With *anew* its version grows, so that a remote which remembers answers
        by the key of an item does not give the old one.
        """
        ...

    def give_up(self, delivery: Delivery, message: str, at: dt.datetime) -> bool:
        """Let nobody try it any more; False when its state is another by now."""
        ...
