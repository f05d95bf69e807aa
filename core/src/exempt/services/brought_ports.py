"""What the services need to know which records a file brought, and what stood there before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import NamedTuple, Protocol

from exempt.model.fetching import Stream
from exempt.model.people import Place
from exempt.model.record import SourceRecord
from exempt.services.rows import ConnectionRow


class How(StrEnum):
    """What a file did to a record.

    =======  =====================================================================
    new      it made it, or brought back one that was deleted
    changed  it changed it
    same     nothing: the record was just so
    left     nothing was put back, although the file was undone
    =======  =====================================================================
    """

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    LEFT = "left"


class Before(NamedTuple):
    """A record as it stood before a file came; of an employee the places by their keys, too."""

    record: SourceRecord
    places: Mapping[int, Place] = {}


class Brought(NamedTuple):
    """A record that a file brought.

    Attributes:
        before: None = it was not there, or the file left it as it was.
        at: When the file brought it.
        later: The first file after this one that has it too, and that is not undone.
        shown: Its connector has shown it itself since.
        gone: It was deleted since.
    """

    record_id: int
    external_id: str
    how: How
    before: Before | None
    at: dt.datetime
    later: int | None
    shown: bool
    gone: bool


class LeftRecord(NamedTuple):
    """A record that stayed as it was when its file was undone, and why."""

    stream: Stream
    record_id: int
    external_id: str
    note: str


class BroughtRecords(Protocol):
    """Records that files brought; employees by files of employees, all else by files of sales."""

    def standing(
        self, connection_id: int, stream: Stream, external_ids: Collection[str]
    ) -> dict[str, Before]:
        """These records as they stand now; what is not there, or deleted, is absent."""
        ...

    def keep(
        self,
        run_id: int,
        connection_id: int,
        stream: Stream,
        external_ids: Collection[str],
        before: Mapping[str, Before],
        *,
        at: dt.datetime,
    ) -> None:
        """Remember that a file just saved these records, which stood so *before*."""
        ...

    def next(
        self, run_id: int, connection: ConnectionRow, stream: Stream, limit: int, *, files: bool
    ) -> list[Brought]:
        """The next records of a file that are still to be looked at: of one kind, by their ids.

        With *files* nothing but files brings anything to this connection.
        """
        ...

    def forget(self, run_id: int, stream: Stream, record_ids: Collection[int]) -> None:
        """The file has nothing to do with these any more: they are put back."""
        ...

    def pass_on(self, run_id: int, stream: Stream, later: Mapping[int, int]) -> None:
        """What stood there before is from now on what stood there before a later file came.

        Args:
            run_id: The file that is undone.
            stream: What its records are of.
            later: The later file, by record.
        """
        ...

    def leave(self, run_id: int, stream: Stream, notes: Mapping[int, str]) -> None:
        """Remember why these stay as they are."""
        ...

    def left(
        self, run_id: int, streams: Collection[Stream], limit: int | None = 100
    ) -> list[LeftRecord]:
        """What stayed as it was, and why."""
        ...

    def shown(self, connection_id: int, stream: Stream, external_ids: Collection[str]) -> None:
        """Remember that a connector showed these itself: they are no file's any more."""
        ...

    # --- what is put back ---------------------------------------------------------------------

    def any_age(self, stream: Stream, record_ids: Collection[int]) -> None:
        """Let what is saved next of these count, however old it says that it is."""
        ...

    def with_sales(self, connection_id: int, customers: Collection[str]) -> set[str]:
        """Those of a connection's customers, by external id, that orders name."""
        ...

    def cards_made(
        self, connection: ConnectionRow, records: Mapping[int, dt.datetime]
    ) -> dict[int, int]:
        """Those of these deleted customers, by record, whose cards were made with them.

        Cards of the others are led by another source again.

        Args:
            connection: Whose customers.
            records: When the file brought each.

        Returns:
            The cards, by record.
        """
        ...

    def drop_codes(self, connection_id: int, products: Collection[str]) -> None:
        """Forget product ids that have no tax category, and that no order names."""
        ...

    def put_back_people(
        self, connection: ConnectionRow, people: Mapping[str, Before | None], at: dt.datetime
    ) -> None:
        """Let employees and their places be as they were, by external id; None = not there."""
        ...
