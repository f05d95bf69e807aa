"""What the daemon goes on with: files that wait to be read and checked, imports, undoings."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from exempt.model.backfill import BackfillState
from exempt.model.imports import ImportRun, ImportState
from exempt.services import employee_files, employee_undoing
from exempt.services.backfills import checking, importing
from exempt.services.backfills.undoing import undo as undo_sales
from exempt.services.importing import leaving
from exempt.services.importing.applying import resume
from exempt.services.importing.staging import Told, no_one
from exempt.services.importing.undoing import undo
from exempt.wiring import Exempt
from exempt.wiring.backfills import backfill_parts, importing_of

_LATEST = 1000
_FILES = {BackfillState.CHECKING, BackfillState.IMPORTING, BackfillState.UNDOING}


class Waiting(NamedTuple):
    """Something to go on with; what is told meanwhile may end it by raising."""

    name: str
    go_on: Callable[[], object]


def waiting(exempt: Exempt, told: Told = no_one) -> list[Waiting]:
    """What there is to go on with, the oldest first: customers, sales of the past, employees."""
    with exempt.store.reading() as tx:
        runs = tx.imports.all(None, _LATEST)
        people = tx.people_files.unfinished()
        files = [run for run in tx.backfills.all(None, _LATEST) if run.state in _FILES]
    found = [
        Waiting(f"import {run.id}", go_on)
        for run in reversed(runs)
        if (go_on := _of_import(exempt, run, told))
    ]
    parts = backfill_parts(exempt)
    for file in reversed(files):
        if file.state is BackfillState.CHECKING:
            go_on = partial(checking.check, exempt.store, parts, file.id, exempt.clock, told=told)
        elif file.state is BackfillState.UNDOING:
            by = exempt.act(file.undone_by or "daemon")
            go_on = partial(undo_sales, exempt.store, file.id, by, told=told)
        else:
            go_on = partial(importing.go_on, importing_of(exempt, told), file.id)
        found.append(Waiting(f"backfill {file.id}", go_on))
    for staff in people:
        if staff.state is ImportState.UNDOING:
            by = exempt.act(staff.undone_by or "daemon")
            go_on = partial(employee_undoing.undo, exempt.store, staff.id, by, told=told)
        else:
            go_on = partial(employee_files.go_on, exempt.store, parts, staff.id, told=told)
        found.append(Waiting(f"import {staff.id}", go_on))
    return found


def _of_import(exempt: Exempt, run: ImportRun, told: Told) -> Callable[[], object] | None:
    store = exempt.store
    if leaving.waits(run):
        return partial(leaving.go_on, store, backfill_parts(exempt), run.id, told=told)
    if run.state is ImportState.APPLYING:
        return partial(resume, store, run.id, exempt.act(run.applied_by or "daemon"), told=told)
    if run.state is ImportState.UNDOING:
        return partial(undo, store, run.id, exempt.act(run.undone_by or "daemon"), told=told)
    return None
