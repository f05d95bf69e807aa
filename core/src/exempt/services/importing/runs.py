"""Imports by their numbers: found, listed, told of, and given up."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from exempt.errors import NotFoundError, RefusedError
from exempt.model.imports import ChangeKind, ImportRun, ImportState
from exempt.services.import_ports import KeptChange
from exempt.services.ports import Store, Transaction

ROWS = 2_000
"""In one transaction, at most."""

CARDS = 500
"""Customers in one transaction."""

_TO_DROP = (ImportState.STAGING, ImportState.STAGED, ImportState.CHECKED)


class Report(NamedTuple):
    """What became of an import.

    Attributes:
        made: The first ids of customers that it made.
        changed: The first ids of other customers in which it changed something.
        left: The first that it, or its undoing, left as they were.
    """

    run: ImportRun
    made: list[int]
    changed: list[int]
    left: list[KeptChange]


def get(tx: Transaction, import_id: int) -> ImportRun:
    """The import with this number.

    Raises:
        NotFoundError: There is none.
    """
    run = tx.imports.get(import_id)
    if run is None:
        msg = f"import {import_id}: there is none: see exempt imports list"
        raise NotFoundError(msg)
    return run


def listed(
    tx: Transaction, company_ids: Collection[int] | None = None, limit: int = 100
) -> list[ImportRun]:
    """Imports, the newest first."""
    return tx.imports.all(company_ids, limit)


def report(tx: Transaction, import_id: int, limit: int = 100) -> Report:
    """What became of an import.

    Raises:
        NotFoundError: There is none.
    """
    run = get(tx, import_id)
    kinds = (ChangeKind.CHANGE, ChangeKind.ERASE, ChangeKind.ZONE, ChangeKind.LINK)
    return Report(
        run,
        tx.imports.customers(import_id, [ChangeKind.NEW], 0, limit),
        tx.imports.customers(import_id, kinds, 0, limit),
        tx.imports.changes(import_id, 0, limit, ChangeKind.LEFT),
    )


def done(
    tx: Transaction,
    import_id: int,
    kind: ChangeKind | None = None,
    after: int = 0,
    limit: int = 100,
) -> list[KeptChange]:
    """The next changes that an import made, by their ids.

    Raises:
        NotFoundError: There is no such import.
    """
    get(tx, import_id)
    return tx.imports.changes(import_id, after, limit, kind)


def drop(store: Store, import_id: int) -> ImportRun:
    """Give up an import before it changed anything; its rows are deleted.

    Raises:
        RefusedError: It was applied, or is being applied.
        NotFoundError: There is none.
    """
    with store.reading() as tx:
        run = get(tx, import_id)
    with alone(store, run.company_id):
        with store.reading() as tx:
            run = get(tx, import_id)
        if run.state not in _TO_DROP:
            mend = "it is over already"
            if run.state is ImportState.APPLYING:
                mend = f"go on with exempt imports resume {run.id}, then undo it"
            elif run.state is ImportState.APPLIED:
                mend = f"undo it: exempt imports undo {run.id}"
            msg = f"import {run.id}: is {run.state.value}, and cannot be given up: {mend}"
            raise RefusedError(msg)
        return clear(store, run, ImportState.DROPPED)


def clear(store: Store, run: ImportRun, state: ImportState, *, why: str = "") -> ImportRun:
    """Delete rows that are not needed any more, piece by piece; then it is in that *state*.

    Those with problems stay to be looked at, unless it is given up, for which
    *why* is the reason.
    """
    after: int | None = 0
    while after is not None:
        with store.writing() as tx:
            bad = state is ImportState.DROPPED
            after = tx.imports.drop_rows(run.id, after, 10 * ROWS, bad=bad)
    with store.writing() as tx:
        run = get(tx, run.id)
        counts = run.counts.model_copy(update={"part": 0.0, "why": why})
        run = run.model_copy(update={"state": state, "position": "", "counts": counts})
        tx.imports.save(run)
    return run


@contextmanager
def alone(store: Store, company_id: int) -> Iterator[None]:
    """Let one import of a company run at a time, whatever process it is in.

    Raises:
        RefusedError: Another one runs.
    """
    with store.alone(f"import-{company_id}") as held:
        if not held:
            msg = "another import into this company is running: wait until it is over"
            raise RefusedError(msg)
        yield
