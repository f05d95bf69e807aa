"""What the services need of the store to hold cards against the records of a source."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple, Protocol

from exempt.rules.ownership import Shared
from exempt.services.rows import ConnectionRow


class MissingCard(NamedTuple):
    """A card without a record in a source; ``deleted_at`` is set where the source had one."""

    id: int
    number: str | None
    name: str
    external_id: str | None
    deleted_at: dt.datetime | None


class RejectedCustomer(NamedTuple):
    """A customer that a source gave and that could not be read.

    ``row`` is where the source had it; with ``customer_id``, an older state of
    it is on that card.
    """

    id: int
    external_id: str | None
    row: str
    reason: str
    customer_id: int | None
    number: str | None
    name: str | None


class UnknownCustomer(NamedTuple):
    """A customer that orders name and that was never read, and how many orders do."""

    external_id: str
    orders: int


class ComparedRecord(NamedTuple):
    """A record of a source, and the card that it is on.

    Attributes:
        claims: By what the source takes the customer for exempt; None = it does not.
        free_form: The card has a number that prevails over every certificate.
        several: Other records of the same connection are on the card.
    """

    id: int
    external_id: str
    customer_id: int
    record: Shared
    card: Shared
    claims: str | None
    free_form: bool
    several: bool


class Reconciling(Protocol):
    """Cards and records of one connection, held against each other, in portions."""

    def missing_there(
        self, connection: ConnectionRow, after: int, limit: int, *, everyone: bool
    ) -> list[MissingCard]:
        """The next cards, by id, of the connection's company that have no record there.

        Those that claim exemption or hold a certificate; with *everyone*, all.
        """
        ...

    def rejected(self, connection_id: int, after: int, limit: int) -> list[RejectedCustomer]:
        """The next customers, by the id of the rejection, that could not be read."""
        ...

    def unknown(self, connection_id: int, after: str, limit: int) -> list[UnknownCustomer]:
        """The next customers, by external id, that only orders name."""
        ...

    def given(self, connection_id: int) -> frozenset[str]:
        """The fields of `rules.reconciling.COMPARED` that some record of the source has.

        Whether it is billed counts where some record says that it is not.
        """
        ...

    def compared(self, connection_id: int, after: int, limit: int) -> list[ComparedRecord]:
        """The next records, by our own id, that the source still has."""
        ...
