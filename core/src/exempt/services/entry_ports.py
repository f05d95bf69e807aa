"""What the services need of comments and files in the store."""

from __future__ import annotations

import datetime as dt
from typing import Protocol

from exempt.model.entry import Entry, EntryDetails
from exempt.services.rows import Subject


class Entries(Protocol):
    """Comments and files of customers and certificates."""

    def add(
        self,
        subject: Subject,
        subject_id: int,
        details: EntryDetails,
        at: dt.datetime,
        *,
        by: str,
    ) -> Entry:
        """Add a comment or file."""
        ...

    def get(self, entry_id: int, *, to_change: bool = False) -> Entry | None:
        """The one with this id, removed or not.

        With *to_change*, nobody else changes it until the transaction ends.
        """
        ...

    def save(self, entry: Entry) -> None:
        """Keep it in this state: its text, and who edited or removed it."""
        ...

    def of(self, subject: Subject, subject_id: int, *, with_removed: bool = False) -> list[Entry]:
        """Those of one customer or certificate, oldest first."""
        ...
