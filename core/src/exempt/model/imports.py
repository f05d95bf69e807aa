"""Imports of customers: what a file may say, what was found in it, and what became of it."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from pydantic import Field

from exempt.model.custom import CustomField
from exempt.model.record import Moment, Record


class Template(StrEnum):
    """What the rows of a file are.

    =====  ========================================================================
    basic  a billing customer, and a state that goods go to: one number for both
    full   a billing customer, and one of its ship-to customers with its own number
    =====  ========================================================================
    """

    BASIC = "basic"
    FULL = "full"


class Side(StrEnum):
    """Of whom a column speaks."""

    BILLING = "billing"
    SHIPPING = "shipping"


class Column(NamedTuple):
    """A column that is read.

    Attributes:
        at: Its place in the row, counted from 0.
        letter: How the spreadsheet program names it.
        title: The template's title for it, whatever the file has.
        side: Of whom it speaks.
        field: Of `CustomerDetails`; ``name2``, or ``custom.KEY``.
    """

    at: int
    letter: str
    title: str
    side: Side
    field: str


class Layout(Record):
    """How a file is read.

    Attributes:
        columns: From left to right; what is deleted, or ignored, is absent.
        only: Of which columns, by their place, the cell must have which text.
        custom: The fields of the seller's own among them, by key.
    """

    template: Template
    columns: tuple[Column, ...]
    only: tuple[tuple[int, str], ...] = ()
    custom: dict[str, CustomField] = Field(default_factory=dict)


class ReadingOptions(Record):
    """How somebody wants a file to be read.

    Attributes:
        template: None = the one that its titles are of.
        aliases: Titles may be other usual ones, in other letters.
        mapping: Template titles by the file's; None = the column is left out.
        only: Just rows that have this text in the column of that title.
    """

    template: Template | None = None
    aliases: bool = False
    mapping: dict[str, str | None] = Field(default_factory=dict)
    only: tuple[tuple[str, str], ...] = ()


class ImportState(StrEnum):
    """How far an import is.

    ========  =====================================================================
    staging   its rows are being read
    staged    they are read, and not yet held against the register
    checked   what it would change is counted
    applying  the register is being changed
    applied   done
    undoing   what it changed is being put back
    undone    put back
    dropped   given up before anything was changed
    ========  =====================================================================
    """

    STAGING = "staging"
    STAGED = "staged"
    CHECKED = "checked"
    APPLYING = "applying"
    APPLIED = "applied"
    UNDOING = "undoing"
    UNDONE = "undone"
    DROPPED = "dropped"


class ChangeKind(StrEnum):
    """What an import does, or did, to a card.

    ======  =======================================================================
    new     the card is made
    change  a field gets another value
    erase   a field is emptied
    zone    a ship-to state is added
    link    a ship-to customer is linked
    kept    a field stays as a connection has it that has the last word on it
    left    nothing, although the file, or the undoing, asked for it
    ======  =======================================================================
    """

    NEW = "new"
    CHANGE = "change"
    ERASE = "erase"
    ZONE = "zone"
    LINK = "link"
    KEPT = "kept"
    LEFT = "left"


class Tally(Record):
    """What an import does, counted.

    Attributes:
        new: Cards that are made.
        changed: Cards in which something changes.
        unchanged: Cards that say it all already.
        changes: Fields that get another value.
        erasures: Fields that are emptied.
        zones: Ship-to states that are added.
        links: Ship-to customers that are linked.
        kept: Fields that stay, as a connection has the last word on them.
        left: Cards that are left as they are, each with its reason.
        lacking: Cards without all that a tax engine needs.
        orders: Decisions of orders that change with it.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    changes: int = 0
    erasures: int = 0
    zones: int = 0
    links: int = 0
    kept: int = 0
    left: int = 0
    lacking: int = 0
    orders: int = 0

    def plus(self, more: Tally) -> Tally:
        """Both together."""
        return Tally(**{name: getattr(self, name) + getattr(more, name) for name in TALLIED})


TALLIED = tuple(Tally.model_fields)


class ImportCounts(Record):
    """What an import counted.

    Attributes:
        rows: Rows that were read.
        left_out: Rows that were left out as ``only`` asked.
        bad: Rows that cannot go in, and rows of customers that were left.
        noted: Rows that go in, and of which something is to be said.
        planned: What the last check found.
        done: What was done so far.
        undone: What was put back so far; ``left`` could not be.
        erase: Whether blank cells may erase, as whoever applies it confirmed.
        part: How much of the step that goes on is done, from 0 to 1.
        by_daemon: Whether it was left to the daemon to read and check it.
        starts: Where the first customers are to whom something happens, by its kind;
            ``conflict`` = they cannot go in, ``lacks`` = they lack something.
        why: Why it was given up; empty where a person did.
    """

    rows: int = 0
    left_out: int = 0
    bad: int = 0
    noted: int = 0
    planned: Tally = Tally()
    done: Tally = Tally()
    undone: Tally = Tally()
    erase: bool = False
    part: float = 0.0
    by_daemon: bool = False
    starts: dict[str, str] = Field(default_factory=dict)
    why: str = ""

    @property
    def stuck(self) -> str:
        """What cannot go in: ``2 of 9 rows and 1 customer``; empty where all can."""
        customers = self.planned.left
        said = []
        if self.bad:
            said.append(f"{self.bad:,} of {self.rows:,} rows")
        if customers:
            said.append(f"{customers:,} customer{'' if customers == 1 else 's'}")
        return " and ".join(said)


class ImportRun(Record):
    """One import of one file into one company.

    Attributes:
        sha256: Of the file's bytes.
        position: Where its current step goes on.
    """

    id: int
    company_id: int
    layout: Layout
    file_name: str
    sha256: str
    counts: ImportCounts = ImportCounts()
    state: ImportState
    position: str = ""
    created_at: Moment
    created_by: str
    applied_at: Moment | None = None
    applied_by: str | None = None
    undone_at: Moment | None = None
    undone_by: str | None = None


class PeopleRun(Record):
    """A file of employees that came in, checked; applied it is all of it, or nothing.

    Attributes:
        sha256: Of its bytes; it lies with the documents.
        state: From ``checked`` on.
        position: While it is applied: the last employee of whom that is done.
    """

    id: int
    company_id: int
    file_name: str
    sha256: str
    counts: ImportCounts = ImportCounts()
    state: ImportState
    position: str = ""
    created_at: Moment
    created_by: str
    applied_at: Moment | None = None
    applied_by: str | None = None
    undone_at: Moment | None = None
    undone_by: str | None = None


class Remark(NamedTuple):
    """Something about a cell, or about a row as a whole: then title and letter are empty."""

    title: str
    letter: str
    text: str


class Finding(NamedTuple):
    """What is to be said of a row.

    Attributes:
        number: The customer's, as far as it is known.
        title: Of the column; empty, as its letter, for the row as a whole.
        refused: The row cannot go in; else it does.
    """

    row: int
    number: str
    title: str
    letter: str
    text: str
    refused: bool


class CellChange(NamedTuple):
    """What an import does to one field of a card.

    Attributes:
        row: That says so.
        number: The customer's.
        title: Of the column; empty for a card as a whole.
        field: Of `CustomerDetails`; or ``made``, ``ship_to_customers``.
        old: What stands there; None = nothing.
        new: What will; of what is kept: what the file says.
        note: Why it is kept, or left.
    """

    row: int
    number: str
    name: str
    title: str
    kind: ChangeKind
    field: str
    old: str | None
    new: str | None
    note: str | None = None
