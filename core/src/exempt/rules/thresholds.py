"""The thresholds of economic nexus, read from the text of their table.

A jurisdiction has one row for each version of its law; one follows on the
other without a gap. A row without source, date or date of review is refused.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from exempt.data.pack import THRESHOLDS, shipped_thresholds_text
from exempt.errors import SettingsError
from exempt.model.nexus import Threshold
from exempt.rules.sourced_tables import SourcedTable

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Thresholds:
    """Every version of every jurisdiction's threshold.

    Attributes:
        rows: By jurisdiction, the oldest version first.
        digest: Another one for other contents.
    """

    rows: tuple[Threshold, ...]
    digest: str

    @functools.cached_property
    def _versions(self) -> dict[str, tuple[Threshold, ...]]:
        found: dict[str, list[Threshold]] = {}
        for row in self.rows:
            found.setdefault(row.jurisdiction, []).append(row)
        return {jurisdiction: tuple(rows) for jurisdiction, rows in found.items()}

    @property
    def jurisdictions(self) -> tuple[str, ...]:
        """Those of which something is known."""
        return tuple(self._versions)

    @property
    def version(self) -> str:
        """The day of the newest row, and the digest: ``2026-10-01+0a1b2c3d``."""
        newest = max((str(row.as_of) for row in self.rows), default="none")
        return f"{newest}+{self.digest}"

    def versions(self, jurisdiction: str) -> tuple[Threshold, ...]:
        """Those of ``US-TX``, the oldest first; nothing where none is known."""
        return self._versions.get(jurisdiction, ())

    def on(self, jurisdiction: str, day: dt.date) -> Threshold | None:
        """The version of ``US-TX`` in force on *day*."""
        return version_on(self.versions(jurisdiction), day)


def version_on(versions: Iterable[Threshold], day: dt.date) -> Threshold | None:
    """That one of one jurisdiction's *versions* that is in force on *day*."""
    return next((each for each in versions if each.in_force(day)), None)


@functools.cache
def shipped_thresholds() -> Thresholds:
    """The thresholds that come with Exempt."""
    return read_thresholds(shipped_thresholds_text(), "exempt.data")


def read_thresholds(text: str, where: str) -> Thresholds:
    """The thresholds in *text*, a CSV table with the fields of `Threshold`.

    Args:
        text: The table.
        where: The folder or package it is from, for errors.

    Raises:
        SettingsError: Something is wrong with it; every mistake is named by
            file, line and column.
    """
    table = SourcedTable(Threshold, f"{where}/{THRESHOLDS}").read(text)
    rows = sorted(table.rows, key=lambda row: (row.jurisdiction, row.in_force_from))
    if not table.mistakes:
        table.mistakes += _gaps(rows, table)
    if table.mistakes:
        raise SettingsError("\n".join(table.mistakes))
    return Thresholds(tuple(rows), hashlib.sha256(text.encode()).hexdigest()[:8])


def _gaps(rows: Sequence[Threshold], table: SourcedTable[Threshold]) -> Iterator[str]:
    """Where one version does not follow on the one before, day on day."""
    for before, row in pairwise(rows):
        due = row.in_force_from - _DAY
        if before.jurisdiction == row.jurisdiction and before.in_force_through != due:
            yield (
                f"{table.name}, line {table.lines[before.key]}, column in_force_through:"
                f" {row.jurisdiction} has another version from {row.in_force_from} on,"
                f" line {table.lines[row.key]}: write {due}, or change that one"
            )
