"""People out of a file, for a company without an HR system, or beside one (B37)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from exempt.errors import NotFoundError, RefusedError
from exempt.model.fetching import Stream
from exempt.model.imports import ImportCounts, ImportState, PeopleRun, Tally
from exempt.rules.staff_rows import (
    MOST_ROWS,
    StaffMistake,
    StaffRow,
    find_columns,
    overlaps,
    person_of,
    read_row,
)
from exempt.services.backfill_ports import Parts, Spool
from exempt.services.certificates import Act
from exempt.services.importing.leaving import FileKept
from exempt.services.importing.staging import Told, no_one
from exempt.services.job_ports import JobKind
from exempt.services.ports import Store, Transaction
from exempt.services.rows import CompanyRow, ConnectionRow

CONNECTOR = "people-file"
"""What stands for a connector where there is none: nothing is read from it, or written to it."""


_LINES = 2_000
_PEOPLE = 500
"""People in one transaction."""


def take_in(store: Store, parts: Parts, file: FileKept, company_id: int, act: Act) -> PeopleRun:
    """Check a kept file of people, and keep what was found; nothing of it is taken so far.

    Raises:
        RefusedError: It is no table, a column is missing, or nobody is in it.
        NotFoundError: It is not there any more.
    """
    with parts.spool() as spool:
        counts = _read(parts, file, spool)
        if not counts.bad:
            counts = counts.model_copy(update={"planned": _foreseen(store, company_id, spool)})
    with store.writing() as tx:
        return tx.people_files.begin(company_id, file.name, file.sha256, counts, act.at, by=act.by)


def mistakes(parts: Parts, run: PeopleRun) -> Iterator[StaffMistake]:
    """All that is wrong with a kept file, found anew, by row.

    Raises:
        RefusedError: It is no table any more.
        NotFoundError: It is not there any more.
    """
    with parts.spool() as spool:
        _read(parts, FileKept(run.sha256, run.file_name), spool)
        yield from spool.staff_mistakes()


def get(tx: Transaction, run_id: int) -> PeopleRun:
    """The file of people with this number.

    Raises:
        NotFoundError: There is none.
    """
    run = tx.people_files.get(run_id)
    if run is None:
        msg = f"file of employees {run_id}: there is none"
        raise NotFoundError(msg)
    return run


def begin(store: Store, run_id: int, act: Act) -> PeopleRun:
    """Let the people of a checked file be taken in; the daemon is asked to do it.

    Raises:
        RefusedError: Something is wrong with it, or it is taken in already.
        NotFoundError: There is none.
    """
    with store.writing() as tx:
        run = get(tx, run_id)
        if run.state is ImportState.APPLYING:
            return run
        if run.state is not ImportState.CHECKED or run.counts.bad:
            mend = "has mistakes: mend them, and import it again"
            what = mend if run.counts.bad else f"is {run.state.value} already"
            msg = f"{run.file_name}: {what}"
            raise RefusedError(msg)
        source_of(tx, run.company_id)
        begun = {"state": ImportState.APPLYING, "applied_at": act.at, "applied_by": act.by}
        run = run.model_copy(update=begun)
        tx.people_files.save(run)
        tx.jobs.ask(JobKind.IMPORT)
    return run


def go_on(store: Store, parts: Parts, run_id: int, *, told: Told = no_one) -> PeopleRun:
    """Take in the people of a file from where that stopped, to its end.

    Raises:
        RefusedError: It is not being taken in, or another process is at it.
        NotFoundError: There is none, or the kept file is gone.
    """
    with store.reading() as tx:
        run = get(tx, run_id)
    with alone(store, run), parts.spool() as spool:
        with store.writing() as tx:
            run, source = get(tx, run_id), source_of(tx, run.company_id)
        if run.state is not ImportState.APPLYING:
            msg = f"{run.file_name}: is {run.state.value}"
            raise RefusedError(msg)
        _read(parts, FileKept(run.sha256, run.file_name), spool)
        groups = grouped(spool, run.position)
        while batch := list(itertools.islice(groups, _PEOPLE)):
            with store.writing() as tx:
                run = _take_some_in(tx, run, source, batch)
            told(run.counts.done.new + run.counts.done.unchanged, run.counts.part)
        with store.writing() as tx:
            run = run.model_copy(update={"state": ImportState.APPLIED, "position": ""})
            tx.people_files.save(run)
            tx.jobs.ask(JobKind.NEXUS)
    return run


def _take_some_in(
    tx: Transaction, run: PeopleRun, source: ConnectionRow, batch: Sequence[Sequence[StaffRow]]
) -> PeopleRun:
    assert run.applied_at  # noqa: S101 - when that began
    people = [person_of(rows, run.applied_at.date()) for rows in batch]
    ids = [person.external_id for person, _places in people]
    before = tx.brought.standing(source.id, Stream.EMPLOYEES, ids)
    saved = tx.presence.state(source, people, run.applied_at)
    tx.brought.keep(run.id, source.id, Stream.EMPLOYEES, ids, before, at=run.applied_at)
    done = run.counts.done.plus(
        Tally(new=saved.new, changed=saved.changed, unchanged=saved.unchanged)
    )
    planned = run.counts.planned
    part = (done.new + done.changed + done.unchanged) / max(1, planned.new + planned.changed)
    counts = run.counts.model_copy(update={"done": done, "part": min(1.0, part)})
    run = run.model_copy(update={"counts": counts, "position": ids[-1]})
    tx.people_files.save(run)
    return run


@contextmanager
def alone(store: Store, run: PeopleRun) -> Iterator[None]:
    """Let one file of employees of a company be at work at a time, whatever process it is in.

    Raises:
        RefusedError: Another one is.
    """
    with store.alone(f"people-{run.company_id}") as held:
        if not held:
            msg = f"{run.file_name}: another process is at it, or at another file: wait until"
            raise RefusedError(f"{msg} it is over")
        yield


def drop(store: Store, run_id: int) -> PeopleRun:
    """Give up a file that was not taken in.

    Raises:
        RefusedError: It was taken in.
        NotFoundError: There is none.
    """
    with store.writing() as tx:
        run = get(tx, run_id)
        if run.state not in {ImportState.CHECKED, ImportState.DROPPED}:
            msg = f"{run.file_name}: is {run.state.value}: its people are taken in already"
            raise RefusedError(msg)
        run = run.model_copy(update={"state": ImportState.DROPPED})
        tx.people_files.save(run)
    return run


def _read(parts: Parts, file: FileKept, spool: Spool) -> ImportCounts:
    """Read a file into *spool*, and count it."""
    rows = 0
    bad: set[int] = set()
    with parts.table(file.sha256, file.name) as table:
        columns = find_columns(table.titles)
        lines = table.lines()
        while batch := list(itertools.islice(lines, _LINES)):
            read = [read_row(line, columns) for line in batch]
            spool.add_staff([row for row, wrong in read if not wrong])
            bad |= _keep(spool, [each for _row, wrong in read for each in wrong])
            rows += len(batch)
    if not rows:
        msg = f"{file.name}: there is nobody in it"
        raise RefusedError(msg)
    for mine in grouped(spool):
        bad |= _keep(spool, overlaps(mine))
    return ImportCounts(rows=rows, bad=len(bad))


def _keep(spool: Spool, wrong: Sequence[StaffMistake]) -> set[int]:
    """Keep mistakes; the rows that have some."""
    if wrong:
        spool.staff_mistaken(wrong)
    return {each.row for each in wrong}


def grouped(spool: Spool, after: str = "") -> Iterator[list[StaffRow]]:
    """The rows of each person after that one; of far too many no more than tell that."""
    for _, mine in itertools.groupby(spool.staff(after), key=lambda row: row.employee_id):
        yield list(itertools.islice(mine, MOST_ROWS + 1))


def _foreseen(store: Store, company_id: int, spool: Spool) -> Tally:
    """How many people are new to the files of a company, and how many are known."""
    number = known = 0
    ids = (rows[0].employee_id for rows in grouped(spool))
    with store.reading() as tx:
        mine = [
            row.id
            for row in tx.connections.all()
            if row.connector == CONNECTOR and row.company_id == company_id
        ]
        while batch := list(itertools.islice(ids, _LINES)):
            number += len(batch)
            known += tx.people_files.known(mine[0], batch) if mine else 0
    return Tally(new=number - known, changed=known)


def source_of(tx: Transaction, company_id: int) -> ConnectionRow:
    """What people of files stand under: one source a company.

    Raises:
        RefusedError: Its name is that of a connection.
    """
    (owner,) = (row for row in tx.cards.companies() if row.id == company_id)
    name = _name(tx, owner)
    known = next((row for row in tx.connections.all() if row.name == name), None)
    if known is not None and known.connector != CONNECTOR:
        msg = f"{name}: is the name of a connection: give that another one in the settings"
        raise RefusedError(msg)
    return known or tx.connections.register(name, CONNECTOR, owner.key, ())


def _name(tx: Transaction, owner: CompanyRow) -> str:
    """``people``, or ``people-KEY`` where there are several companies."""
    mine = (
        row.name
        for row in tx.connections.all()
        if row.connector == CONNECTOR and row.company_id == owner.id
    )
    alone = len(tx.cards.companies()) == 1
    return next(mine, "people" if alone else f"people-{owner.key}"[:63])


def is_people_file(row: ConnectionRow) -> bool:
    """Whether only files bring its people."""
    return row.connector == CONNECTOR
