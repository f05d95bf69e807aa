"""Files that people bring to the console: whose they are, and whether somebody works on them."""

from __future__ import annotations

import datetime as dt

from exempt.errors import NotFoundError
from exempt.model.access import Caller
from exempt.model.backfill import BackfillRun
from exempt.model.checking import Capability
from exempt.model.imports import ImportRun, PeopleRun
from exempt.rules.readiness import silent
from exempt.services import employee_files, employee_undoing, scoped
from exempt.services.backfills import runs as backfills
from exempt.services.backfills import undoing
from exempt.services.backfills.sources import is_file
from exempt.services.brought_ports import LeftRecord
from exempt.services.file_ports import FileFilter, FilePage
from exempt.services.importing import runs as imports
from exempt.services.ports import Transaction
from exempt.services.rows import ConnectionRow


def import_of(tx: Transaction, import_id: int, caller: Caller) -> ImportRun:
    """The import of customers with this number.

    Raises:
        NotFoundError: There is none that the caller sees.
    """
    run = imports.get(tx, import_id)
    if not caller.sees(run.company_id):
        raise scoped.none_such(f"import {import_id}")
    return run


def people_of(tx: Transaction, run_id: int, caller: Caller) -> PeopleRun:
    """The file of employees with this number.

    Raises:
        NotFoundError: There is none that the caller sees.
    """
    run = employee_files.get(tx, run_id)
    if not caller.sees(run.company_id):
        raise scoped.none_such(f"file of employees {run_id}")
    return run


def sales_of(tx: Transaction, run_id: int, caller: Caller) -> tuple[BackfillRun, ConnectionRow]:
    """The file of sales with this number, and the source that its sales are of.

    Raises:
        NotFoundError: There is none that the caller sees.
    """
    run = backfills.get(tx, run_id)
    try:
        source = backfills.source_of(tx, run)
    except StopIteration:
        raise scoped.none_such(f"backfill {run_id}") from None
    if not caller.sees(source.company_id):
        raise scoped.none_such(f"backfill {run_id}")
    return run, source


def sources_of(tx: Transaction, caller: Caller) -> list[ConnectionRow]:
    """The connections whose sales of the past a file may bring."""
    return [
        row
        for row in scoped.connections(tx, caller)
        if not is_file(row) and Capability.ORDERS in row.capabilities
    ]


def files(tx: Transaction, wanted: FileFilter) -> FilePage:
    """Files of all kinds that fit; they are counted as if no kind were asked for."""
    return tx.file_lists.page(wanted)


def left(
    tx: Transaction, run: BackfillRun | PeopleRun, limit: int | None = None
) -> list[LeftRecord]:
    """What stayed as it was when a file was undone, and why; nothing of one that was not."""
    streams = undoing.STREAMS if isinstance(run, BackfillRun) else employee_undoing.STREAMS
    return tx.brought.left(run.id, streams, limit) if run.undone_at else []


def company_name(tx: Transaction, company_id: int) -> str:
    """What a company is called.

    Raises:
        NotFoundError: There is none.
    """
    for row in tx.cards.companies():
        if row.id == company_id:
            return row.name
    raise NotFoundError("company: there is none")


def somebody_works(tx: Transaction, at: dt.datetime) -> bool:
    """Whether a worker gave a sign of life lately, who takes up what waits."""
    return any(
        worker.stopped_at is None and not silent(worker.ticked_at, at)
        for worker in tx.workers.all()
    )
