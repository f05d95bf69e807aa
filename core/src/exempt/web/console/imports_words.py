"""Words and colours of imports: what a file has, how it stands, what becomes of a card."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from exempt.model.backfill import DateForm, Mistake, MistakeKind
from exempt.model.fetching import Stream
from exempt.model.imports import ChangeKind, ImportState
from exempt.services.brought_ports import LeftRecord
from exempt.services.file_ports import FileOf, FileRow, Stands
from exempt.services.tables_out import Sheet

KINDS = {
    FileOf.CUSTOMERS.value: "Customers",
    FileOf.SALES.value: "Sales of the past",
    FileOf.EMPLOYEES.value: "Employees",
}

STANDS = {
    Stands.WORKING.value: "Being worked on",
    Stands.MEND.value: "Has problems",
    Stands.READY.value: "Needs you",
    Stands.DONE.value: "Done",
    Stands.UNDONE.value: "Undone",
    Stands.GIVEN_UP.value: "Given up",
}

DATE_FORMS = {
    DateForm.YEAR_FIRST: "2025-03-04: year first",
    DateForm.MONTH_FIRST: "3/4/2025: month first, as in the United States",
    DateForm.DAY_FIRST: "4/3/2025 or 4.3.2025: day first",
    DateForm.NAMED_MONTH: "Mar 4, 2025: the month by its name",
}

_COLOURS = {
    Stands.WORKING: "blue",
    Stands.MEND: "red",
    Stands.READY: "yellow",
    Stands.DONE: "green",
    Stands.UNDONE: "grey",
    Stands.GIVEN_UP: "grey",
}
_STATES = {
    "staging": "Being read",
    "staged": "Being checked",
    "checked": "Ready to import",
    "applying": "Being imported",
    "applied": "Imported",
    "undoing": "Being undone",
    "undone": "Undone",
    "dropped": "Given up",
    "draft": "Not checked",
    "checking": "Being checked",
    "importing": "Being imported",
    "imported": "Imported, to be looked at",
    "complete": "Complete",
}

STREAM_WORDS = {
    Stream.ORDERS: "Sale",
    Stream.PRODUCTS: "Product",
    Stream.CUSTOMERS: "Customer",
    Stream.EMPLOYEES: "Employee",
}
"""What one record that a file brought is."""


def left_sheet(left: Sequence[LeftRecord]) -> Sheet:
    """What stayed as it was when its file was undone, to be saved."""
    rows = ((STREAM_WORDS[e.stream], e.external_id, as_sentence(e.note)) for e in left)
    return Sheet("What stays", ("What", "ID", "Why"), rows)


KIND_WORDS = {
    ChangeKind.NEW: ("New", "green"),
    ChangeKind.CHANGE: ("Changed", "blue"),
    ChangeKind.ERASE: ("Erased", "red"),
    ChangeKind.ZONE: ("State added", "green"),
    ChangeKind.LINK: ("Linked", "green"),
    ChangeKind.KEPT: ("Kept", "grey"),
    ChangeKind.LEFT: ("Left", "yellow"),
}
"""What becomes of a card, in a word and a colour."""


def words_of(row: FileRow) -> tuple[str, str]:
    """How a file stands, and the colour of it."""
    if row.stands is Stands.MEND:
        return STANDS[row.stands], _COLOURS[row.stands]
    return state_words(row.state), _COLOURS[row.stands]


def state_words(state: str) -> str:
    """What an import's state is called."""
    return _STATES.get(state, state.capitalize())


DOING = {
    ImportState.STAGING: "Reading the file",
    ImportState.STAGED: "Checking it against your customers",
    ImportState.APPLYING: "Importing",
    ImportState.UNDOING: "Putting back what it changed",
}
"""What goes on with an import of customers."""


class Said(NamedTuple):
    """What is wrong, and how it is mended."""

    what: str
    mend: str


def parted(text: str) -> Said:
    """A remark of a check in its two halves; the second is empty where it has just one."""
    what, _, mend = text.partition(": ")
    return Said(as_sentence(what), as_sentence(mend))


_HERE = {
    MistakeKind.UNKNOWN_HEADER: "Say under Read it otherwise what it has, or leave it out.",
    MistakeKind.HEADER_TWICE: "Leave one of the two out under Read it otherwise.",
    MistakeKind.OPEN_DATES: "Say under Read it otherwise how the file writes its dates.",
}


def told(mistake: Mistake) -> Said:
    """A mistake in a file of sales as the page says it."""
    mend = _HERE.get(mistake.kind, mistake.mend)
    if mistake.kind is MistakeKind.BAD_SIGNS:
        mend = mend.replace("say --any-signs", "allow such signs under Read it otherwise")
    return Said(as_sentence(mistake.what), as_sentence(mend))


def as_sentence(text: str) -> str:
    """*text* with a capital at its beginning, and a full stop at its end."""
    text = text.strip()
    if not text:
        return ""
    end = "" if text[-1] in "?!" else "."
    return f"{text[0].upper()}{text[1:].rstrip('.')}{end}"
