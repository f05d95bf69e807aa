"""Put back what a file of employees brought, unless a later file has it too by now."""

from __future__ import annotations

from typing import NamedTuple

from exempt.errors import RefusedError
from exempt.model.fetching import Stream
from exempt.model.imports import ImportState, PeopleRun, Tally
from exempt.rules.history import FieldChange
from exempt.services import putting_back
from exempt.services.brought_ports import Brought, LeftRecord
from exempt.services.certificates import Act
from exempt.services.employee_files import alone, get, source_of
from exempt.services.importing.staging import Told, no_one
from exempt.services.job_ports import JobKind
from exempt.services.ports import Store, Transaction
from exempt.services.rows import ConnectionRow, Subject

STREAMS = (Stream.EMPLOYEES,)
_AT_ONCE = 500


def undo(store: Store, run_id: int, act: Act, *, told: Told = no_one) -> PeopleRun:
    """Put back what a file brought; one that was interrupted goes on where it stopped.

    Raises:
        RefusedError: It is not taken in, or another process is at it.
        NotFoundError: There is none.
    """
    with store.reading() as tx:
        run = get(tx, run_id)
    with alone(store, run):
        with store.writing() as tx:
            run = _begun(tx, get(tx, run_id), act)
            source = source_of(tx, run.company_id)
        while run.state is ImportState.UNDOING:
            with store.writing() as tx:
                run, done = _put_some_back(tx, run, source, act)
            told(done, run.counts.part)
    return run


def leave_to_daemon(store: Store, run_id: int, act: Act) -> PeopleRun:
    """Have a file undone by the daemon; see `undo`.

    Raises:
        RefusedError: It is not taken in.
        NotFoundError: There is none.
    """
    with store.writing() as tx:
        run = _begun(tx, get(tx, run_id), act)
        tx.jobs.ask(JobKind.IMPORT)
    return run


class UndoPreview(NamedTuple):
    """What undoing a file would do; see `exempt.services.backfills.undoing.UndoPreview`."""

    run: PeopleRun
    undone: Tally
    left: list[LeftRecord]
    looked: int
    whole: bool


def preview(store: Store, run_id: int, act: Act, most: int = 2_000) -> UndoPreview:
    """Undo the first *most* people of a file, tell of it, and take all of that back.

    Raises:
        RefusedError: It is not taken in.
        NotFoundError: There is none.
    """
    with putting_back.only_looked(store) as tx:
        run = get(tx, run_id)
        begun, looked = _begun(tx, run, act), 0
        source = source_of(tx, run.company_id)
        while looked < most and begun.state is ImportState.UNDOING:
            begun, more = _put_some_back(tx, begun, source, act)
            looked += more
        left = tx.brought.left(run_id, STREAMS)
    return UndoPreview(run, begun.counts.undone, left, looked, begun.state is ImportState.UNDONE)


def _begun(tx: Transaction, run: PeopleRun, act: Act) -> PeopleRun:
    if run.state is ImportState.UNDOING:
        return run
    if run.state is not ImportState.APPLIED:
        msg = f"{run.file_name}: is {run.state.value}: there is nothing to undo"
        raise RefusedError(msg)
    counts = run.counts.model_copy(update={"part": 0.0})
    begun = {"state": ImportState.UNDOING, "undone_at": act.at, "undone_by": act.by}
    run = run.model_copy(update={**begun, "counts": counts})
    tx.people_files.save(run)
    said = FieldChange("employees", f"{run.file_name} (import {run.id})", "undone")
    source = source_of(tx, run.company_id)
    tx.history.add(Subject.CONNECTION, source.id, [said], act.at, act.by)
    return run


def _put_some_back(
    tx: Transaction, run: PeopleRun, source: ConnectionRow, act: Act
) -> tuple[PeopleRun, int]:
    found = tx.brought.next(run.id, source, Stream.EMPLOYEES, _AT_ONCE, files=True)
    if not found:
        run = run.model_copy(update={"state": ImportState.UNDONE})
        tx.jobs.ask(JobKind.NEXUS)
    else:
        undone = run.counts.undone.plus(_put_back(tx, run, source, found, act))
        people = run.counts.done.new + run.counts.done.changed + run.counts.done.unchanged
        part = min(1.0, run.counts.part + len(found) / max(1, people))
        counts = run.counts.model_copy(update={"undone": undone, "part": part})
        run = run.model_copy(update={"counts": counts})
    tx.people_files.save(run)
    return run, len(found)


def _put_back(
    tx: Transaction, run: PeopleRun, source: ConnectionRow, found: list[Brought], act: Act
) -> Tally:
    sorted_ = putting_back.sort(found, source, "import")
    people = {each.external_id: each.before for each in (*sorted_.remove, *sorted_.restore)}
    tx.brought.put_back_people(source, people, act.at)
    putting_back.settle(tx, run.id, Stream.EMPLOYEES, found, sorted_.notes)
    gone, as_before, left = len(sorted_.remove), len(sorted_.restore), len(sorted_.notes)
    return Tally(new=gone, changed=as_before, left=left)
