"""What people see of an import: how far it is, what it changes, what is wrong with its rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from exempt.model.customer import CARD_TITLES
from exempt.model.imports import CellChange, ChangeKind, Finding, ImportRun, ImportState, Tally
from exempt.services.import_ports import KeptChange
from exempt.services.importing import runs
from exempt.services.importing.checking import (
    CONFLICT,
    LACKS,
    all_changes,
    changes_of,
    finding,
    findings,
    of_rows,
    preview,
)
from exempt.services.importing.runs import CARDS
from exempt.services.importing.walking import Place, Step, place, walk
from exempt.services.ports import Store
from exempt.services.tables_out import Row, Sheet

PIECES = 20
"""Pieces of the register that a glimpse looks through at most."""

CHANGE_HEADS = ("Row", "Number", "Name", "What", "Column", "Old", "New", "Note")
FINDING_HEADS = ("Row", "Number", "What", "Column", "Letter", "Said")


class Glimpse(NamedTuple):
    """Some of the changes of an import, and where the next are; "" = there are no more."""

    changes: list[CellChange]
    then: str


def part_of(run: ImportRun) -> float:
    """How much of the step that goes on is done, from 0 to 1."""
    counts = run.counts
    if run.state is ImportState.APPLYING:
        return min(1.0, _customers(counts.done) / max(1, _customers(counts.planned)))
    if run.state is ImportState.UNDOING:
        return min(1.0, _put_back(counts.undone) / max(1, _put_back(counts.done)))
    return counts.part


def _customers(tally: Tally) -> int:
    return tally.new + tally.changed + tally.unchanged + tally.left


def _put_back(tally: Tally) -> int:
    return sum((tally.new, tally.changes, tally.erasures, tally.zones, tally.links))


def tally_of(run: ImportRun) -> Tally:
    """What it did; before it is applied, what it would do."""
    return run.counts.done if run.applied_at else run.counts.planned


# --- changes -----------------------------------------------------------------------------


def changes(store: Store, run: ImportRun, kind: ChangeKind | None = None) -> Iterator[CellChange]:
    """All that an import would change, or did."""
    if run.state is ImportState.CHECKED:
        yield from all_changes(store, run.id, kind)
        return
    after = 0
    while True:
        with store.reading() as tx:
            found = runs.done(tx, run.id, kind, after, runs.ROWS)
        yield from (as_cell(run, each) for each in found)
        if not found:
            return
        after = found[-1].id


def first_changes(
    store: Store, run: ImportRun, kind: ChangeKind | None, limit: int
) -> list[CellChange]:
    """The first that an import would change, or did."""
    with store.reading() as tx:
        if run.state is ImportState.CHECKED:
            return preview(tx, run.id, kind=kind, limit=limit).changes[:limit]
        return [as_cell(run, each) for each in runs.done(tx, run.id, kind, 0, limit)]


def glimpse(
    store: Store, run: ImportRun, kind: ChangeKind | None = None, after: str = "", limit: int = 100
) -> Glimpse:
    """The next changes of an import, found without looking at all of a large one.

    Args:
        store: Where it is.
        run: The import; one that is checked, or further.
        kind: Just changes of this kind.
        after: Where the last glimpse said that this one is.
        limit: So many, or a few more: all of the customers that it ends with.
    """
    if run.state is not ImportState.CHECKED:
        with store.reading() as tx:
            kept = runs.done(tx, run.id, kind, int(after or 0), limit)
        then = str(kept[-1].id) if len(kept) == limit else ""
        return Glimpse([as_cell(run, each) for each in kept], then)
    found: list[CellChange] = []
    pieces = 0
    known = _counted(run.counts.planned, kind)
    most = min(limit, known) if not after else limit
    at: Place | None = _start(run, kind, after)
    while at is not None and len(found) < most and pieces < PIECES:
        cards = min(CARDS, max(1, limit // 4) << pieces)  # where all have changes, no more come
        with store.reading() as tx:
            walked = walk(tx, run, at, cards=cards)
        found += [each for each in changes_of(walked) if kind is None or each.kind is kind]
        at, pieces = walked.then, pieces + 1
    over = at is None or (not after and len(found) >= known)
    return Glimpse(found, "" if over else str(at))


def _counted(tally: Tally, kind: ChangeKind | None) -> int:
    """How many changes of a kind the check found."""
    found = {
        ChangeKind.NEW: tally.new,
        ChangeKind.CHANGE: tally.changes,
        ChangeKind.ERASE: tally.erasures,
        ChangeKind.ZONE: tally.zones,
        ChangeKind.LINK: tally.links,
        ChangeKind.KEPT: tally.kept,
    }
    return sum(found.values()) if kind is None else found.get(kind, 0)


def _start(run: ImportRun, kind: ChangeKind | None, after: str) -> Place:
    if after:
        return place(after)
    kinds = ChangeKind if kind is None else (kind,)
    places = [place(said) for each in kinds if (said := run.counts.starts.get(each.value))]
    # Steps are gone through one after the other, and customers by their numbers.
    return min(places, key=lambda each: (_STEPS.index(each.step), each.after), default=_FIRST)


_STEPS = (Step.COMPARE, Step.BILLING, Step.SHIPPING)
_FIRST = Place(Step.BILLING)


def as_cell(run: ImportRun, kept: KeptChange) -> CellChange:
    """A change that was made, as one that would be."""
    row, _customer_id, kind, field, old, new, note = kept.change
    own = run.layout.custom.get(field.removeprefix("custom."))
    if kind is ChangeKind.NEW:
        new = kept.name
    elif kind is ChangeKind.LINK:
        new = f"id:{new}"
    title = own.title if own else CARD_TITLES.get(field, field)
    return CellChange(row, kept.number or "", kept.name, title, kind, field, old, new, note)


def title_of(change: CellChange) -> str:
    """What the changed field is called."""
    return change.title or CARD_TITLES.get(change.field, change.field)


def change_row(change: CellChange) -> Row:
    """A change as a row of `CHANGE_HEADS`."""
    return (
        *(change.row, change.number, change.name, change.kind.value, title_of(change)),
        *(change.old, change.new, change.note),
    )


def changes_sheet(store: Store, run: ImportRun, kind: ChangeKind | None = None) -> Sheet:
    """All changes, to be given out."""
    return Sheet("Changes", CHANGE_HEADS, map(change_row, changes(store, run, kind)))


# --- what is wrong -----------------------------------------------------------------------


def first_findings(store: Store, run: ImportRun, limit: int, *, refused: bool) -> list[Finding]:
    """The first problems, or warnings, found without looking at all of a large import."""
    found = _up_to(limit, (f for f in of_rows(store, run, bad=refused) if f.refused is refused))
    said = run.counts.starts.get(CONFLICT if refused else LACKS)
    at = place(said) if said and run.state is ImportState.CHECKED else None
    pieces = 0
    left = min(limit, run.counts.planned.left if refused else run.counts.planned.lacking)
    while at is not None and left > 0 and pieces < PIECES:
        with store.reading() as tx:
            walked = walk(tx, run, at)
        of_cards = [each for each in map(finding, walked.cards) if each and each.refused is refused]
        found += of_cards
        left -= len(of_cards)
        at, pieces = walked.then, pieces + 1
    return sorted(found)[:limit]


def _up_to(limit: int, found: Iterable[Finding]) -> list[Finding]:
    first = []
    for each in found:
        first.append(each)
        if len(first) == limit:
            break
    return first


def finding_row(found: Finding) -> Row:
    """What is to be said of a row, as a row of `FINDING_HEADS`."""
    what = "problem" if found.refused else "warning"
    return found.row, found.number, what, found.title, found.letter, found.text


def findings_sheet(store: Store, import_id: int) -> Sheet:
    """All problems and warnings, to be given out."""
    return Sheet("Findings", FINDING_HEADS, map(finding_row, findings(store, import_id)))
