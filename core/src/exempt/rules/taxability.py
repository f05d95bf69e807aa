"""Which products a state taxes, by dated rows with their sources; what is unknown counts as taxed.

It decides over nothing but what counts towards a threshold of taxable sales,
and there the error on the safe side is to count too much: it warns earlier.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from exempt.data.products import TAXABILITY, shipped_text
from exempt.errors import SettingsError
from exempt.model.products import TaxabilityAnswer, TaxabilityRow, Taxed, WhyTaxed
from exempt.rules.sourced_tables import SourcedTable
from exempt.rules.tax_categories import shipped_categories

_Key = tuple[str, str | None]


@dataclass(frozen=True)
class Taxability:
    """What states tax.

    Attributes:
        rows: By category and jurisdiction, the oldest version first.
        digest: Another one for other contents.
    """

    rows: tuple[TaxabilityRow, ...]
    digest: str

    @functools.cached_property
    def _versions(self) -> Mapping[_Key, tuple[TaxabilityRow, ...]]:
        found: dict[_Key, list[TaxabilityRow]] = {}
        for row in self.rows:
            found.setdefault((row.tax_category, row.jurisdiction), []).append(row)
        return {key: tuple(rows) for key, rows in found.items()}

    @functools.cached_property
    def _untaxed(self) -> frozenset[str]:
        """The categories that anybody leaves untaxed at any time."""
        return frozenset(row.tax_category for row in self.rows if row.taxed is Taxed.NO)

    @property
    def version(self) -> str:
        """The day of the newest row, and the digest: ``2026-10-01+0a1b2c3d``."""
        newest = max((str(row.as_of) for row in self.rows), default="none")
        return f"{newest}+{self.digest}"

    def taxed(self, category: str | None, jurisdiction: str, day: dt.date) -> bool:
        """Whether *jurisdiction* taxes *category* on *day*; what is not known is taxed.

        Args:
            category: The key of a tax category; None = nobody said yet what it is.
            jurisdiction: ``US-TX``.
            day: The day of the sale.
        """
        if category not in self._untaxed:  # most are not, and this is asked of each line
            return True
        return self.why(category, jurisdiction, day).taxed

    def why(self, category: str | None, jurisdiction: str, day: dt.date) -> TaxabilityAnswer:
        """The same, with the row that says so; a jurisdiction's own row goes first."""
        if category is None:
            return TaxabilityAnswer(True, WhyTaxed.UNMAPPED, None)  # noqa: FBT003
        for place in (jurisdiction, None):
            for row in self._versions.get((category, place), ()):
                if row.in_force(day):
                    unknown = row.taxed is Taxed.UNKNOWN
                    why = WhyTaxed.UNKNOWN if unknown else WhyTaxed.LISTED
                    return TaxabilityAnswer(row.taxed is not Taxed.NO, why, row)
        return TaxabilityAnswer(True, WhyTaxed.UNKNOWN, None)  # noqa: FBT003

    def of(self, category: str) -> tuple[TaxabilityRow, ...]:
        """All rows of a category, by jurisdiction; those for everywhere come first."""
        return tuple(row for row in self.rows if row.tax_category == category)

    def alike(self, one: str | None, other: str | None) -> bool:
        """Whether it makes no difference which of two categories a product has, anywhere."""
        return one == other or not {one, other} & self._untaxed


@functools.cache
def shipped_taxability() -> Taxability:
    """What states tax, as it comes with Exempt."""
    return read_taxability(shipped_text(TAXABILITY), "exempt.data")


def read_taxability(text: str, where: str) -> Taxability:
    """What *text* says, a CSV table with the fields of `TaxabilityRow`.

    Args:
        text: The table.
        where: The folder or package it is from, for errors.

    Raises:
        SettingsError: Something is wrong with it; every mistake is named by
            file, line and column.
    """
    table = SourcedTable(TaxabilityRow, f"{where}/{TAXABILITY}").read(text)
    rows = sorted(table.rows, key=_order)
    if not table.mistakes:
        table.mistakes += [*_unknown(table, shipped_categories().keys), *_overlapping(rows, table)]
    if table.mistakes:
        raise SettingsError("\n".join(table.mistakes))
    return Taxability(tuple(rows), hashlib.sha256(text.encode()).hexdigest()[:8])


def _order(row: TaxabilityRow) -> tuple[str, str, dt.date]:
    return row.tax_category, row.jurisdiction or "", row.in_force_from or dt.date.min


def _unknown(table: SourcedTable[TaxabilityRow], known: Collection[str]) -> Iterator[str]:
    for row in table.rows:
        if row.tax_category not in known:
            place = f"{table.name}, line {table.lines[row.key]}, column tax_category"
            yield f"{place}: {row.tax_category} is not in the list of tax categories"


def _overlapping(
    rows: Sequence[TaxabilityRow], table: SourcedTable[TaxabilityRow]
) -> Iterator[str]:
    """Where two versions hold on one day, so that nobody could tell which."""
    for before, row in pairwise(rows):
        if _order(before)[:2] != _order(row)[:2]:
            continue
        through = before.in_force_through or dt.date.max
        if through >= (row.in_force_from or dt.date.min):
            yield (
                f"{table.name}, line {table.lines[before.key]}, column in_force_through:"
                f" {row.key} is in force too, line {table.lines[row.key]}:"
                " end this one on the day before that one begins"
            )
