"""People out of a file, for a company without an HR system, or beside one (B37)."""

from __future__ import annotations

from typing import NamedTuple

from exempt.errors import NotFoundError, RefusedError
from exempt.model.imports import ImportCounts, ImportState, PeopleRun, Tally
from exempt.model.tabular import TableFile
from exempt.rules.staff_rows import StaffMistake, StaffTable, read_staff
from exempt.services import companies
from exempt.services.backfill_ports import Parts
from exempt.services.certificates import Act
from exempt.services.importing.leaving import FileKept
from exempt.services.job_ports import JobKind
from exempt.services.ports import Store, Transaction
from exempt.services.rows import CompanyRow, ConnectionRow

CONNECTOR = "people-file"
"""What stands for a connector where there is none: nothing is read from it, or written to it."""


class PeopleImported(NamedTuple):
    """What a table of people brought.

    Attributes:
        rows: How many rows it has.
        source: What the people are listed under.
        mistakes: Why nothing of it was taken.
    """

    rows: int
    new: int
    changed: int
    unchanged: int
    source: str
    mistakes: tuple[StaffMistake, ...]


class PeopleChecked(NamedTuple):
    """A file of people, and what is wrong with it."""

    run: PeopleRun
    mistakes: tuple[StaffMistake, ...]


def take_in(store: Store, parts: Parts, file: FileKept, company_id: int, act: Act) -> PeopleRun:
    """Check a kept file of people, and keep what was found; nothing of it is taken so far.

    Raises:
        RefusedError: It is no table, a column is missing, or nobody is in it.
        NotFoundError: It is not there any more.
    """
    found = _read(parts, file, act)
    with store.writing() as tx:
        counts = ImportCounts(rows=found.rows, bad=len({each.row for each in found.mistakes}))
        if not found.mistakes:
            counts = counts.model_copy(update={"planned": _foreseen(tx, company_id, found)})
        return tx.people_files.begin(company_id, file.name, file.sha256, counts, act.at, by=act.by)


def mistakes(parts: Parts, run: PeopleRun, act: Act) -> tuple[StaffMistake, ...]:
    """All that is wrong with a kept file, found anew.

    Raises:
        RefusedError: It is no table any more.
        NotFoundError: It is not there any more.
    """
    return _read(parts, FileKept(run.sha256, run.file_name), act).mistakes


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


def apply(store: Store, parts: Parts, run_id: int, act: Act) -> PeopleRun:
    """Take in all people of a checked file.

    Raises:
        RefusedError: Something is wrong with it, or it is taken in already.
        NotFoundError: There is none, or the kept file is gone.
    """
    with store.reading() as tx:
        run = get(tx, run_id)
    found = _read(parts, FileKept(run.sha256, run.file_name), act)
    with store.writing() as tx:
        run = get(tx, run_id)
        if run.state is not ImportState.CHECKED or found.mistakes:
            what = (
                "has mistakes: mend them, and import it again"
                if found.mistakes
                else (f"is {run.state.value} already")
            )
            msg = f"{run.file_name}: {what}"
            raise RefusedError(msg)
        (owner,) = (row for row in tx.cards.companies() if row.id == run.company_id)
        saved = tx.presence.state(_source(tx, owner), found.people, act.at)
        tx.jobs.ask(JobKind.NEXUS)
        done = Tally(new=saved.new, changed=saved.changed, unchanged=saved.unchanged)
        update = {
            "state": ImportState.APPLIED,
            "counts": run.counts.model_copy(update={"done": done}),
            "applied_at": act.at,
            "applied_by": act.by,
        }
        run = run.model_copy(update=update)
        tx.people_files.save(run)
    return run


def drop(store: Store, run_id: int) -> PeopleRun:
    """Give up a file that was not taken in.

    Raises:
        RefusedError: It was taken in.
        NotFoundError: There is none.
    """
    with store.writing() as tx:
        run = get(tx, run_id)
        if run.state is ImportState.APPLIED:
            msg = f"{run.file_name}: its people are taken in already"
            raise RefusedError(msg)
        run = run.model_copy(update={"state": ImportState.DROPPED})
        tx.people_files.save(run)
    return run


def _read(parts: Parts, file: FileKept, act: Act) -> StaffTable:
    with parts.table(file.sha256, file.name) as table:
        found = read_staff(table.titles, table.lines(), act.at.date())
    if not found.rows:
        msg = f"{file.name}: there is nobody in it"
        raise RefusedError(msg)
    return found


def _foreseen(tx: Transaction, company_id: int, found: StaffTable) -> Tally:
    """How many people are new to the files of a company, and how many are known."""
    mine = [
        row.id
        for row in tx.connections.all()
        if row.connector == CONNECTOR and row.company_id == company_id
    ]
    ids = [person.external_id for person, _places in found.people]
    known = tx.people_files.known(mine[0], ids) if mine else 0
    return Tally(new=len(ids) - known, changed=known)


def import_people(store: Store, table: TableFile, company: str | None, act: Act) -> PeopleImported:
    """Take in a table of people: all of it, or nothing where something is wrong with it.

    The same table again changes nothing; a corrected one changes what was
    corrected. Who is not in it stays as they were.

    Args:
        store: Where they are kept.
        table: See `exempt.rules.staff_rows`.
        company: The key of theirs; None = the only one.
        act: Who brings it.

    Raises:
        RefusedError: A column is missing, the table is empty, or no company is named.
        NotFoundError: There is no such company.
    """
    found = read_staff(table.titles, table.lines(), act.at.date())
    if not found.rows:
        msg = f"{table.name}: there is nobody in it"
        raise RefusedError(msg)
    with store.writing() as tx:
        owner = companies.only_one(tx, company)
        if found.mistakes:
            return PeopleImported(found.rows, 0, 0, 0, _name(tx, owner), found.mistakes)
        source = _source(tx, owner)
        saved = tx.presence.state(source, found.people, act.at)
        tx.jobs.ask(JobKind.NEXUS)
    return PeopleImported(found.rows, saved.new, saved.changed, saved.unchanged, source.name, ())


def _source(tx: Transaction, owner: CompanyRow) -> ConnectionRow:
    """What people of files stand under: one source a company.

    Raises:
        RefusedError: Its name is that of a connection.
    """
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
