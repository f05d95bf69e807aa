"""Hold the rows of an import against each other and the register, and show what would change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeVar

from exempt.errors import RefusedError
from exempt.model.customer import CARD_TITLES
from exempt.model.imports import (
    CellChange,
    ChangeKind,
    Finding,
    ImportRun,
    ImportState,
    Side,
    Tally,
)
from exempt.rules.import_rows import StagedRow, fields, loaded
from exempt.rules.importing import PlannedCard
from exempt.services.importing import runs
from exempt.services.importing.staging import Told, no_one
from exempt.services.importing.walking import Place, Step, Walked, first, place, steps, walk
from exempt.services.ports import Store, Transaction

T = TypeVar("T")


class Shown(NamedTuple):
    """How many of each kind a check tells of; the rest is counted only."""

    findings: int = 20
    changes: int = 20
    erasures: int = 50


class Checked(NamedTuple):
    """What a check found: all of it counted, and the first of each kind."""

    run: ImportRun
    problems: list[Finding]
    warnings: list[Finding]
    changes: list[CellChange]
    erasures: list[CellChange]


class Preview(NamedTuple):
    """A part of what an import would change, and where the next part is; None = nowhere."""

    changes: list[CellChange]
    then: str | None


def check(
    store: Store,
    import_id: int,
    *,
    told: Told = no_one,
    most: Shown | None = None,
) -> Checked:
    """Find what speaks against rows, and count what the others change.

    It may be repeated; one that was interrupted begins anew, since the
    register may have changed meanwhile.

    Raises:
        RefusedError: The file is not read to its end, or the import is applied.
        NotFoundError: There is no such import.
    """
    most = most or Shown()
    with store.reading() as tx:
        run = runs.get(tx, import_id)
    with runs.alone(store, run.company_id):
        with store.reading() as tx:
            run = runs.get(tx, import_id)
        _refuse_unless(run, ImportState.STAGED, ImportState.CHECKED)
        marks = _Marks(store, run)
        seen = Checked(run, [], [], [], [])
        tally, rows, pieces = Tally(), 0, 0
        starts: dict[str, str] = {}
        at: Place | None = first(run)
        while at is not None:
            with store.reading() as tx:
                walked = walk(tx, run, at, marks.found)
            marks.flush()
            tally = tally.plus(walked.tally())
            for kind in _kinds(walked):
                starts.setdefault(kind, str(at))
            _show(seen, walked, most)
            rows, pieces, at = rows + walked.rows, pieces + 1, walked.then
            part = min(1.0, rows / (run.counts.rows * steps(run)))
            if pieces % _TOLD_EVERY == 0:
                _counted(store, import_id, part=part)
            told(rows, part)
        told(run.counts.rows, 1.0)
        run = _counted(store, import_id, planned=tally, starts=starts, part=0.0, over=True)
        return _with_remarks(store, seen._replace(run=run), most.findings)


_TOLD_EVERY = 10
"""Pieces of the register after which it is kept how far the check is."""


def _counted(store: Store, import_id: int, *, over: bool = False, **counted: object) -> ImportRun:
    with store.writing() as tx:
        run = runs.get(tx, import_id)
        state = ImportState.CHECKED if over else run.state
        counts = run.counts.model_copy(update=counted)
        run = run.model_copy(update={"counts": counts, "state": state})
        tx.imports.save(run)
    return run


CONFLICT, LACKS = "conflict", "lacks"


def _kinds(walked: Walked) -> set[str]:
    """What happens to these customers, and what is to be said of them."""
    kinds = {change.kind.value for change in changes_of(walked)}
    if any(card.conflict for card in walked.cards):
        kinds.add(CONFLICT)
    if any(card.lacks for card in walked.cards):
        kinds.add(LACKS)
    return kinds


class _Marks:
    """Rows in which something was found, kept in transactions of their own."""

    def __init__(self, store: Store, run: ImportRun) -> None:
        self._store = store
        self._id = run.id
        self._rows: list[StagedRow] = []
        self._bad = self._noted = 0

    def found(self, before: StagedRow, after: StagedRow) -> None:
        if before == after:
            return
        self._bad += bool(after.problems) - bool(before.problems)
        self._noted += _only_noted(after) - _only_noted(before)
        self._rows.append(after)
        if len(self._rows) >= runs.ROWS:
            self.flush()

    def flush(self) -> None:
        if not self._rows:
            return
        with self._store.writing() as tx:
            tx.imports.mark(self._id, self._rows)
            run = runs.get(tx, self._id)
            counts = run.counts.model_copy(
                update={
                    "bad": run.counts.bad + self._bad,
                    "noted": run.counts.noted + self._noted,
                }
            )
            tx.imports.save(run.model_copy(update={"counts": counts}))
        self._rows, self._bad, self._noted = [], 0, 0


def _only_noted(row: StagedRow) -> bool:
    return bool(row.notes and not row.problems)


def _refuse_unless(run: ImportRun, *states: ImportState) -> None:
    if run.state not in states:
        mend = {
            ImportState.STAGING: "read its file again: exempt customers import FILE",
            ImportState.APPLYING: f"go on with exempt imports resume {run.id}",
        }.get(run.state, "import the file again")
        msg = f"import {run.id}: is {run.state.value}: {mend}"
        raise RefusedError(msg)


def _show(seen: Checked, walked: Walked, most: Shown) -> None:
    """Let *seen* have the first of what happens to these customers."""
    for found in map(finding, walked.cards):
        if found is not None:
            _add(seen.problems if found.refused else seen.warnings, found, most.findings)
    for change in changes_of(walked):
        if change.kind is ChangeKind.ERASE:
            _add(seen.erasures, change, most.erasures)
        else:
            _add(seen.changes, change, most.changes)


def _add(shown: list[T], one: T, most: int) -> None:
    if len(shown) < most:
        shown.append(one)


def _with_remarks(store: Store, seen: Checked, limit: int) -> Checked:
    """The same with what was found in rows by themselves, in order of rows."""
    problems, warnings = list(seen.problems), list(seen.warnings)
    for found in of_rows(store, seen.run):
        _add(problems if found.refused else warnings, found, 2 * limit)
        if len(problems) >= 2 * limit and len(warnings) >= 2 * limit:
            break
    return seen._replace(problems=sorted(problems)[:limit], warnings=sorted(warnings)[:limit])


# --- to be shown -------------------------------------------------------------------------


def preview(
    tx: Transaction,
    import_id: int,
    *,
    kind: ChangeKind | None = None,
    after: str = "",
    limit: int = 100,
) -> Preview:
    """What a checked import would change, worked out anew, cell by cell.

    Args:
        tx: To read in.
        import_id: Which import.
        kind: Just changes of this kind.
        after: Where the last part said that this one is.
        limit: A part ends with the customers that make it as long as this.

    Raises:
        RefusedError: It is not checked, or is applied.
        NotFoundError: There is no such import.
    """
    run = runs.get(tx, import_id)
    _refuse_unless(run, ImportState.CHECKED)
    at: Place | None = place(after) if after else Place(Step.BILLING)
    found: list[CellChange] = []
    while at is not None and len(found) < limit:
        walked = walk(tx, run, at)
        found += [c for c in changes_of(walked) if kind is None or c.kind is kind]
        at = walked.then
    return Preview(found, None if at is None else str(at))


def all_changes(
    store: Store, import_id: int, kind: ChangeKind | None = None
) -> Iterator[CellChange]:
    """All that `preview` shows, piece by piece."""
    after: str | None = ""
    while after is not None:
        with store.reading() as tx:
            found, after = preview(tx, import_id, kind=kind, after=after)
        yield from found


def findings(store: Store, import_id: int) -> Iterator[Finding]:
    """All that is to be said of the rows of an import: first of rows, then of customers."""
    with store.reading() as tx:
        run = runs.get(tx, import_id)
    yield from of_rows(store, run)
    at: Place | None = Place(Step.BILLING) if run.state is ImportState.CHECKED else None
    while at is not None:
        with store.reading() as tx:
            walked = walk(tx, run, at)
        yield from filter(None, map(finding, walked.cards))
        at = walked.then


def finding(card: PlannedCard) -> Finding | None:
    """What is to be said of a customer: why it cannot go in, or what it lacks."""
    if card.conflict:
        return Finding(card.row, card.number, *card.conflict, refused=True)
    if card.lacks:
        lacks = ", ".join(CARD_TITLES[each] for each in card.lacks)
        text = f"lacks {lacks}: nothing of it flows to a tax engine until that is filled in"
        return Finding(card.row, card.number, "", "", text, refused=False)
    return None


def changes_of(walked: Walked) -> Iterator[CellChange]:
    """What happens to these customers, cell by cell."""
    for card in walked.cards:
        if not card.conflict:
            yield from card.changes
    for link in walked.links:
        yield link.change


def of_rows(store: Store, run: ImportRun, *, bad: bool | None = None) -> Iterator[Finding]:
    """What was found in rows by themselves; just of those with problems, or with notes."""
    columns = [column.field for column in fields(run.layout, Side.BILLING)]
    at = columns.index("number")
    after, left = 0, run.counts.bad + (0 if bad else run.counts.noted)
    while left > 0:
        with store.reading() as tx:
            rows = tx.imports.remarked(run.id, after, min(left, runs.ROWS), bad=bad)
        if not rows:
            return  # they were dropped, or those that were noted went in
        for row in rows:
            number = loaded(row.cells).billing[at] or ""
            for remark in row.problems:
                yield Finding(row.row, number, *remark, refused=True)
            for remark in row.notes:
                yield Finding(row.row, number, *remark, refused=False)
        after, left = rows[-1].row, left - len(rows)
