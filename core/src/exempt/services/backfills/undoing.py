"""Put back what a file of sales brought: sales first, then products and customers.

What it made is taken away, and what it changed is as it was before, unless a
connection or a later file has it too by now: such stays, each with its reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from exempt.errors import RefusedError
from exempt.model.backfill import BackfillRun, BackfillState, BackfillUndone
from exempt.model.fetching import Stream
from exempt.rules.history import FieldChange
from exempt.services import putting_back
from exempt.services.backfills import runs
from exempt.services.backfills.reading import Told, no_one
from exempt.services.backfills.sources import is_file
from exempt.services.brought_ports import Brought, LeftRecord
from exempt.services.certificates import Act
from exempt.services.job_ports import JobKind
from exempt.services.ports import Store, Transaction
from exempt.services.pull import forget_records, save_records
from exempt.services.rows import ConnectionRow, Subject

STREAMS = (Stream.ORDERS, Stream.PRODUCTS, Stream.CUSTOMERS)
"""A customer goes only once no sale names it any more."""

_AT_ONCE = 500


def undo(store: Store, run_id: int, act: Act, *, told: Told = no_one) -> BackfillRun:
    """Put back what a file brought; one that was interrupted goes on where it stopped.

    Raises:
        RefusedError: It is not imported, or was before it was kept what stood there;
            or another process is at it.
        NotFoundError: There is none.
    """
    with store.reading() as tx:
        run = runs.get(tx, run_id)
    with runs.alone(store, run):
        with store.writing() as tx:
            run = _begun(tx, runs.get(tx, run_id), act)
            source = runs.source_of(tx, run)
        done = 0
        while run.state is BackfillState.UNDOING:
            with store.writing() as tx:
                run, more = _put_some_back(tx, run, source, act)
            done += more
            told(done, run.counts.part)
    return run


def leave_to_daemon(store: Store, run_id: int, act: Act) -> BackfillRun:
    """Have a file undone by the daemon; see `undo`.

    Raises:
        RefusedError: It is not imported, or was before it was kept what stood there.
        NotFoundError: There is none.
    """
    with store.writing() as tx:
        run = _begun(tx, runs.get(tx, run_id), act)
        tx.jobs.ask(JobKind.IMPORT)
    return run


class UndoPreview(NamedTuple):
    """What undoing a file would do.

    Attributes:
        undone: Of the records that were looked at, what would be put back, and what stays.
        left: The first that would stay, each with its reason.
        looked: How many records were looked at, sales first.
        whole: That these are all there are.
    """

    run: BackfillRun
    undone: BackfillUndone
    left: list[LeftRecord]
    looked: int
    whole: bool


def preview(store: Store, run_id: int, act: Act, most: int = 2_000) -> UndoPreview:
    """Undo the first *most* records of a file, tell of it, and take all of that back.

    Raises:
        RefusedError: It is not imported, or was before it was kept what stood there.
        NotFoundError: There is none.
    """
    with putting_back.only_looked(store) as tx:
        run = runs.get(tx, run_id)
        begun, looked = _begun(tx, run, act), 0
        source = runs.source_of(tx, run)
        while looked < most and begun.state is BackfillState.UNDOING:
            begun, more = _put_some_back(tx, begun, source, act)
            looked += more
        whole = begun.state is BackfillState.UNDONE
        left = tx.brought.left(run_id, STREAMS)
    return UndoPreview(run, begun.counts.undone, left, looked, whole)


def _begun(tx: Transaction, run: BackfillRun, act: Act) -> BackfillRun:
    if run.state is BackfillState.UNDOING:
        return run
    runs.refuse_unless(run, BackfillState.IMPORTED, BackfillState.COMPLETE)
    if not run.counts.remembers:
        msg = (
            f"backfill {run.id}: was imported before it was kept what stood there:"
            " a corrected file changes what was corrected"
        )
        raise RefusedError(msg)
    counts = run.counts.model_copy(update={"part": 0.0})
    begun = {"state": BackfillState.UNDOING, "undone_at": act.at, "undone_by": act.by}
    run = run.model_copy(update={**begun, "counts": counts})
    tx.backfills.save(run)
    said = FieldChange("backfill", f"{run.file_name} (backfill {run.id})", "undone")
    tx.history.add(Subject.CONNECTION, run.connection_id, [said], act.at, act.by)
    return run


def _put_some_back(
    tx: Transaction, run: BackfillRun, source: ConnectionRow, act: Act
) -> tuple[BackfillRun, int]:
    tx.alone([source.company_id])
    found: list[Brought] = []
    for stream in STREAMS:
        found = tx.brought.next(run.id, source, stream, _AT_ONCE, files=is_file(source))
        if found:
            undone = _Undoing(tx, run, source, act).put_back(stream, found)
            counts = run.counts
            done = counts.undone.plus(undone)
            update = {"undone": done, "part": _part(counts.transactions, done)}
            run = run.model_copy(update={"counts": counts.model_copy(update=update)})
            break
    else:
        run = run.model_copy(update={"state": BackfillState.UNDONE})
        tx.jobs.ask(JobKind.NEXUS)
    tx.backfills.save(run)
    return run, len(found)


def _part(sales: int, undone: BackfillUndone) -> float:
    """About how much of a file is put back; of customers and products there are few."""
    return min(1.0, (undone.removed + undone.restored + undone.left) / max(1, sales))


class _Undoing:
    """Some records of a file, put back in one transaction."""

    def __init__(self, tx: Transaction, run: BackfillRun, source: ConnectionRow, act: Act) -> None:
        self._tx, self._source, self._run, self._act = tx, source, run, act

    def put_back(self, stream: Stream, found: Sequence[Brought]) -> BackfillUndone:
        """Put back what can be; what was is counted, and what was left."""
        sorted_ = putting_back.sort(found, self._source, "backfill")
        notes = {**sorted_.notes, **self._needed(stream, sorted_.remove)}
        remove = [each for each in sorted_.remove if each.record_id not in notes]
        names = [each.external_id for each in remove]
        forget_records(self._tx, self._source, stream, names, self._act.policy, self._act.at)
        if stream is Stream.CUSTOMERS:
            notes |= self._take_cards_away(remove)
        if stream is Stream.PRODUCTS:
            self._tx.brought.drop_codes(self._source.id, names)
        self._restore(stream, sorted_.restore)
        if not is_file(self._source):  # what is as it was is not the connector's because of that
            names += [each.external_id for each in sorted_.restore]
            self._tx.backfills.brought(self._source.id, stream, names, self._act.at)
        putting_back.settle(self._tx, self._run.id, stream, found, notes)
        gone, as_before, left = len(remove), len(sorted_.restore), len(notes)
        if stream is Stream.ORDERS:
            return BackfillUndone(removed=gone, restored=as_before, left=left)
        if stream is Stream.PRODUCTS:
            return BackfillUndone(products=gone, details=as_before, left=left)
        return BackfillUndone(customers=gone, details=as_before, left=left)

    def _needed(self, stream: Stream, made: Sequence[Brought]) -> dict[int, str]:
        """Why some that the file made have to stay, by record."""
        names = [each.external_id for each in made]
        if stream is Stream.CUSTOMERS:
            needed = dict.fromkeys(self._tx.brought.with_sales(self._source.id, names), _SALES)
        elif stream is Stream.PRODUCTS:
            known = self._tx.products.categories(self._source.id, names)
            needed = dict.fromkeys(known, "has a tax category")
        else:
            return {}
        return {e.record_id: needed[e.external_id] for e in made if e.external_id in needed}

    def _take_cards_away(self, made: Sequence[Brought]) -> dict[int, str]:
        """Let cards be gone that came with these customers; why others stay."""
        cards = self._tx.brought.cards_made(self._source, {e.record_id: e.at for e in made})
        ids = set(cards.values())
        kept = set(self._tx.cards.retire(ids, self._act.at, with_deleted=True)) if ids else set()
        file = f"backfill {self._run.id}"
        said = [FieldChange("made", file, f"undo of {file}")]
        for card in sorted(ids - kept):
            self._tx.history.add(Subject.CUSTOMER, card, said, self._act.at, self._act.by)
        return {record: _IN_USE for record, card in cards.items() if card in kept}

    def _restore(self, stream: Stream, changed: Sequence[Brought]) -> None:
        """Let these be as they were before the file."""
        if not changed:
            return
        self._tx.brought.any_age(stream, [each.record_id for each in changed])
        before = [each.before.record for each in changed if each.before]
        save_records(self._tx, self._source, stream, before, self._act.policy, self._act.at)


_SALES = "other sales name it"
_IN_USE = "its card has something hanging on it by now, such as a certificate: the card stays"
