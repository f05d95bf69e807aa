"""Files of customers, and imports of them."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from exempt.adapters.spreadsheets import open_table
from exempt.adapters.store.store import SqlStore
from exempt.model.custom import CustomField, CustomKind
from exempt.model.customer import CustomerCard
from exempt.model.imports import ImportRun, Layout, ReadingOptions, Side, Template
from exempt.model.tabular import Cell, Line
from exempt.rules.import_rows import RowReader, StagedRow
from exempt.rules.import_templates import REQUIRED, columns
from exempt.rules.import_titles import lay_out
from exempt.services.certificates import Act
from exempt.services.importing.applying import apply
from exempt.services.importing.checking import Checked, check
from exempt.services.importing.staging import Upload, stage
from support.records import act

TITLES = {
    side: {c.field: c.title for c in columns(Template.FULL, {}) if c.side is side} for side in Side
}
"""The template's titles by the fields of a card."""


def billing(number: str | None = "C-1", name: str | None = "Acme", **more: str | None) -> Row:
    """What a row says of a billing customer; ``ship_to`` is the state that goods go to."""
    zone = {"Shipping Customer State": more.pop("ship_to")} if "ship_to" in more else {}
    return _row(Side.BILLING, {"number": number, "name": name, **more}) | zone


def shipping(number: str | None = "S-1", name: str | None = "Dock 1", **more: str | None) -> Row:
    """What a row says of a ship-to customer."""
    return _row(Side.SHIPPING, {"number": number, "name": name, **more})


Row = dict[str, str | None]


def _row(side: Side, fields: Mapping[str, str | None]) -> Row:
    return {TITLES[side].get(name, name): value for name, value in fields.items()}


def layout(*titles: str, custom: Mapping[str, CustomField] | None = None, **options: Any) -> Layout:
    """How a file with these titles is read."""
    return lay_out("c.csv", titles, ReadingOptions(**options), custom or {})


def line(row: int, *cells: str | Cell | None) -> Line:
    """A row of a file."""
    return Line(row, tuple(c if isinstance(c, Cell) else Cell(c) for c in cells))


def write(path: Path, *rows: Row) -> Path:
    """Write a file with these rows, and the columns that any of them names."""
    titles = list(dict.fromkeys(title for row in rows for title in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(titles)
        writer.writerows([row.get(title) or "" for title in titles] for row in rows)
    return path


@dataclass
class Office:
    """Where files are imported into one company, by Anna."""

    store: SqlStore
    folder: Path
    company: str = "northwind"
    custom: dict[str, CustomField] = field(default_factory=dict)
    files: int = 0

    def __post_init__(self) -> None:
        with self.store.writing() as tx:
            self.company_id = tx.connections.company(self.company, self.company.title(), None)

    def write(self, *rows: Row) -> Path:
        """Write a file."""
        self.files += 1
        return write(self.folder / f"{self.files}.csv", *rows)

    def stage(self, *rows: Row, by: Act | None = None, **options: Any) -> ImportRun:
        """Read a file with these rows."""
        return self.stage_file(self.write(*rows), by=by, **options)

    def stage_file(self, path: Path, *, by: Act | None = None, **options: Any) -> ImportRun:
        """Read a file; its name stands for its bytes."""
        with open_table(path) as table:
            return stage(
                self.store,
                Upload(table, path.name),
                self.company_id,
                by or act(),
                options=ReadingOptions(**options),
                custom=self.custom,
            )

    def check(self, *rows: Row, **options: Any) -> Checked:
        """Read and check a file with these rows."""
        return check(self.store, self.stage(*rows, **options).id)

    def run(
        self, *rows: Row, erase: bool = True, skip_bad_rows: bool = False, by: Act | None = None
    ) -> ImportRun:
        """Read, check and apply a file with these rows."""
        checked = self.check(*rows)
        done = by or act()
        return apply(self.store, checked.run.id, done, erase=erase, skip_bad_rows=skip_bad_rows)

    def cards(self, *numbers: str) -> list[CustomerCard]:
        """The cards with these numbers, in their order."""
        with self.store.reading() as tx:
            numbered = tx.cards.numbered(self.company_id, numbers)
            ids = [each for n in numbers for each in numbered.get(n.casefold(), [])]
            found = {card.id: card for card in tx.cards.find(ids)}
        return [found[each] for each in ids]

    def card(self, number: str = "C-1") -> CustomerCard:
        """The one card with this number."""
        (card,) = self.cards(number)
        return card


# --- rows as a reader sees them ----------------------------------------------------------

NUMBER, NAME = REQUIRED
CUSTOM = {
    "region": CustomField(title="Region", kind=CustomKind.CHOICE, choices=("East", "West")),
    "since": CustomField(title="Since", kind=CustomKind.DATE),
    "remark": CustomField(title="Remark"),
}

Cells = dict[str, str | Cell | None]


def read(row: Cells) -> StagedRow:
    """Row 7 of a file, with these cells below their titles."""
    return RowReader(layout(*row, custom=CUSTOM)).read(line(7, *row.values()))


def acme(**more: str | Cell | None) -> Cells:
    """The cells of Acme, and more of them by the fields of a card."""
    return {NUMBER: "C-1", NAME: "Acme", **titled(Side.BILLING, more)}


def docked(**more: str | Cell | None) -> Cells:
    """The same with those of a location, ``S-1``."""
    return {**acme(), **titled(Side.SHIPPING, {"number": "S-1", "name": "Dock 1", **more})}


def titled(side: Side, more: Cells) -> Cells:
    """Cells by their titles."""
    return {TITLES[side].get(name, name): value for name, value in more.items()}
