"""Files of sales that are handed to an installation."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from exempt.adapters.documents import LocalDocuments
from exempt.model.backfill import BackfillOptions, BackfillRun
from exempt.services.backfills import importing, runs, sources
from exempt.services.backfills.checking import check
from exempt.services.backfills.importing import Importing
from exempt.services.policy import Policy
from exempt.services.rows import ConnectionRow
from exempt.wiring.backfills import Parts
from support.sale_files import Row, as_csv
from support.world import World


@dataclass
class Files:
    """Files of sales that are handed to an installation."""

    world: World
    folder: Path
    told: list[tuple[int, float]] = field(default_factory=list)

    @property
    def parts(self) -> Parts:
        """What they are kept and read with."""
        return Parts(LocalDocuments(self.folder), self.folder)

    def source(
        self, name: str | None = None, company: str | None = "northwind", **configured: object
    ) -> ConnectionRow:
        """The source of that name, made if need be."""
        with self.world.store.writing() as tx:
            tx.connections.company("northwind", "Northwind", None)
            return sources.find_or_make(tx, name, company, configured)

    def take_in(
        self, content: bytes, name: str = "sales.csv", source: str | None = None, **options: Any
    ) -> BackfillRun:
        """Keep a file."""
        return runs.take_in(
            self.world.store,
            self.parts,
            name,
            io.BytesIO(content),
            self.source(source),
            BackfillOptions(**options),
            self.world.act(),
        )

    def check(self, *rows: Row, source: str | None = None, **options: Any) -> BackfillRun:
        """Check a file with these rows."""
        return self.check_run(self.take_in(as_csv(*rows), source=source, **options))

    def check_run(self, run: BackfillRun) -> BackfillRun:
        """Check a file that is kept."""
        clock = lambda: self.world.now  # noqa: E731 - as short as it is
        return check(self.world.store, self.parts, run.id, clock, told=self._tell)

    def bring(self, *rows: Row, source: str | None = None, **options: Any) -> BackfillRun:
        """Check and import a file with these rows."""
        run = self.check(*rows, source=source, **options)
        assert not run.mistakes, run.mistakes
        return self.store(run)

    def store(self, run: BackfillRun) -> BackfillRun:
        """Import a checked file."""
        importing.begin(self.world.store, run.id, self.world.act())
        return importing.go_on(self.importing(), run.id)

    def importing(self) -> Importing:
        """What an import needs."""
        clock = lambda: self.world.now  # noqa: E731 - as short as it is
        return Importing(self.world.store, self.parts, Policy(), clock, self._tell)

    def _tell(self, rows: int, part: float) -> None:
        self.told.append((rows, part))
