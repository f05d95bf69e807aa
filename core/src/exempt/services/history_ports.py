"""What the services need of the store to know how far back orders are read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import NamedTuple, Protocol


class HistoryRow(NamedTuple):
    """How far back the orders of a connection are read.

    Attributes:
        reads_orders: Whether it has orders to read.
        reads_from: From which day on; None = from the beginning.
        begun_at: When their reading from there began, or was asked for; None =
            they were never read.
        read_at: When they had been read to the end for the first time since.
    """

    connection_id: int
    connection: str
    company_id: int
    reads_orders: bool
    reads_from: dt.date | None
    begun_at: dt.datetime | None
    read_at: dt.datetime | None


class PageRead(NamedTuple):
    """What a page had; the days are those of its orders."""

    records: int
    first_day: dt.date | None = None
    last_day: dt.date | None = None


class ReadSoFar(NamedTuple):
    """How far the reading of a connection's orders is.

    Attributes:
        parts: In how many parts they are read, so many of which are ``done``.
        records: How many came, those that were on file too.
        first_day: The earliest of their days; ``last_day``: the latest.
        begun_at: When it began; ``moved_at``: when its last page was stored.
    """

    parts: int
    done: int
    pages: int
    records: int
    first_day: dt.date | None
    last_day: dt.date | None
    begun_at: dt.datetime
    moved_at: dt.datetime

    @property
    def rate(self) -> float | None:
        """Records a second on an average; None where it began just now."""
        seconds = (self.moved_at - self.begun_at).total_seconds()
        return self.records / seconds if seconds >= 1 else None


class OrdersOnFile(NamedTuple):
    """The orders of a connection that are on file, but for deleted ones."""

    orders: int
    first_day: dt.date
    last_day: dt.date


class Histories(Protocol):
    """From which day on orders are read, and whether they have been."""

    def all(self, company_ids: Collection[int] | None = None) -> list[HistoryRow]:
        """Every connection's, by name; or just those of these companies."""
        ...

    def get(self, connection_id: int) -> HistoryRow:
        """One connection's."""
        ...

    def begin(self, connection_id: int, reads_from: dt.date | None, at: dt.datetime) -> None:
        """Read from that day on.

        It counts as not read where it was not read to the end before, or not
        from so early a day.
        """
        ...

    def end(self, connection_id: int, at: dt.datetime) -> bool:
        """Note that the orders were read to the end, if they were; whether that is new."""
        ...

    def so_far(self) -> dict[int, ReadSoFar]:
        """How far the reading of orders is, by connection."""
        ...

    def on_file(self, connection_ids: Collection[int] | None = None) -> dict[int, OrdersOnFile]:
        """What is on file of each connection, or of these; it looks at every order."""
        ...

    def files_from(self) -> dict[int, dt.date]:
        """The first day of sales that were imported from files, by connection."""
        ...
