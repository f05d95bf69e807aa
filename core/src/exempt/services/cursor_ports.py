"""What the services need of how far each stream was read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Protocol

from exempt.model.fetching import Stream
from exempt.services.history_ports import PageRead
from exempt.services.rows import StreamPart


class Cursors(Protocol):
    """How far each stream was read."""

    def parts(self, connection_id: int, stream: Stream) -> list[StreamPart]:
        """The parts of a stream, by number; none before its first page."""
        ...

    def begin(
        self, connection_id: int, stream: Stream, parts: Sequence[StreamPart], at: dt.datetime
    ) -> None:
        """Read the stream in these parts; what was known of it is forgotten."""
        ...

    def move(
        self,
        connection_id: int,
        stream: Stream,
        part: StreamPart,
        at: dt.datetime,
        read: PageRead | None = None,
    ) -> bool:
        """Go on there, after a page that had so much; False when the stream was forgotten."""
        ...

    def named(self, connection_id: int, stream: Stream, external_ids: Collection[str]) -> None:
        """Remember which records a run that reads the whole stream has named."""
        ...

    def was_named(self, connection_id: int, stream: Stream, external_id: str) -> bool:
        """Whether that run has named this record."""
        ...

    def is_naming(self, connection_id: int, stream: Stream) -> bool:
        """Whether such a run has begun and not yet ended."""
        ...

    def never_named(
        self, connection_id: int, stream: Stream, since: dt.date | None = None
    ) -> tuple[int, list[str]]:
        """How many the run named, and what is kept and it did not name; it is then forgotten.

        A run that reads orders *since* a day names none of before.
        """
        ...

    def forget(self, connection_id: int, stream: Stream) -> None:
        """Read the stream anew next time."""
        ...
