"""People out of a file, for a company without an HR system, or beside one (B37)."""

from __future__ import annotations

from typing import NamedTuple

from exempt.errors import RefusedError
from exempt.model.tabular import TableFile
from exempt.rules.staff_rows import StaffMistake, read_staff
from exempt.services import companies
from exempt.services.certificates import Act
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
