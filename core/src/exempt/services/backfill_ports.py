"""What the services need of files of sales: in the store, and while one is read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import IO, Protocol

from exempt.model.backfill import BackfillOptions, BackfillRun, Mistake
from exempt.model.fetching import Stream
from exempt.model.tabular import TableFile
from exempt.rules.backfill_rows import SaleRow
from exempt.rules.staff_rows import StaffMistake, StaffRow


class Backfills(Protocol):
    """Files of sales, and what they made in the connections of connectors."""

    def begin(
        self,
        connection_id: int,
        file_name: str,
        sha256: str,
        options: BackfillOptions,
        at: dt.datetime,
        *,
        by: str,
    ) -> BackfillRun:
        """Make one that is to be checked."""
        ...

    def same(self, connection_id: int, sha256: str, options: BackfillOptions) -> BackfillRun | None:
        """The newest of this very file, read so, that is not imported yet."""
        ...

    def get(self, run_id: int) -> BackfillRun | None:
        """The one with this id."""
        ...

    def all(self, connection_ids: Collection[int] | None, limit: int) -> list[BackfillRun]:
        """Those of these connections, or all, the newest first."""
        ...

    def save(self, run: BackfillRun) -> None:
        """Keep how far one is, what it counted and found, and who did what."""
        ...

    def shown(
        self, connection_id: int, stream: Stream, external_ids: Collection[str]
    ) -> frozenset[str]:
        """Which of these records a connector has shown itself, or changed since a file made them.

        Also what it has deleted since; not what was deleted as its file was undone.
        """
        ...

    def brought(
        self, connection_id: int, stream: Stream, external_ids: Collection[str], at: dt.datetime
    ) -> None:
        """Remember that a file made these records, or changed them, at that moment."""
        ...


# --- while a file is read ----------------------------------------------------------------


class Spool(Protocol):
    """The rows of one file, put in order outside of memory; gone when it is closed."""

    def add(self, rows: Sequence[SaleRow]) -> None:
        """Put rows there."""
        ...

    def mistaken(self, mistakes: Sequence[Mistake]) -> None:
        """Put mistakes there."""
        ...

    def sales(self, after: str = "") -> Iterator[SaleRow]:
        """The rows of transactions after that one, by transaction and then as in the file."""
        ...

    def customers(self, after: str = "") -> Iterator[SaleRow]:
        """What rows say of customers after that one, by customer, the latest sale first."""
        ...

    def products(self, after: str = "") -> Iterator[SaleRow]:
        """What rows say of products after that one, by product, the latest sale first."""
        ...

    def add_staff(self, rows: Sequence[StaffRow]) -> None:
        """Put rows of a file of employees there."""
        ...

    def staff(self, after: str = "") -> Iterator[StaffRow]:
        """The rows of employees after that one, by employee and then as in the file."""
        ...

    def staff_mistaken(self, mistakes: Sequence[StaffMistake]) -> None:
        """Put mistakes of such a file there."""
        ...

    def staff_mistakes(self) -> Iterator[StaffMistake]:
        """The mistakes of such a file, by row."""
        ...

    def mistakes(self) -> Iterator[Mistake]:
        """The mistakes, by row."""
        ...

    def counted(self) -> tuple[int, int]:
        """How many customers and products there are."""
        ...


class Parts(Protocol):
    """What a file of sales is kept, read and put in order with."""

    def keep(self, content: IO[bytes]) -> str:
        """Keep a file; returns its SHA-256.

        Raises:
            RefusedError: There is no room for it, it is too large, or empty.
        """
        ...

    def table(self, sha256: str, name: str) -> AbstractContextManager[TableFile]:
        """Open a kept file as a table that messages call *name*.

        Raises:
            NotFoundError: It is not there any more.
            RefusedError: It is no table.
        """
        ...

    def spool(self) -> AbstractContextManager[Spool]:
        """An empty spool."""
        ...
