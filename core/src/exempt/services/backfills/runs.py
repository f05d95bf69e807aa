"""Files of sales by their numbers: taken in, found, listed, marked as complete, and given up."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import PurePath
from typing import IO

from exempt.errors import NotFoundError, RefusedError
from exempt.model.backfill import BackfillOptions, BackfillRun, BackfillState
from exempt.rules.backfill_cells import WrongError
from exempt.rules.backfill_dates import zone_of
from exempt.services.backfill_ports import Parts
from exempt.services.certificates import Act
from exempt.services.ports import Store, Transaction
from exempt.services.rows import ConnectionRow

_LONGEST_NAME = 255


def take_in(  # noqa: PLR0917 - a file, and all that is to be known of it
    store: Store,
    parts: Parts,
    name: str,
    content: IO[bytes],
    source: ConnectionRow,
    options: BackfillOptions,
    act: Act,
) -> BackfillRun:
    """Keep a file of sales, to be checked; the same one that is not imported yet goes on.

    Raises:
        RefusedError: It is empty, too large, there is no room for it, or the
            seller's time zone is none.
    """
    _check_zone(options)
    sha256 = parts.keep(content)
    shown = PurePath(name.replace("\\", "/")).name[-_LONGEST_NAME:] or "file"
    with store.writing() as tx:
        same = tx.backfills.same(source.id, sha256, options)
        return same or tx.backfills.begin(source.id, shown, sha256, options, act.at, by=act.by)


def read_otherwise(store: Store, run_id: int, options: BackfillOptions, act: Act) -> BackfillRun:
    """Have the same file read in another way: a new run, in place of this one.

    Raises:
        RefusedError: It is imported, or being imported, or the time zone is none.
        NotFoundError: There is none.
    """
    _check_zone(options)
    with store.writing() as tx:
        run = get(tx, run_id)
        if options == run.options:
            return run
        refuse_unless(run, BackfillState.DRAFT, BackfillState.CHECKED)
        tx.backfills.save(run.model_copy(update={"state": BackfillState.DROPPED}))
        known = tx.backfills.same(run.connection_id, run.sha256, options)
        return known or tx.backfills.begin(
            run.connection_id, run.file_name, run.sha256, options, act.at, by=act.by
        )


def _check_zone(options: BackfillOptions) -> None:
    try:
        zone_of(options.time_zone)
    except WrongError as error:
        msg = f"time zone {options.time_zone}: {error.what}: {error.mend}"
        raise RefusedError(msg) from None


def get(tx: Transaction, run_id: int) -> BackfillRun:
    """The file with this number.

    Raises:
        NotFoundError: There is none.
    """
    run = tx.backfills.get(run_id)
    if run is None:
        msg = f"backfill {run_id}: there is none: see exempt backfill list"
        raise NotFoundError(msg)
    return run


def source_of(tx: Transaction, run: BackfillRun) -> ConnectionRow:
    """The source that its sales are of."""
    return next(row for row in tx.connections.all() if row.id == run.connection_id)


def listed(
    tx: Transaction, company_ids: Collection[int] | None = None, limit: int = 100
) -> list[tuple[BackfillRun, ConnectionRow]]:
    """Files with their sources, the newest first; just those of these companies."""
    rows = {
        row.id: row
        for row in tx.connections.all()
        if company_ids is None or row.company_id in company_ids
    }
    return [(run, rows[run.connection_id]) for run in tx.backfills.all(list(rows), limit)]


def complete(store: Store, run_id: int, act: Act) -> BackfillRun:
    """Mark an imported file as complete; who did it and when is kept.

    Raises:
        RefusedError: It is not imported.
        NotFoundError: There is none.
    """
    with store.writing() as tx:
        run = get(tx, run_id)
        if run.state is BackfillState.COMPLETE:
            return run
        refuse_unless(run, BackfillState.IMPORTED)
        done = {"completed_at": act.at, "completed_by": act.by}
        run = run.model_copy(update={"state": BackfillState.COMPLETE, **done})
        tx.backfills.save(run)
    return run


def drop(store: Store, run_id: int) -> BackfillRun:
    """Give up a file that is not imported; the file itself stays with the documents.

    Raises:
        RefusedError: It is imported, or is being imported.
        NotFoundError: There is none.
    """
    with store.writing() as tx:
        run = get(tx, run_id)
        if run.state is BackfillState.DROPPED:
            return run
        refuse_unless(run, BackfillState.DRAFT, BackfillState.CHECKING, BackfillState.CHECKED)
        run = run.model_copy(update={"state": BackfillState.DROPPED})
        tx.backfills.save(run)
    return run


_MENDS = {
    BackfillState.DRAFT: "check it first: exempt backfill check FILE",
    BackfillState.CHECKING: "wait until it is checked",
    BackfillState.CHECKED: "import it first: exempt backfill import {}",
    BackfillState.IMPORTING: "wait for it, or go on with exempt backfill import {} --wait",
    BackfillState.IMPORTED: "its sales are stored: a corrected file changes them",
    BackfillState.COMPLETE: "its sales are stored: a corrected file changes them",
    BackfillState.UNDOING: "wait for it, or go on with exempt backfill undo {}",
    BackfillState.UNDONE: "import its file again to have it back",
    BackfillState.DROPPED: "check the file again: exempt backfill check FILE",
}


def refuse_unless(run: BackfillRun, *states: BackfillState) -> None:
    """See to it that a file is in one of these states.

    Raises:
        RefusedError: It is in another.
    """
    if run.state not in states:
        mistakes = run.state is BackfillState.DRAFT and run.counts.wrong
        mend = "mend its mistakes, and check it again" if mistakes else _MENDS[run.state]
        msg = f"backfill {run.id}: is {run.state.value}: {mend.format(run.id)}"
        raise RefusedError(msg)


@contextmanager
def alone(store: Store, run: BackfillRun) -> Iterator[None]:
    """Let one file of a source be checked or imported at a time, whatever process it is in.

    Raises:
        RefusedError: Another one is.
    """
    with store.alone(f"backfill-{run.connection_id}") as held:
        if not held:
            msg = f"backfill {run.id}: another process is at it, or at a file of the same source"
            raise RefusedError(f"{msg}: wait until it is over")
        yield
