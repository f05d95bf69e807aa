"""What the services need of imports in the store."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple, Protocol

from exempt.model.imports import ChangeKind, ImportCounts, ImportRun, Layout, PeopleRun
from exempt.rules.history import FieldChange
from exempt.rules.import_rows import StagedRow


class ImportChange(NamedTuple):
    """What an import did to a customer; `CellChange` says what the rest means.

    Attributes:
        new: Of a link, the id of the ship-to customer.
    """

    row: int
    customer_id: int
    kind: ChangeKind
    field: str
    old: str | None
    new: str | None
    note: str | None = None


class KeptChange(NamedTuple):
    """An `ImportChange` as it is kept, with what its customer is called by now."""

    id: int
    number: str | None
    name: str
    change: ImportChange


class Imports(Protocol):
    """Imports, the rows of their files, and what they changed."""

    def begin(
        self,
        company_id: int,
        layout: Layout,
        file_name: str,
        sha256: str,
        at: dt.datetime,
        *,
        by: str,
    ) -> ImportRun:
        """Make one whose rows are to be read."""
        ...

    def unfinished(self, company_id: int, layout: Layout, sha256: str) -> ImportRun | None:
        """The newest of this very file, read so, that is not applied yet, or not to its end."""
        ...

    def get(self, import_id: int) -> ImportRun | None:
        """The one with this id."""
        ...

    def all(self, company_ids: Collection[int] | None, limit: int) -> list[ImportRun]:
        """Those of these companies, or all, the newest first."""
        ...

    def save(self, run: ImportRun) -> None:
        """Keep how far one is, and what it counted."""
        ...

    # --- rows --------------------------------------------------------------------------------

    def add_rows(self, import_id: int, rows: Sequence[StagedRow]) -> None:
        """Keep rows until the import is over."""
        ...

    def all_added(self) -> None:
        """Let look-ups go by how many rows there are now."""
        ...

    def by_number(self, import_id: int, after: str) -> Iterator[StagedRow]:
        """The rows without problems whose billing number comes after that, by it and by row."""
        ...

    def by_ship_to(self, import_id: int, after: str) -> Iterator[StagedRow]:
        """The same by the number of the ship-to customer; rows without one are left out."""
        ...

    def ship_to_keys(self, import_id: int, after: str, limit: int) -> list[str]:
        """The next numbers of ship-to customers in rows without problems."""
        ...

    def billed(self, import_id: int, number_keys: Collection[str]) -> dict[str, int]:
        """The first rows without problems that have these as billing numbers."""
        ...

    def mark(self, import_id: int, rows: Sequence[StagedRow]) -> None:
        """Keep the problems and notes of rows as they are by now."""
        ...

    def rows(self, import_id: int, rows: Collection[int]) -> list[StagedRow]:
        """Those of its rows."""
        ...

    def remarked(
        self, import_id: int, after: int, limit: int, *, bad: bool | None = None
    ) -> list[StagedRow]:
        """The next rows, after that one, with problems, or with notes; None = with either."""
        ...

    def drop_rows(self, import_id: int, after: int, limit: int, *, bad: bool) -> int | None:
        """Delete the next rows after that one; those with problems only with *bad*.

        Returns:
            The last row that was looked at; None once there is none.
        """
        ...

    # --- changes -----------------------------------------------------------------------------

    def keep(
        self,
        import_id: int,
        changes: Sequence[ImportChange],
        history: Sequence[tuple[int, FieldChange]],
        at: dt.datetime,
        *,
        by: str,
    ) -> None:
        """Keep what it did, and what the histories of these customers say of it."""
        ...

    def changes(
        self, import_id: int, after: int, limit: int, kind: ChangeKind | None = None
    ) -> list[KeptChange]:
        """The next changes, by their ids."""
        ...

    def changes_back(self, import_id: int, before: int, limit: int) -> list[KeptChange]:
        """The next changes that can be put back, the newest first."""
        ...

    def customers(
        self, import_id: int, kinds: Collection[ChangeKind], after: int, limit: int
    ) -> list[int]:
        """The next customers, by id, that were changed so."""
        ...


class PeopleFiles(Protocol):
    """Files of employees that came in."""

    def begin(
        self,
        company_id: int,
        file_name: str,
        sha256: str,
        counts: ImportCounts,
        at: dt.datetime,
        *,
        by: str,
    ) -> PeopleRun:
        """Make one that is checked."""
        ...

    def unfinished(self) -> list[PeopleRun]:
        """Those that are being applied or undone, the oldest first."""
        ...

    def get(self, run_id: int) -> PeopleRun | None:
        """The one with this id."""
        ...

    def save(self, run: PeopleRun) -> None:
        """Keep what became of one."""
        ...

    def known(self, connection_id: int, external_ids: Collection[str]) -> int:
        """How many of these people a source has already."""
        ...
